#!/usr/bin/python3
# tests/cli/top_troubles.py: `npntrace top` of what ends, is damaged or is not there
# SPDX-License-Identifier: MIT
"""What is shown is what was last known, with the reason; wrong usage has one answer."""
import json
import os
import subprocess
import sys

from support.harness import LIBRARY, NPNTRACE, case, main
from support.obedient import Obedient
from support.screen import Screen
from support.watching import BUSY, DEADLINE_S, environment, report, top, wait_until_written


@case("top-file-is-cut")
def cut(t):
    """Somebody shortens the file that is mapped: it says so, on the screen of before."""
    path = t.path("cut.ring")
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")
        with open(host.recording, "rb") as ring, open(path, "wb") as copy:
            copy.write(ring.read())
        with Screen(t, [NPNTRACE, "top", "--interval=0.1", path], 80, 24) as screen:
            screen.wait("live 50 B")
            os.truncate(path, 0)
            screen.wait(lambda lines: any("became shorter" in line or "cannot look again" in line
                                          for line in lines), "what is wrong")
            if "cannot look again" in screen.text():
                screen.keys("q")
                t.equal(screen.ended(), 0, "status")
            else:
                t.equal(screen.ended(), 2, "status")


@case("top-host-ends")
def host_ends(t):
    for mode, how in (("flight", "kill"), ("record", "kill"), ("flight", "end"), ("record", "end")):
        with Obedient(t, mode, name=f"{mode}-{how}") as host:
            host.do("new a 1", "invoke 1 leak 3")
            with Screen(t, [NPNTRACE, "top", "--interval=0.1", str(host.pid)], 80, 24) as screen:
                screen.wait("it is running")
                host.do("invoke 1 leak 4")
                getattr(host, how)()
                lines = screen.wait(lambda now: not any("it is running" in line for line in now)
                                    and any("recorded for" in line for line in now), "its end")
                t.expect(any("live 116 B in 7 blocks" in line for line in lines),
                         f"{mode}, {how}: the last numbers\n" + "\n".join(lines))
                got = report(t, host.recording)["totals"]["npn"]
                t.equal((got["live_bytes"], got["live_blocks"]), (116, 7), "the report's numbers")
                screen.keys("q")
                t.equal(screen.ended(), 0, "exit status")


@case("top-says-what-is-lost")
def lost(t):
    """A ring that is overwritten faster than it is read."""
    folder = t.path("flight")
    os.makedirs(folder)
    env = {**environment(t), "LD_PRELOAD": LIBRARY, "NPNTRACE_DIR": folder, "NPNTRACE_HEAP": "all",
           "NPNTRACE_SIZE": "1M"}
    with subprocess.Popen([sys.executable, "-c", BUSY], cwd=t.folder, env=env) as host:
        while not os.listdir(folder):
            t.expect(host.poll() is None, "the host has ended")
        path = os.path.join(folder, os.listdir(folder)[0])
        status, out, _ = top(t, "--json", "--count=0", "--interval=1", "--no-symbols", path)
        t.equal(host.wait(), 0, "the host's status")
    looks = [json.loads(line) for line in out.splitlines()]
    t.equal(status, 0, "status")
    losses = [look["lost_events"] for look in looks]
    t.expect(losses == sorted(losses) and losses[-1] > 0, f"lost: {losses}")
    _, text, _ = top(t, path)
    t.expect("lost: heap and stacks are of the rest; NPN numbers are whole" in text, text)


