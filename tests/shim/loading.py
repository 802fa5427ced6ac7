#!/usr/bin/python3
# tests/shim/loading.py: how hosts find, open, initialise and close plug-ins
# SPDX-License-Identifier: MIT
"""Each case is named after the number and topic it has in the list of what a shim must handle. Of
17 (RTLD_DEEPBIND) only what concerns the table is here; 18 (the allocator lives in the executable)
is about heap functions alone and is left out."""
import os
import shutil
import stat
import subprocess

from support.harness import MINIHOST, Skipped, case, main, plugin, plugin_of

ONE_LIFE = ["new a 1 \"do=alloc 100; leak 3; destroy: free all\"", "event 1", "invoke 1 leak 2",
            "destroy 1"]
NO_FILES = "a process that meets no plug-in left a recording"


def no_recordings(t, run):
    t.equal(run.recording_paths(), [], NO_FILES)


@case("01-dlopen-fails-first")
def dlopen_fails_first(t):
    probes = ["probe /usr/lib/haswell/libnpsample.so", "probe libnpsample-is-not-here.so"]
    t.play(probes + ["load a @sample"] + probes + ONE_LIFE + probes + ["unload a"])
    for mode in ("flight", "record"):
        run = t.host(mode, probes)
        t.equal(run.status, 0, f"{mode}: exit status")
        no_recordings(t, run)


@case("02-file-opened-twice")
def file_opened_twice(t):
    runs = t.play(["open a @sample", "scan a", "open b @sample", "scan b", "scan a", "init b",
                   "new b 1", "close a", "invoke 1 leak 3", "destroy 1", "unload b"])
    for mode in ("flight", "record"):
        t.equal(len(runs[mode].report()["plugins"]), 1, f"{mode}: plug-ins")


@case("02-scan-never-initialises")
def scan_never_initialises(t):
    actions = ["open a @sample", "scan a", "symbols a", "close a", "open b @sample2", "scan b"]
    for run in t.play(actions, exact=False).values():
        no_recordings(t, run)


@case("03-plugin-by-two-paths")
def plugin_by_two_paths(t):
    link = t.path("libnpother.so")
    os.symlink(plugin("sample"), link)
    runs = t.play(["load a @sample", f"open b {link}", "scan b", "new a 1", "invoke 1 leak 2",
                   "init b", "new b 2", "invoke 2 leak 3", "destroy 1", "destroy 2", "unload a",
                   "close b"])
    for mode in ("flight", "record"):
        t.equal([p["name"] for p in runs[mode].report()["plugins"]], ["libnpsample.so"],
                f"{mode}: plug-ins")


@case("03-copies-are-two-plugins")
def copies_are_two_plugins(t):
    copy = t.copy_plugin("sample", "libnpcopy.so")
    runs = t.play(["load a @sample", f"load b {copy}", "new a 1", "new b 2", "invoke 1 leak 2",
                   "invoke 2 leak 3", "destroy 1", "destroy 2", "unload a", "unload b"])
    for mode in ("flight", "record"):
        t.equal(plugin_of(runs[mode].report(), "libnpcopy.so")["npn"]["allocs"], 3,
                f"{mode}: allocations of the copy")


@case("04-dlsym-same-trampoline")
def dlsym_same_trampoline(t):
    runs = t.play(["open a @sample", "symbols a", "symbols a", "init a", "symbols a"] + ONE_LIFE
                  + ["open b @sample2", "symbols b", "symbols a", "init b", "unload a"])
    t.equal(runs["flight"].stdout.count(b"NP_Initialize is the same, NP_Shutdown is the same"), 5,
            "answers that were the same again")


@case("05-missing-symbol-stays-null")
def missing_symbol_stays_null(t):
    runs = t.play(["open m libm.so.6", "symbols m", "load a @sample", "symbols a", "symbols m",
                   "new a 1", "pending a event 1", "pending a invoke 1 alloc 10",
                   "pending a destroy 1", "pending a shutdown a"])
    out = runs["flight"].stdout.decode()
    t.equal(out.count("lacks a function"), 1, "libraries that are no plug-ins")
    t.equal(out.count("pending: libnpsample.so: undefined symbol: NP_NotThere"), 4,
            "errors of the loader that stayed pending")


@case("06-dlsym-next-keeps-caller")
def dlsym_next_keeps_caller(t):
    runs = t.play(["next getenv", "next qsort", "next nobody_has_this", "load a @sample", "new a 1",
                   "invoke 1 nextsymbol qsort", "invoke 1 nextsymbol NP_Initialize",
                   "invoke 1 nextsymbol nobody_has_this", "destroy 1", "unload a"])
    t.expect(b"nextsymbol: 'libc.so.6'" in runs["flight"].stdout, "qsort was not found in libc")


