#!/usr/bin/python3
# tests/shim/classes.py: NPClass structures wherever they lie, while plug-ins come and go
# SPDX-License-Identifier: MIT
"""A host of its own shows where the slots of classes lead and whether their memory may be written;
its transcript must be the same as without the library. That the slots were redirected meanwhile is
seen in the report: strings that only the host can have freed count as handed over."""
import os

from support.harness import BUILD, MODES, case, main, plugin_of

HOST = os.path.join(BUILD, "tests", "shim", "class_host")
LIBS = os.path.join(BUILD, "tests", "shim", ".libs")
PLUGIN = os.path.join(LIBS, "libnpclass.so")
LIBRARY = os.path.join(LIBS, "libnpclassshared.so")

EVERYTHING = ["invoke 0 hello", "construct 0", "get 0", "names 0"]
HANDED = len(EVERYTHING)


def play(t, actions, where, modes=MODES):
    """Untraced and traced. Returns the runs."""
    env = {"NPNCLASS": where, "NPNCLASS_LIBRARY": LIBRARY}
    runs = {mode: t.run(mode, [HOST, *actions], env) for mode in modes}
    t.equal(runs["untraced"].status, 0, "untraced: exit status\n"
            + runs["untraced"].stderr.decode(errors="replace"))
    for mode in modes[1:]:
        t.same(runs["untraced"], runs[mode])
        runs[mode].viewer("check")
    return runs


def npn(run, name="libnpclass.so"):
    return plugin_of(run.report(), name)["npn"]


def all_handed(t, runs, name="libnpclass.so", frees=0):
    """Nothing live, nothing whose end was not seen."""
    for mode in MODES[1:]:
        got = npn(runs[mode], name)
        t.equal({key: got[key] for key in ("live_blocks", "freed_elsewhere", "frees")},
                {"live_blocks": 0, "freed_elsewhere": 0, "frees": frees},
                f"{mode}: {name}: blocks")


def findings(run):
    found = run.json("findings")["findings"]
    return sorted(entry["kind"] for entry in found for _ in range(entry["count"]))


def flags(run):
    return run.json("info")["plugins"][0]["flags"]


def no_findings(t, runs):
    for mode in MODES[1:]:
        t.equal(findings(runs[mode]), [], f"{mode}: findings")


@case("classes-wherever-they-lie")
def wherever_they_lie(t):
    for where in ("static", "const", "heap", "own", "copied"):
        runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "slots 0", *EVERYTHING,
                        "object 0 1", "invoke 1 hello", *EVERYTHING, "release 1", "unload 0"],
                    where)
        all_handed(t, runs)
        no_findings(t, runs)
        for mode in MODES[1:]:
            t.equal(npn(runs[mode])["allocs"], 2 * HANDED + 1, f"{mode}: {where}: allocations")


@case("class-read-only-again")
def read_only_again(t):
    runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "slots 0", "invoke 0 hello",
                    "slots 0", "again 0", "slots 0", "unload 0", "slots 0"], "const")
    t.equal(runs["flight"].stdout.count(b"memory r--p"), 3, "looks at memory that is read-only")
    t.expect(b"the class is gone" in runs["flight"].stdout, "the class is still there")


@case("class-outlives-its-plugin")
def outlives_its_plugin(t):
    """In heap memory: its slots lead nowhere, as the plug-in left them, and not to us."""
    for where in ("heap", "own", "copied"):
        runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "invoke 0 hello", "slots 0",
                        "unload 0", "slots 0"], where)
        t.expect(b"slots: 0 lead somewhere, 7 nowhere" in runs["flight"].stdout,
                 f"{where}: slots lead somewhere:\n{runs['flight'].stdout.decode()}")


@case("class-stays-when-not-the-last-reference")
def not_the_last_reference(t):
    for where in ("static", "const", "heap", "own"):
        runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "again 0", *EVERYTHING,
                        "again 0", *EVERYTHING, "unload 0"], where)
        all_handed(t, runs)
        no_findings(t, runs)


@case("classes-come-and-go")
def come_and_go(t):
    """More often than there are sets of stubs, and at addresses that another one had."""
    for where in ("static", "const", "heap", "own"):
        actions = []
        for _ in range(70):
            actions += [f"load 0 {PLUGIN}", "new 0", "object 0 0", "invoke 0 hello", "get 0",
                        "unload 0"]
        runs = play(t, actions, where)
        all_handed(t, runs)
        no_findings(t, runs)
        for mode in MODES[1:]:
            t.equal(npn(runs[mode])["allocs"], 140, f"{mode}: {where}: allocations")