@case("top-cannot-look-again")
def cannot_look(t):
    """What was damaged while it is followed: numbers of before, no rates, and why; it ends where
    nothing can come any more."""
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")
        path = t.path("damaged.ring")
        with open(host.recording, "rb") as ring, open(path, "wb") as copy:
            copy.write(ring.read())
        with subprocess.Popen([NPNTRACE, "top", "--json", "--count=0", "--interval=0.1", path],
                              cwd=t.folder, env=environment(t), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
            t.equal(json.loads(following.stdout.readline())["trouble"], None, "at first")
            with open(path, "r+b") as damaged:
                damaged.write(bytes(64))
            while (look := json.loads(following.stdout.readline()))["trouble"] is None:
                pass
            t.expect("not a recording" in look["trouble"], look["trouble"])
            t.equal((look["totals"]["npn"]["live_bytes"], look["totals"]["npn"]["bytes_per_s"],
                     look["plugins"][0]["npn"]["bytes_per_s"]), (50, None, None), "numbers")
            host.kill()
            _, said = following.communicate(timeout=DEADLINE_S)
            t.equal(following.returncode, 2, "status")
            t.expect("cannot look again: " in said, said)


@case("top-recorder-was-killed")
def recorder_was_killed(t):
    """A trace that breaks off is followed only as long as somebody may write to it."""
    with Obedient(t, "record") as host:
        host.do("new a 1", "invoke 1 leak 3")
        wait_until_written(t, host.recording, 3)
        path = t.path("broken-off.npt")
        with open(host.recording, "rb") as trace, open(path, "wb") as copy:
            copy.write(trace.read())
        host.kill()
    os.utime(path, (0, 0))
    status, out, err = top(t, "--json", "--count=0", path)
    t.equal((status, err, out.count("\n")), (0, "", 1), "status, messages, looks")
    look = json.loads(out)
    t.equal((look["running"], look["totals"]["npn"]["live_bytes"]), (False, 50), "what is there")


@case("top-other-terminals")
def other_terminals(t):
    """One that can do nothing gets a page of text; colours and characters are what it has."""
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")
        with Screen(t, [NPNTRACE, "top", host.recording], 80, 24, term="dumb") as screen:
            t.equal(screen.ended(), 0, "a dumb terminal: status")
            t.expect("live 50 B in 3 blocks" in screen.text(), screen.text())
        with Screen(t, [NPNTRACE, "top", host.recording], 80, 24, term="nonsense") as screen:
            t.equal(screen.ended(), 2, "an unknown terminal: status")
            t.expect('kind "nonsense"' in screen.text(), screen.text())
        with Screen(t, ["env", "LC_ALL=C", NPNTRACE, "top", host.recording], 30, 12) as screen:
            lines = screen.wait("live 50 B")
            t.expect(all(line.isascii() for line in lines), "\n".join(lines))
        with Screen(t, ["sh", "-c", f"'{NPNTRACE}' top '{host.recording}' </dev/null"], 80,
                    24) as screen:
            screen.wait("live 50 B")
            screen.keys("q")
            t.equal(screen.ended(), 0, "keys from the terminal, not from standard input: status")


@case("top-bad-input")
def bad_input(t):
    with subprocess.Popen(["sleep", "1000"]) as sleeping:
        try:
            status, out, err = top(t, sleeping.pid)
            t.equal((status, out), (2, ""), "an untraced process")
            t.expect(f"process {sleeping.pid} (sleep) is not being traced" in err, err)
            gone = sleeping.pid
        finally:
            sleeping.kill()
    for arguments, wanted in (
            ((gone,), f"there is no process {gone}"),
            (("./nothing.ring",), "./nothing.ring: No such file or directory"),
            (("--sort=byts", "x"), 'unknown column "byts": bytes, '),
            (("--interval=0", "x"), "--interval=0: give seconds"),
            (("--interval=x", "x"), "--interval=x: give seconds"),
            (("--count=-1", "x"), "--count=-1: give a number"),
            (("/etc/passwd",), "not a recording of npntrace"),
            (("/",), "/: Is a directory")):
        status, out, err = top(t, *arguments)
        t.equal((status, out), (2, ""), f"{arguments}")
        t.expect(wanted in err, f"{arguments}: {err}")


@case("top-of-a-wrapper")
def wrapper(t):
    """The pid of what started the host is good enough if it started one only."""
    with Obedient(t, "record") as host:
        host.do("new a 1", "invoke 1 leak 3")
        wait_until_written(t, host.recording, 3)
        status, out, err = top(t, "--json", host.process.pid)
        t.equal((status, err), (0, ""), "status and messages")
        t.equal(json.loads(out)["host"]["pid"], host.pid, "the host")
        with Obedient(t, "flight", name="other", env={"NPNTRACE_DEBUG": "0"}) as other:
            status, _, err = top(t, os.getpid())
            t.equal(status, 2, "two traced processes")
            t.expect(str(host.pid) in err and str(other.pid) in err, err)


main()