@case("06-relative-name-by-callers-runpath")
def relative_name_by_callers_runpath(t):
    """The wrapper's RUNPATH is its own folder; nobody else's has the inner plug-in."""
    shutil.copy2(plugin("wrapper"), t.path("libnpwrapper.so"))
    shutil.copy2(plugin("sample"), t.path("libnpinner.so"))
    t.play([f"load a {t.path('libnpwrapper.so')}"] + ONE_LIFE + ["unload a"],
           env={"NPNWRAPPER_INNER": "libnpinner.so"})


@case("07-constructor-forks-and-execs")
def constructor_forks_and_execs(t):
    t.play(["load a @sample"] + ONE_LIFE + ["unload a"],
           env={"NPNSAMPLE_QUIRKS": "fork-in-constructor"})


@case("08-dlclose-unmaps-trampoline")
def dlclose_unmaps_trampoline(t):
    """Four plug-ins come and go; each finds addresses and handles of the ones before it free."""
    copy = t.copy_plugin("sample", "libnpcopy.so")
    actions = []
    for path in ("@sample", "@sample2", copy, "@sample", "@sample3", "@sample2", "@sample"):
        actions += [f"load a {path}", "new a 1", "symbols a", "invoke 1 leak 2", "event 1",
                    "destroy 1", "unload a"]
    t.play(actions)


@case("09-initialize-again")
def initialize_again(t):
    again = ["init a", "invoke 1 leak 2", "new a 2", "invoke 2 leak 1"]
    for reinit in ("same", "rewritten", "moved"):
        for between in ([], ["shutdown a"]):
            runs = t.play(["load a @sample", "new a 1", "invoke 1 alloc 7"] + between + again
                          + ["destroy 1", "destroy 2"] + between + ["init a", "unload a"],
                          options=[f"--reinit={reinit}"])
            used_b = b"host: set B" in runs["flight"].stdout
            t.equal(used_b, reinit != "same", f"{reinit}: the new functions were used")


@case("10-initialize-fails-then-retried")
def initialize_fails_then_retried(t):
    runs = t.play(["open a @sample", "init a", "pfuncs a", "init a", "pfuncs a"] + ONE_LIFE
                  + ["unload a"], env={"NPNSAMPLE_QUIRKS": "refuse-first",
                                       "NPNSAMPLE_DO": "init: alloc 11"})
    t.expect(b"NP_Initialize returned 4" in runs["flight"].stdout, "the first call did not fail")


@case("10-initialize-fails-for-good")
def initialize_fails_for_good(t):
    t.play(["open a @sample", "init a", "pfuncs a", "close a"],
           env={"NPNSAMPLE_QUIRKS": "refuse-first", "NPNSAMPLE_DO": "init: leak 2"})


@case("11-shutdown-never-called")
def shutdown_never_called(t):
    """However the process ends, what happened before is in the recording."""
    ends = {"return 5": 5, "exit 6": 6, "_exit 7": 7, "quick_exit 8": 8, "abort": -6, "segv": -11,
            "kill": -9}
    life = ["load a @sample", "new a 1 \"do=alloc 100; leak 3\"", "new a 2", "destroy 1",
            "on 3 invoke 2 leak 2", "invoke 2 state"]
    for end, status in ends.items():
        runs = t.play(life + [f"end {end}"], status=status)
        host = runs["record"].report()["host"]
        got = -host["exit_signal"] if "exit_signal" in host else host["exit_status"]
        t.equal(got, status, f"end {end}: the host's end in the report")


@case("11-plugin-ends-the-process")
def plugin_ends_the_process(t):
    ends = {"crash": -11, "abort": -6, "exit 4": 4, "exitnow 5": 5, "kill": -9}
    for step, status in ends.items():
        t.play(["load a @sample", "new a 1", "invoke 1 leak 4", "invoke 1 state",
                f"invoke 1 {step}"], status=status)


@case("12-destructors-in-any-order", misuse={"call-after-shutdown"})
def destructors_in_any_order(t):
    steps = ("init: alloc 50; shutdown: alloc 60; destructor: free 0; destructor: leak 3; "
             "atexit: leak 2")
    life = ["load a @sample", "new a 1", "invoke 1 leak 1", "load b @sample2", "new b 2"]
    env = {"NPNSAMPLE_DO": steps, "NPNSAMPLE_DO2": steps}
    t.play(life, env=env)
    t.play(life + ["destroy 1", "unload a"], env=env)
    t.play(life + ["end exit 3"], env=env, status=3)


@case("13-process-without-plugin")
def process_without_plugin(t):
    commands = {
        "true": ["/bin/true"],
        "shell": ["/bin/sh", "-c", "echo out; echo err >&2; ls /; exit 3"],
        "python": ["/usr/bin/python3", "-c",
                   "import os; print(os.listdir('/proc/self/task').__len__(),"
                   " sorted(os.listdir('/proc/self/fd')).__len__())"],
        "host": [MINIHOST, "probe /nowhere.so", "next getenv", "fork counts"],
    }
    for name, command in commands.items():
        untraced = t.run("untraced", command)
        traced = t.run("flight", command)
        t.same(untraced, traced)
        no_recordings(t, traced)
        t.expect(name != "python" or traced.stdout.startswith(b"1 "), "more than one thread")


