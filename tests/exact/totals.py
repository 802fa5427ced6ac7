#!/usr/bin/python3
# tests/exact/totals.py: random threads that allocate, and their recordings, call by call
# SPDX-License-Identifier: MIT
"""Each case runs a program that allocates at random and writes down what it does, records all heap
calls, and compares: per thread, per size and per stack, then each thread's calls one by one, then
what is live at exit. Everything must be equal, under each allocator.

A run has PHASES seeds, one after the other. NPNTRACE_EXACT_RUNS changes the number of runs,
NPNTRACE_SEED repeats them; a failure names the seed of its run.
"""
import ctypes.util
import os

from exact import tallies
from exact.heapevents import Events, Pairing, events_in_order, is_leaf, own_calls, report_problems
from exact.heaplog import Log, Names, naive_events
from support.harness import BUILD, Failed, Skipped, case, main

PROGRAM = os.path.join(BUILD, "tests", "exact", "exact")
NAIVE = os.path.join(BUILD, "tests", "exact", ".libs", "libnaivetracer.so")
RUNS = int(os.environ.get("NPNTRACE_EXACT_RUNS", "24"))
PHASES = 20
OPERATIONS = 240  # at most, of a thread in a phase, after its first twenty
FIRST_SEED = int(os.environ.get("NPNTRACE_SEED") or int.from_bytes(os.urandom(4), "little"))
NAMES = Names(PROGRAM) if os.path.exists(PROGRAM) else None

# That a ring is far too small must not be noticed. Where each stack is unwound twice, threads are
# in the tracer at once less often.
RINGS = ([], ["--size=1M"], ["--size=2M"])
CHECKS = ("--selfcheck=1", "--selfcheck=97")


def allocator(name, package):
    """What LD_PRELOAD needs for it, as far as it is to be found."""
    library = ctypes.util.find_library(name)
    if library is None:
        raise Skipped(f"no lib{name} here (Debian package: {package})")
    return {"LD_PRELOAD": library}


def command(log, seed):
    return [PROGRAM, log, str(seed), str(PHASES), str(OPERATIONS)]


def finished_log(t, path):
    log = Log(path)
    t.equal(log.finished, 1, "the program came to its end")
    return log


def same_calls(log, events):
    """The recorded calls against the stated ones; all differences."""
    pairing = Pairing(events)
    stated, found = log.calls(), own_calls(events, pairing)
    problems = tallies.differences(tallies.tally(stated), tallies.tally(found))
    problems += tallies.order(stated, found)
    live = [events[i].call for i in pairing.live if is_leaf(events[i].call.chain)]
    problems += tallies.differences(tallies.live(log.live()), tallies.live(live))
    return pairing, problems


def fail_on(problems, seed, what):
    if problems:
        raise Failed(f"{what}, NPNTRACE_SEED={seed}:\n" + "\n".join(problems))


def same_report(run, pairing, late):
    """What `report` adds up against the same sums made here."""
    report = run.report()
    problems = report_problems(report, pairing, late)
    if report["lost_events"] != 0:
        problems.append(f"{report['lost_events']} lost events")
    return problems


def same_leaks(run, log, events, pairing):
    """What `leaks --host` lists against the program's own list of live blocks."""
    recorded = run.json("leaks", "--host", "--no-builtin-suppressions")
    found = tallies.leaks(recorded, events)
    own = {key: n for key, n in found.items() if is_leaf(key[1])}
    problems = tallies.differences(tallies.live(log.live()), tallies.collections.Counter(own))
    live = [events.events[i].call for i in pairing.live]
    for key, number in (("blocks", len(live)), ("bytes", sum(c.size for c in live))):
        if recorded[key] != number:
            problems.append(f"leaks: {key} is {recorded[key]}, not {number}")
    return problems


