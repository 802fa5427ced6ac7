#!/usr/bin/python3
# tests/fault/heap-children.py: processes of every kind begin while threads allocate
# SPDX-License-Identifier: MIT
"""The parent's recording must hold the parent's calls, all of them and no others, and each child
come to its end: a child that hangs is ended by its own alarm clock and counted as bad.

The C library's allocator may be used in a child after fork; after the other kinds only one that
needs no lock may, tests/fault/plain_malloc.c. NPNTRACE_FORKS changes the number of forks."""
import os

import heapsequence
from heapvictim import PLAIN_MALLOC, HeapHost
from hostprocess import generator
from support.harness import case, main

FORKS = int(os.environ.get("NPNTRACE_FORKS", "1000"))
OTHERS = max(FORKS // 5, 50)
THREADS = 4  # the first one makes the children


def children(t, kind, count, threads=THREADS, env=None, options=()):
    seed = generator().getrandbits(32)
    words = ["pause", f"{kind}={count}"]
    with HeapHost(t, "untraced", seed, threads, 0, words, "untraced", env=env) as host:
        host.wait()
        all_well(t, host.page(), count, "untraced")
    with HeapHost(t, "record", seed, threads, 0, words, options=options, env=env) as host:
        host.wait()
        page = host.page()
        all_well(t, page, count, "record")
        t.equal([os.path.basename(p) for p in host.run.recording_paths()], ["trace.npt"],
                "recordings; children that meet no plug-in make none")
        recorded = host.verify(page)
        for thread in page.threads:
            t.equal(recorded[thread.number], thread.completed, f"calls of thread {thread.number}")
        print(f"# {count} children by {kind}, {sum(recorded.values())} calls meanwhile")


def all_well(t, page, count, mode):
    t.equal((page.children, page.bad_children, page.finished), (count, 0, 1),
            f"{mode}: children that ended well, that did not; whether all was done")


@case("heap-fork-while-threads-allocate")
def fork(t):
    children(t, "fork", FORKS)


@case("heap-fork-in-a-small-ring")
def fork_small(t):
    children(t, "fork", OTHERS, 8, {"NPNTRACE_SELFCHECK": None}, ["--size=1M"])


@case("heap-fork-without-handlers-while-threads-allocate")
def async_fork(t):
    children(t, "_Fork", OTHERS, env={"LD_PRELOAD": PLAIN_MALLOC})


@case("heap-raw-clone-while-threads-allocate")
def raw_clone(t):
    children(t, "clone", OTHERS, env={"LD_PRELOAD": PLAIN_MALLOC})


@case("heap-clone-in-shared-memory-allocates-for-its-parent")
def shared_memory(t):
    children(t, "vm", OTHERS)


@case("heap-vfork-while-threads-allocate")
def vfork(t):
    children(t, "vfork", OTHERS)


@case("heap-spawn-while-threads-allocate")
def spawn(t):
    children(t, "spawn", OTHERS)


@case("heap-exec-each-program-its-own-recording")
def executes_itself(t):
    seed, page2 = generator().getrandbits(32), t.path("page2")
    heapsequence.create(page2)
    with HeapHost(t, "record", seed, THREADS, 20000, [f"exec={page2}"]) as host:
        host.wait()
        first, second = host.page(), heapsequence.read(page2)
        t.equal((first.finished, second.finished), (1, 1), "whether both came to their end")
        t.equal(first.pid, second.pid, "the process")
        paths = host.run.recording_paths()
        t.equal(len(paths), 2, f"recordings: {paths}")
        trace = os.path.join(host.run.recordings, "trace.npt")
        other = next(p for p in paths if p != trace)
        host.verify(first, trace)
        host.verify(second, other)
        t.equal(host.run.json("info", recording=trace)["ending"], "executed",
                "how the first one ended")


main()
