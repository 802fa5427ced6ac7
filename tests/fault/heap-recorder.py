#!/usr/bin/python3
# tests/fault/heap-recorder.py: a recorder that is slow, dead, or told to drop
# SPDX-License-Identifier: MIT
"""Lossless means lossless: a host waits for a recorder that does not keep up, and nothing is lost.
It does not wait for a dead one. Where it was told to drop, every call is either in the recording or
counted as dropped."""
import json

import heapsequence
from heapvictim import HEAPHOST, LOSSES, HeapHost
from hostprocess import adopt_orphans, generator, wait_for_adopted
from support.harness import case, main

# As fast as they can: only some stacks are unwound twice.
SMALL = ["--size=1M", "--selfcheck=97"]
CALLS = 150000  # of a thread: many times what a small ring holds
STOPS = 6
WRITTEN_EVENTS = 100000
MANY_CALLS = 1000000


@case("heap-slow-recorder-blocks-and-loses-nothing")
def slow(t):
    """The recorder is stopped until the host can go no further, again and again."""
    seed = generator().getrandbits(32)
    with HeapHost(t, "slow", seed, 4, CALLS, options=SMALL) as host:
        for _ in range(STOPS):
            before = host.completed()
            host.wait_until(lambda least=before: host.completed() > least, "more calls")
            host.stop_recorder()
            host.wait_until(host.waits, "the host waits for the recorder")
            host.continue_recorder()
        host.wait()
        page = host.page()
        recorded = host.verify(page)
        t.equal(recorded, {n: CALLS for n in range(4)}, "calls by thread")
        info = host.run.json("info")
        t.equal((info["policy"], info["stop_reason"]), ("block", "none"), "policy, stop")


def written_events(host):
    """How many can be read by now: a block counts once all of it is there."""
    return heap_events(host.run.json("info")) if host.run.recording_paths() else 0


def killed(t, before_kill):
    """The host must do all it was to do; what was written must be the beginning of that."""
    seed = generator().getrandbits(32)
    with HeapHost(t, "dead", seed, 4, MANY_CALLS, options=SMALL) as host:
        host.wait_until(lambda: written_events(host) > WRITTEN_EVENTS, "the beginning of a trace")
        pid = host.host_pid()
        before_kill(host)
        host.kill_recorder()
        t.equal(wait_for_adopted(pid), 0, f"exit status of the host\n{host.output()}")
        page = host.page()
        t.equal([x.completed for x in page.threads], [MANY_CALLS] * 4, "calls that returned")
        begun = [x._replace(completed=0) for x in page.threads]
        recorded = host.verify(page._replace(threads=begun), losses=LOSSES, halves=True)
        print(f"# {sum(recorded.values())} of {4 * MANY_CALLS} calls were written")
        t.expect(sum(recorded.values()) > WRITTEN_EVENTS // 10, "hardly anything was written")


@case("heap-dead-recorder-blocks-nobody")
def dead(t):
    killed(t, lambda host: None)


@case("heap-recorder-dies-while-the-host-waits")
def dies_while_waiting(t):
    def stop_and_wait(host):
        host.stop_recorder()
        host.wait_until(host.waits, "the host waits for the recorder")

    killed(t, stop_and_wait)


def heap_events(info):
    return info["events_by_type"]["heap-alloc"] + info["events_by_type"]["heap-free"]


def all_events(t, seed):
    """How many heap events the host makes, with those of the C library."""
    with HeapHost(t, "all", seed, 1, CALLS, ["wait"]) as host:
        host.wait_until(host.host_pid, "the host was started")
        heapsequence.go(host.page_path)
        host.wait()
        host.verify()
        return heap_events(host.run.json("info"))


@case("heap-dropped-events-are-counted-exactly")
def dropped(t):
    """The recorder is stopped for as long as the host runs: all but a few chunks is dropped."""
    seed = generator().getrandbits(32)
    made = all_events(t, seed)
    with HeapHost(t, "drop", seed, 1, CALLS, ["wait"], options=SMALL + ["--policy=drop"]) as host:
        host.wait_until(host.host_pid, "the host was started")
        host.stop_recorder()
        heapsequence.go(host.page_path)
        host.wait_until(lambda: host.page().finished, "the host came to its end")
        host.continue_recorder()
        host.wait()
        info, report = host.run.json("info"), host.run.report()
    print(f"# {made} events: {heap_events(info)} recorded, {info['dropped_events']} dropped")
    t.expect(info["dropped_events"] > made // 2, "hardly anything was dropped")
    t.expect(heap_events(info) > 1000, "hardly anything was recorded")
    t.equal(heap_events(info) + info["dropped_events"], made, "recorded and dropped")
    t.equal(report["lost_events"], info["dropped_events"], "lost events in the report")


@case("heap-flight-recorder-overwritten-are-counted-exactly")
def overwritten(t):
    seed = generator().getrandbits(32)
    made = all_events(t, seed)
    page = t.path("page")
    with open(page, "wb"):
        pass
    run = t.run("flight", [HEAPHOST, page, str(seed), "1", str(CALLS)],
                {"NPNTRACE_HEAP": "all", "NPNTRACE_FOLLOW": "heaphost", "NPNTRACE_SIZE": "2M"})
    t.equal((run.status, run.stderr), (0, b""), "status and standard error")
    info = run.json("info")
    lines = run.viewer("events", "--json", "--no-symbols").splitlines()
    t.equal(len(lines), info["events"], "events that are printed")
    t.equal(info["policy"], "overwrite", "policy")
    print(f"# {made} events: {heap_events(info)} in the ring, {info['overwritten_events']} not")
    t.equal(heap_events(info) + info["overwritten_events"], made, "in the ring and overwritten")
    t.expect(info["overwritten_events"] > made // 2, "hardly anything was overwritten")
    sizes = [json.loads(line)["size"] for line in lines if '"heap-alloc"' in line]
    t.expect(len(sizes) > 1000, "hardly anything is in the ring")


adopt_orphans()
main()
