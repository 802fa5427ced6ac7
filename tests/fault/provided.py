#!/usr/bin/python3
# tests/fault/provided.py: NPN_Mem* called by name, with and without a browser behind
# SPDX-License-Identifier: MIT
"""Plug-in code that runs in a test bench leaves NPN_MemAlloc and its like undefined; the preloaded
library provides them. A plug-in that brings gates of these names along has them interposed by ours,
and must reach its browser all the same."""
import json
import signal

from support import compare
from support.harness import BENCH, case, main, plugin, plugin_of

PROGRAM = "alloc 10 3; leak 4; temp 20 300; flushall 1000; free 1; alloc 0; freenull"
PLUGIN_PROGRAM = "alloc 77 2; leak 3; churn 500 24; free all"
REACHED = "host: set A: 57 allocations of 1166 bytes, 0 failed, 50 frees, 0 of NULL, 1 flushes"
BOTH = [BENCH, PROGRAM, plugin("undefined"), PLUGIN_PROGRAM]


def exact(t, run):
    """As t.exact; but the program is a plug-in here, and does not state main and what calls it."""
    t.exact(run, leaks=False)
    leaks = run.leaks()
    for leak in leaks["leaks"]:
        names = [frame["function"] for frame in leak["stack"]]
        t.expect("main" in names, f"{run.mode}: no main in {names}")
        leak["stack"] = leak["stack"][:names.index("main")]
    t.equal(compare.leaks(leaks, run.statements()), [], f"{run.mode}: leaks")


def provided(t, mode, command):
    run = t.run(mode, command)
    t.equal((run.status, run.stdout), (0, b""), f"{mode}: exit status and standard output\n"
            + run.stderr.decode())
    exact(t, run)
    return run


def npn_events(run):
    events = map(json.loads, run.viewer("events", "--json", "--no-symbols").splitlines())
    return [event for event in events if event["type"].startswith("npn-")]


@case("provided-nothing-without-library")
def without(t):
    """What the other cases show is not the C library's doing."""
    t.equal(t.run("untraced", [BENCH, PROGRAM]).status, -signal.SIGSEGV, "exit status")


@case("provided-program-leaves-them-undefined")
def program(t):
    for mode in ("flight", "record"):
        run = provided(t, mode, [BENCH, PROGRAM])
        t.equal([p["name"] for p in run.report()["plugins"]], ["bench"], f"{mode}: plug-ins")
        for event in npn_events(run):
            t.expect("provided" in event["flags"], f"{mode}: not provided: {event}")


@case("provided-program-and-plugin-told-apart")
def program_and_plugin(t):
    for mode in ("flight", "record"):
        run = provided(t, mode, BOTH)
        t.equal(sorted(p["name"] for p in run.report()["plugins"]), ["bench", "libnpundefined.so"],
                f"{mode}: plug-ins")


@case("provided-flush-until-zero-ends")
def flush(t):
    """The guide's way to free as much as possible: call it until it returns 0."""
    for mode in ("flight", "record"):
        run = provided(t, mode, [BENCH, "alloc 100000 200; free all; flushall 1000000000"])
        flushes = [event for event in npn_events(run) if event["type"] == "npn-flush"]
        t.expect(0 < len(flushes) < 10, f"{mode}: {len(flushes)} flushes")
        t.equal(flushes[-1]["returned"], 0, f"{mode}: what the last flush returned")


@case("provided-foreign-free-refused")
def foreign(t):
    """NPN_MemFree of what NPN_MemAlloc never issued frees nothing, and is reported."""
    for mode in ("flight", "record"):
        run = t.run(mode, [BENCH, "alloc 50; foreign 24; double 0"])
        t.equal(run.status, 0, f"{mode}: exit status\n{run.stderr.decode()}")
        refused = [event for event in npn_events(run)
                   if event["type"] == "npn-free" and "refused" in event["flags"]]
        t.equal(len(refused), 2, f"{mode}: frees that were refused")
        t.equal(sorted(f["kind"] for f in run.json("findings")["findings"]),
                ["double-free", "free-of-unissued"], f"{mode}: findings")


@case("provided-size-beyond-memory-is-null")
def exhausted(t):
    """With an address space of a gigabyte there are not ten blocks of nearly four."""
    for mode in ("flight", "record"):
        limited = ["/bin/sh", "-c", 'ulimit -v 1500000; exec "$@"', "sh"]
        run = t.run(mode, [*limited, BENCH, "alloc 4000000000 10; alloc 8"])
        t.equal(run.status, 0, f"{mode}: exit status\n{run.stderr.decode()}")
        exact(t, run)
        failed = [event for event in npn_events(run)
                  if event["type"] == "npn-alloc" and event["address"] == "0x0"]
        t.equal(len(failed), 10, f"{mode}: allocations that failed")


@case("provided-gates-reach-the-browser")
def gates(t):
    """The host's own counts say that each call reached it once; the recording counts it once."""
    actions = ["load a @gates", 'new a 1 "do=alloc 100 3; leak 4; temp 50; flush 7"', "destroy 1",
               "unload a"]
    runs = t.play(actions)
    for mode, run in runs.items():
        t.expect(REACHED in run.stdout.decode().splitlines(),
                 f"{mode}: the host's functions were not reached:\n{run.stdout.decode()}")
    for mode in ("flight", "record"):
        npn = plugin_of(runs[mode].report(), "libnpgates.so")["npn"]
        t.equal((npn["allocs"], npn["frees"], npn["flushes"]), (57, 50, 1), f"{mode}: calls")
        for event in npn_events(runs[mode]):
            t.expect("provided" not in event["flags"], f"{mode}: not the browser's: {event}")


@case("provided-undefined-plugin-in-browser")
def undefined_in_browser(t):
    """The same plug-in under a browser: its calls by name reach the table that it was given."""
    actions = ["load a @undefined", 'new a 1 "do=alloc 100 3; leak 4; temp 50"', "destroy 1",
               "unload a"]
    for mode in ("flight", "record"):
        run = t.host(mode, actions)
        t.equal(run.status, 0, f"{mode}: exit status\n{run.stderr.decode()}")
        t.exact(run)
        t.expect("57 allocations of 1166 bytes" in run.stdout.decode(),
                 f"{mode}: the host's functions were not reached:\n{run.stdout.decode()}")


main()
