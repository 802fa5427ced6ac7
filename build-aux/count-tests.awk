# Counts test results over automake's .trs files; prints "PASSED FAILED SKIPPED".
# SPDX-License-Identifier: MIT
#
# -v allowed=FILE lists the tests that may be skipped, one line each:
# "TEST: SUBTEST # REASON", where SUBTEST is * for all of a test.  Any other
# skipped test counts as failed.  Results come from the .trs file, which holds no
# names; those come from the .log beside it, where the TAP driver writes
# "RESULT: TEST NUMBER - SUBTEST".  Failures are printed to stderr.

function read_allowed(    line, hash) {
    while ((getline line <allowed) > 0) {
        if (line ~ /^[ \t]*(#|$)/)
            continue
        hash = index(line, " # ")
        if (hash) {
            line = substr(line, 1, hash - 1)
            sub(/[ \t]+$/, "", line)
            allowed_list[line] = 1
        } else {
            complain(allowed ": no reason given: " line)
            failed++
        }
    }
}

function complain(text) {
    print "    " text >"/dev/stderr"
}

# "SKIP: tests/a.py 3 - name # SKIP why" gives "tests/a.py: name".
function is_allowed(line,    test, name) {
    sub(/^SKIP: /, "", line)
    test = name = line
    sub(/ .*/, "", test)
    sub(/^[^ ]+ /, "", name)
    sub(/^[0-9]+ ?/, "", name)
    sub(/^- /, "", name)
    sub(/ *# SKIP.*/, "", name)
    return (test ": *") in allowed_list || (test ": " name) in allowed_list
}

# Names what did not pass in one log; returns how many skips were allowed.
function read_log(log_file, stem,    line, allowed_skips) {
    while ((getline line <log_file) > 0) {
        if (line !~ /^(FAIL|ERROR|XPASS|SKIP): / || !index(line, stem))
            continue
        if (line ~ /^SKIP: / && is_allowed(line))
            allowed_skips++
        else
            complain(line)
    }
    close(log_file)
    return allowed_skips + 0
}

function finish_file(    stem, allowed_skips) {
    if (file == "")
        return
    stem = file
    sub(/\.trs$/, "", stem)
    log_file = stem ".log"
    sub(/^.*\/tests\//, "tests/", stem)
    allowed_skips = bad || skips ? read_log(log_file, stem) : 0
    if (allowed_skips > skips)
        allowed_skips = skips
    skipped += allowed_skips
    failed += bad + skips - allowed_skips
    if (passes + bad + skips == 0) {
        complain("ERROR: " stem ": no result")
        failed++
    }
    passed += passes
    passes = bad = skips = 0
}

BEGIN { if (allowed != "") read_allowed() }
FNR == 1 { finish_file(); file = FILENAME }
/^:test-result: X?(PASS|FAIL)|^:test-result: (SKIP|ERROR)/ {
    if ($2 == "PASS" || $2 == "XFAIL")
        passes++
    else if ($2 == "SKIP")
        skips++
    else
        bad++
}
END {
    finish_file()
    print passed + 0, failed + 0, skipped + 0
}
