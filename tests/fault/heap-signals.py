#!/usr/bin/python3
# tests/fault/heap-signals.py: handlers that allocate, ten thousand times a second
# SPDX-License-Identifier: MIT
"""Timers interrupt threads at any instruction, in the tracer and in the allocator, one that
handlers may call (tests/fault/plain_malloc.c). All calls of threads and of handlers must be
recorded, in order, with stacks on which libunwind agrees. Where handlers jump out of what they
interrupted, only the call that was jumped out of may be missing.

NPNTRACE_HANDLERS changes how often each thread is interrupted at least."""
import os

import victim
from heapvictim import PLAIN_MALLOC, HeapHost
from support.harness import case, main

HANDLERS = int(os.environ.get("NPNTRACE_HANDLERS", "1000"))
HERTZ = 10000
CHECKED_HERTZ = 2000  # where each stack is unwound by libunwind too, which takes its time
THREADS = 3  # the first one waits for the others


def interrupted(t, words, options):
    seed = victim.seed().getrandbits(32)
    hertz = CHECKED_HERTZ if "--selfcheck=1" in options else HERTZ
    words = [f"prof={hertz}", f"handlers={HANDLERS}", *words]
    with HeapHost(t, "record", seed, THREADS, 0, words, options=options,
                  env={"LD_PRELOAD": PLAIN_MALLOC}) as host:
        host.wait()
        page = host.page()
        t.equal(page.finished, 1, "the host came to its end")
        # A realloc that was jumped out of has freed a block, or not: what comes to lie there
        # then was "freed elsewhere", which the viewer and this test may count differently. And a
        # handler that interrupts between an event's stamp and its commit may take its time.
        recorded = host.verify(page, sums="jump" not in words, ordered=False)
        for thread in page.threads[1:]:
            least = thread.completed - len(thread.jumped)
            t.expect(least <= recorded[thread.number] <= thread.completed,
                     f"{recorded[thread.number]} calls of thread {thread.number} are recorded, of "
                     f"{thread.completed}, {len(thread.jumped)} of them jumped out of")
            t.expect(thread.handler_completed >= HANDLERS, "the handlers ran too seldom")
        print(f"# {sum(x.handler_completed for x in page.threads)} handlers, "
              f"{sum(recorded.values())} calls, {sum(len(x.jumped) for x in page.threads)} of them "
              "jumped out of")
        return page


@case("heap-handlers-allocate")
def allocate(t):
    interrupted(t, [], ["--selfcheck=1"])


@case("heap-handlers-allocate-in-a-small-ring")
def small_ring(t):
    interrupted(t, [], ["--size=1M"])


@case("heap-handlers-jump-out")
def jump_out(t):
    page = interrupted(t, ["jump"], ["--selfcheck=1"])
    t.expect(sum(len(x.jumped) for x in page.threads) > HANDLERS // 4, "hardly any jumped")


@case("heap-handlers-jump-out-without-self-check")
def jump_out_fast(t):
    """The same where the tracer does less: other instructions are struck."""
    page = interrupted(t, ["jump"], [])
    t.expect(sum(len(x.jumped) for x in page.threads) > HANDLERS // 4, "hardly any jumped")


main()
