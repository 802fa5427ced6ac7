#!/usr/bin/python3
# tests/cli/findings.py: the verb findings as seen from the shell, and what others say of findings
# SPDX-License-Identifier: MIT
"""What is found is the business of tests/contract/; here it is exit statuses, the verdict, the next
command, and that a colour never gets into a file."""
import os
import subprocess

from contract.acting import ACTS, HOSTS, KEPT
from support.harness import NPNTRACE, case, main

MISUSE = [f"load a {ACTS}", "new a 1 do=free-twice", "destroy 1", "unload a"]
KEEPING = [f"load a {ACTS}", "new a 1 do=identifier-kept,window-kept", "destroy 1", "unload a"]
CLEAN = [f"load a {ACTS}", "new a 1 do=identifier-freed", "destroy 1", "unload a"]
SAFE = HOSTS["never-again"]


def npntrace(run, verb, *options, cwd=None):
    return subprocess.run([NPNTRACE, verb, *options, run.recording], cwd=cwd, capture_output=True,
                          text=True, timeout=60, check=False)


@case("findings-exit-status", misuse={"double-free"})
def exit_status(t):
    for actions, expected in ((MISUSE, 1), (CLEAN, 0)):
        for mode in ("flight", "record"):
            run = t.host(mode, actions, SAFE)
            t.equal(npntrace(run, "findings").returncode, 0, f"{mode}: without the option")
            for form in ([], ["--json"]):
                t.equal(npntrace(run, "findings", "--fail-on-finding", *form).returncode, expected,
                        f"{mode}: --fail-on-finding {form}")


@case("findings-of-other-plugins", misuse={"double-free"})
def of_other_plugins(t):
    run = t.host("record", [*MISUSE[:2], "load b @sample", *MISUSE[2:], "unload b"], SAFE)
    for plugin, expected in (("libnpacts", 1), ("libnpsample", 0)):
        done = npntrace(run, "findings", "--fail-on-finding", f"--plugin={plugin}")
        t.equal(done.returncode, expected, f"findings of {plugin}")
    t.equal(npntrace(run, "findings", "--plugin=libnpnone").returncode, 2, "no such plug-in")


@case("findings-first-and-last-line", misuse={"double-free"})
def first_and_last_line(t):
    for actions, first, last in (
            (MISUSE, "1 finding in libnpacts.so.", "Next: npntrace events --plugin=libnpacts.so "),
            (CLEAN, "No finding.", "Next: npntrace report ")):
        run = t.host("record", actions, SAFE)
        lines = npntrace(run, "findings").stdout.splitlines()
        t.equal(lines[0], first, "the verdict")
        t.equal(lines[-1], last + run.recording, "the next command")
        t.expect("\x1b" not in "".join(lines), "colours in a file")
    t.expect("\x1b" in npntrace(run, "findings", "--color=always").stdout, "no colours")


@case("findings-in-other-verbs")
def in_other_verbs(t):
    """The report and the leaks say that there are findings, and how to see them."""
    run = t.host("record", KEEPING, SAFE)
    found = run.json("findings")["findings"]
    t.equal([finding["kind"] for finding in found], [KEPT], "kinds")
    t.equal(run.report()["findings"], 1, "in the report as JSON")
    for verb in ("report", "leaks"):
        lines = npntrace(run, verb).stdout.splitlines()
        t.equal(lines[-1], "Next: npntrace findings " + run.recording, f"{verb}: the next command")
    verdict = npntrace(run, "report").stdout.splitlines()[0]
    t.expect("1 finding about misuse of the API." in verdict, f"the report's verdict: {verdict}")
    shown = npntrace(run, "leaks").stdout
    for wanted in ("1 identifier string (NPN_UTF8FromIdentifier)", "application/x-npacts",
                   "1 object held with 1 reference (NPN_GetValue)"):
        t.expect(wanted in shown, f"'{wanted}' is not in:\n{shown}")


@case("findings-newest-recording", misuse={"double-free"})
def newest_recording(t):
    """Without a file the newest recording here is read, and the next command names none."""
    run = t.host("record", MISUSE, SAFE)
    done = subprocess.run([NPNTRACE, "findings"], cwd=os.path.dirname(run.recording), text=True,
                          capture_output=True, timeout=60, check=True)
    t.equal(done.stdout.splitlines()[-1], "Next: npntrace events --plugin=libnpacts.so", "next")


main()
