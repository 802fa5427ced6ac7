#!/usr/bin/python3
# tests/shim/memory.py: the plug-ins' and the host's ways with blocks of NPN_MemAlloc
# SPDX-License-Identifier: MIT
"""Each case is named after the number and topic it has in the list of what a shim must handle."""
import os
import re

from support.harness import LIBRARY, MODES, PLUGINS, case, main, plugin_of

BEGIN = ["load a @sample", "new a 1"]
END = ["destroy 1", "unload a"]


@case("00-statements-agree-with-the-host")
def statements_agree_with_the_host(t):
    """The plug-ins' statements, which all else is compared with, against the host's own counts."""
    actions = BEGIN + ["load b @sample2", "new b 2", "invoke 1 leak 5", "invoke 2 temp 30",
                       "invoke 1 alloc 0 3", "invoke 2 flush 4", "invoke 1 identifiers 9",
                       "invoke 1 threads 4 500", "get 1 label", "invoke 2 churn 400 30",
                       "destroy 2", "unload b"] + END
    run = t.host("untraced", actions, ["--alloc-fail-every=11"])
    line = re.search(rb"host: set A: (\d+) allocations of (\d+) bytes, \d+ failed, (\d+) frees, "
                     rb"\d+ of NULL, (\d+) flushes", run.stdout)
    t.expect(line, "the host did not count:\n" + run.stdout.decode())
    stated = [s["npn"] for s in run.statements().values()]
    for key, count in zip(("allocs", "bytes_allocated", "frees", "flushes"), line.groups()):
        t.equal(sum(npn[key] for npn in stated), int(count), key)
    for statement in run.statements().values():
        npn = statement["npn"]
        t.equal(sum(leak["blocks"] for leak in statement["leaks"]), npn["live_blocks"], "blocks")
        t.equal(sum(leak["bytes"] for leak in statement["leaks"]), npn["live_bytes"], "bytes")
        t.equal(sum(i["npn"]["flushes"] for i in statement["instances"]), npn["flushes"], "flushes")


@case("29-size-upper-bits-undefined")
def size_upper_bits_undefined(t):
    t.play(BEGIN + ["invoke 1 garbage 100", "invoke 1 garbage 0", "invoke 1 fill 0 100"] + END)


@case("30-size-zero")
def size_zero(t):
    for options in ([], ["--alloc-zero-null"], ["--mem=header"]):
        t.play(BEGIN + ["invoke 1 alloc 0 3", "invoke 1 free 0", "invoke 1 alloc 0 2",
                        "invoke 1 leak 1 0"] + END, options=options)


@case("31-free-null-and-minus-one", misuse={"free-of-unissued"})
def free_null_and_minus_one(t):
    runs = t.play(BEGIN + ["invoke 1 freenull", "invoke 1 freenull", "invoke 1 freeminusone"] + END)
    for mode in MODES[1:]:
        t.equal(runs[mode].report()["totals"]["npn"]["frees"], 1, f"{mode}: frees")


@case("32-free-of-host-strings")
def free_of_host_strings(t):
    for options in ([], ["--mem=header"]):
        t.play(BEGIN + ["invoke 1 identifiers 50", "invoke 1 enumerate", "invoke 1 cookie"] + END,
               options=options)


@case("32-free-of-foreign-blocks", misuse={"free-of-unissued"})
def free_of_foreign_blocks(t):
    t.play(BEGIN + ["invoke 1 foreign 30", "invoke 1 alloc 30", "invoke 1 foreign 30"] + END)


@case("33-host-frees-plugin-blocks")
def host_frees_plugin_blocks(t):
    actions = BEGIN + ["get 1 label", "get 1 label", "get 1 label", "form 1", "form 1", "names 1",
                       "names 1", "sites a", "sites a", "invoke 1 counts", "invoke 1 counts"] + END
    for mem in ("libc", "header", "arena"):
        for release in ([], ["--release-by-table"]):
            t.play(actions, options=[f"--mem={mem}"] + release,
                   env={"NPNSAMPLE_QUIRKS": "save"})


@case("34-plugin-frees-with-libc")
def plugin_frees_with_libc(t):
    runs = t.play(BEGIN + ["invoke 1 alloc 200", "invoke 1 plainfree 0", "invoke 1 alloc 200",
                           "invoke 1 plainfree 1", "invoke 1 alloc 200", "invoke 1 free 2"] + END)
    for mode in MODES[1:]:
        npn = runs[mode].report()["totals"]["npn"]
        t.equal(npn["freed_elsewhere"], 2, f"{mode}: blocks freed elsewhere")