@case("class-for-each-object")
def class_for_each_object(t):
    """Freed with its object. Sets of stubs are taken from those that are gone."""
    actions = [f"load 0 {PLUGIN}", "new 0"]
    for number in range(100):
        actions += [f"object 0 {number}", f"invoke {number} hello", f"release {number}"]
    runs = play(t, actions + ["unload 0"], "own")
    all_handed(t, runs)
    no_findings(t, runs)


@case("classes-beyond-the-sets")
def beyond_the_sets(t):
    """A hundred at once: those beyond are left alone. What they return is freed where nobody sees
    it, and noticed when its address comes round again."""
    actions = [f"load 0 {PLUGIN}", "new 0"]
    for number in range(100):
        actions += [f"object 0 {number}"]
    actions += [f"invoke {number} hello" for number in range(100)]
    runs = play(t, actions + ["unload 0"], "own")
    no_findings(t, runs)
    for mode in MODES[1:]:
        got = npn(runs[mode])
        t.expect(got["live_blocks"] + got["freed_elsewhere"] == 36,
                 f"{mode}: blocks whose end was not seen, of 36: {got}")
        t.equal(got["handed_over"], 64, f"{mode}: handed over")
        t.equal(flags(runs[mode]), ["class-unseen"], f"{mode}: flags of the plug-in")


@case("class-that-cannot-be-written")
def cannot_be_written(t):
    """It is left alone, and said. Where heap calls are recorded the host's frees tell what came to
    it; without them nothing is known, and so nothing is said of such blocks' zones or heaps."""
    actions = [f"load 0 {PLUGIN}", "new 0", "object 0 0", "slots 0", *EVERYTHING, "object 0 1",
               "invoke 1 hello", "unload 0"]
    runs = play(t, actions, "sealed")
    no_findings(t, runs)
    for mode in MODES[1:]:
        t.equal(flags(runs[mode]), ["class-unseen"], f"{mode}: flags of the plug-in")
        t.equal(npn(runs[mode])["handed_over"], 0, f"{mode}: handed over")
    for options in (["--heap=all"], ["--heap=plugins"], ["--check"]):
        done = t.run("record", [HOST, *actions], {"NPNCLASS": "sealed"}, options)
        t.same(runs["untraced"], done)
        got = npn(done)
        t.equal((got["live_blocks"], got["handed_over"]) if options != ["--check"] else (0, 5),
                (0, len(EVERYTHING) + 1), f"{options}: live, handed over")
        t.equal(findings(done), [], f"{options}: findings")


@case("class-shared-by-two-plugins")
def shared_by_two_plugins(t):
    """Each callback is the plug-in's that made the object; the class outlives one of them."""
    other = t.path("libnpother.so")
    with open(PLUGIN, "rb") as file, open(other, "wb") as copy:
        copy.write(file.read())
    actions = [f"load 0 {PLUGIN}", f"load 1 {other}", "new 0", "new 1", "object 0 0", "object 1 1",
               "invoke 0 hello", "invoke 1 hello", "invoke 1 hello", "release 0", "unload 0",
               "slots 1", "invoke 1 hello", "release 1", "unload 1"]
    runs = play(t, actions, "shared")
    no_findings(t, runs)
    for name, allocs in (("libnpclass.so", 1), ("libnpother.so", 3)):
        all_handed(t, runs, name)
        for mode in MODES[1:]:
            t.equal(npn(runs[mode], name)["allocs"], allocs, f"{mode}: {name}: allocations")


@case("class-called-by-its-own-plugin")
def called_by_its_own_plugin(t):
    """What the plug-in asks its own object for is not the browser's."""
    runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "invoke 0 direct", "unload 0"],
                "static")
    all_handed(t, runs, frees=1)
    no_findings(t, runs)
    for mode in MODES[1:]:
        got = npn(runs[mode])
        t.equal((got["allocs"], got["frees"], got["handed_over"]), (2, 1, 1), f"{mode}: counters")


@case("class-returns-false-with-a-string")
def false_with_a_string(t):
    runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "invoke 0 false", "unload 0"],
                "static")
    for mode in MODES[1:]:
        t.equal(findings(runs[mode]), ["result-while-false"], f"{mode}: findings")
        t.equal(npn(runs[mode])["live_blocks"], 1, f"{mode}: live blocks")


@case("class-frees-an-argument")
def frees_an_argument(t):
    runs = play(t, [f"load 0 {PLUGIN}", "new 0", "object 0 0", "invoke 0 argument text",
                    "unload 0"], "static")
    for mode in MODES[1:]:
        t.equal(findings(runs[mode]), ["free-of-host-owned"], f"{mode}: findings")


@case("new-frees-an-argument")
def new_frees_an_argument(t):
    runs = play(t, [f"load 0 {PLUGIN}", "new 0 value", "unload 0"], "static")
    for mode in MODES[1:]:
        t.equal(findings(runs[mode]), ["free-of-host-owned"], f"{mode}: findings")


main()
