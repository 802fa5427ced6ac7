#!/usr/bin/python3
# tests/shim/threads.py: calls from any thread, at any time, and processes that fork
# SPDX-License-Identifier: MIT
"""Each case is named after the number and topic it has in the list of what a shim must handle."""
from support.harness import MODES, case, main, plugin_of

BEGIN = ["load a @sample", "new a 1"]
END = ["destroy 1", "unload a"]


def findings(run):
    """Of each its kind and the innermost function."""
    return [(found["kind"], found["stack"][0]["function"])
            for found in run.json("findings")["findings"]]


@case("54-entries-from-any-thread")
def entries_from_any_thread(t):
    """Whatever thread the host calls a plug-in on may call the host."""
    runs = t.play(["on 1 open a @sample", "on 2 init a", "on 3 new a 1 \"do=leak 2\"",
                   "on 4 invoke 1 identifiers 2", "on 5 event 1", "on 6 invoke 1 widths",
                   "on 7 invoke 1 enumerate", "on 8 destroy 1", "on 1 shutdown a", "join 1",
                   "join 2", "join 3", "join 4", "join 8", "close a"])
    for mode in MODES[1:]:
        t.equal(findings(runs[mode]), [], f"{mode}: findings")


@case("54-plugin-threads")
def plugin_threads(t):
    t.play(BEGIN + ["new a 2", "invoke 1 threads 4 2000", "invoke 2 threads 8 1000", "destroy 2"]
           + END, peak=False)


@case("54-memory-during-and-after-shutdown")
def memory_during_and_after_shutdown(t):
    """After it is too late, unless the host has initialised the plug-in more often than it has shut
    it down. The thread's first call of three may come before or after."""
    late = [("call-after-shutdown", "late_main")]
    for join, begin, expected in (("shutdown", [], []), ("destructor", [], late),
                                  ("destructor", ["init a"], [])):
        runs = t.play(BEGIN + begin + ["invoke 1 late 40", "destroy 1", "unload a"],
                      env={"NPNSAMPLE_DO": f"{join}: latejoin"})
        for mode in MODES[1:]:
            t.equal(sorted(set(findings(runs[mode]))), expected,
                    f"{mode}, {join}, {begin}: findings")


@case("55-thread-ends-inside-entry", misuse={"object-outlived-instance"})
def thread_ends_inside_entry(t):
    runs = t.play(BEGIN + ["on 1 invoke 1 leak 1", "on 1 invoke 1 threadend 50",
                           "on 1 invoke 1 quitthread", "on 1 invoke 1 leak 2",
                           "on 2 invoke 1 eval \"invoke 1 quitthread\"", "on 3 invoke 1 leak 1",
                           "on 3 invoke 1 threadend 60", "join 3", "invoke 1 leak 1"] + END)
    t.equal(runs["flight"].stdout.count(b"the thread ended inside"), 2, "threads that ended")


@case("55-many-threads-come-and-go")
def many_threads_come_and_go(t):
    actions = []
    for n in range(40):
        actions += [f"on {n} invoke 1 leak 1", f"on {n} invoke 1 threadend 8", f"join {n}"]
    t.play(BEGIN + actions + END)


def parents(run):
    """The statements of the host itself, and its recording, which may not be the only one."""
    return {name: s for name, s in run.statements().items() if s["name"] == name}


def recording_of(t, run, pid):
    """The recording of one process."""
    found = [path for path in run.recording_paths()
             if run.json("report", recording=path)["host"]["pid"] == pid]
    t.equal(len(found), 1, f"{run.mode}: recordings of process {pid}")
    return found[0]


@case("56-fork-without-exec")
def fork_without_exec(t):
    """The child goes on with the plug-in's table; the parent's recording must not notice."""
    actions = BEGIN + ["invoke 1 alloc 30 2", "invoke 1 leak 2", "invoke 1 forkalloc 8",
                       "fork invoke 1 leak 3", "fork invoke 1 free 0", "fork end _exit 6",
                       "invoke 1 free 1", "invoke 1 leak 1"] + END
    runs = {mode: t.host(mode, actions) for mode in MODES}
    for mode in MODES[1:]:
        t.same(runs["untraced"], runs[mode])
        statements = parents(runs[mode])
        pid = statements["libnpsample.so"]["pid"]
        t.exact(runs[mode], recording=recording_of(t, runs[mode], pid), statements=statements)