@case("35-pointers-unchanged")
def pointers_unchanged(t):
    """A host that keeps a header of its own before each block looks for it when it is freed."""
    for mem in ("libc", "header", "arena"):
        t.play(BEGIN + ["invoke 1 alloc 1000", "invoke 1 fill 0 1000", "invoke 1 alloc 1",
                        "invoke 1 fill 1 1", "invoke 1 free 0", "invoke 1 free 1"] + END,
               options=[f"--mem={mem}"])


@case("36-free-removes-before-host-frees")
def free_removes_before_host_frees(t):
    """Threads get each other's addresses at once; a record must not go with the wrong free."""
    runs = t.play(BEGIN + ["invoke 1 threads 8 4000", "invoke 1 leak 2"] + END, peak=False)
    for mode in MODES[1:]:
        npn = runs[mode].report()["totals"]["npn"]
        t.equal((npn["live_blocks"], npn["freed_elsewhere"]), (2, 0), f"{mode}: live, elsewhere")


@case("37-insert-after-alloc")
def insert_after_alloc(t):
    """Threads whose blocks are freed unseen and issued again to others."""
    runs = t.play(BEGIN + ["invoke 1 plainthreads 6 3000"] + END, peak=False)
    for mode in MODES[1:]:
        npn = runs[mode].report()["totals"]["npn"]
        t.equal(npn["allocs"] - npn["freed_elsewhere"], npn["live_blocks"], f"{mode}: live blocks")


@case("38-block-freed-by-other-plugin", misuse={"free-of-others"})
def block_freed_by_other_plugin(t):
    runs = t.play(BEGIN + ["load b @sample2", "new b 2", "new a 3", "invoke 1 alloc 100 3",
                           "invoke 1 put 0 7", "invoke 2 take 7", "invoke 1 put 1 8",
                           "invoke 3 take 8", "invoke 2 alloc 50", "invoke 2 put 0 9", "destroy 2",
                           "invoke 1 take 9", "destroy 3", "unload b"] + END)
    for mode in MODES[1:]:
        report = runs[mode].report()
        one = plugin_of(report, "libnpsample.so")["npn"]
        two = plugin_of(report, "libnpsample2.so")["npn"]
        t.equal((one["live_blocks"], one["frees"], two["live_blocks"], two["frees"]), (1, 2, 0, 1),
                f"{mode}: live blocks and frees")


@case("39-double-free-is-forwarded", misuse={"double-free"})
def double_free_is_forwarded(t):
    runs = t.play(BEGIN + ["invoke 1 alloc 100", "invoke 1 double 0", "invoke 1 alloc 10"] + END,
                  options=["--mem=arena"])
    t.expect(b"host: set A: 2 allocations of 110 bytes, 0 failed, 2 frees" in runs["flight"].stdout,
             "both frees reach the host")


@case("39-use-after-shutdown", misuse={"call-after-shutdown"})
def use_after_shutdown(t):
    steps = "init: alloc 40 3; shutdown: free 0; destructor: free 1; destructor: alloc 9"
    for end in (["shutdown a"], ["unload a"], ["shutdown a", "end exit 0"]):
        t.play(BEGIN + ["invoke 1 leak 2", "destroy 1"] + end, env={"NPNSAMPLE_DO": steps})


@case("40-flush-values-forwarded")
def flush_values_forwarded(t):
    answers = {"zero": (0, 1), "echo": (1000, 10), "some": (1000, 5)}
    for flush, (first, calls) in answers.items():
        runs = t.play(BEGIN + ["invoke 1 flush 1000", "invoke 1 flushall 1000",
                               "invoke 1 flush 4294967295"] + END, options=[f"--flush={flush}"])
        out = runs["flight"].stdout.decode()
        t.expect(f"flush: {first}\n" in out and f"flushall: {calls}\n" in out,
                 f"--flush={flush}:\n{out}")


@case("41-host-writes-past-buffer")
def host_writes_past_buffer(t):
    """NPN_SetValueForURL of one browser writes one byte behind the value for a moment."""
    texts = ["a" * n for n in (1, 8, 24, 40, 100)]
    t.play(BEGIN + [f"invoke 1 setcookie {text}" for text in texts] + END)


