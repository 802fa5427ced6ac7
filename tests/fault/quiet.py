#!/usr/bin/python3
# tests/fault/quiet.py: what the preloaded library costs a process that meets no plug-in
# SPDX-License-Identifier: MIT
"""Every child of a browser inherits the preload. What it may cost is what the loader does to map
one more library: a handful of system calls of the loader's, and nothing else. Wall-clock times are
printed, not judged."""
import collections
import os
import re
import shutil
import statistics
import time

from support.harness import LIBRARY, MINIHOST, Skipped, case, main, plugin

# The loader opens the library, reads its head, maps its segments, closes it, and protects its
# relocated part. There are at most 12 segments and 2 libraries that come with it.
LOADER_CALLS = {"openat", "read", "pread64", "newfstatat", "fstat", "mmap", "mprotect", "munmap",
                "close"}
LOADER_CALLS_MAX = 16

# When a host asks for NP_Initialize by name, the library finds out whose it is and makes room.
TRAMPOLINE_CALLS = {"mmap", "madvise", "newfstatat", "gettid", "rt_sigprocmask"}
TRAMPOLINE_CALLS_MAX = 12

CALL = re.compile(r"^(?:\d+ +)?(\w+)\(")
STARTS = 200


def system_calls(t, command, name, preload):
    """Runs a command under strace. Returns how often each system call was made, the openat lines
    and the command's output."""
    strace = shutil.which("strace")
    if strace is None:
        raise Skipped("no strace here (Debian package: strace)")
    log, recordings = t.path(f"{name}.strace"), t.path(f"{name}-recordings")
    os.makedirs(recordings)
    preloads = ["-E", f"LD_PRELOAD={LIBRARY}", "-E", f"NPNTRACE_DIR={recordings}"]
    run = t.run("untraced", [strace, "-f", "-qq", "-e", "signal=none", "-o", log,
                             *(preloads if preload else []), "--", *command])
    t.equal((run.status, run.stderr), (0, b""), f"{name}: exit status and standard error")
    t.equal(os.listdir(recordings) + os.listdir(run.work), [], f"{name}: files made")
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    found = [match[1] for match in map(CALL.match, lines) if match]
    return collections.Counter(found), [line for line in lines if "openat(" in line], run.stdout


def written(opened):
    """The openat lines of files that are written to."""
    return [line for line in opened if re.search("O_CREAT|O_RDWR|O_WRONLY", line)]


def costs_the_loader_only(t, command, processes, also=frozenset(), also_max=0):
    """`processes`: how many programs the command starts, itself included; `also`: further system
    calls that may be added, `also_max` times."""
    plain, plain_opened, plain_output = system_calls(t, command, "plain", False)
    preloaded, opened, output = system_calls(t, command, "preloaded", True)
    t.expect(sum(plain.values()) > 0, "strace has seen nothing")
    t.equal(output, plain_output, "standard output")
    added, missing = preloaded - plain, plain - preloaded
    print(f"# {command[0]}: {sum(added.values())} system calls added: {dict(added)}")
    t.equal(dict(missing), {}, "system calls that are no longer made")
    t.equal(sorted(set(added) - LOADER_CALLS - also), [], "system calls that are not the loader's")
    t.expect(sum(added.values()) <= LOADER_CALLS_MAX * processes + also_max,
             f"{sum(added.values())} system calls added by {processes} programs: {dict(added)}")
    ours = [line for line in opened if LIBRARY in line]
    t.equal(len(ours), processes, "times that the library is opened")
    t.equal(len(written(opened)), len(written(plain_opened)), "files opened for writing")


@case("quiet-program-without-plugin")
def program(t):
    costs_the_loader_only(t, ["/bin/true"], 1)


@case("quiet-program-prints")
def prints(t):
    costs_the_loader_only(t, ["/bin/echo", "a word"], 1)


@case("quiet-child-processes")
def children(t):
    costs_the_loader_only(t, ["/bin/sh", "-c", "/bin/true; /bin/echo word; (exit 3) || :"], 3)


@case("quiet-plugin-scanned-not-initialised")
def scanned(t):
    """A plug-in that is opened and asked for its name, and never initialised, is none yet."""
    actions = [f"open a {plugin('sample')}", "scan a", "symbols a", "close a"]
    costs_the_loader_only(t, [MINIHOST, *actions], 1, TRAMPOLINE_CALLS, TRAMPOLINE_CALLS_MAX)


def start_ms(environment):
    before = time.perf_counter_ns()
    pid = os.posix_spawn("/bin/true", ["true"], environment)
    _, status = os.waitpid(pid, 0)
    return (time.perf_counter_ns() - before) / 1e6, status


@case("quiet-start-up-time-printed")
def start_up(t):
    """Untraced and preloaded starts in turn, so that a slow moment of the machine meets both."""
    plain, preloaded = [], []
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    turns = ((plain, environment), (preloaded, {**environment, "LD_PRELOAD": LIBRARY}))
    for _ in range(STARTS):
        for times, env in turns:
            elapsed, status = start_ms(env)
            t.equal(status, 0, "status of a start")
            times.append(elapsed)
    a, b = statistics.median(plain), statistics.median(preloaded)
    print(f"# {STARTS} starts of /bin/true: median {a:.3f} ms, preloaded {b:.3f} ms, "
          f"added {b - a:.3f} ms; fastest {min(plain):.3f} and {min(preloaded):.3f} ms")


main()
