#!/usr/bin/python3
# tests/shim/table.py: the browser's table and the plug-in's, in all their sizes and places
# SPDX-License-Identifier: MIT
"""Each case is named after the number and topic it has in the list of what a shim must handle. The
mini-host checks by itself that its table is never written, and puts an inaccessible page behind
both tables, so that whoever reads or writes beyond their size crashes."""
from support.harness import MODES, case, main, plugin, plugin_of

LIFE = ["new a 1 \"do=alloc 100; leak 3; destroy: free all\"", "event 1", "invoke 1 leak 2",
        "invoke 1 flush 9", "destroy 1", "unload a"]
# For tables too short for scripting.
PLAIN_LIFE = ["new a 1", "event 1", "setwindow 1", "destroy 1", "unload a"]


@case("19-table-const")
def table_const(t):
    t.play(["load a @sample"] + LIFE + ["check"], options=["--table=const"])
    t.play(["load a @sample", "init a"] + LIFE + ["check"],
           options=["--table=const", "--reinit=rewritten"])


@case("19-table-stack")
def table_stack(t):
    t.play(["load a @sample"] + LIFE, options=["--table=stack"], env={"NPNSAMPLE_QUIRKS": "copy"})


@case("19-table-shared")
def table_shared(t):
    runs = t.play(["load a @sample", "load b @sample2", "load c @sample3", "new b 2", "new c 3",
                   "invoke 2 leak 3", "invoke 3 leak 4", "destroy 3", "unload c"] + LIFE
                  + ["destroy 2", "unload b", "check"], options=["--table=shared"])
    for mode in MODES[1:]:
        report = runs[mode].report()
        t.equal([plugin_of(report, f"libnpsample{n}.so")["npn"]["allocs"] for n in ("", "2", "3")],
                [6, 3, 4], f"{mode}: allocations by plug-in")


@case("19-table-rewritten")
def table_rewritten(t):
    t.play(["load a @sample", "new a 2", "invoke 2 alloc 9", "init a", "invoke 2 alloc 9"] + LIFE,
           options=["--reinit=rewritten"])


@case("20-table-shorter-than-known")
def table_shorter_than_known(t):
    t.play(["load a @sample", "new a 2", "invoke 2 table", "destroy 2"] + LIFE,
           options=["--table-size=448", "--table-version=26"])
    # Up to memflush, up to memfree, in the middle of memfree, up to memalloc.
    for size, steps in ((96, "leak 2; alloc 5; free 0; flush 3"), (88, "leak 2; alloc 5; free 0"),
                        (84, "leak 2; alloc 5"), (80, "leak 2; alloc 5")):
        t.play(["load a @sample"] + PLAIN_LIFE, options=[f"--table-size={size}"],
               env={"NPNSAMPLE_DO": steps})


@case("20-table-without-memory-functions")
def table_without_memory_functions(t):
    for size in (8, 72, 79):
        t.play(["load a @sample"] + PLAIN_LIFE, options=[f"--table-size={size}"])


@case("20-table-longer-than-known")
def table_longer_than_known(t):
    for size in (480, 600, 4000, 65528):
        runs = t.play(["load a @sample", "new a 2", "invoke 2 trailing", "invoke 2 table"] + LIFE,
                      options=[f"--table-size={size}", "--table-version=300"])
        t.expect(f"trailing {size - 472} bytes".encode() in runs["flight"].stdout,
                 f"{size}: the plug-in did not see the tail")


@case("21-null-slots")
def null_slots(t):
    slots = "scheduletimer,unscheduletimer,convertpoint,handleevent,unfocusinstance,memflush"
    runs = t.play(["load a @sample", "new a 1", "invoke 1 table", "invoke 1 timer 1",
                   "invoke 1 leak 2", "destroy 1", "unload a"], options=[f"--null-slots={slots}"])
    t.expect(b"missing 88 392 400 416 424 432" in runs["flight"].stdout, "slots are not missing")
    t.play(["load a @sample"] + PLAIN_LIFE, options=["--null-slots=memalloc,memfree,memflush"])


