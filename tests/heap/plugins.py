#!/usr/bin/python3
# tests/heap/plugins.py: heap calls of plug-ins, of their libraries and of their threads
# SPDX-License-Identifier: MIT
"""A plug-in and its libraries state their calls; the recording has the same ones, in order, as the
plug-in's, however the host opened it. The host notices nothing."""
import os
import shutil

from heap import statements
from heap.statements import MALLOC_BEHIND, OPERATORS, STATING, compare, manner
from support.harness import LIBRARY, case, main

HOST = statements.program("host")
OPENINGS = (["lazy"], ["now"], ["lazy", "deep"], ["now", "deep"])


def run(t, mode, words, do, heap="plugins", preload=(), env=None, host=HOST):
    """`preload`: libraries behind ours, or, if the first is "front", in front of it."""
    ours = [LIBRARY] if mode == "flight" else []
    in_front = preload and preload[0] == "front"
    libraries = [*preload[1:], *ours] if in_front else [*ours, *preload]
    result = t.run(mode, [host, *words], {
        **(env or {}), "HEAP_PLUGIN_DO": do, "LD_PRELOAD": ":".join(libraries) or None,
        "NPNTRACE_HEAP": heap if mode == "flight" else None})
    t.equal(result.status, 0, f"{mode}: status\n" + result.stderr.decode(errors="replace"))
    return result


def same_manner(t, plain, traced):
    """Functions that only we have are left out, and what is done for them."""
    def lines(text):
        return [line for line in manner(text.stdout).splitlines()
                if "_sized" not in line and " cfree " not in line and " 33 " not in line
                and " 34 " not in line and "aligned_alloc alloc ADDRESS 64 " not in line
                and " free free " not in line]
    t.equal(sorted(lines(traced)), sorted(lines(plain)), "what host and plug-in said")


def play(t, words, do, files, heap="plugins", names=None, functions="", preload=(), env=None,
         host=HOST, unseen=()):
    """`files`: who calls, the plug-in first. Returns the traced run and the events."""
    plain = run(t, "untraced", words, do, preload=preload, env=env, host=host)
    traced = run(t, "flight", words, do, heap, preload, env, host)
    same_manner(t, plain, traced)
    found = compare(t, traced, set(files), names, files[0], functions)
    t.equal(statements.unseen(traced), set(unseen), "modules whose calls are not seen")
    return traced, found


def plugin_file(name):
    return f"lib{name}.so"


def opened_so(name):
    def opened(t):
        for heap in ("plugins", "all"):
            for opening in OPENINGS:
                play(t, [*opening, "open", statements.library(name), "close"],
                     "family pointers new-family", [plugin_file(name)], heap)
    return opened


case("family-bound-lazily")(opened_so("heapplugin"))
case("family-bound-when-loaded")(opened_so("heapbound"))
case("family-without-plt")(opened_so("heapnoplt"))


@case("family-under-other-allocators")
def other_allocators(t):
    """Not deeply bound: such a plug-in and the C library would have one allocator each."""
    for name in statements.ALLOCATORS:
        env = {"FAMILY_LACKS": "1"} if name == "jemalloc" else {}
        play(t, ["lazy", "open", statements.library("heapplugin"), "close"], "family pointers",
             ["libheapplugin.so"], preload=[statements.allocator(name)], env=env)


@case("family-with-a-library-in-front")
def library_in_front(t):
    """It hands calls on to ours: one call is one call."""
    words = ["lazy", "open", statements.library("heapplugin"), "close"]
    front = statements.library("heapfront")
    for heap, unseen in (("plugins", ()), ("all", [front])):  # it might not hand them on
        play(t, words, "family pointers", ["libheapplugin.so"], heap, preload=["front", front],
             unseen=unseen)


@case("threads")
def threads(t):
    """A thread's calls through the C library are its plug-in's too: strdup has no slot."""
    for opening in OPENINGS:
        play(t, [*opening, "open", statements.library("heapplugin"), "close"],
             "thread thrd exit-thread new-thread", ["libheapplugin.so"])


@case("library-that-was-needed")
def needed(t):
    """Found by the plug-in's DT_RUNPATH, which is $ORIGIN."""
    for opening in OPENINGS:
        _, found = play(t, [*opening, "open", statements.library("heapbringer"), "close"],
                        "brought family", ["libheapbringer.so", "libheapbrought.so"])
        t.expect(any(file == "libheapbrought.so" for (file, _), _, _, _ in found),
                 "no call of the library")


@case("library-that-was-opened")
def opened_library(t):
    """With dlopen, by the plug-in's own DT_RUNPATH: the loader still sees who calls."""
    for name in ("heapplugin", "heapbound", "heapnoplt"):
        for opening in OPENINGS:
            words = [*opening, "open", statements.library(name), "close"]
            _, found = play(t, words, "open new-open", [plugin_file(name), "libheapopened.so"])
            t.expect(any(file == "libheapopened.so" for (file, _), _, _, _ in found),
                     "no call of the library")


@case("library-of-the-host")
def library_of_the_host(t):
    """One that the host has opened before is the host's, though the plug-in needs it."""
    words = ["keep", statements.library("heapbrought"), "open", statements.library("heapbringer"),
             "close", "run", "brought_run"]
    traced = run(t, "flight", words, "pointers")
    found = [e for e in statements.events(traced) if e[0][0] == "libheapbrought.so"]
    t.equal(found, [], "calls of the host's library")


