#!/usr/bin/python3
# tests/whatif/limit.py: a plug-in with a budget
# SPDX-License-Identifier: MIT
"""Live bytes never exceed it, the host is asked to flush first, and frees make room again."""
import re

from support.harness import case, main, plugin, plugin_of

from careless import LIFE, injected, lines, play


def flushes(run):
    return int(re.search(r"(\d+) flushes", run.stdout.decode())[1])


@case("limit-live-bytes-stay-within")
def within(t):
    run = play(t, "kept 30 100; checked 2 100", ["--limit=libnpcareless.so:1K"])
    t.expect("kept 10" in lines(run) and "00" in lines(run), run.stdout.decode())
    npn = plugin_of(run.report(), "libnpcareless.so")["npn"]
    t.equal((npn["live_bytes"], npn["peak_bytes"], npn["allocs"]), (1000, 1000, 10),
            "live bytes, peak, allocations")
    t.equal(len(injected(run)), 22, "injected failures")
    t.equal(flushes(run), 22, "flushes: one before each failure")


@case("limit-freed-bytes-count-no-more")
def freed(t):
    run = play(t, "kept 9 100; checked 50 124; checked 1 125", ["--limit=*careless*:1024"])
    t.expect("1" * 50 in lines(run) and "0" in lines(run), run.stdout.decode())
    t.equal(len(injected(run)), 1, "injected failures")


@case("limit-of-others-does-not-count")
def others(t):
    actions = [f"load s {plugin('sample')}", "new s 9", "invoke 9 alloc 5000 5", *LIFE,
               "invoke 9 alloc 5000 5", "invoke 9 free all", "destroy 9", "unload s"]
    run = play(t, "kept 3 100", ["--limit=libnpcareless.so:300"], actions=actions)
    t.expect("kept 3" in lines(run), run.stdout.decode())
    t.equal(injected(run), [], "injected failures")


@case("limit-threads-stay-within")
def threads(t):
    run = play(t, "threads 8 2000", ["--limit=libnpcareless.so:100K"])
    npn = plugin_of(run.report(), "libnpcareless.so")["npn"]
    t.expect(npn["peak_bytes"] <= 100 * 1024, f"peak of {npn['peak_bytes']} bytes")
    t.equal(npn["live_bytes"], 0, "live bytes")


main()
