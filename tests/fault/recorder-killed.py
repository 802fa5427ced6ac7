#!/usr/bin/python3
# tests/fault/recorder-killed.py: a host whose recorder is killed goes on unharmed
# SPDX-License-Identifier: MIT
"""The host must end as it does without a recorder, and what was written must read fine and be a
beginning of what the plug-in did."""
import os
import signal

import victim
from contract import acting
from hostprocess import adopt_orphans, children, wait_for_adopted
from support import tally
from support.harness import NPNTRACE, case, main, plugin
from support.process import DEADLINE_S, run_process

ROUNDS = 100000
PROGRAM = f"alloc 100 3; leak 4; churn {ROUNDS} 16; leak 2 1000"
ACTIONS = [f"load a {plugin('sample')}", f'new a 1 "do={PROGRAM}"', "invoke 1 counts", "destroy 1",
           "unload a"]
SMALL_RING = ["--size=1M"]  # holds less than a tenth of the rounds


def unharmed(t, host, pid, untraced):
    """The host ends as it does untraced, with the same transcript and the same statement."""
    t.equal(wait_for_adopted(pid), 0, f"exit status of the host\n{host.output()}")
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
        host.wait_until(lambda: host.trace_bytes() > 20000 and host.completed() > 0, "a trace")
        finished, pid = host.completed(), host.host_pid()
        host.kill_recorder()
        unharmed(t, host, pid, untraced)
        t.expect(reads_fine(t, host, finished) > 0, "nothing was written")


@case("recorder-killed-before-first-event")
def before_first_event(t):
    """The host learns that nobody records it before it has a plug-in."""
    untraced = untraced_run(t)
    with victim.Victim(t, "record", "killed", ACTIONS, SMALL_RING) as host:
        host.wait_until(lambda: children(host.process.pid), "the host was started")
        pid = children(host.process.pid)[0]
        os.kill(pid, signal.SIGSTOP)
        host.kill_recorder()
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
        host.wait_until(lambda: host.completed() > 100, "the first allocations")
        host.wait_until(lambda: has_block(host.run), "the first block of the recording")
        host.stop_recorder()
        host.wait_until(host.waits, "the host waits for room in the ring")
        finished, pid = host.completed(), host.host_pid()
        t.expect(finished < ROUNDS, "the host did not wait, it has finished its rounds")
        host.kill_recorder()
        unharmed(t, host, pid, untraced)
        reads_fine(t, host, finished)


@case("recorder-killed-findings-stay")
def findings_stay(t):
    """No event tells of a finding: those that were written so far are there, and it is said that
    there may be more. What is held of objects is counted from the events."""
    actions = ["--mem=arena", "load b " + acting.ACTS, "new b 2 do=free-twice,plain-kept",
               *victim.playing(victim.CHURN)]
    with victim.Victim(t, "record", "killed", actions) as host:
        host.wait_until(lambda: host.trace_bytes() > 100000, "a trace")
        pid = host.host_pid()
        host.kill_recorder()
        os.kill(pid, signal.SIGKILL)
        t.equal(wait_for_adopted(pid), -signal.SIGKILL, "the host's end")
        got = host.run.json("findings")
        t.equal(([f["kind"] for f in got["findings"]], got["complete"]), (["double-free"], False),
                "findings, and whether they are complete")
        t.expect("may be missing" in host.run.viewer("findings"), "nothing is said")
        host.run.viewer("findings", "--fail-on-finding", status=1)
        held = [leak["origin"] for leak in host.run.leaks()["leaks"] if leak["domain"] == "object"]
        t.equal(held, ["NPN_CreateObject"], "objects held")
        host.run.viewer("check")


@case("recorder-stopped-and-continued-nothing-lost")
def continued(t):
    """The same without the kill: a recorder that was slow has lost nothing."""
    with victim.Victim(t, "record", "slow", ACTIONS, SMALL_RING) as host:
        host.wait_until(lambda: host.completed() > 100, "the first allocations")
        host.stop_recorder()
        host.wait_until(host.waits, "the host waits for room in the ring")
        host.continue_recorder()
        host.wait()
        t.exact(host.run)
        page = host.page()
        t.equal(page.lost, 0, "entries that the page had no room for")
        allocated, live, _ = victim.allocations(host.run)
        t.equal(allocated == [(e.address, e.size) for e in page.entries], True, "all allocations")
        t.equal(len(live), len(tally.live(page)[0]), "live blocks")


adopt_orphans()
main()
