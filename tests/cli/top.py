#!/usr/bin/python3
# tests/cli/top.py: `npntrace top`, on a terminal and in a pipe
# SPDX-License-Identifier: MIT
"""The screen is compared whole where nothing depends on time, and by its numbers where it does."""
import json
import os
import re
import signal
import subprocess
import sys
import time

from contract.acting import ACTS, HOSTS
from support.harness import LIBRARY, NPNTRACE, case, main, plugin
from support.obedient import Obedient
from support.process import run_process
from support.screen import Screen
from support.watching import BUSY, DEADLINE_S, environment, report, top, wait_until_written


def without_time(lines):
    return [re.sub(r"pid \d+", "pid N", re.sub(r"recorded for [^;]*;", "recorded for TIME;", line))
            for line in lines]


def cells(lines, name):
    """The columns of the row that begins with a name."""
    rows = [line for line in lines if line.lstrip().startswith(name)]
    return rows[0].lstrip()[len(name):].split() if len(rows) == 1 else []


SCREEN = """\
minihost (pid N), recorded for TIME; it is running.
NPN   live 133 B in 8 blocks, +0 B, peak 133 B; 0 B/s, 0 calls/s
PLUG-IN, INSTANCE                       >LIVE   GROWTH  BYTES/s    PEAK  CALLS/s
libnpsample.so                            133        0        0     133        0
  #2 application/x-npsample                83        0        0      83        0
  #1 application/x-npsample                50        0        0      50        0
STACK                                   >LIVE   GROWTH  BYTES/s    PEAK  CALLS/s
1. leak_odd (sample_memory.c:92), li…      34        0        0       -        0
2. leak_odd (sample_memory.c:92), li…      34        0        0       -        0
3. leak_even (sample_memory.c:84), l…      32        0        0       -        0
4. leak_odd (sample_memory.c:92), li…      17        0        0       -        0
5. leak_even (sample_memory.c:84), l…      16        0        0       -        0







q quit  p pause  s sort: live  r reverse  Tab pane  Enter stack  ? help
"""


@case("top-screen")
def whole_screen(t):
    for mode in ("flight", "record"):
        with Obedient(t, mode, name=mode) as host:
            host.do("new a 1", "invoke 1 leak 3", "new a 2", "invoke 2 leak 5")
            wait_until_written(t, host.recording, 8)
            with Screen(t, [NPNTRACE, "top", str(host.pid)], 80, 20) as screen:
                lines = screen.wait("live 133 B in 8 blocks, ")
                lines = screen.wait("0 calls/s")
                lines = screen.wait(lambda now: SCREEN.split("\n")[1] in now, "a quiet second")
                t.equal(without_time(lines), SCREEN.rstrip("\n").split("\n"), f"{mode}: the screen")
                screen.keys("q")
                t.equal(screen.ended(), 0, "exit status")


@case("top-follows-and-pauses")
def follows(t):
    for mode in ("flight", "record"):
        with Obedient(t, mode, name=mode) as host:
            host.do("new a 1", "invoke 1 leak 3")
            wait_until_written(t, host.recording, 3)
            command = [NPNTRACE, "top", "--interval=0.2", str(host.pid)]
            with Screen(t, command, 120, 20) as screen:
                screen.wait("live 50 B in 3 blocks")
                host.do("invoke 1 leak 2")
                lines = screen.wait("live 83 B in 5 blocks, +33 B, peak 83 B")
                t.equal(cells(lines, "libnpsample.so")[:2], ["83", "+33"], "live and growth")
                screen.keys("p")
                screen.wait("PAUSED")
                host.do("new a 2", "invoke 2 leak 2")
                # Another key is answered, so two intervals have passed by what is on the screen.
                for key, mark in (("i", "libnpsample.so"), ("i", "#1 application")):
                    screen.keys(key)
                    lines = screen.wait(mark)
                t.expect(any("live 83 B in 5 blocks" in line for line in lines)
                         and not any("#2" in line for line in lines), "\n".join(lines))
                screen.keys("p")
                lines = screen.wait("live 116 B in 7 blocks")
                t.expect(any("#2 application" in line for line in lines), "\n".join(lines))
                screen.keys("q")
                t.equal(screen.ended(), 0, "exit status")