@case("21-hosts-as-they-are")
def hosts_as_they_are(t):
    """The tables of known hosts: size, version and what is NULL within the size."""
    hosts = [
        (448, 26, "scheduletimer,unscheduletimer,convertpoint,handleevent,unfocusinstance,"
         "urlredirectresponse", 160, 0),
        (448, 26, "popupcontextmenu,convertpoint,handleevent,unfocusinstance", 160, 26),
        (472, 29, "handleevent,unfocusinstance", 168, 29),
    ]
    for size, version, nulls, pfuncs, pfuncs_version in hosts:
        t.play(["load a @sample", "pfuncs a", "new a 2", "invoke 2 table", "destroy 2"] + LIFE,
               options=[f"--table-size={size}", f"--table-version={version}",
                        f"--null-slots={nulls}", f"--pfuncs-size={pfuncs}",
                        f"--pfuncs-version={pfuncs_version}"])


@case("22-plugin-keeps-or-copies-table")
def plugin_keeps_or_copies_table(t):
    for keep in ("pointer", "copy", "mix"):
        for reinit in ("same", "rewritten", "moved"):
            t.play(["load a @sample", "new a 2", "invoke 2 leak 2", "invoke 2 alloc 8", "init a",
                    "invoke 2 free 0", "invoke 2 leak 2", "destroy 2"] + LIFE,
                   options=[f"--reinit={reinit}"], env={"NPNSAMPLE_QUIRKS": keep})


@case("22-first-pointer-outlives-its-table")
def first_pointer_outlives_its_table(t):
    """The host takes its old table away: a plug-in that kept it crashes, unless it kept ours."""
    actions = ["load a @sample", "new a 2", "invoke 2 leak 2", "init a", "invoke 2 leak 2",
               "destroy 2"] + LIFE
    env = {"NPNSAMPLE_QUIRKS": "first"}
    untraced = t.host("untraced", actions, ["--reinit=moved"], env)
    t.equal(untraced.status, -11, "untraced: the plug-in uses a table that is gone")
    for mode in MODES[1:]:
        traced = t.host(mode, actions, ["--reinit=moved"], env)
        t.equal(traced.status, 0, f"{mode}: exit status")
        t.expect(b"host: set B: 8 allocations" in traced.stdout, "the new functions were not used")
        t.exact(traced)


@case("20-plugin-checks-sizes-and-version")
def plugin_checks_sizes_and_version(t):
    """Plug-ins that look at what they are given see the host's values, and refuse by them."""
    env = {"NPNSAMPLE_QUIRKS": "check"}
    t.play(["load a @sample"] + LIFE, env=env)
    for option, error in (("--table-size=120", 3), ("--pfuncs-size=104", 3),
                          ("--table-version=256", 8)):
        runs = t.play(["load a @sample", "pfuncs a", "close a"], options=[option], env=env,
                      exact=False)
        t.expect(f"NP_Initialize returned {error}".encode() in runs["flight"].stdout, option)


@case("23-plugin-writes-pfuncs-size")
def plugin_writes_pfuncs_size(t):
    runs = t.play(["load a @sample", "pfuncs a", "new a 2", "clearsite a", "invoke 2 leak 2",
                   "destroy 2"] + LIFE, env={"NPNSAMPLE_QUIRKS": "write-pfuncs",
                                             "NPNSAMPLE_DO": "clearsitedata: leak 1"})
    t.expect(b"size 136, version 17" in runs["flight"].stdout, "the plug-in did not write the size")


@case("23-pfuncs-of-other-sizes")
def pfuncs_of_other_sizes(t):
    for size in (112, 116, 160, 176, 1000):
        t.play(["load a @sample", "pfuncs a"] + LIFE, options=[f"--pfuncs-size={size}"])


@case("24-pfuncs-untouched-second-time")
def pfuncs_untouched_second_time(t):
    env = {"NPNSAMPLE_QUIRKS": "no-refill"}
    actions = ["load a @sample", "new a 2", "init a", "init a", "pfuncs a", "invoke 2 leak 2",
               "event 2", "destroy 2"]
    t.play(actions + LIFE, env=env)
    runs = t.play(["load a @sample", "init a", "pfuncs a", "unload a"], env=env,
                  options=["--pfuncs-fresh"])
    t.expect(b"missing 8 16" in runs["flight"].stdout, "entries that the plug-in did not fill in")