def losses(run):
    info = run.json("info")
    return [f"info: {key} is {info[key]}" for key in
            ("lost_events", "missed_calls", "truncated_stacks", "unreadable_events",
             "selfcheck_mismatches", "heap_untracked") if info[key] != 0]


def record_and_compare(t, seed, options, env):
    log_path = t.path(f"log-{seed}")
    run = t.run("record", command(log_path, seed), env, ["--heap=all", *options])
    t.equal(run.status, 0, f"status, NPNTRACE_SEED={seed}\n{run.stderr.decode()}")
    run.viewer("check")
    log, events = finished_log(t, log_path), Events(run, PROGRAM, NAMES)
    pairing, problems = same_calls(log, events.events)
    problems += same_report(run, pairing, events.late)
    problems += same_leaks(run, log, events, pairing)
    problems += losses(run)
    problems += [f"{name} at {offset:#x} is called {shown}"
                 for offset, name, shown in list(events.wrong_names)[:tallies.SHOWN]]
    if events.backwards != 0:
        problems.append(f"{events.backwards} events stand behind later ones of their threads")
    if pairing.unseen_frees != 0:
        problems.append(f"{pairing.unseen_frees} frees were not seen")
    fail_on(problems, seed, " ".join(options))
    os.unlink(log_path)
    t.finish(run)
    return tallies.successes(log.calls()), len(events.events)


def many(t, env):
    calls = events = 0
    for number in range(RUNS):
        seed = FIRST_SEED + number * PHASES
        options = [*RINGS[number % len(RINGS)], CHECKS[number % len(CHECKS)]]
        made, seen = record_and_compare(t, seed, options, env)
        calls, events = calls + made, events + seen
    print(f"# {RUNS * PHASES} seeds in {RUNS} processes: {calls} allocations, {events} events; "
          f"NPNTRACE_SEED={FIRST_SEED}")
    t.expect(calls > RUNS * PHASES * 20, f"only {calls} allocations were made")


@case("totals-comparison-tried-on-naive-tracer")
def naive(t):
    """The comparison itself, on a recorder that shares nothing with the tracer."""
    for number in range(3):
        seed, log_path, naive_path = FIRST_SEED + number * PHASES, t.path("log"), t.path("naive")
        run = t.run("untraced", command(log_path, seed),
                    {"LD_PRELOAD": NAIVE, "NPNEXACT_NAIVE": naive_path})
        t.equal(run.status, 0, f"status, NPNTRACE_SEED={seed}\n{run.stderr.decode()}")
        log, seen = finished_log(t, log_path), finished_log(t, naive_path)
        events = events_in_order(naive_events(seen, NAMES))
        fail_on(same_calls(log, events)[1], seed, "naive tracer")
        spoilt_is_noticed(t, log, events)


def spoilt_is_noticed(t, log, events):
    """A comparison that finds nothing wrong must be able to."""
    own = [i for i, e in enumerate(events) if is_leaf(e.call.chain) and e.call.address != 0]
    at = own[len(own) // 2]
    call = events[at].call
    for what, spoilt in (("lost", None), ("size", call._replace(size=call.size + 1)),
                         ("frame", call._replace(chain=call.chain[:1] + (1,) + call.chain[2:]))):
        changed = events[:at] + events[at + 1:]
        if spoilt is not None:
            changed.insert(at, events[at]._replace(call=spoilt))
        t.expect(same_calls(log, changed)[1] != [], f"nobody noticed a wrong event: {what}")


@case("totals-glibc")
def glibc(t):
    many(t, {})


@case("totals-jemalloc")
def jemalloc(t):
    many(t, {**allocator("jemalloc", "libjemalloc2"), "NPNEXACT_WITHOUT_PVALLOC": "1"})


@case("totals-tcmalloc")
def tcmalloc(t):
    many(t, allocator("tcmalloc_minimal", "libtcmalloc-minimal4"))


@case("totals-mimalloc")
def mimalloc(t):
    many(t, allocator("mimalloc", "libmimalloc2.0"))


main()
