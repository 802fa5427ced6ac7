#!/usr/bin/python3
# tests/selfcheck/stacks.py: call stacks that are hard to unwind, unwound twice
# SPDX-License-Identifier: MIT
"""Programs made for the purpose. Where a wrong stack could still be the same twice, its functions
are compared with what the program says as well."""
import json
import os

from agreement import agrees, record
from exact.heaplog import ALLOC, Names
from exact.heapevents import Events
from support.harness import BUILD, Skipped, case, main

FOLDER = os.path.join(BUILD, "tests", "selfcheck")
SHAPES = os.path.join(FOLDER, "shapes")
EXCEPTIONS = os.path.join(FOLDER, "exceptions")
RELOAD = os.path.join(FOLDER, "reload")
LIBRARIES = [os.path.join(FOLDER, ".libs", f"libreload{n}.so") for n in (1, 2)]

ROOMS = (40, 56, 72, 88, 104, 120, 136, 152, 280, 408)  # of shapes_shift.c
SHIFT_SIZE = 1000
RELOAD_ROUNDS = 150
RELOAD_SIZE = 2000


def shapes(t, name, least):
    run = record(t, [SHAPES, name])
    number = int(run.stdout.decode().split()[1])
    t.expect(number >= least, f"the program came to {number}, not {least}: it did not do its part")
    agrees(t, run)
    return run


def shift(t, name):
    """Return addresses alone would lie here, and the callers are nevertheless right."""
    if os.uname().machine != "x86_64":
        raise Skipped("the program knows the frames of x86-64 only")
    run = shapes(t, name, 100)
    names = Names(SHAPES)
    checked, wrong = 0, []
    for event in Events(run, SHAPES, names).events:
        call, chain = event.call, event.call.chain
        if call.kind != ALLOC or not chain or not chain[0].startswith("inner"):
            continue
        index, side = divmod(call.size - SHIFT_SIZE, 2)
        want = ["middle", f"{('left', 'right')[side]}_{ROOMS[index]}", "outer"]
        found = [names.of_call(offset) for offset in chain[1:4]]
        checked += 1
        if found != want:
            wrong.append((call.size, found, want))
    t.equal(wrong[:3], [], f"{len(wrong)} of {checked} stacks have the wrong caller")
    t.expect(checked > 100, f"only {checked} stacks were checked")


@case("selfcheck-shifted-frames")
def shifted(t):
    shift(t, "shift")


@case("selfcheck-shifted-frames-pointer-saved")
def shifted_saved(t):
    shift(t, "shift-saved")


@case("selfcheck-realigned-stacks")
def realigned(t):
    shapes(t, "realigned", 1000)


@case("selfcheck-longjmp")
def longjmp(t):
    shapes(t, "jumps", 100)


@case("selfcheck-deep-recursion")
def recursion(t):
    shapes(t, "recursion", 1)


@case("selfcheck-library-calls-back")
def callbacks(t):
    shapes(t, "callbacks", 1000)


@case("selfcheck-coroutines")
def coroutines(t):
    shapes(t, "coroutines", 500)


@case("selfcheck-handlers-on-alternate-stack")
def alternate(t):
    shapes(t, "alternate", 150)


@case("selfcheck-faults")
def faults(t):
    shapes(t, "faults", 40)


@case("selfcheck-threads-on-used-stacks")
def threads(t):
    shapes(t, "threads", 120)


@case("selfcheck-exceptions-and-inlining")
def exceptions(t):
    run = record(t, [EXCEPTIONS])
    t.expect(int(run.stdout.split()[0]) > 100, f"hardly any exception: {run.stdout.decode()}")
    agrees(t, run)


@case("selfcheck-library-where-another-was")
def reload(t):
    """The same addresses, another library: other rules, and another name."""
    run = record(t, [RELOAD, str(RELOAD_ROUNDS), *LIBRARIES])
    same = int(run.stdout)
    t.expect(same > RELOAD_ROUNDS, f"only {same} times was a library where the other had been")
    agrees(t, run)
    modules = {}
    for event in allocations_of_reload(run):
        want = os.path.basename(LIBRARIES[event["size"] % 2])
        frames = [os.path.basename(f["module"] or "") for f in event["stack"]]
        depth = next((i for i, name in enumerate(frames) if name != want), len(frames))
        modules.setdefault((want, depth), 0)
        modules[want, depth] += 1
    t.equal(sorted(modules.items()), sorted(
        ((os.path.basename(library), depth), RELOAD_ROUNDS)
        for library in LIBRARIES for depth in range(1, 6)),
        "how often the libraries' frames were found, by library and depth")


def allocations_of_reload(run):
    """The events of blocks with the libraries' sizes that were not the host's own."""
    for line in run.viewer("events", "--json", "--no-symbols").splitlines():
        event = json.loads(line)
        if event["type"] == "heap-alloc" and RELOAD_SIZE <= event["size"] < RELOAD_SIZE + 100 \
                and "libreload" in (event["stack"][0]["module"] or ""):
            yield event


main()