@case("42-no-red-zones")
def no_red_zones(t):
    """The C library says the same about the size of each block: nothing was put around it."""
    blocks = [f"invoke 1 alloc {n}" for n in (1, 24, 25, 100, 5000, 300000)]
    t.play(BEGIN + blocks + [f"invoke 1 usable {n}" for n in range(6)] + END)


@case("43-tracer-does-not-allocate")
def tracer_does_not_allocate(t):
    """Once warm, a call of the plug-in's costs the same number of mallocs with and without us."""
    counter = os.path.join(PLUGINS, "libmalloccount.so")
    actions = BEGIN + ["invoke 1 temp 10", "event 1", "invoke 1 leak 12", "invoke 1 flush 3",
                       "mallocs invoke 1 temp 1000", "mallocs event 1", "mallocs invoke 1 leak 12",
                       "mallocs invoke 1 flush 9", "mallocs invoke 1 free all"] + END
    preload = {"untraced": counter, "flight": f"{LIBRARY}:{counter}", "record": counter}
    runs = {mode: t.host(mode, actions, env={"LD_PRELOAD": preload[mode]}) for mode in MODES}
    for mode in MODES[1:]:
        t.same(runs["untraced"], runs[mode])
        t.exact(runs[mode])


@case("44-errno-preserved")
def errno_preserved(t):
    runs = t.play(BEGIN + ["invoke 1 alloc 10 5", "invoke 1 free all", "invoke 1 flush 1",
                           "invoke 1 temp 20", "invoke 1 errno 777", "invoke 1 errno 12"] + END,
                  options=["--alloc-fail-every=7"])
    t.expect(b"in 0 calls" not in runs["flight"].stdout and b", not in 0" in runs["flight"].stdout,
             "errno did not reach the host")


@case("44-failed-allocations", misuse={"negative-size"})
def failed_allocations(t):
    t.play(BEGIN + ["invoke 1 alloc 10 20", "invoke 1 alloc 4294967295", "invoke 1 free all"] + END,
           options=["--alloc-fail-every=3"])


@case("45-very-many-live-blocks")
def very_many_live_blocks(t):
    runs = t.play(BEGIN + ["invoke 1 many 200000 16", "invoke 1 fewer 150000"] + END)
    for mode in MODES[1:]:
        t.equal(runs[mode].report()["totals"]["npn"]["live_blocks"], 50000, f"{mode}: live blocks")


@case("46-totals-are-64-bit")
def totals_are_64_bit(t):
    runs = t.play(BEGIN + ["invoke 1 temp 6 2000000000", "invoke 1 alloc 1600000000 3"] + END)
    for mode in MODES[1:]:
        npn = runs[mode].report()["totals"]["npn"]
        t.equal((npn["bytes_allocated"], npn["live_bytes"], npn["peak_bytes"]),
                (16800000000, 4800000000, 4800000000), f"{mode}: bytes")


@case("59-leaks-are-what-is-still-live")
def leaks_are_what_is_still_live(t):
    """Blocks that are known to be freed elsewhere are no leaks, whoever freed them."""
    runs = t.play(BEGIN + ["invoke 1 alloc 300", "invoke 1 plainfree 0", "get 1 label",
                           "get 1 label", "invoke 1 alloc 300", "invoke 1 free 1",
                           "invoke 1 alloc 200", "invoke 1 plainfree 2", "invoke 1 alloc 200",
                           "invoke 1 free 3", "invoke 1 leak 1 77"] + END)
    for mode in MODES[1:]:
        stated = runs[mode].statements()["libnpsample.so"]["npn"]
        t.expect(stated["freed_elsewhere"] >= 2, "the addresses were not issued again")
        t.expect(stated["handed_over"] >= 2, "the labels were not handed over")
        t.equal(runs[mode].leaks()["blocks"], stated["live_blocks"], f"{mode}: leaked blocks")


@case("60-host-leaks-not-counted")
def host_leaks_not_counted(t):
    """Strings that the host made for itself are not the plug-in's blocks; those that it made for
    the plug-in are, and are named by the function that brought them."""
    runs = t.play(BEGIN + ["invoke 1 keepidentifiers 20", "invoke 1 errno 777"] + END)
    for mode in MODES[1:]:
        t.equal([(leak["origin"], leak["blocks"], leak["bytes"])
                 for leak in runs[mode].leaks()["leaks"]],
                [("NPN_UTF8FromIdentifier", 20, 20 * len("kept\0"))], f"{mode}: leaks")
        t.equal(runs[mode].report()["totals"]["npn"]["live_blocks"], 0, f"{mode}: live blocks")


main()
