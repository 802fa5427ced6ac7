#!/usr/bin/python3
# tests/fault/heap-kill.py: a host killed in the middle of its heap calls
# SPDX-License-Identifier: MIT
"""What was committed when the process died is in the recording, each time: all calls that had
returned, in their order, and of each thread at most one more.

Most hosts are killed at a number of calls that is drawn. In the others one thread is taken through
the tracer instruction by instruction, and is killed at one of all that a call takes, or few before
or after the store that commits an event.

NPNTRACE_KILLS is the number of kills in all (default 200, a quarter of them by single steps),
NPNTRACE_SEED repeats a run.
"""
import collections
import math
import os
import re
import signal

from heapvictim import STEPPER, HeapHost
from hostprocess import checked_or_not, generator
from support.harness import Failed, Skipped, case, main

KILLS = int(os.environ.get("NPNTRACE_KILLS", "200"))
MOST_CALLS = 6000
NEAR = 24  # instructions of the library, from the store that commits
KILLED = 128 + signal.SIGKILL


def kill_at_call(t, random, name, mode):
    """Small numbers as likely as large ones."""
    threads, seed = random.choice((1, 1, 4)), random.getrandbits(32)
    wanted = int(math.exp(random.uniform(0, math.log(MOST_CALLS))))
    with HeapHost(t, name, seed, threads, 1 << 40, mode=mode, env=checked_or_not(random)) as host:
        host.wait_until(lambda: host.completed() >= wanted, f"{wanted} calls")
        host.kill_host()
        host.wait(KILLED if mode == "record" else -signal.SIGKILL)
        recorded = host.verify()
    t.finish(host.run)
    return recorded


def many(t, random, count, kill, *arguments):
    results = []
    for i in range(count):
        name = f"kill-{i}"
        try:
            results.append(kill(t, random, name, *arguments))
        except Failed as failure:
            raise Failed(f"kill {i} of {count}: {failure}\n{t.path(name)}") from None
    return results


@case("heap-kill-verification-tried-on-naive-tracer")
def naive(t):
    many(t, generator(), max(KILLS // 20, 2), kill_at_call, "naive")


@case("heap-kill-any-call")
def any_call(t):
    results = many(t, generator(), KILLS - KILLS // 4, kill_at_call, "record")
    calls = sum(sum(recorded.values()) for recorded in results)
    print(f"# {len(results)} kills, {calls} calls recorded")


# ---- by single steps ----

Step = collections.namedtuple("Step", "where at committed")


def step_and_kill(t, random, name, kind):
    """The stepper prints where it killed. commit N: before the store if N <= 0, else after it.
    Stacks are unwound once: nearly all steps would be libunwind's."""
    seed, warm = random.getrandbits(32), random.randrange(2000, 4000)
    number = random.randrange(0, 1000) if kind == "part" else random.randrange(-NEAR, NEAR)
    before = [STEPPER, str(warm), kind, str(number)]
    with HeapHost(t, name, seed, 1, 1 << 40, before=before,
                  env={"NPNTRACE_SELFCHECK": None}) as host:
        host.wait(KILLED)
        said = re.search(r"stepper: (.*), at (\S+)", host.output())
        t.expect(said is not None, f"the stepper did not say where it was\n{host.output()}")
        recorded, page = host.verify()[0], host.page().threads[0]
        step = Step(said[1], said[2], recorded == page.started)
        if kind == "commit":
            t.equal(step.committed, number > 0, f"whether the call is recorded, {step}")
    t.finish(host.run)
    return step


def by_steps(t, kind, count):
    if os.uname().machine != "x86_64":
        raise Skipped("single steps are made on x86-64 only")
    steps = many(t, generator(), count, step_and_kill, kind)
    places = {step.at for step in steps}
    after = sum(step.committed for step in steps)
    print(f"# {len(steps)} kills at {len(places)} different instructions; in {len(steps) - after} "
          f"the call under way was not committed, in {after} it was")
    t.expect(len(places) > count // 3, "most kills were at the same instruction")
    return after


@case("heap-kill-any-instruction-of-a-call")
def any_instruction(t):
    by_steps(t, "part", max(KILLS // 12, 6))


@case("heap-kill-at-the-commit")
def at_the_commit(t):
    count = max(KILLS // 6, 12)
    t.expect(0 < by_steps(t, "commit", count) < count, "all kills were on one side of the commit")


main()