def check_size(t, screen, width, height):
    """Nothing is wider than the screen, and what matters is there."""
    screen.resize(width, height)

    def fits(lines):
        return (height < 4 or lines[-1].startswith("q quit"[:width])) and any(
            re.search(r"\b133( |$)", line) for line in lines)
    lines = screen.wait(fits, f"{width}x{height}")
    t.expect(len(lines) <= height, f"{width}x{height}: {len(lines)} lines")
    t.expect(all(len(line) <= width for line in lines), f"{width}x{height}:\n" + "\n".join(lines))
    rows = [line for line in lines if re.match(r"libn", line)]
    t.equal(len(rows), 1, f"{width}x{height}: rows of the plug-in\n" + "\n".join(lines))
    t.equal(cells(lines, rows[0].split()[0])[0], "133", f"{width}x{height}: live bytes")


@case("top-any-size")
def sizes(t):
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3", "new a 2", "invoke 2 leak 5")
        with Screen(t, [NPNTRACE, "top", "--interval=0.1", host.recording], 20, 24) as screen:
            for width, height in ((20, 24), (20, 6), (21, 4), (40, 10), (79, 12), (80, 24),
                                  (132, 43), (300, 90), (20, 3), (20, 20)):
                check_size(t, screen, width, height)
            for width, height in ((1, 1), (5, 2), (19, 2), (3, 30)):
                screen.resize(width, height)
                screen.wait(lambda lines, width=width: all(len(line) <= width for line in lines))
            check_size(t, screen, 60, 15)
            screen.wait("live 133 B, +0 B, peak 133 B; 0 B/s, 0 calls/s")
            screen.keys("q")
            t.equal(screen.ended(), 0, "exit status")


@case("top-sorts-and-moves")
def sorts(t):
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 1", "new a 2", "invoke 2 leak 5", "new a 3",
                "invoke 3 leak 3")

        def order(*serials):
            def is_so(lines):
                return [int(found[1]) for line in lines
                        if (found := re.match(r"  #(\d+) ", line))] == list(serials)
            return is_so
        with Screen(t, [NPNTRACE, "top", "--sort=allocs", host.recording], 120, 24) as screen:
            screen.wait(order(2, 3, 1), "by allocations")
            screen.keys("r")
            screen.wait(order(1, 3, 2), "the other way round")
            t.expect("<ALLOCS" in screen.text(), "the sorted column's mark\n" + screen.text())
            screen.keys("r", "N")
            screen.wait(order(1, 2, 3), "by name")
            screen.keys("L")
            screen.wait(order(2, 3, 1), "by live bytes")
            t.expect(">LIVE" in screen.text(), "the sorted column's mark\n" + screen.text())
            screen.keys("s")
            screen.wait(">GROWTH")
            screen.keys("L", "Tab", "Enter")
            lines = screen.wait("_start")
            t.expect(any("step_leak  sample_memory.c:" in line for line in lines),
                     "the whole stack\n" + "\n".join(lines))
            screen.keys("Escape")
            screen.wait("PLUG-IN, INSTANCE")
            screen.keys("?")
            screen.wait("pause: nothing is read")
            screen.keys("q")
            t.equal(screen.ended(), 0, "exit status")


