#!/usr/bin/python3
# tests/whatif/each.py: a host is run once for each NPN_MemAlloc, which fails in that run
# SPDX-License-Identifier: MIT
"""A plug-in with an unchecked allocation is named, with function and line, and every way in which
a host can end is told from the others."""
import json
import os
import re
import signal
import subprocess

from support.harness import MINIHOST, NPNTRACE, SOURCE, case, main

from careless import CARELESS, LIFE

STEPS = "checked 2 10; unchecked 40; exits 10 9; forgets 50; checked 1 10"
EACH = "--fail-npn=each:libnpcareless.so"


def each(t, steps, *options, status=None, actions=None):
    """Runs it in the case's own folder, where nothing may be left."""
    environment = {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder,
                   "CARELESS_DO": steps, "LC_ALL": "C.UTF-8"}
    run = subprocess.run([NPNTRACE, "record", EACH, *options, "--", MINIHOST, *(actions or LIFE)],
                         cwd=t.folder, env=environment, capture_output=True, text=True, timeout=300,
                         stdin=subprocess.DEVNULL)
    if status is not None:
        t.equal(run.returncode, status, f"status\n{run.stdout}{run.stderr}")
    t.equal(os.listdir(t.folder), [], "what is left behind")
    return run


def line_of(function):
    """The line of the function's call of memalloc."""
    with open(os.path.join(SOURCE, "tests", "whatif", "careless.c"), encoding="utf-8") as file:
        inside = False
        for number, line in enumerate(file, 1):
            inside = inside or re.match(rf"static \w+ {function}\(", line) is not None
            if inside and "memalloc(" in line:
                return number
    raise AssertionError(function)


@case("each-names-the-unchecked-allocation")
def names(t):
    report = json.loads(each(t, STEPS, "--json", status=1).stdout)
    t.equal((report["format"], report["calls"], report["tried"], report["baseline"]),
            ("npntrace-each-1", 7, 7, {"exit_status": 0}), "the run without failures")
    runs = {run["call"]: run for run in report["runs"]}
    t.equal([runs[n]["outcome"] for n in range(1, 8)],
            ["same", "same", "signal", "other-status", "same", "same", "same"], "outcomes")
    crash = runs[3]
    t.equal((crash["exit_signal"], crash["plugin"]), (signal.SIGSEGV, "libnpcareless.so"), "crash")
    frame = crash["stack"][0]
    t.equal((frame["function"], os.path.basename(frame["file"]), frame["line"]),
            ("unchecked", "careless.c", line_of("unchecked")), "the failed call")
    t.equal(runs[4]["exit_status"], 9, "status of the host that exits")
    leaks = {n: run["new_leaks"] for n, run in runs.items()}
    t.equal(leaks[6], {"blocks": 1, "bytes": 50}, "what is forgotten when the second call fails")
    t.equal(leaks[5], {"blocks": 0, "bytes": 0}, "when the first fails")
    t.equal(leaks[3], None, "leaks of a host that was killed are not compared")
    t.equal(report["different"], 2, "different outcomes")


@case("each-table-says-the-same")
def table(t):
    run = each(t, STEPS, status=1)
    t.expect(run.stdout.startswith("2 of 7 runs ended otherwise"), run.stdout)
    t.expect(re.search(rf"^unchecked \(careless\.c:{line_of('unchecked')}\) +3  killed by SIGSEGV",
                       run.stdout, re.M), run.stdout)
    t.expect(re.search(r"^exits .* 4  exit status 9", run.stdout, re.M), run.stdout)
    t.expect("1 block, 50 B" in run.stdout, run.stdout)
    t.expect("Next: npntrace record --fail-npn=3:libnpcareless.so -- " in run.stdout, run.stdout)


@case("each-careful-plugin-is-good")
def careful(t):
    run = each(t, "checked 5 10", status=0)
    t.expect(run.stdout.startswith("All of 5 runs ended as the one without failures"), run.stdout)


@case("each-host-that-hangs-is-ended")
def hangs(t):
    report = json.loads(each(t, "checked 1 10; hangs 5", "--json", "--each-timeout=2",
                             status=1).stdout)
    t.equal([run["outcome"] for run in report["runs"]], ["same", "timeout"], "outcomes")
    t.equal(report["runs"][1]["stack"][0]["function"], "hangs", "the failed call")


@case("each-limit-is-said")
def limit(t):
    run = each(t, "checked 9 10", "--each-limit=4", status=0)
    t.expect("Not tried: calls 5 to 9; --each-limit=0 tries all." in run.stdout, run.stdout)


@case("each-with-check-shows-new-findings")
def with_check(t):
    """What goes wrong without failures as well is not new."""
    report = json.loads(each(t, "overrun 10 1; clumsy 10", "--check", "--json", status=0).stdout)
    t.equal([run["new_findings"] for run in report["runs"]], [[], [], ["double-free"]], "findings")


@case("each-nothing-to-try-is-said")
def nothing(t):
    run = each(t, "", status=2)
    t.expect("no plug-in like libnpcareless.so called NPN_MemAlloc" in run.stderr, run.stderr)
    t.expect(CARELESS not in run.stdout and run.stdout == "", run.stdout)


@case("each-command-that-cannot-run-is-said")
def cannot_run(t):
    run = subprocess.run([NPNTRACE, "record", EACH, "--", "/nowhere/host"], cwd=t.folder,
                         capture_output=True, text=True, timeout=60)
    t.equal(run.returncode, 2, "status")
    t.expect("/nowhere/host" in run.stderr, run.stderr)


main()
