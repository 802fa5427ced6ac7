#!/usr/bin/python3
# tests/fault/overwrite.py: a flight recorder that is far too small for what it records
# SPDX-License-Identifier: MIT
"""A million events go through a ring of two megabytes, in which some twenty thousand find room.
Leaks and counts stay exact, and every event is either in the ring or counted as overwritten."""
from support import compare
from support.harness import case, main, plugin_of

RING = {"NPNTRACE_SIZE": "2M"}
ROUNDS = 500000  # an allocation and a free each
PROGRAM = f"alloc 100 3; leak 4; flush 5; churn {ROUNDS} 16; leak 2 1000; destroy: free 1"
ACTIONS = ["load a @sample", f'new a 1 "do={PROGRAM}"', "destroy 1", "unload a"]

# One plug-in is met, initialised, shut down and unloaded, one instance made and destroyed; each of
# the four functions is an event when it is entered and one when it returns.
LIFE_EVENTS = 1 + 2 + 2 + 1 + 2 + 2


# The scriptable object is created, retained, handed over, released and deallocated once.
OBJECT_EVENTS = 5


def events_made(report):
    npn = report["totals"]["npn"]
    return (npn["allocs"] + npn["frees"] + npn["flushes"] + npn["freed_elsewhere"]
            + npn["handed_over"] + LIFE_EVENTS)


def all_accounted_for(t, run, further=0):
    """`info` says how many are overwritten, and these and what is there make all."""
    info, report = run.json("info"), run.report()
    made, lost_key = events_made(report) + further, "overwritten_events"
    t.equal(info["policy"], "overwrite", "policy")
    t.equal(len(run.viewer("events", "--json", "--no-symbols").splitlines()), info["events"],
            "events that are printed")
    t.equal(info["events"] + info[lost_key], made, "events in the ring and events lost")
    t.equal(report["lost_events"], info[lost_key], "lost events in the report")
    t.expect(info["events"] > 1000, f"only {info['events']} events are in the ring")
    print(f"# {made} events made, {info['events']} in the ring, {info[lost_key]} lost")
    return info


def exact_apart_from_losses(t, run):
    """The harness's comparison, which takes lost events for a fault."""
    statements = run.statements()
    report, leaks = run.report(), run.leaks()
    run.viewer("check")
    stated = statements["libnpsample.so"]
    found = plugin_of(report, "libnpsample.so")
    for key, value in stated["npn"].items():
        t.equal(found["npn"][key], value, f"{key} of the plug-in")
        t.equal(found["instances"][0]["npn"][key], stated["instances"][0]["npn"][key],
                f"{key} of the instance")
    t.equal(compare.leaks(leaks, statements), [], "leaks")


@case("overwrite-flight-recorder-million-events")
def overwritten(t):
    run = t.host("flight", ACTIONS, ["--quiet"], RING)
    t.equal((run.status, run.stderr), (0, b""), "status and standard error of the host")
    exact_apart_from_losses(t, run)
    info = all_accounted_for(t, run)
    t.expect(info["overwritten_events"] > ROUNDS, f"{info['overwritten_events']} were overwritten")
    t.expect(f"{info['overwritten_events']:,} events overwritten" in run.viewer("info"),
             "info does not say in words how many events were overwritten")


@case("overwrite-newest-events-stay")
def newest_stay(t):
    """What is in the ring is the end of what happened, without a hole."""
    run = t.host("flight", ["load a @sample", 'new a 1 "do=churn 60000 16"', "invoke 1 alloc 4711",
                            "destroy 1", "unload a"], ["--quiet"], RING)
    t.equal(run.status, 0, "status of the host")
    lines = run.viewer("events", "--no-symbols").splitlines()
    t.expect("unloaded" in lines[-1], f"the last event is {lines[-1]}")
    t.expect(any("NPN_MemAlloc(4711)" in line for line in lines[-20:]), "the newest one is gone")
    t.expect(not any("NPP_New enter" in line for line in lines), "the first event is still there")
    all_accounted_for(t, run, OBJECT_EVENTS)


@case("overwrite-threads-leaks-exact")
def threads(t):
    """Eight threads share the ring that is too small."""
    run = t.host("flight", ["load a @sample", 'new a 1 "do=threads 8 15000; leak 5"', "destroy 1",
                            "unload a"], ["--quiet"], RING)
    t.equal((run.status, run.stderr), (0, b""), "status and standard error of the host")
    leaks, report = run.leaks(), run.report()
    npn, stated = report["totals"]["npn"], run.statements()["libnpsample.so"]["npn"]
    for key in ("allocs", "frees", "bytes_allocated", "live_blocks", "live_bytes"):
        t.equal(npn[key], stated[key], key)
    t.equal((leaks["blocks"], leaks["bytes"]), (stated["live_blocks"], stated["live_bytes"]),
            "leaks")
    all_accounted_for(t, run)


main()