@case("top-restores-the-terminal")
def restores(t):
    """However it ends, the screen, the cursor and the line discipline are as before."""
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")
        for how, status in (("q", 0), ("C-c", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                            (signal.SIGQUIT, 131), (signal.SIGSEGV, 139), (signal.SIGABRT, 134)):
            with Screen(t, [NPNTRACE, "top", host.recording], 80, 24) as screen:
                screen.wait("live 50 B")
                if isinstance(how, str):
                    screen.keys(how)
                else:
                    os.kill(screen.process(), how)
                t.equal(screen.ended(), status, f"status after {how}")


@case("top-terminal-goes-away")
def goes_away(t):
    with Obedient(t, "flight") as host:
        with Screen(t, [NPNTRACE, "top", host.recording], 80, 24) as screen:
            screen.wait("it is running")
            pid = screen.process()
        end = time.monotonic() + DEADLINE_S
        while os.path.exists(f"/proc/{pid}"):
            t.expect(time.monotonic() < end, f"process {pid} goes on without a terminal")
            time.sleep(0.05)


def numbers(counters):
    names = ("allocs", "frees", "bytes_allocated", "live_blocks", "live_bytes", "peak_bytes")
    return None if counters is None else {name: counters[name] for name in names}


def summary(shown):
    """What top and report both say, without zeros that one of them leaves out."""
    def of(one):
        npn, heap = numbers(one["npn"]), numbers(one.get("heap"))
        return npn, heap if heap is not None and any(heap.values()) else None
    totals = shown["totals"]
    return {"totals": of(totals),
            "host": numbers(shown["host_heap"]) if shown["host_heap"] else None,
            "plugins": {p["path"]: (of(p), {i["serial"]: of(i) for i in p["instances"]})
                        for p in shown["plugins"]}}


def watch_to_the_end(t, pid_or_path):
    status, out, err = top(t, "--json", "--count=0", "--interval=0.1", "--no-symbols",
                           "--limit=1", pid_or_path)
    t.equal((status, err), (0, ""), "status and messages")
    looks = [json.loads(line) for line in out.splitlines()]
    t.expect(len(looks) >= 5, f"only {len(looks)} looks")
    t.expect(all(look["running"] for look in looks[:-1]) and not looks[-1]["running"],
             "running but for the last look")
    allocs = [look["totals"]["heap"]["allocs"] for look in looks]
    t.expect(allocs == sorted(allocs) and allocs[0] < allocs[-1], f"allocations: {allocs}")
    return looks


@case("top-sums-are-the-reports")
def sums(t):
    """Read bit by bit while it grows, a recording gives what it gives when read at once."""
    for mode, options in (("flight", ()), ("record", ()), ("record", ("--size=1M",))):
        folder = t.path(mode + "".join(options))
        os.makedirs(folder)
        env = environment(t)
        command = [sys.executable, "-c", BUSY]
        if mode == "flight":
            env.update(LD_PRELOAD=LIBRARY, NPNTRACE_DIR=folder, NPNTRACE_HEAP="all",
                       NPNTRACE_SIZE="128M")
        else:
            command = [NPNTRACE, "record", "-q", "--heap=all", *options, "-o",
                       os.path.join(folder, "trace.npt"), "--", *command]
        with subprocess.Popen(command, cwd=t.folder, env=env) as host:
            while not os.listdir(folder):
                t.expect(host.poll() is None, "the host has ended")
            looks = watch_to_the_end(t, host.pid)
            t.equal(host.wait(), 0, "the host's status")
        path = os.path.join(folder, os.listdir(folder)[0])
        t.equal(looks[-1]["lost_events"], 0, f"{mode}: lost events")
        whole = report(t, path)
        t.expect(whole["totals"]["heap"]["allocs"] > 100000, "the host was busy")
        t.equal(summary(looks[-1]), summary(whole), f"{mode}: sums")
        growth = sum(look["totals"]["heap"]["bytes_per_s"] * look["seconds"] for look in looks[1:])
        heap = [look["totals"]["heap"]["bytes_allocated"] for look in looks]
        t.expect(abs(growth - (heap[-1] - heap[0])) <= 1 + 1e-6 * heap[-1],
                 f"{mode}: rates add up to {growth}, not {heap[-1] - heap[0]}")


@case("top-costs-the-host-nothing")
def cost(t):
    """A host that waits is not woken, stopped or looked into while it is watched."""
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")

        def state():
            with open(f"/proc/{host.pid}/status", encoding="ascii") as file:
                fields = dict(line.split(":\t", 1) for line in file.read().splitlines())
            with open(f"/proc/{host.pid}/stat", encoding="ascii") as file:
                times = file.read().rsplit(")", 1)[1].split()[11:13]
            return {name: fields[name].strip()
                    for name in ("State", "TracerPid", "voluntary_ctxt_switches",
                                 "nonvoluntary_ctxt_switches")}, times
        while state()[0]["State"][0] != "S":
            pass
        before = state()
        with Screen(t, [NPNTRACE, "top", "--interval=0.1", str(host.pid)], 80, 24) as screen:
            screen.wait("live 50 B")
            with open(f"/proc/{screen.process()}/maps", encoding="ascii") as file:
                mapped = [line.split()[1] for line in file if line.rstrip().endswith(".ring")]
            t.expect(mapped and set(mapped) == {"r--s"}, f"the ring is mapped {mapped}")
            screen.wait(lambda lines: re.search(r"recorded for ([3-9]\.|\d\d|\d+ min)", lines[0]),
                        "three seconds")
            screen.keys("q")
            screen.ended()
        t.equal(state(), before, "the host")


@case("top-in-a-pipe")
def in_a_pipe(t):
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")
        status, out, err = top(t, host.recording)
        t.equal((status, err), (0, ""), "status and messages")
        t.expect("\x1b" not in out and "live 50 B in 3 blocks" in out, out)
        t.expect("leak_odd (sample_memory.c:" in out, out)
        # The reader goes away: no message, and it ends.
        script = f'"{NPNTRACE}" top --count=0 --interval=0.1 "{host.recording}" | head -n 1'
        status, out, err = run_process(["bash", "-c", f"set -o pipefail; {script}"], cwd=t.folder,
                                       env=environment(t), deadline_s=DEADLINE_S)
        t.equal(len(out.splitlines()), 1, "lines")
        t.equal(err, b"", "messages")


@case("top-of-one-plug-in")
def of_one_plugin(t):
    """Its numbers are at the head, too; of several, those that can be added up."""
    with Obedient(t, "flight", options=HOSTS["never-again"]) as host:
        host.do(f"load b '{plugin('sample2')}'", f"load c '{ACTS}'", "new a 1", "new b 2",
                "invoke 1 leak 3", "invoke 2 leak 5", "invoke 2 temp 4",
                "new c 3 do=free-twice")
        whole = report(t, host.recording)
        plugins = {one["name"]: one["npn"] for one in whole["plugins"]}
        everything = list(plugins)
        for names in (["libnpsample.so"], ["libnpsample2.so"], everything[:2], everything):
            options = [f"--plugin={name}" for name in names]
            status, out, err = top(t, "--json", *options, host.recording)
            t.equal((status, err), (0, ""), f"{names}: status and messages")
            got = json.loads(out)
            for key in ("allocs", "frees", "bytes_allocated", "live_blocks", "live_bytes"):
                t.equal(got["totals"]["npn"][key], sum(plugins[name][key] for name in names),
                        f"{names}: {key}")
            t.equal(got["totals"]["npn"]["peak_bytes"],
                    plugins[names[0]]["peak_bytes"] if len(names) == 1 else None,
                    f"{names}: peak")
            t.equal(got["findings"], int("libnpacts.so" in names), f"{names}: findings")
            head = [line for line in top(t, *options, host.recording)[1].splitlines()
                    if line.startswith("NPN ")]
            t.equal(["peak" in line for line in head], [len(names) == 1], f"{names}: {head}")
        got = json.loads(top(t, "--json", host.recording)[1])
        t.equal(got["totals"]["npn"]["peak_bytes"], whole["totals"]["npn"]["peak_bytes"], "of all")
        t.equal(got["findings"], 1, "findings of all")


main()
