#!/usr/bin/python3
# tests/fault/chaos.py: threads that open, close, allocate, fork and raise signals at random
# SPDX-License-Identifier: MIT
"""Usage: chaos.py [--minutes=N] [CASE]...

tests/fault/chaos.h says what the program does. It must neither hang nor crash, and its recording
must be sound, with every stack check passed and every NPN_MemAlloc counted. A watchdog looks if
each thread gets on; when one does not, all stacks of the process and of its children are printed.

Without --minutes all cases together take a minute. NPNTRACE_SEED repeats the threads' choices, as
far as they decide."""
import os
import re
import signal
import struct
import subprocess
import sys
import time

from heapvictim import LOSSES, PLAIN_MALLOC
from hostprocess import HostProcess, generator, stacks_of
from support.harness import BUILD, Failed, case, main

PROGRAM = os.path.join(BUILD, "tests", "fault", "chaos")
LIBRARIES = [os.path.join(BUILD, "tests", "fault", ".libs", f"libchaos{n}.so") for n in (1, 2)]
THREADS = 6
SECONDS = float(os.environ.get("NPNTRACE_CHAOS_SECONDS", "12"))  # of a case
HANGS_S = 30  # a thread that does not get on for so long hangs

HEAD = struct.Struct("<QII5Q")
THREAD = struct.Struct("<IIQ")
ACTS = ("allocate", "allocate-npn", "trim", "open-library", "run-plugin", "raise-signal",
        "signal-another", "start-thread", "rest", "fork", "fork-and-execute", "vfork", "spawn")


def seconds():
    """How long a case takes: --minutes, else SECONDS."""
    for word in list(sys.argv[1:]):
        found = re.fullmatch(r"--minutes=([0-9.]+)", word)
        if found:
            sys.argv.remove(word)
            return float(found[1]) * 60
    return SECONDS


LASTS = seconds()


class Page:
    """What the program says about itself."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        content = content.ljust(HEAD.size + THREADS * THREAD.size, b"\0")
        (_, self.pid, self.finished, self.allocations, self.npn_allocations, self.handlers,
         self.children, self.bad_children) = HEAD.unpack_from(content)
        self.threads = [THREAD.unpack_from(content, HEAD.size + n * THREAD.size)
                        for n in range(THREADS)]

    def progress(self):
        return [acts for _, _, acts in self.threads]

    def __str__(self):
        doing = ", ".join(f"{tid} {ACTS[act]} ({acts} done)" for tid, act, acts in self.threads)
        return (f"{self.allocations} allocations, {self.npn_allocations} by NPN_MemAlloc, "
                f"{self.handlers} handlers, {self.children} children; threads: {doing}")


def descendants(pid):
    """The process and all below it."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task") if os.path.isdir(f"/proc/{pid}/task") else []:
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += descendants(int(child))
        except FileNotFoundError:
            pass
    return found


class ChaosHost(HostProcess):
    """The program, as long as all its threads get on."""

    def __init__(self, t, run, words, options, env):
        self.page_path = os.path.join(run.folder, "page")
        with open(self.page_path, "wb"):
            pass
        super().__init__(t, run, [PROGRAM, self.page_path, *words, *LIBRARIES], options, env)

    def page(self):
        return Page(self.page_path)

    def host_pid(self):
        return self.page().pid or self.process.pid

    def wait_watching(self, most_s):
        """The exit status."""
        end, last, changed = time.monotonic() + most_s, None, [time.monotonic()] * THREADS
        while True:
            try:
                return self.process.wait(1)
            except subprocess.TimeoutExpired:
                pass
            now, progress = time.monotonic(), self.page().progress()
            for number in range(THREADS):
                if last is None or progress[number] != last[number]:
                    changed[number] = now
            last = progress
            if now - min(changed) > HANGS_S:
                raise Failed(self.describe("a thread hangs"))
            if now > end:
                raise Failed(self.describe("it takes too long to end"))

    def describe(self, what):
        """For a person: who waits for whom."""
        text = [what, str(self.page())]
        for pid in descendants(self.host_pid())[:4]:
            text += [f"---- process {pid}", stacks_of(pid)]
        return "\n".join(text)


def chaos(t, what, options=(), env=None, mode="record", lasts=LASTS):
    """One run. Returns the run and the page."""
    words = [str(lasts), str(generator().getrandbits(32)), str(THREADS), what]
    run = t.new_run(mode, f"{mode}-{what}")
    with ChaosHost(t, run, words, options, {"NPNTRACE_DEBUG": "1", **(env or {})}) as host:
        status = host.wait_watching(lasts + 60 + lasts / 2)
        page, said = host.page(), host.output()
    t.equal((status, page.finished, page.bad_children), (0, 1, 0),
            f"status, whether it came to its end, children that did not\n{page}\n{said[-3000:]}")
    print(f"# {' '.join([mode, *options])}: {page}")
    return run, page


def said_of(run):
    """Where stacks differ, the host prints them, beside each other. Threads may mix."""
    with open(os.path.join(run.folder, "output"), encoding="utf-8", errors="replace") as file:
        return "".join(line for _, line in zip(range(60), file))


def is_sound(t, run, page, losses=LOSSES):
    """What was recorded, where it can be known."""
    for path in run.recording_paths():
        run.viewer("check", recording=path)
    trace = os.path.join(run.recordings, "trace.npt")
    info, report = run.json("info", recording=trace), run.report(trace)
    wrong = {key: info[key] for key in losses if info[key] != 0}
    t.equal(wrong, {}, f"losses; what the host said begins with\n{said_of(run)}")
    t.equal(report["totals"]["npn"]["allocs"], page.npn_allocations, "calls of NPN_MemAlloc")
    t.expect(info["selfchecks"] > 0, "no stack was checked")
    return report


@case("chaos-untraced")
def untraced(t):
    """The program itself is sound."""
    chaos(t, "", mode="untraced", lasts=min(LASTS, 3))
    chaos(t, "h", env={"LD_PRELOAD": PLAIN_MALLOC}, mode="untraced", lasts=min(LASTS, 3))


@case("chaos-npn-only")
def npn_only(t):
    run, page = chaos(t, "n")
    is_sound(t, run, page)


@case("chaos-heap-of-plug-ins")
def heap_of_plugins(t):
    run, page = chaos(t, "n", ["--heap=plugins"])
    report = is_sound(t, run, page)
    t.expect(report["totals"]["heap"]["allocs"] > 0, "no allocation of a plug-in is recorded")


@case("chaos-heap-of-all")
def heap_of_all(t):
    run, page = chaos(t, "n", ["--heap=all", "--size=16M"])
    report = is_sound(t, run, page)
    t.expect(report["totals"]["heap"]["allocs"] >= page.allocations,
             f"{report['totals']['heap']['allocs']} heap allocations, {page.allocations} were made")


@case("chaos-handlers-allocate")
def handlers_allocate(t):
    run, page = chaos(t, "hn", ["--heap=all", "--selfcheck=50"], {"LD_PRELOAD": PLAIN_MALLOC})
    # The C library's vfork keeps its return address in a register: where a handler strikes there,
    # stacks end for libunwind too, and say so.
    report = is_sound(t, run, page, [key for key in LOSSES if key != "truncated_stacks"])
    t.expect(report["totals"]["heap"]["allocs"] >= page.allocations + page.handlers,
             f"{report['totals']['heap']['allocs']} heap allocations, {page.allocations} by us "
             f"and {page.handlers} by handlers were made")


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
main()
