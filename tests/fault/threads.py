#!/usr/bin/python3
# tests/fault/threads.py: threads that allocate and free each other's blocks through the table
# SPDX-License-Identifier: MIT
"""A block may be freed by another thread than allocated it, and its address be issued to a third
one before the first has noticed. No total may be wrong by one, and no free be taken for a second
one."""
import collections
import json

from support.harness import MODES, case, main, plugin_of

THREADS, ROUNDS = 8, 6000


def no_free_is_foreign(t, run):
    """By the events: every free is of a live block, every allocation of one that was not."""
    tids, wrong = collections.Counter(), []
    for line in run.viewer("events", "--json", "--no-symbols").splitlines():
        event = json.loads(line)
        if not event["type"].startswith("npn-"):
            continue
        tids[event["tid"]] += 1
        if event["type"] == "npn-freed-elsewhere":
            wrong.append(event)
        elif event["type"] == "npn-free" and "known" not in event["flags"]:
            wrong.append(event)
        elif event["type"] == "npn-alloc" and {"reissued", "untracked"} & set(event["flags"]):
            wrong.append(event)
    t.equal(wrong[:3], [], f"{run.mode}: {len(wrong)} events of which no block should be")
    return tids


@case("threads-eight-free-each-others-blocks")
def eight(t):
    program = f"threads {THREADS} {ROUNDS}; leak 3"
    actions = ["load a @sample", f'new a 1 "do={program}"', "destroy 1", "unload a"]
    # The peak depends on which thread was first; the plug-in's account of it is made later than the
    # call, so it may differ from the recording's.
    runs = t.play(actions, ["--quiet"], peak=False)
    for mode in ("flight", "record"):
        tids = no_free_is_foreign(t, runs[mode])
        t.equal(len(tids), THREADS + 1, f"{mode}: threads in the events")
        npn = plugin_of(runs[mode].report(), "libnpsample.so")["npn"]
        t.equal((npn["allocs"], npn["frees"], npn["live_blocks"]),
                (THREADS * ROUNDS + 3, THREADS * ROUNDS, 3), f"{mode}: allocations, frees, live")


@case("threads-two-plugins-at-once")
def two_plugins(t):
    """Two plug-ins with four threads each, entered from two threads of the host."""
    actions = ["load a @sample", "load b @sample2", "new a 1", "new b 2",
               "start 1 invoke 1 threads 4 4000", "start 2 invoke 2 threads 4 4000",
               "join 1", "join 2", "destroy 1", "destroy 2", "unload a", "unload b"]
    runs = {mode: t.host(mode, actions, ["--quiet"]) for mode in MODES}
    for mode in ("flight", "record"):
        run = runs[mode]
        t.equal(run.status, 0, f"{mode}: exit status\n{run.stderr.decode()}")
        t.exact(run, peak=False)
        no_free_is_foreign(t, run)
        for name in ("libnpsample.so", "libnpsample2.so"):
            npn = plugin_of(run.report(), name)["npn"]
            t.equal((npn["allocs"], npn["frees"]), (16000, 16000), f"{mode}: calls of {name}")


main()
