#!/usr/bin/python3
# tests/fault/heap-signals.py: handlers that allocate, ten thousand times a second
# SPDX-License-Identifier: MIT
"""Timers interrupt threads at any instruction, in the tracer and in the allocator, one that
handlers may call (tests/fault/plain_malloc.c). All calls of threads and of handlers must be
recorded, in order, with stacks on which libunwind agrees. Where handlers jump out of what they
interrupted, only the call that was jumped out of may be missing.

NPNTRACE_HANDLERS changes how often each thread is interrupted at least."""
import collections
import os

from heapvictim import PLAIN_MALLOC, HeapHost
from hostprocess import generator
from support.harness import case, main

HANDLERS = int(os.environ.get("NPNTRACE_HANDLERS", "1000"))
THREADS = 3  # the first one waits for the others

# How often a second, and which stacks are unwound twice. That takes about as long as there is
# between two signals at 10 kHz, so that, were it done each time, threads would hardly get on.
Pace = collections.namedtuple("Pace", "hertz selfcheck")
FAST, CHECKED, ALL_CHECKED = Pace(10000, None), Pace(10000, "10"), Pace(2000, "1")
LEAST = 1 / 8  # of the signals, by processor time: what comes while a handler runs counts once


def interrupted(t, pace, words=(), options=()):
    seed = generator().getrandbits(32)
    words = [f"prof={pace.hertz}", f"handlers={HANDLERS}", *words]
    with HeapHost(t, "record", seed, THREADS, 0, words, options=options,
                  env={"LD_PRELOAD": PLAIN_MALLOC, "NPNTRACE_SELFCHECK": pace.selfcheck}) as host:
        host.wait()
        page = host.page()
        t.equal(page.finished, 1, "the host came to its end")
        # Events are put in order as far as they are committed within DRAIN_COMMIT_NS of their
        # stamps: a thread that loses its processor in a handler may take longer.
        recorded = host.verify(page, ordered=False)
        for thread in page.threads[1:]:
            least = thread.completed - len(thread.jumped)
            t.expect(least <= recorded[thread.number] <= thread.completed,
                     f"{recorded[thread.number]} calls of thread {thread.number} are recorded, of "
                     f"{thread.completed}, {len(thread.jumped)} of them jumped out of")
            t.expect(thread.handler_completed >= HANDLERS, "the handlers ran too seldom")
            hertz = thread.handler_completed * 1e9 / thread.cpu_ns
            print(f"# thread {thread.number}: {thread.handler_completed} handlers, {hertz:.0f} in "
                  f"a second; {recorded[thread.number]} calls, jumped out of {len(thread.jumped)}")
            t.expect(hertz >= LEAST * pace.hertz, f"only {hertz:.0f} handlers in a second")
            if "jump" in words:
                t.expect(len(thread.jumped) >= HANDLERS // 4, "hardly any jumped")


@case("heap-handlers-allocate")
def allocate(t):
    interrupted(t, CHECKED)


@case("heap-handlers-allocate-every-stack-checked")
def allocate_checked(t):
    interrupted(t, ALL_CHECKED)


@case("heap-handlers-allocate-in-a-small-ring")
def small_ring(t):
    interrupted(t, FAST, [], ["--size=1M"])


@case("heap-handlers-jump-out")
def jump_out(t):
    interrupted(t, CHECKED, ["jump"])


@case("heap-handlers-jump-out-every-stack-checked")
def jump_out_checked(t):
    interrupted(t, ALL_CHECKED, ["jump"])


@case("heap-handlers-jump-out-without-self-check")
def jump_out_fast(t):
    interrupted(t, FAST, ["jump"])


main()
