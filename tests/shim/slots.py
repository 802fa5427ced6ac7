#!/usr/bin/python3
# tests/shim/slots.py: every function of the browser's table, argument by argument
# SPDX-License-Identifier: MIT
"""A host prints what its functions are called with, and a plug-in what they answer: once each, with
the same words, results as wide as they are, and errno as the other side left it."""
import os
import shutil

from support.harness import BUILD, MODES, case, main, plugin_of

HOST = os.path.join(BUILD, "tests", "shim", "slots_host")
PLUGIN = os.path.join(BUILD, "tests", "shim", ".libs", "libnpslots.so")
SLOTS = 58
POOL = 64  # PLUGIN_STUB_SETS


def play(t, answers, plugins, env=None, record_options=()):
    """Untraced and traced. Returns the runs."""
    env = {"NPNSLOTS": answers, **(env or {})}
    runs = {mode: t.run(mode, [HOST, *plugins], env, record_options) for mode in MODES}
    t.equal(runs["untraced"].status, 0, "untraced: exit status\n"
            + runs["untraced"].stderr.decode(errors="replace"))
    t.equal(runs["untraced"].stdout.count(b"  host: "), SLOTS * len(plugins), "calls")
    for mode in MODES[1:]:
        t.same(runs["untraced"], runs[mode])
        runs[mode].viewer("check")
    return runs


@case("slots-forwarded", misuse={"free-of-unissued"})
def forwarded(t):
    for answers in ("zero", "filled"):
        runs = play(t, answers, [PLUGIN])
        for mode in MODES[1:]:
            npn = plugin_of(runs[mode].report(), "libnpslots.so")["npn"]
            t.equal((npn["allocs"], npn["frees"], npn["flushes"]), (answers == "filled", 1, 1),
                    f"{mode}, {answers}: memory calls")


@case("slots-forwarded-while-the-heap-is-recorded", misuse={"free-of-unissued"})
def with_heap(t):
    for answers in ("zero", "filled"):
        play(t, answers, [PLUGIN], {"NPNTRACE_HEAP": "plugins"})


@case("slots-of-plugins-beyond-the-pool", misuse={"free-of-unissued"})
def beyond_the_pool(t):
    """They share stubs, and each call is still charged to the one that made it."""
    plugins = [t.path(f"libnpslots{n}.so") for n in range(POOL + 3)]
    for path in plugins:
        shutil.copy2(PLUGIN, path)
    runs = play(t, "filled", plugins)
    for mode in MODES[1:]:
        report = runs[mode].report()
        for path in plugins:
            npn = plugin_of(report, os.path.basename(path))["npn"]
            t.equal((npn["allocs"], npn["frees"], npn["flushes"]), (1, 1, 1),
                    f"{mode}: memory calls of {os.path.basename(path)}")
            t.expect(npn["received_blocks"] > 0, f"{mode}: {path} received nothing")


@case("slots-of-plugins-of-two-hosts-beyond-the-pool", misuse={"free-of-unissued"})
def two_hosts(t):
    """Stubs are shared under one host only. A plug-in of another calls it directly, which is said,
    and nothing else of it is."""
    plugins = [t.path(f"libnpslots{n}.so") for n in range(POOL + 2)]
    for path in plugins:
        shutil.copy2(PLUGIN, path)
    runs = play(t, "filled", plugins, {"NPNSLOTS_OTHER": str(len(plugins))})
    for mode in MODES[1:]:
        flags = [plugin["flags"] for plugin in runs[mode].json("info")["plugins"]]
        t.equal(flags, [[]] * POOL + [["by-caller"], ["by-caller", "unseen"]], f"{mode}: flags")
        npn = plugin_of(runs[mode].report(), os.path.basename(plugins[-1]))["npn"]
        t.equal((npn["allocs"], npn["frees"]), (0, 0), f"{mode}: memory calls that were seen")
        t.expect("Lost: 1 plug-in unseen (calls went straight to the host)."
                 in runs[mode].viewer("report"), f"{mode}: the report is silent about it")
        t.expect("its calls went straight to its host: nothing of it is recorded"
                 in " ".join(runs[mode].viewer("info").split()), f"{mode}: so is info")


main()
