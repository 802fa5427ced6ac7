#!/usr/bin/python3
# tests/cli/leaks.py: the verb leaks as seen from the shell: what is left out, what fails a build
# SPDX-License-Identifier: MIT
"""Suppressions are LeakSanitizer's: the same file leaves out the same leaks of the same functions.
What --gen-suppressions prints leaves out what was there, and no more."""
import json
import os
import re
import subprocess

from cli import growing
from cli.growing import npntrace
from contract.acting import ACTS, HOSTS
from support.harness import case, main


def write(t, name, text):
    with open(t.path(name), "w", encoding="utf-8") as file:
        file.write(text)
    return t.path(name)


def leaks(run, *options):
    done = npntrace("leaks", "--json", *options, run.recording)
    return json.loads(done.stdout)


def lsan_bytes(t, program, suppressions):
    """What LeakSanitizer says leaked. None: it does not work here."""
    env = {**os.environ, "LSAN_OPTIONS": f"suppressions={suppressions}", "GROWING": "0"}
    done = subprocess.run([program], env=env, capture_output=True, text=True, timeout=120,
                          check=False)
    found = re.search(r"SUMMARY: LeakSanitizer: (\d+) byte", done.stderr)
    if found is None and done.returncode != 0:
        raise AssertionError(f"LeakSanitizer does not work here:\n{done.stderr}")
    t.expect("failed to parse" not in done.stderr, done.stderr)
    return int(found.group(1)) if found else 0


FILES = ("leak:nothing", "leak:grow", "leak:^grow", "leak:grow$", "leak:^grow$", "leak:^regrow$",
         "leak:g*w*t", "leak:^*grow$", "leak:growing.c", "leak:/growing.c$", "leak:NP_none\n",
         "# none\n\n  leak:keep_text\nleak:grow_table\n", "leak:nested_grow", "leak:grow_*ble$",
         "leak:^gro*_c*e$", "leak:*", "leak:GROW")


@case("leaks-suppressions-as-leaksanitizer")
def as_leaksanitizer(t):
    program = growing.compile_to(t.path("program"), "-DPROGRAM", "-fsanitize=leak")
    run = growing.record(t, growing.plugin(t, "one"))
    for number, text in enumerate(FILES):
        name = write(t, f"{number}.supp", text)
        want = lsan_bytes(t, program, name)
        got = leaks(run, f"--suppressions={name}")
        t.equal(got["bytes"], want, f"bytes that leaked with {text!r}")
        t.equal(got["suppressed_bytes"], growing.BYTES - want, f"left out by {text!r}")
        t.equal(sum(s["bytes"] for s in got["suppressions"]), growing.BYTES - want, "hits")


@case("leaks-suppressions-hits-and-limits")
def hits_and_limits(t):
    run = growing.record(t, growing.plugin(t, "one"), more=3)
    name = write(t, "known.supp", "leak:keep_text max=4\nleak:^grow_ max-bytes=2\nleak:unused\n")
    got = leaks(run, f"--suppressions={name}")
    t.equal([(s["pattern"], s["line"], s["hits"], s["blocks"], s["bytes"], s["exceeded"])
             for s in got["suppressions"]],
            [("keep_text", 1, 2, 4, 16, False), ("^grow_", 2, 2, 2, 3, True),
             ("unused", 3, 0, 0, 0, False)], "suppressions")
    t.equal((got["bytes"], got["suppressed_blocks"]), (1 + 2 + 16 + 8, 4), "what is left")
    text = npntrace("leaks", f"--suppressions={name}", run.recording).stdout
    for wanted in ("Suppressed: 4 blocks, 16 B.",
                   f"leak:keep_text max=4 ({name}:1): 4 blocks, 16 B",
                   "more than it allows, and so listed", f"leak:unused ({name}:3): fits nothing"):
        t.expect(wanted in text, f"'{wanted}' is not in:\n{text}")
    run = growing.record(t, growing.plugin(t, "one"), more=4)
    t.equal(leaks(run, f"--suppressions={name}")["suppressed_blocks"], 0, "beyond the limit")


