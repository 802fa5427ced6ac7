#!/usr/bin/python3
# tests/whatif/provided.py: an NPN_MemAlloc that flushes and tries again, and flushes that are real
# SPDX-License-Identifier: MIT
"""See provided_promises.c. What is refused, and that flushing ends: tests/fault/provided.py."""
import os

from support.harness import BUILD, case, main

PROGRAM = os.path.join(BUILD, "tests", "whatif", "provided_promises")


def promise(t, which, line):
    for mode, options in (("flight", ()), ("record", ()), ("record", ["--check"]),
                          ("record", ["--heap=all"])):
        run = t.run(mode, [PROGRAM, which], record_options=options)
        t.equal((run.status, run.stdout.decode().splitlines()), (0, [line]),
                f"{mode} {options}: {run.stderr.decode()}")
        t.equal(run.json("findings")["findings"], [], f"{mode} {options}: findings")


@case("provided-alloc-flushes-and-tries-again")
def retry(t):
    promise(t, "retry", "retry: malloc has not, NPN_MemAlloc has it")


@case("provided-flush-returns-what-it-freed")
def flush(t):
    promise(t, "flush", "flush: most, as measured")


main()
