#!/usr/bin/python3
# tests/whatif/each.py: a host is run once for each NPN_MemAlloc, which fails in that run
# SPDX-License-Identifier: MIT
"""A plug-in with an unchecked allocation is named, with function and line, and every way in which
a host can end is told from the others."""
import json
import os
import pty
import re
import signal
import subprocess
import termios
import time

from support.harness import MINIHOST, NPNTRACE, SOURCE, case, main

from careless import CARELESS, LIFE

STEPS = "checked 2 10; unchecked 40; exits 10 9; forgets 50; checked 1 10"
EACH = "--fail-npn=each:libnpcareless.so"


def each(t, steps, *options, status=None, actions=None, command=None):
    """Runs it in the case's own folder, where nothing may be left."""
    environment = {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder,
                   "CARELESS_DO": steps, "LC_ALL": "C.UTF-8"}
    run = subprocess.run([NPNTRACE, "record", EACH, *options, "--",
                          *(command or [MINIHOST, *(actions or LIFE)])],
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
    t.expect("Not tried: 5 of 9 calls; of each call stack one was. --each-limit=0 tries all."
             in run.stdout, run.stdout)
    few = each(t, "checked 2 10; exits 5 3; kept 2 1", "--each-limit=1", status=0)
    t.expect("Not tried: 4 of 5 calls, no call at all of 2 call stacks." in few.stdout, few.stdout)


@case("each-limit-takes-a-call-of-every-stack-first")
def limit_by_stack(t):
    """Four of 303 calls are tried: the first three stacks' first calls, and one more."""
    report = json.loads(each(t, "checked 150 10; kept 152 5; unchecked 9", "--each-limit=4",
                             "--json", status=1).stdout)
    t.equal([run["call"] for run in report["runs"]], [1, 2, 151, 303], "calls")
    t.equal((report["calls"], report["untried_stacks"], report["stopped"]), (303, 0, False),
            "calls, stacks that were left out")
    t.equal(report["runs"][3]["outcome"], "signal", "the unchecked one")


@case("each-rows-that-are-alike-are-one")
def rows(t):
    run = each(t, "checked 12 10; forgets 5", status=0)
    found = re.findall(r"^(\w+) \(careless\.c:\d+\) +(\d\S*) ", run.stdout, re.M)
    t.equal(found, [("checked", "1-12"), ("forgets", "13"), ("forgets", "14")], "rows")
    t.expect(max(map(len, run.stdout.splitlines())) <= 80, run.stdout)


@case("each-budget-is-not-taken-for-the-failure")
def with_limit(t):
    """Calls beyond the budget fail in each run; what is named is the call of that run."""
    report = json.loads(each(t, "kept 3 100; checked 1 100", "--limit=*careless*:100",
                             "--json", status=0).stdout)
    t.equal([run["stack"][0]["function"] for run in report["runs"]],
            ["kept", "kept", "kept", "checked"], "the failed calls")


@case("each-host-that-is-killed-anyway-is-said")
def killed_anyway(t):
    """Before its plug-ins allocate, there is nothing to try; later, little to be learnt."""
    run = each(t, "", status=2, command=["sh", "-c", "kill -SEGV $$"])
    t.expect("called NPN_MemAlloc; it ended with: killed by SIGSEGV" in run.stderr, run.stderr)
    t.equal(run.stdout, "", "output")
    host = " ".join(f"'{word}'" for word in [MINIHOST, *LIFE])
    run = each(t, "forgets 5", status=0, command=["sh", "-c", f"{host}; kill -SEGV $$"])
    t.expect("The run without failures was killed, too" in run.stdout, run.stdout)


def sleepers(mark):
    """Processes of this command line that run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if mark in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


@case("each-leaves-no-process-behind")
def leaves_nothing(t):
    """Not even those that went into a session of their own."""
    host = " ".join(f"'{word}'" for word in [MINIHOST, *LIFE])
    seconds = str(10**7 + os.getpid())
    run = each(t, "checked 2 5", status=0,
               command=["sh", "-c", f"setsid sleep {seconds} & sleep {seconds} & {host}"])
    t.expect(run.stdout.startswith("All of 2 runs"), run.stdout)
    t.equal(sleepers(seconds.encode()), [], "processes")


@case("each-interrupted-says-how-far-it-came")
def interrupted(t):
    """Ctrl-C on its terminal, while a host hangs: the host ends, and the terminal is as before."""
    mark = os.path.join(t.folder, "hangs")
    environment = {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder,
                   "CARELESS_DO": "checked 1 10; hangs 777", "CARELESS_HANGS": mark,
                   "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(NPNTRACE, [NPNTRACE, "record", EACH, "--", MINIHOST, *LIFE], environment)
    before = termios.tcgetattr(terminal)
    wait_for(mark)
    os.write(terminal, b"\x03")
    text = read_terminal(terminal)
    _, status = os.waitpid(pid, 0)
    t.equal(os.waitstatus_to_exitcode(status), 2, f"status\n{text}")
    t.expect("Stopped: 1 of 2 calls were tried." in text, text)
    t.equal(before, termios.tcgetattr(terminal), "terminal settings")
    os.close(terminal)
    t.equal(os.listdir(t.folder), [], "what is left behind")


def wait_for(path):
    deadline = time.monotonic() + 60
    while not os.path.exists(path) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.unlink(path)


def read_terminal(terminal):
    text = b""
    try:
        while piece := os.read(terminal, 4096):
            text += piece
    except OSError:
        pass  # its other side was closed
    return text.decode().replace("\r", "")


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