@case("leaks-suppressions-generated")
def generated(t):
    plugin = growing.plugin(t, "one")
    run, grown = growing.record(t, plugin), growing.record(t, plugin, more=1)
    for form, status_when_grown in (("", 0), ("=limited", 1)):
        done = npntrace("leaks", f"--gen-suppressions{form}", run.recording)
        t.expect("leak:^nested_grow$" in done.stdout, done.stdout)
        name = write(t, f"generated{form}", done.stdout)
        for of, expected in ((run, 0), (grown, status_when_grown)):
            done = npntrace("leaks", "--fail-on-leak", f"--suppressions={name}", of.recording)
            t.equal(done.returncode, expected, f"status with what {form} made\n{done.stdout}")
        got = leaks(run, f"--suppressions={name}")
        t.equal(got["leaks"], [], "leaks")
        t.expect(all(s["hits"] for s in got["suppressions"]), f"unused: {got['suppressions']}")
    done = npntrace("leaks", "--gen-suppressions", f"--suppressions={name}", run.recording)
    t.equal(done.stdout, "", "what is suppressed already")


@case("leaks-suppressions-generated-without-names")
def generated_without_names(t):
    """Of a plug-in without names a line names the place in its file."""
    run = growing.record(t, growing.plugin(t, "one", "-s"))
    lines = npntrace("leaks", "--gen-suppressions", run.recording).stdout
    t.expect("leak:^libnpgrowing.so+0x" in lines, lines)
    got = leaks(run, f"--suppressions={write(t, 'lines', lines)}")
    t.equal((got["leaks"], got["suppressed_bytes"]), ([], growing.BYTES), "left out")


@case("leaks-fail-above-bytes")
def fail_above(t):
    run = growing.record(t, growing.plugin(t, "one"), more=1024)
    total = growing.BYTES + 4096
    for options, expected in (([], 0), (["--fail-on-leak"], 1), ([f"--fail-on-leak={total}"], 0),
                              ([f"--fail-on-leak={total - 1}"], 1), (["--fail-on-leak=4K"], 1),
                              (["--fail-on-leak=5K"], 0), (["--fail-on-leak=0"], 1)):
        for form in ([], ["--json"], ["--gen-suppressions"], ["--limit=1"]):
            done = npntrace("leaks", *options, *form, run.recording)
            t.equal(done.returncode, expected, f"status with {options} {form}")


@case("leaks-fail-on-finding", misuse={"double-free"})
def fail_on_finding(t):
    for act, expected in (("free-twice", 1), ("identifier-freed", 0)):
        run = t.host("record", [f"load a {ACTS}", f"new a 1 do={act}", "destroy 1", "unload a"],
                     HOSTS["never-again"])
        done = npntrace("leaks", "--fail-on-finding", run.recording)
        t.equal(done.returncode, expected, f"{act}: status")
        t.equal(npntrace("leaks", run.recording).returncode, 0, "without the option")
    done = npntrace("leaks", "--fail-on-finding", "--fail-on-leak", run.recording)
    t.equal(done.returncode, 0, "neither")


@case("leaks-suspects-first")
def suspects_first(t):
    """Three instances left little each, and one left much: what grows comes first."""
    lives = [line for n in "123" for line in (f"new a {n} \"do=leak 1\"", f"destroy {n}")]
    run = t.host("record", ["load a @sample", "new a 9", "invoke 9 alloc 5000", "destroy 9",
                            *lives])
    got = leaks(run)["leaks"]
    t.equal([leak["growing"] for leak in got], ["by-instance", None], "what grows")
    t.equal((got[0]["over_instances"], got[0]["blocks"], sum(got[0]["parts"])), (3, 3, 3), "first")
    t.expect(got[0]["oldest_age_ns"] >= got[0]["newest_age_ns"] > 0, f"ages: {got[0]}")
    t.expect(got[0]["first_ns"] <= got[0]["last_ns"], f"times: {got[0]}")
    text = npntrace("leaks", run.recording).stdout
    t.expect("Growing: 3 instances that are gone left some. Age: " in text, text)
    for key, first in (("suspicion", 3), ("bytes", 1), ("blocks", 3), ("first", 1), ("last", 3)):
        t.equal(leaks(run, f"--sort={key}")["leaks"][0]["blocks"], first, f"--sort={key}")


