#!/usr/bin/python3
# tests/heap/early.py: allocations before the loader has relocated the preloaded library
# SPDX-License-Identifier: MIT
"""The resolver of an indirect function and a constructor of a library allocate; the program goes on
with the blocks: resizes them, asks for their size, frees them."""
from heap import statements
from support.harness import LIBRARY, case, main


def play(t, mode, preload=(), heap=None):
    libraries = ([LIBRARY] if mode == "flight" else []) + list(preload)
    run = t.run(mode, [statements.program("early")], {
        "LD_PRELOAD": ":".join(libraries) or None,
        "NPNTRACE_HEAP": heap if mode == "flight" else None})
    t.equal(run.status, 0, f"{mode}: status\n" + run.stdout.decode())
    t.expect(b"BAD" not in run.stdout, f"{mode}:\n" + run.stdout.decode())
    place = LIBRARY if mode == "flight" else "heap"
    t.equal(run.stdout.decode().splitlines()[0], f"place: {place}", "the first block's place")
    return run


def play_both(t, heap=None):
    plain, traced = (play(t, mode, heap=heap) for mode in ("untraced", "flight"))
    t.equal(traced.stdout.splitlines()[1:], plain.stdout.splitlines()[1:], "what it said")
    return traced


@case("early-heap-off")
def heap_off(t):
    play_both(t)


@case("early-heap-all")
def heap_all(t):
    """Blocks of that time are none of the allocator's: their ends are not recorded either way."""
    found = statements.events(play_both(t, "all"))
    sizes = [call.size for (file, _), _, _, call in found if file == "early"]
    t.equal(sizes, [100000, 30000], "blocks that the program allocated itself")


def with_allocator(name):
    def early(t):
        """The allocator alone would be called before it is relocated, and crash."""
        play(t, "flight", [statements.allocator(name)], "all")
    return early


for _name in statements.ALLOCATORS:
    case(f"early-{_name}")(with_allocator(_name))

main()
