#!/usr/bin/python3
# tests/fault/recorder-killed.py: a host whose recorder is killed goes on unharmed
# SPDX-License-Identifier: MIT
"""The host must end as it does without a recorder, and what was written must read fine and be a
beginning of what the plug-in did."""
import ctypes
import os
import signal
import time

import victim
from support import tally
from support.harness import NPNTRACE, Failed, case, main, plugin
from support.process import DEADLINE_S, run_process

PR_SET_CHILD_SUBREAPER = 36
ROUNDS = 100000
PROGRAM = f"alloc 100 3; leak 4; churn {ROUNDS} 16; leak 2 1000"
ACTIONS = [f"load a {plugin('sample')}", f'new a 1 "do={PROGRAM}"', "invoke 1 counts", "destroy 1",
           "unload a"]
SMALL_RING = ["--size=1M"]  # holds less than a tenth of the rounds


def adopt_orphans():
    """The host's parent is the recorder; when that is killed, the host becomes our child."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def wait_for(pid):
    """The exit status of an adopted process. It is killed at the deadline."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(victim.POLL_S)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise Failed(f"the host has not ended {DEADLINE_S} s after its recorder was killed")


def trace_bytes(host):
    paths = host.run.recording_paths()
    return os.path.getsize(paths[0]) if paths else 0


def stopped(host):
    """Whether the host waits: asleep, and no allocation finishes over twenty looks."""
    before = host.finished()
    for _ in range(20):
        time.sleep(0.005)
        with open(f"/proc/{host.host_pid()}/stat", encoding="ascii") as file:
            state = file.read().rpartition(")")[2].split()[0]
        if state != "S" or host.finished() != before:
            return False
    return True


def unharmed(t, host, pid, untraced):
    """The host ends as it does untraced, with the same transcript and the same statement."""
    t.equal(wait_for(pid), 0, f"exit status of the host\n{host.output()}")
    host.log.flush()
    t.equal(host.output(), untraced.stdout.decode(), "transcript")
    stated, untraced_stated = host.run.statements(), untraced.statements()
    for statements in (stated, untraced_stated):
        statements["libnpsample.so"].pop("pid")
    t.equal(stated, untraced_stated, "what the plug-in states")
    t.equal(os.listdir(host.run.work), [], "files in the working directory")


def reads_fine(t, host, finished_before):
    """The trace is sound, and is the beginning of what happened, also where the recorder was killed
    in the middle of a write."""
    status, _, err = run_process([NPNTRACE, "check", host.run.recording], cwd=host.run.folder,
                                 env=host.run.environment({}), deadline_s=DEADLINE_S)
    t.equal(status, 0, f"check: {err.decode()}")
    allocated, _, _ = victim.allocations(host.run)
    finished = [(e.address, e.size) for e in host.page().entries]
    t.equal(allocated, finished[:len(allocated)], "allocations, as the plug-in made them")
    print(f"# {len(allocated)} of {len(finished)} allocations were written when the recorder was "
          f"killed after {finished_before}")
    host.run.viewer("report")
    host.run.viewer("leaks")
    return len(allocated)


def untraced_run(t):
    run = t.host("untraced", ACTIONS, ["--quiet"])
    t.equal(run.status, 0, "untraced: exit status\n" + run.stderr.decode())
    return run


@case("recorder-killed-host-goes-on")
def host_goes_on(t):
    untraced = untraced_run(t)
    with victim.Victim(t, "record", "killed", ACTIONS, SMALL_RING) as host:
        host.wait_until(lambda: trace_bytes(host) > 20000 and host.finished() > 0, "a trace")
        finished, pid = host.finished(), host.host_pid()
        host.process.kill()
        t.equal(host.wait(), -signal.SIGKILL, "status of the recorder")
        unharmed(t, host, pid, untraced)
        t.expect(reads_fine(t, host, finished) > 0, "nothing was written")


@case("recorder-killed-before-first-event")
def before_first_event(t):
    """The host learns that nobody records it before it has a plug-in."""
    untraced = untraced_run(t)
    with victim.Victim(t, "record", "killed", ACTIONS, SMALL_RING) as host:
        host.wait_until(lambda: victim.children(host.process.pid), "the host was started")
        pid = victim.children(host.process.pid)[0]
        os.kill(pid, signal.SIGSTOP)
        host.process.kill()
        host.wait()
        os.kill(pid, signal.SIGCONT)
        unharmed(t, host, pid, untraced)


def has_block(run):
    """The recording's first block is whole: a block's header is written last."""
    for path in run.recording_paths():
        with open(path, "rb") as file:
            return file.read(36)[32:] == b"npnB"
    return False


@case("recorder-killed-host-waits-for-room")
def host_waits(t):
    """The recorder is stopped until the ring is full and the host sleeps; then it is killed."""
    untraced = untraced_run(t)
    with victim.Victim(t, "record", "killed", ACTIONS, SMALL_RING) as host:
        host.wait_until(lambda: host.finished() > 100, "the first allocations")
        host.wait_until(lambda: has_block(host.run), "the first block of the recording")
        os.kill(host.process.pid, signal.SIGSTOP)
        host.wait_until(lambda: stopped(host), "the host waits for room in the ring")
        finished, pid = host.finished(), host.host_pid()
        t.expect(finished < ROUNDS, "the host did not wait, it has finished its rounds")
        host.process.kill()
        host.wait()
        unharmed(t, host, pid, untraced)
        reads_fine(t, host, finished)


@case("recorder-stopped-and-continued-nothing-lost")
def continued(t):
    """The same without the kill: a recorder that was slow has lost nothing."""
    with victim.Victim(t, "record", "slow", ACTIONS, SMALL_RING) as host:
        host.wait_until(lambda: host.finished() > 100, "the first allocations")
        os.kill(host.process.pid, signal.SIGSTOP)
        host.wait_until(lambda: stopped(host), "the host waits for room in the ring")
        os.kill(host.process.pid, signal.SIGCONT)
        t.equal(host.wait(), 0, f"exit status\n{host.output()}")
        t.exact(host.run)
        page = host.page()
        t.equal(page.lost, 0, "entries that the page had no room for")
        allocated, live, _ = victim.allocations(host.run)
        t.equal(allocated == [(e.address, e.size) for e in page.entries], True, "all allocations")
        t.equal(len(live), len(tally.live(page)[0]), "live blocks")


adopt_orphans()
main()