@case("library-that-stays")
def library_that_stays(t):
    """It came with a plug-in, and stays for the host's sake: then it is no plug-in's any more."""
    words = ["open", statements.library("heapbringer"), "keep", statements.library("heapbrought"),
             "run", "brought_run", "close", "run", "brought_run"]
    traced = run(t, "flight", words, "pointers")
    stated = sum(len(calls) for calls in statements.stated(traced.stdout).values())
    found = statements.of_files(statements.events(traced),
                                {"libheapbringer.so", "libheapbrought.so"}, "")
    # 2 by the plug-in, then 26 and again 26 by the library.
    t.equal((stated, len(found)), (54, 28), "calls stated and recorded")


@case("closed-and-opened-again")
def again(t):
    for opening in OPENINGS:
        words = [*opening, "times", "60", "open", statements.library("heapbringer")]
        play(t, words, "brought pointers", ["libheapbringer.so", "libheapbrought.so"])


@case("two-plugins-in-turn")
def in_turn(t):
    """The second comes to lie where the first was."""
    words = []
    for _ in range(20):
        for name in ("heapplugin", "heapbound"):
            words += ["open", statements.library(name), "close"]
    traced = run(t, "flight", words, "pointers")
    for name in ("libheapplugin.so", "libheapbound.so"):
        found = statements.of_files(statements.events(traced), {name}, "")
        t.equal((len(found), {owner for _, owner, _, _ in found}), (40, {name}), name)


@case("cpp-plugin-in-a-c-host")
def cpp_plugin(t):
    """It throws and catches as without us; libstdc++ comes with it."""
    for opening in OPENINGS:
        words = [*opening, "open", statements.library("heapcpp"), "close"]
        traced, _ = play(t, words, "operators throw std-thread new-throw", ["libheapcpp.so"],
                         names=MALLOC_BEHIND, functions=STATING)
        t.equal(traced.stdout.count(b"caught: 3\n"), 2, "exceptions that were caught")


@case("cpp-plugin-under-other-allocators")
def cpp_allocators(t):
    """The operators are the allocator's, which call nothing that we export."""
    for name in statements.ALLOCATORS:
        env = {"OPERATORS_ABORT": "1"} if name == "mimalloc" else {}
        words = ["lazy", "open", statements.library("heapcpp"), "close"]
        traced, _ = play(t, words, "operators throw std-thread", ["libheapcpp.so"],
                         names=OPERATORS, functions=STATING,
                         preload=[statements.allocator(name)], env=env)
        if not env:
            statements.failing(t, traced, OPERATORS)


@case("allocator-inside-a-plugin")
def symbolic(t):
    """-Bsymbolic, or hidden: its calls cannot be seen, that is said, and it works as without us."""
    for name in ("heapsymbolic", "heaphidden"):
        path = statements.library(name)
        words = ["now", "open", path, "close"]
        plain, traced = run(t, "untraced", words, ""), run(t, "flight", words, "")
        t.equal(traced.stdout.decode(), plain.stdout.decode(), "what host and plug-in said")
        t.expect(b"own blocks: 112 bytes apart" in plain.stdout, plain.stdout.decode())
        t.equal(statements.unseen(traced), {path}, "modules whose calls are not seen")
        t.expect(f"{path} has an allocator of its own" in traced.viewer("info"), "not said in text")
        t.equal(statements.unseen(run(t, "flight", words, "", heap=None)), set(), "nobody asked")


@case("allocator-inside-the-host")
def own_host(t):
    """Nobody calls ours there, but the plug-in's own calls are redirected all the same."""
    host = statements.program("ownhost")
    for opening in OPENINGS:
        words = [*opening, "open", statements.library("heapplugin"), "close"]
        play(t, words, "family pointers thread", ["libheapplugin.so"], env={"FAMILY_LACKS": "1"},
             host=host, unseen=[host])


@case("calls-into-the-host")
def into_the_host(t):
    """What the host allocates meanwhile is its own, for NPN_MemAlloc and for all other slots."""
    words = ["open", statements.library("heapplugin"), "close"]
    plain = run(t, "untraced", words, "ask pointers")
    traced = run(t, "flight", words, "ask pointers", "all")
    t.equal(traced.stdout.count(b"heap:"), plain.stdout.count(b"heap:"), "statements")
    sizes = {1111: None, 64: None, 55: "libheapplugin.so"}
    for (file, _), owner, _, call in statements.events(traced):
        if call.size in sizes and file in ("host", "libheapplugin.so"):
            t.equal(owner, sizes.pop(call.size), f"whose a block is: {call}")
    t.equal(sizes, {}, "blocks that were not recorded")
    traced = run(t, "flight", words, "ask pointers", "plugins")
    owners = {owner for (file, _), owner, _, _ in statements.events(traced) if file == "host"}
    t.equal(owners, set(), "the host's own calls, with --heap=plugins")


@case("file-copied")
def copied(t):
    """Another file is another plug-in, with its own hooks, while the first is still open."""
    copy = t.path("libheapcopy.so")
    shutil.copy2(statements.library("heapplugin"), copy)
    words = ["open", statements.library("heapplugin"), "open", copy, "close"]
    traced = run(t, "flight", words, "pointers new-pointers")
    for name in ("libheapplugin.so", os.path.basename(copy)):
        found = statements.of_files(statements.events(traced), {name}, "")
        t.equal((len(found), {owner for _, owner, _, _ in found}), (4, {name}), name)


main()