@case("13-children-of-a-traced-host")
def children_of_a_traced_host(t):
    """Processes that a traced host starts meet no plug-in and make no recording."""
    t.play(["load a @sample"] + ONE_LIFE + ["fork exec /bin/sh -c \"ls / | cat\"", "unload a"])


@case("14-stdout-is-a-protocol")
def stdout_is_a_protocol(t):
    scan = ["open a @sample", "scan a", "init a", "scan a", "shutdown a", "close a"]
    runs = t.play(scan + ["end return 0"], options=["--quiet"])
    t.equal(runs["flight"].stderr, b"", "standard error")
    for closed in ("0", "1", "2"):
        t.play([f"closefd {closed}", "load a @sample"] + ONE_LIFE
               + ["write 2 \"not into the recording\"", "write 0 neither", "unload a"],
               options=["--quiet"])


@case("14-started-without-descriptors")
def started_without_descriptors(t):
    """The lowest descriptors are free when the host starts, and must be free when it writes."""
    words = [MINIHOST, f"load a {plugin('sample')}", *ONE_LIFE, "write 2 stray", "write 0 stray",
             "unload a"]
    command = ["/bin/sh", "-c", "exec \"$@\" 0<&- 2>&-", "sh", *words]
    untraced, traced = t.run("untraced", command), t.run("flight", command)
    t.same(untraced, traced)
    t.exact(traced)


@case("15-other-word-size")
def other_word_size(t):
    """A 32-bit program ignores the library; `record` says why there is nothing."""
    source, program = t.path("small.s"), t.path("small")
    with open(source, "w", encoding="ascii") as file:
        file.write(".globl _start\n_start: movl $1,%eax\n movl $7,%ebx\n int $0x80\n")
    for command in (["as", "--32", "-o", t.path("small.o"), source],
                    ["ld", "-m", "elf_i386", "-o", program, t.path("small.o")]):
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError as error:
            raise Skipped(f"{command[0]} is not installed") from error
        if done.returncode != 0:
            raise Skipped(f"{command[0]} makes no 32-bit programs: {done.stderr.decode()[:80]!r}")
    untraced = t.run("untraced", [program])
    t.same(untraced, t.run("flight", [program]))
    record = t.run("record", [program])
    t.expect(b"32-bit" in record.stderr, f"not a word about 32 bits: {record.stderr!r}")


@case("16-log-cannot-be-opened")
def log_cannot_be_opened(t):
    actions = ["load a @sample"] + ONE_LIFE + ["unload a"]
    untraced = t.host("untraced", actions)
    with open(t.path("file"), "w", encoding="ascii"):
        pass
    for folder in ("/nowhere/at/all", t.path("file"), "/proc/1", "/dev/null"):
        traced = t.host("flight", actions, env={"NPNTRACE_DIR": folder})
        t.same(untraced, traced)
        no_recordings(t, traced)


@case("16-log-cannot-grow")
def log_cannot_grow(t):
    """A limit on the size of files would end the host by SIGXFSZ if the library let it."""
    words = [MINIHOST, f"load a {plugin('sample')}", *ONE_LIFE, "unload a"]
    command = ["/bin/sh", "-c", "ulimit -f 0; exec \"$@\"", "sh", *words]
    env = {"NPNSAMPLE_STATE": None}
    untraced = t.run("untraced", command, env)
    traced = t.run("flight", command, env)
    t.same(untraced, traced)


@case("16-preload-dropped")
def preload_dropped(t):
    """The loader drops the preload of programs with the rights of somebody else."""
    host = shutil.copy2(MINIHOST, t.path("minihost"))
    os.chmod(host, os.stat(host).st_mode | stat.S_ISGID | stat.S_ISUID)
    os.chown(host, 65534, 65534)
    os.chmod(host, 0o6755)
    actions = [f"load a {plugin('sample')}", *ONE_LIFE, "unload a"]
    env = {"NPNSAMPLE_STATE": None}
    untraced = t.run("untraced", [host, *actions], env)
    if untraced.status != 0:
        raise Skipped(f"programs of another user do not run here: {untraced.stderr!r}")
    traced = t.run("flight", [host, *actions], env)
    t.same(untraced, traced)
    no_recordings(t, traced)


@case("17-deepbind-table")
def deepbind_table(t):
    """The heap part belongs to the heap tests."""
    t.play(["load a @sample", "load b @samplecpp"] + ONE_LIFE
           + ["new b 2", "invoke 2 pools 10", "destroy 2", "unload a", "unload b"],
           options=["--open=deepbind"])


@case("17-opened-in-every-way")
def opened_in_every_way(t):
    for how in ("lazy", "now", "deepbind", "global"):
        t.play(["load a @sample", "load b @sample2"] + ONE_LIFE
               + ["new b 1", "invoke 1 leak 2", "destroy 1", "unload b", "unload a"],
               options=[f"--open={how}"])


main()
