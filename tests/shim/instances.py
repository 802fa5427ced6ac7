#!/usr/bin/python3
# tests/shim/instances.py: which instance of a plug-in a block belongs to
# SPDX-License-Identifier: MIT
"""Each case is named after the number and topic it has in the list of what a shim must handle."""
from support.harness import MODES, case, main, plugin_of

BEGIN = ["load a @sample", "new a 1"]
END = ["destroy 1", "unload a"]


def by_instance(run, name, key):
    entries = plugin_of(run.report(), name)["instances"]
    return [entry["npn"][key] for entry in sorted(entries, key=lambda e: e["serial"])]


@case("47-npp-addresses-reused")
def npp_addresses_reused(t):
    actions = ["load a @sample"]
    for count in (1, 2, 3):
        actions += ["new a 1", f"invoke 1 leak {count}", "invoke 1 alloc 10", "destroy 1"]
    runs = t.play(actions + ["unload a"])
    for mode in MODES[1:]:
        t.equal(by_instance(runs[mode], "libnpsample.so", "allocs"), [2, 3, 4],
                f"{mode}: allocations of three instances at one address")


@case("48-npp-null-or-garbage")
def npp_null_or_garbage(t):
    runs = t.play(BEGIN + ["invoke 1 agentnull", "invoke 1 asyncnull 20", "calls",
                           "invoke 1 remember", "new a 2", "destroy 1", "invoke 2 ghost", "calls",
                           "new a 1", "invoke 2 ghost", "calls", "destroy 2"] + END)
    t.expect(b"NPN_Status by a stranger: boo" in runs["flight"].stdout, "garbage was not passed on")
    t.expect(b"NPN_Status by no instance: boo" in runs["flight"].stdout, "NULL was not passed on")


@case("49-nested-calls")
def nested_calls(t):
    """One instance's call runs another's, of another plug-in too, up to the host's tenth frame."""
    t.play(BEGIN + [
        "load b @sample2", "new b 2", "new a 3",
        "invoke 1 eval \"invoke 2 leak 2\"",
        "invoke 1 eval \"invoke 2 eval 'invoke 3 leak 3'\"",
        "invoke 2 eval \"new a 4\"",
        "invoke 1 eval \"destroy 3\"",
        "invoke 2 eval \"invoke 4 leak 1\"",
        "new a 5 \"do=leak 1; eval 'invoke 2 leak 4'; leak 2; destroy: eval 'invoke 2 leak 1'\"",
        "invoke 1 eval \"destroy 5\"",
        "invoke 1 leak 1", "destroy 4", "destroy 2", "unload b"] + END)


@case("49-instance-destroyed-inside-its-own-call")
def instance_destroyed_inside_its_own_call(t):
    t.play(BEGIN + ["new a 2", "invoke 1 leak 1", "invoke 2 eval \"destroy 2\"", "invoke 1 leak 2",
                    "new a 2", "invoke 2 leak 1", "destroy 2"] + END)


@case("50-callbacks-outside-entries")
def callbacks_outside_entries(t):
    """Timers and asynchronous calls come from the host's loop, with nobody's entry on the stack."""
    runs = t.play(["load a @sample", "new a 1 \"do=timer: leak 2; timer: alloc 30\"",
                   "new a 2 \"do=timer: leak 1\"", "invoke 1 timer 5", "invoke 2 timer 5 1",
                   "timers", "timers", "invoke 2 untimer", "timers", "invoke 1 async 100",
                   "invoke 2 async 200", "calls", "invoke 1 async 300", "invoke 1 timer 9",
                   "destroy 1", "calls", "timers", "destroy 2", "unload a"])
    for mode in MODES[1:]:
        t.equal(by_instance(runs[mode], "libnpsample.so", "allocs"), [4, 3],
                f"{mode}: allocations of two instances")


@case("50-objects-outlive-instances")
def objects_outlive_instances(t):
    steps = "deallocate: leak 2; deallocate: free all; invalidate: leak 1"
    for objects in ("release", "invalidate", "keep"):
        t.play(["load a @sample", f"new a 1 \"do=alloc 50; {steps}\"", f"new a 2 \"do={steps}\"",
                "invoke 1 leak 1", "invoke 2 leak 1", "destroy 1", "new a 1", "destroy 2", "drop 1",
                "destroy 1", "unload a"], options=[f"--objects={objects}"])


