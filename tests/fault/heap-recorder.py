#!/usr/bin/python3
# tests/fault/heap-recorder.py: a recorder that is slow, dead, or told to drop
# SPDX-License-Identifier: MIT
"""Lossless means lossless: a host waits for a recorder that does not keep up, and nothing is lost.
It does not wait for a dead one. Where it was told to drop, every call is either in the recording or
counted as dropped."""
import ctypes
import json
import os
import signal
import time

import heapsequence
import victim
from heapvictim import HEAPHOST, HeapHost
from support.harness import Failed, case, main
from support.process import DEADLINE_S

PR_SET_CHILD_SUBREAPER = 36
SMALL = ["--size=1M"]
CALLS = 150000  # of a thread: many times what a small ring holds
STOPS = 6
LOOKS = 20
WRITTEN_BYTES = 300000  # a few hundred thousand calls
MANY_CALLS = 1000000


def adopt_orphans():
    """The host's parent is the recorder; when that is killed, the host becomes our child."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def thread_states(pid):
    states = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{tid}/stat", encoding="ascii") as file:
                states.append(file.read().rpartition(")")[2].split()[0])
        except FileNotFoundError:
            pass
    return states


def waits(host):
    """Whether the host waits: all threads asleep, and no call returns over many looks."""
    before, pid = host.completed(), host.page().pid
    for _ in range(LOOKS):
        time.sleep(0.005)
        if any(s != "S" for s in thread_states(pid)) or host.completed() != before:
            return False
    return True


@case("heap-slow-recorder-blocks-and-loses-nothing")
def slow(t):
    """The recorder is stopped until the host can go no further, again and again."""
    seed = victim.seed().getrandbits(32)
    with HeapHost(t, "slow", seed, 4, CALLS, options=SMALL) as host:
        for _ in range(STOPS):
            before = host.completed()
            host.wait_until(lambda least=before: host.completed() > least, "more calls")
            os.kill(host.process.pid, signal.SIGSTOP)
            host.wait_until(lambda: waits(host), "the host waits for the recorder")
            os.kill(host.process.pid, signal.SIGCONT)
        host.wait()
        page = host.page()
        recorded = host.verify(page)
        t.equal(recorded, {n: CALLS for n in range(4)}, "calls by thread")
        info = host.run.json("info")
        t.equal((info["policy"], info["stop_reason"]), ("block", "none"), "policy, stop")


def status_of(pid):
    """The exit status of an adopted process. It is killed at the deadline."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise Failed(f"the host has not ended {DEADLINE_S} s after its recorder was killed")


def trace_bytes(host):
    paths = host.run.recording_paths()
    return os.path.getsize(paths[0]) if paths else 0


def killed(t, before_kill):
    """The host must do all it was to do; what was written must be the beginning of that."""
    seed = victim.seed().getrandbits(32)
    with HeapHost(t, "dead", seed, 4, MANY_CALLS, options=SMALL) as host:
        host.wait_until(lambda: trace_bytes(host) > WRITTEN_BYTES, "the beginning of a trace")
        pid = host.page().pid
        before_kill(host)
        host.process.kill()
        host.process.wait()
        t.equal(status_of(pid), 0, f"exit status of the host\n{host.output()}")
        page = host.page()
        t.equal([x.completed for x in page.threads], [MANY_CALLS] * 4, "calls that returned")
        begun = [x._replace(completed=0) for x in page.threads]
        recorded = host.verify(page._replace(threads=begun), losses=("missed_calls",), halves=True)
        print(f"# {sum(recorded.values())} of {4 * MANY_CALLS} calls were written")
        t.expect(sum(recorded.values()) > 10000, "hardly anything was written")


@case("heap-dead-recorder-blocks-nobody")
def dead(t):
    killed(t, lambda host: None)


@case("heap-recorder-dies-while-the-host-waits")
def dies_while_waiting(t):
    def stop_and_wait(host):
        os.kill(host.process.pid, signal.SIGSTOP)
        host.wait_until(lambda: waits(host), "the host waits for the recorder")

    killed(t, stop_and_wait)


def heap_events(info):
    return info["events_by_type"]["heap-alloc"] + info["events_by_type"]["heap-free"]


def all_events(t, seed):
    """How many heap events the host makes, with those of the C library."""
    with HeapHost(t, "all", seed, 1, CALLS, ["wait"]) as host:
        host.wait_until(lambda: host.page().pid, "the host was started")
        heapsequence.go(host.page_path)
        host.wait()
        host.verify()
        return heap_events(host.run.json("info"))


@case("heap-dropped-events-are-counted-exactly")
def dropped(t):
    """The recorder is stopped for as long as the host runs: all but a few chunks is dropped."""
    seed = victim.seed().getrandbits(32)
    made = all_events(t, seed)
    with HeapHost(t, "drop", seed, 1, CALLS, ["wait"], options=SMALL + ["--policy=drop"]) as host:
        host.wait_until(lambda: host.page().pid, "the host was started")
        os.kill(host.process.pid, signal.SIGSTOP)
        heapsequence.go(host.page_path)
        host.wait_until(lambda: host.page().finished, "the host came to its end")
        os.kill(host.process.pid, signal.SIGCONT)
        host.wait()
        info, report = host.run.json("info"), host.run.report()
    print(f"# {made} events: {heap_events(info)} recorded, {info['dropped_events']} dropped")
    t.expect(info["dropped_events"] > made // 2, "hardly anything was dropped")
    t.expect(heap_events(info) > 1000, "hardly anything was recorded")
    t.equal(heap_events(info) + info["dropped_events"], made, "recorded and dropped")
    t.equal(report["lost_events"], info["dropped_events"], "lost events in the report")


@case("heap-flight-recorder-overwritten-are-counted-exactly")
def overwritten(t):
    seed = victim.seed().getrandbits(32)
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