@case("leaks-built-in-suppressions")
def built_in(t):
    """What the loader keeps for the plug-in's threads is no leak of the plug-in's."""
    run = t.host("record", ["load a @sample", "new a 1", "invoke 1 threads 2 10", "destroy 1",
                            "unload a"], record_options=["--heap=plugins"])
    plain, bare = leaks(run), leaks(run, "--no-builtin-suppressions")
    heap = [leak for leak in bare["leaks"] if leak["domain"] == "heap"]
    kept = [leak for leak in heap if "ld-linux" in leak["stack"][0]["module"]]
    t.expect(kept, f"nothing of the loader's is left: {heap}")
    t.expect(not any("ld-linux" in leak["stack"][0]["module"] for leak in plain["leaks"]),
             "of the loader")
    t.equal(plain["suppressed_bytes"], sum(leak["bytes"] for leak in bare["leaks"])
            - sum(leak["bytes"] for leak in plain["leaks"]), "bytes that are left out")
    t.expect(plain["suppressions"][0]["builtin"].startswith("the loader"), plain["suppressions"])


@case("leaks-only-plugin")
def only_plugin(t):
    one, other = growing.plugin(t, "one"), growing.plugin(t, "other", name="libnpother.so")
    run = t.host("record", [f"load a {one}", f"load b {other}", "unload a", "unload b"])
    for option, number in (("--only-plugin", 2), ("--only-plugin=libnpother", 1)):
        got = leaks(run, option)
        t.equal((got["bytes"], got["others_bytes"]), (number * growing.BYTES, 0), option)
    t.equal(npntrace("leaks", "--only-plugin=libnpnone", run.recording).returncode, 2, "none")


BAD_FILES = (("leak:a\nlaek:b\n", "2:1"), ("leak:a max=x\n", "1:12"), ("  race:a", "1:3"),
             ("leak:\n", "1:6"), ("leak:a\nleak:operator new maxx=3\n", "2:19"),
             ("leak:a min=4 max=3\n", "1:8"))


@case("leaks-wrong-usage")
def wrong_usage(t):
    run = growing.record(t, growing.plugin(t, "one"))
    for number, (text, place) in enumerate(BAD_FILES):
        name = write(t, f"bad{number}", text)
        done = npntrace("leaks", f"--suppressions={name}", run.recording)
        t.equal((done.returncode, done.stdout), (2, ""), f"{text!r}: status and output")
        t.expect(done.stderr.startswith(f"npntrace: {name}:{place}: "), done.stderr)
        t.equal(done.stderr.count("\n"), 1, "lines of the message")
    big = write(t, "big", "leak:a\n" * (1 << 18))
    for name in (t.path("none"), t.folder, big):
        done = npntrace("leaks", f"--suppressions={name}", run.recording)
        t.equal((done.returncode, done.stdout), (2, ""), f"{name}: status and output")
        t.expect(f"cannot read suppressions from {name}: " in done.stderr, done.stderr)
    for option, wanted in (("--sort=byts", 'unknown key of --sort "byts": bytes, '),
                           ("--gen-suppressions=limitd", '"limitd": limited'),
                           ("--fail-on-leak=5X", "--fail-on-leak=5X: give a number of bytes"),
                           ("--by=stak", "give place or stack")):
        done = npntrace("leaks", option, run.recording)
        t.equal((done.returncode, done.stdout), (2, ""), f"{option}: status and output")
        t.expect(wanted in done.stderr, done.stderr)


main()
