#!/usr/bin/python3
# tests/heap/allocators.py: every function of the malloc family, under every allocator
# SPDX-License-Identifier: MIT
"""A program states its calls; the recording with --heap=all has the same ones, in order, with
addresses and sizes, and errno is as it would be without us."""
from heap import statements
from heap.statements import ALLOCATORS, MALLOC_BEHIND, OPERATORS, STATING, compare, manner
from support.harness import LIBRARY, case, main

HEAP_ALL = {"NPNTRACE_HEAP": "all"}


def preloads(mode, name, extra):
    """The environment to run with an allocator preloaded behind the library."""
    env = dict(extra)
    libraries = [LIBRARY] if mode == "flight" else []
    if name in ALLOCATORS:
        libraries.append(statements.allocator(name))
    elif name is not None:
        libraries.append(statements.library(name))
    env["LD_PRELOAD"] = ":".join(libraries) or None
    return env


def play(t, program, name, env=None, names=None, functions=""):
    runs = {}
    for mode in ("untraced", "flight"):
        extra = {**(env or {}), **(HEAP_ALL if mode == "flight" else {})}
        runs[mode] = t.run(mode, [statements.program(program)], preloads(mode, name, extra))
        t.equal(runs[mode].status, 0, f"{mode}: exit status\n"
                + runs[mode].stderr.decode(errors="replace"))
    compare(t, runs["flight"], {program}, names, functions=functions)
    return runs


def same_manner(t, runs):
    """Functions that only we have are left out."""
    def lines(run):
        return sorted(line for line in manner(run.stdout).splitlines() if "_sized" not in line)
    got, expected = lines(runs["flight"]), lines(runs["untraced"])
    # Where free_sized exists the subject allocates once more for it.
    got = [line for line in got if "aligned_alloc alloc ADDRESS 64 " not in line]
    t.expect(set(expected) - set(got) <= {line for line in expected if " free free " in line},
             "untraced only: " + "\n".join(sorted(set(expected) - set(got))))
    t.expect(set(got) <= set(expected) | {line for line in got if " cfree " in line},
             "traced only: " + "\n".join(sorted(set(got) - set(expected))))


@case("family-glibc")
def family_glibc(t):
    same_manner(t, play(t, "program", None))


@case("operators-glibc")
def operators_glibc(t):
    """libstdc++'s operators are seen as what they call."""
    runs = play(t, "operators", None, names=MALLOC_BEHIND, functions=STATING)
    statements.failing(t, runs["flight"], MALLOC_BEHIND)


def family_of(name):
    def family(t):
        # jemalloc leaves pvalloc and cfree to the C library.
        env = {"FAMILY_LACKS": "1"} if name == "jemalloc" else {}
        same_manner(t, play(t, "program", name, env))
    return family


def operators_of(name):
    def operators(t):
        env = {"OPERATORS_ABORT": "1"} if name == "mimalloc" else {}
        runs = play(t, "operators", name, env, OPERATORS, STATING)
        if not env:
            statements.failing(t, runs["flight"], OPERATORS)
    return operators


@case("family-of-one-that-calls-itself-by-name")
def family_toy(t):
    """Its calloc and realloc are made of malloc and free; one call is one call."""
    same_manner(t, play(t, "program", "heaptoy"))


for _name in ALLOCATORS:
    case(f"family-{_name}")(family_of(_name))
    case(f"operators-{_name}")(operators_of(_name))

main()