@case("56-fork-while-threads-allocate")
def fork_while_threads_allocate(t):
    """A fork may find any lock taken by a thread that the child does not have."""
    actions = BEGIN + ["start 1 invoke 1 threads 6 6000"] + ["fork event 1"] * 20 + ["join 1"] + END
    runs = {mode: t.host(mode, actions, ["--mem=arena"]) for mode in MODES}
    for mode in MODES:
        t.equal(runs[mode].status, 0, f"{mode}: exit status\n{runs[mode].stderr.decode()}")
        ends = [line for line in runs[mode].stdout.decode().splitlines() if "the child" in line]
        t.equal(ends, ["  the child exited with 3"] * 20, f"{mode}: children's ends")
    for mode in MODES[1:]:
        statements = parents(runs[mode])
        pid = statements["libnpsample.so"]["pid"]
        t.exact(runs[mode], peak=False, recording=recording_of(t, runs[mode], pid),
                statements=statements)


@case("57-signal-handlers-allocate")
def signal_handlers_allocate(t):
    """A handler that runs inside the host's NPN_MemAlloc uses NPN_MemAlloc itself."""
    t.play(BEGIN + ["invoke 1 handler", "invoke 1 alloc 20 5", "invoke 1 free all",
                    "invoke 1 handled"] + END, options=["--raise-in-memalloc"])


@case("57-signals-at-any-instant")
def signals_at_any_instant(t):
    """Signals hit the tracer at random instants; the counts are exact all the same."""
    actions = BEGIN + ["invoke 1 storm 3000", "invoke 1 leak 2"] + END
    for mode in MODES[1:]:
        traced = t.host(mode, actions, ["--mem=arena", "--quiet"])
        t.equal(traced.status, 0, f"{mode}: exit status\n{traced.stderr.decode()}")
        t.exact(traced, peak=False)


@case("58-backtraces-after-dlclose")
def backtraces_after_dlclose(t):
    runs = t.play(["load a @samplecpp", "new a 1", "invoke 1 pools 10", "destroy 1", "unload a",
                   "load b @sample", "new b 1", "invoke 1 leak 5", "destroy 1", "unload b",
                   "load c @sample2", "new c 1", "invoke 1 leak 5", "destroy 1", "unload c"])
    for mode in MODES[1:]:
        names = {frame["module"].rsplit("/", 1)[-1] for leak in runs[mode].leaks()["leaks"]
                 for frame in leak["stack"]}
        t.expect({"libnpsamplecpp.so", "libnpsample.so", "libnpsample2.so"} <= names,
                 f"{mode}: modules named: {names}")
        inlined = [frame["function"] for leak in runs[mode].leaks()["leaks"]
                   for frame in leak["stack"] if frame["inlined"]]
        t.expect(any("take" in name for name in inlined), f"{mode}: no inlined frame in {inlined}")


@case("58-backtraces-across-plugins")
def backtraces_across_plugins(t):
    runs = t.play(BEGIN + ["load b @sample2", "new b 2", "invoke 1 eval \"invoke 2 leak 3\"",
                           "invoke 2 eval \"invoke 1 leak 2\"", "destroy 2", "unload b"] + END)
    for mode in MODES[1:]:
        deepest = max(runs[mode].leaks()["leaks"], key=lambda leak: len(leak["stack"]))
        modules = [frame["module"].rsplit("/", 1)[-1] for frame in deepest["stack"]]
        t.expect("libnpsample.so" in modules and "libnpsample2.so" in modules
                 and "minihost" in modules, f"{mode}: modules of one stack: {modules}")
        t.equal(plugin_of(runs[mode].report(), "libnpsample2.so")["npn"]["allocs"], 4,
                f"{mode}: three leaks and an answer")


main()
