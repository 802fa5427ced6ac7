#!/usr/bin/python3
# tests/fault/heap-kill.py: a host killed in the middle of its heap calls
# SPDX-License-Identifier: MIT
"""What was committed when the process died is in the recording, each time: all calls that had
returned, in their order, and of each thread at most one more.

Most hosts are killed at a number of calls that is drawn. In the others one thread is taken through
the tracer instruction by instruction, and is killed after a number of them that is drawn from all
that a call takes: before, at and after the store that commits an event.

NPNTRACE_KILLS is the number of kills in all (default 120, a quarter of them by single steps),
NPNTRACE_SEED repeats a run.
"""
import collections
import math
import os
import re
import shutil
import signal

import victim
from heapvictim import STEPPER, HeapHost
from support.harness import Failed, Skipped, case, main

KILLS = int(os.environ.get("NPNTRACE_KILLS", "120"))
MOST_CALLS = 6000
KILLED = 128 + signal.SIGKILL


def kill_at_call(t, random, name, mode):
    """Small numbers as likely as large ones."""
    threads, seed = random.choice((1, 1, 4)), random.getrandbits(32)
    wanted = int(math.exp(random.uniform(0, math.log(MOST_CALLS))))
    with HeapHost(t, name, seed, threads, 1 << 40, mode=mode) as host:
        host.wait_until(lambda: host.completed() >= wanted, f"{wanted} calls")
        host.kill()
        host.wait(KILLED if mode == "record" else -signal.SIGKILL)
        return host.verify()


def many(t, random, count, kill, *arguments):
    results = []
    for i in range(count):
        name = f"kill-{i}"
        try:
            results.append(kill(t, random, name, *arguments))
        except Failed as failure:
            raise Failed(f"kill {i} of {count}: {failure}\n{t.path(name)}") from None
        shutil.rmtree(t.path(name))
    return results


@case("heap-kill-verification-tried-on-naive-tracer")
def naive(t):
    many(t, victim.seed(), max(KILLS // 20, 2), kill_at_call, "naive")


@case("heap-kill-any-call")
def any_call(t):
    results = many(t, victim.seed(), KILLS - KILLS // 4, kill_at_call, "record")
    calls = sum(sum(recorded.values()) for recorded in results)
    print(f"# {len(results)} kills, {calls} calls recorded")


# ---- by single steps ----

Step = collections.namedtuple("Step", "taken of function recorded started")


def step_and_kill(t, random, name):
    """The stepper prints how many of a call's instructions it let pass, and where it was then."""
    seed, warm = random.getrandbits(32), random.randrange(50, 400)
    part = random.randrange(0, 1000)
    before = [STEPPER, str(warm), str(part)]
    with HeapHost(t, name, seed, 1, 1 << 40, before=before) as host:
        host.wait(KILLED)
        said = re.search(r"stepper: (\d+) of (\d+) instructions, at (\S+)", host.output())
        t.expect(said is not None, f"the stepper did not say where it was\n{host.output()}")
        recorded = host.verify()[0]
        page = host.page().threads[0]
        return Step(int(said[1]), int(said[2]), said[3], recorded, page.started)


@case("heap-kill-any-instruction-of-a-call")
def any_instruction(t):
    if os.uname().machine != "x86_64":
        raise Skipped("single steps are counted on x86-64 only")
    steps = many(t, victim.seed(), max(KILLS // 4, 20), step_and_kill)
    before = [s for s in steps if s.recorded < s.started]
    after = [s for s in steps if s.recorded == s.started]
    print(f"# {len(steps)} kills in calls of {min(s.of for s in steps)} to "
          f"{max(s.of for s in steps)} instructions; in {len(before)} the call under way was not "
          f"committed, in {len(after)} it was")
    t.expect(before and after, "no kill was on one of the sides of a commit")
    t.expect(len({s.function for s in steps}) > 5, "all kills were at the same few instructions")


main()
