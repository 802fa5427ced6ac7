#!/usr/bin/python3
# tests/fault/kill.py: a host killed at any instant leaves a sound and complete recording
# SPDX-License-Identifier: MIT
"""Each case kills five hundred mini-hosts with SIGKILL: most in the middle of allocations of
one thread or of five, at an instant that is drawn as a number of allocations; some while they
start, at an instant drawn in time. NPNTRACE_KILLS changes the number, NPNTRACE_SEED repeats a run.
"""
import math
import os
import signal
import time

import victim
from hostprocess import checked_or_not, children, generator
from support.harness import Failed, case, main

KILLS = int(os.environ.get("NPNTRACE_KILLS", "500"))
MOST_ALLOCATIONS = 8000
START_S = 0.05  # a start takes less
KILLED = {"flight": -signal.SIGKILL, "record": 128 + signal.SIGKILL}


def verify(t, host, threads):
    """Returns whether there was anything to record."""
    run, page = host.run, host.page()
    is_recorded = page.entries or run.recording_paths()
    if is_recorded:
        victim.holds_everything(t, run, page, threads)
    t.finish(run)
    return bool(is_recorded)


def kill_at_allocation(t, random, mode, name):
    """Kills once a number of allocations has finished, small numbers as likely as large ones."""
    program = random.choice((victim.CHURN, victim.CHURN, victim.THREADS))
    wanted = int(math.exp(random.uniform(0, math.log(MOST_ALLOCATIONS))))
    with victim.Victim(t, mode, name, victim.playing(program), env=checked_or_not(random)) as host:
        host.wait_until(lambda: host.completed() >= wanted, f"{wanted} allocations")
        host.kill_host()
        host.wait(KILLED[mode])
        return verify(t, host, program.threads)


def kill_while_starting(t, random, mode, name):
    """Kills a moment after the start: before, in or after NP_Initialize."""
    moment_s = random.uniform(0, START_S)
    with victim.Victim(t, mode, name, victim.playing(victim.CHURN),
                       env=checked_or_not(random)) as host:
        begun = time.monotonic()
        if mode == "record":
            host.wait_until(lambda: children(host.process.pid), "the host was started")
        while time.monotonic() - begun < moment_s:
            pass
        for pid in children(host.process.pid) if mode == "record" else [host.process.pid]:
            os.kill(pid, signal.SIGKILL)
        host.wait(KILLED[mode])
        return verify(t, host, victim.CHURN.threads)


def kill_many(t, mode):
    random = generator()
    recorded = 0
    for i in range(KILLS):
        kill = kill_while_starting if i % 5 == 4 else kill_at_allocation
        name = f"kill-{i}"
        try:
            recorded += kill(t, random, mode, name)
        except Failed as failure:
            where = f"kill {i} of {KILLS} ({kill.__name__})"
            raise Failed(f"{where}: {failure}\n{t.path(name)}") from None
    print(f"# {mode}: {KILLS} kills, {recorded} recordings verified")
    t.expect(recorded >= KILLS // 2, f"only {recorded} of {KILLS} kills left something to verify")


@case("kill-flight-recorder-any-instant")
def kill_flight(t):
    kill_many(t, "flight")


@case("kill-recorded-any-instant")
def kill_record(t):
    kill_many(t, "record")


main()