@case("51-new-fails-after-allocating")
def new_fails_after_allocating(t):
    runs = t.play(BEGIN + ["new a 2 \"do=leak 2; refuse\"", "new a 2 \"do=leak 3\"", "destroy 2"]
                  + END)
    t.expect(b"NPP_New returned 1" in runs["flight"].stdout, "the plug-in did not refuse")
    for mode in MODES[1:]:
        t.equal(by_instance(runs[mode], "libnpsample.so", "allocs"), [0, 2, 3],
                f"{mode}: allocations of three instances")


@case("52-destroy-save-null")
def destroy_save_null(t):
    for save in ("null", "given"):
        t.play(BEGIN + ["invoke 1 leak 1"] + END, options=[f"--save={save}"],
               env={"NPNSAMPLE_QUIRKS": "save"})


@case("53-destroy-during-exit")
def destroy_during_exit(t):
    life = BEGIN + ["destroyatexit", "new a 2 \"do=alloc 40; destroy: free 0; destroy: leak 2\"",
                    "invoke 1 leak 2"]
    t.play(life)
    t.play(life + ["end exit 9"], status=9)


@case("59-leaks-say-why-they-count")
def leaks_say_why_they_count(t):
    """Still live, the instance gone, the plug-in shut down: three kinds."""
    kinds = {"live-at-exit": ["new a 1", "invoke 1 leak 1"],
             "outlived-instance": ["new a 1", "invoke 1 leak 1", "destroy 1"],
             "outlived-plugin": ["new a 1", "invoke 1 leak 1", "destroy 1", "unload a"]}
    for kind, actions in kinds.items():
        runs = t.play(["load a @sample"] + actions)
        for mode in MODES[1:]:
            got = [leak["kind"] for leak in runs[mode].leaks()["leaks"] if leak["domain"] == "npn"]
            t.equal(got, [kind], f"{mode}: kinds")


@case("59-leaks-of-the-plugin-itself")
def leaks_of_the_plugin_itself(t):
    """Blocks of NP_Initialize belong to no instance; a plug-in may free them in NP_Shutdown."""
    t.play(BEGIN + ["invoke 1 leak 1", "destroy 1", "shutdown a", "init a", "new a 2",
                    "invoke 2 leak 2"], env={"NPNSAMPLE_DO": "init: alloc 70; shutdown: free all"})


def page_of(t, run):
    leaks = [leak for leak in run.leaks()["leaks"] if leak["domain"] == "npn"]
    t.equal(len(leaks), 1, f"{run.mode}: leaks")
    return leaks[0]["instances"][0]["page"]


@case("instance-page-from-attributes")
def page_from_attributes(t):
    """What stands in the tag, however the page spells it."""
    long = "data:" + "x" * 400
    pages = {"": None, "width=3 src=http://example.org/a": "http://example.org/a",
             "DATA=b.bin": "b.bin", "data=b SRC=c": "c", "src=": None, f"src={long}": long}
    for attributes, page in pages.items():
        runs = t.play(["load a @sample", f"new a 1 {attributes}", "invoke 1 leak 1", "destroy 1",
                       "unload a"])
        for mode in MODES[1:]:
            t.equal(page_of(t, runs[mode]), page, f"{mode}: page of <embed {attributes[:40]}>")


@case("instances-of-one-page")
def instances_of_one_page(t):
    """More than the tables of strings would hold if each had its own."""
    actions = ["load a @sample"]
    for _ in range(60):
        actions += ["new a 1 src=http://example.org/" + "d" * 300, "invoke 1 leak 1", "destroy 1"]
    runs = t.play(actions + ["unload a"])
    for mode in MODES[1:]:
        pages = {i["page"] for leak in runs[mode].leaks()["leaks"] for i in leak["instances"]}
        t.equal(pages, {"http://example.org/" + "d" * 300}, f"{mode}: pages")


main()