@case("24-pfuncs-refilled")
def pfuncs_refilled(t):
    for options in ([], ["--pfuncs-fresh"]):
        t.play(["load a @sample", "init a", "init a"] + LIFE, options=options)


@case("25-wrapper-passes-our-table-on")
def wrapper_passes_our_table_on(t):
    t.play(["load a @wrapper"] + LIFE, env={"NPNWRAPPER_INNER": plugin("sample")})
    t.play(["load a @wrapper", "load b @sample2", "new b 2", "invoke 2 leak 2"] + LIFE
           + ["destroy 2", "unload b"], env={"NPNWRAPPER_INNER": plugin("sample")})


@case("25-wrapper-passes-its-own-table-on")
def wrapper_passes_its_own_table_on(t):
    """Each block passes two wrapped tables; it is counted once, for one of the two plug-ins."""
    runs = t.play(["load a @wrapper"] + LIFE, exact=False,
                  env={"NPNWRAPPER_INNER": plugin("sample"), "NPNWRAPPER_TABLE": "own"})
    for mode in MODES[1:]:
        stated = runs[mode].statements()["libnpsample.so"]["npn"]
        total = runs[mode].report()["totals"]["npn"]
        for key in ("allocs", "frees", "flushes", "bytes_allocated", "live_blocks", "live_bytes"):
            t.equal(total[key], stated[key], f"{mode}: {key}")
        t.equal(runs[mode].leaks()["blocks"], stated["live_blocks"], f"{mode}: leaked blocks")


@case("25-two-inner-plugins")
def two_inner_plugins(t):
    """The same plug-in reached through a wrapper and by the host itself."""
    t.play(["load w @wrapper", "load a @sample", "new w 2", "invoke 2 leak 2"] + LIFE
           + ["destroy 2"], env={"NPNWRAPPER_INNER": plugin("sample")})


@case("26-table-null-or-size-zero")
def table_null_or_size_zero(t):
    runs = t.play(["open a @sample", "init a null", "init a"] + LIFE)
    t.expect(b"NP_Initialize returned 3" in runs["flight"].stdout, "no error without a table")
    runs = t.play(["load a @sample", "close a"], options=["--table-size=0"], exact=False)
    t.expect(b"NP_Initialize returned 3" in runs["flight"].stdout, "no error for an empty table")


@case("27-return-widths")
def return_widths(t):
    runs = t.play(["load a @sample", "new a 1", "invoke 1 widths", "event 1", "event 1", "focus 1",
                   "stream 1", "clearsite a", "form 1", "set 1 label x", "set 1 other x",
                   "get 1 nothing", "names 1", "destroy 1", "unload a"])
    t.expect(b"NPP_HandleEvent returned -2" in runs["flight"].stdout, "a negative int16_t")
    t.expect(b"'0 1 1 -3 1 0 0 0 1 9 0 1 0 -1'" in runs["flight"].stdout, "values of small types")


@case("28-longjmp-across-the-host", misuse={"object-outlived-instance"})
def longjmp_across_the_host(t):
    t.play(["load a @sample", "new a 1", "new a 2", "invoke 1 jumpover \"invoke 1 jump\"",
            "invoke 1 leak 2", "invoke 1 jumpover \"invoke 2 jump\"", "invoke 1 leak 3",
            "invoke 2 leak 1", "invoke 2 eval \"invoke 1 jumpover 'event 2'\"", "event 2",
            "invoke 2 leak 2", "destroy 1", "destroy 2", "unload a"])


@case("28-exceptions-across-the-host", misuse={"object-outlived-instance"})
def exceptions_across_the_host(t):
    runs = t.play(["load a @samplecpp", "new a 1", "new a 2",
                   "invoke 1 throwover \"invoke 1 throw 9\"", "invoke 1 leak 2",
                   "invoke 1 throwover \"invoke 2 throw 8\"", "invoke 1 pools 20",
                   "invoke 2 pools 10", "destroy 2", "destroy 1", "unload a"])
    t.expect(b"throwover: 9" in runs["flight"].stdout, "the exception did not arrive")


main()
