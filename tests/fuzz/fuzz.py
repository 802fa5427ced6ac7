#!/usr/bin/python3
# tests/fuzz/fuzz.py: kept inputs, and some of chance, through every harness
# SPDX-License-Identifier: MIT
"""As a test: that planted faults are found; then each harness over the inputs that are kept and
over a bounded number of others. NPNTRACE_TEST_SEED and NPNTRACE_TEST_RUNS take another seed and go
on for so many runs. `make fuzz` and `make fuzz-keep` come here, too: tests/fuzz/README.md."""
import collections
import glob
import os
import re
import resource
import subprocess
import sys
import tempfile

import kept

BUILD = os.path.abspath(os.environ.get("NPNTRACE_BUILDDIR", "."))
SOURCE = os.path.abspath(os.environ.get("NPNTRACE_SRCDIR", "."))
FOUND = os.path.join(BUILD, "tests/fuzz/found")
GROWN = os.path.join(BUILD, "tests/fuzz/grown")

# The bounds within which each input has to be read, whatever it says. An allocation: a trace file
# may unfold to 256 MiB and 64 times its size, viewer/source_trace.c. All memory: with what the
# sanitizers add.
Bounds = collections.namedtuple("Bounds", "runs input_bytes allocation_mb memory_mb")
HARNESSES = {
    "archive": Bounds(2000, 16384, 300, 1024),
    "block": Bounds(40000, 4096, 64, 512),
    "drain": Bounds(2000, 8192, 64, 512),
    "event": Bounds(80000, 8192, 64, 512),
    "ring": Bounds(2000, 8192, 300, 1024),
    "suppressions": Bounds(40000, 2048, 64, 512),
    "symbols": Bounds(4000, 16384, 300, 1024),
    "trace": Bounds(3000, 8192, 300, 1024),
}
INPUT_SECONDS = 600  # for one input, by the clock, however busy the machine is
PROCESSOR_SECONDS = 90  # in the test, of a processor for one run: milliseconds for one input
TEST_SECONDS = 10  # for the runs of chance of one harness

PLANTED = (
    ("r", "a read behind a block", "AddressSanitizer: heap-buffer-overflow"),
    ("o", "undefined behaviour", "signed integer overflow"),
    ("l", "a leak", "LeakSanitizer: detected memory leaks"),
    ("h", "an endless loop", "libFuzzer: timeout"),
    ("a", "too large an allocation", "libFuzzer: out-of-memory"),
    ("e", "a call of exit()", "fuzz target exited"),
)


def program(name):
    return os.path.join(BUILD, "tests/fuzz", name)


def run(name, *arguments, keep=FOUND, processor_seconds=PROCESSOR_SECONDS):
    """Returns the exit status and what it said."""
    def limit():
        if processor_seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))

    os.makedirs(os.path.join(keep, name), exist_ok=True)
    environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
                       ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=12:"
                                    "allocator_may_return_null=1")
    done = subprocess.run(
        [program(name), f"-artifact_prefix={keep}/{name}/", "-print_final_stats=1",
         f"-timeout={INPUT_SECONDS}", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment, check=False, preexec_fn=limit)
    return done.returncode, done.stdout.decode(errors="replace")


def bounds_of(name):
    bounds = HARNESSES[name]
    return [f"-max_len={bounds.input_bytes}", f"-malloc_limit_mb={bounds.allocation_mb}",
            f"-rss_limit_mb={bounds.memory_mb}"]


def executions(output):
    found = re.search(r"^stat::number_of_executed_units:\s*(\d+)", output, re.M)
    return int(found.group(1)) if found else 0


def make_seeds(folder):
    subprocess.run([program("seeds"), folder], check=True)
    for name in HARNESSES:
        kept.unpack(kept.archive(SOURCE, name), os.path.join(folder, name))


# ---- the test ------------------------------------------------------------------------------

class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def result(self, good, name, output=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in output.splitlines()[-60:]:
                print("# " + line)


def test_planted(tap, scratch):
    for letter, what, report in PLANTED:
        path = os.path.join(scratch, "planted-" + letter)
        with open(path, "w", encoding="ascii") as file:
            file.write(letter)
        seconds = 2 if letter == "h" else INPUT_SECONDS
        status, output = run("planted", f"-timeout={seconds}", "-malloc_limit_mb=300", path,
                             keep=scratch)
        tap.result(status != 0 and report in output, f"planted: {what} is found", output)


def test_harness(tap, name, folder, scratch):
    inputs = len(os.listdir(folder))
    status, output = run(name, "-runs=0", *bounds_of(name), folder)
    tap.result(status == 0 and executions(output) >= inputs > 0,
               f"{name}: inputs that are kept", output)
    heavy = os.path.join(os.path.dirname(folder), "heavy", name)
    if os.path.isdir(heavy):
        paths = [os.path.join(heavy, one) for one in sorted(os.listdir(heavy))]
        status, output = run(name, *bounds_of(name), *paths)
        tap.result(status == 0 and output.count("Executed ") == len(paths) > 0,
                   f"{name}: inputs that ask for much", output)
    runs = int(os.environ.get("NPNTRACE_TEST_RUNS") or 0)
    limits = [] if runs else [f"-max_total_time={TEST_SECONDS}"]
    seed = os.environ.get("NPNTRACE_TEST_SEED") or "1"
    new = os.path.join(scratch, "new-" + name)
    os.makedirs(new)
    status, output = run(name, f"-runs={inputs + (runs or HARNESSES[name].runs)}", f"-seed={seed}",
                         *limits, *bounds_of(name), new, folder)
    tap.result(status == 0 and executions(output) > inputs, f"{name}: inputs of chance", output)
    print(f"# {inputs} inputs that are kept, {executions(output) - inputs} of chance, seed {seed}")


def test():
    if not os.environ.get("FUZZ_CC") or not os.path.exists(program("planted")):
        print("1..0 # SKIP no libFuzzer; Debian packages: clang libclang-rt-dev")
        return 0
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="npntrace-fuzz-") as scratch:
        test_planted(tap, scratch)
        seeds = os.path.join(scratch, "seeds")
        make_seeds(seeds)
        for name in HARNESSES:
            test_harness(tap, name, os.path.join(seeds, name), scratch)
    if tap.failed:
        print(f"# inputs that failed: {FOUND}")
    print(f"1..{tap.count}")
    return 0


# ---- for longer ----------------------------------------------------------------------------

def fuzz(names, flags):
    """Each harness with these flags of libFuzzer; what it learns stays in the build directory."""
    worst = 0
    with tempfile.TemporaryDirectory(prefix="npntrace-fuzz-") as seeds:
        make_seeds(seeds)
        for name in names:
            grown = os.path.join(GROWN, name)
            os.makedirs(grown, exist_ok=True)
            status, output = run(name, *bounds_of(name), *flags, grown,
                                 os.path.join(seeds, name), processor_seconds=None)
            print(f"{name}: {executions(output)} executions, status {status}", flush=True)
            if status != 0:
                print(output[-8000:])
                worst = 1
    return worst


def keep(names):
    """The fewest inputs that reach what all that was learned reaches go into tests/fuzz/corpus."""
    for name in names:
        with tempfile.TemporaryDirectory(prefix="npntrace-fuzz-") as folder:
            subprocess.run([program("seeds"), folder], check=True)
            whole = os.path.join(folder, name)
            os.makedirs(whole, exist_ok=True)
            seeds = set(os.listdir(whole))
            old = os.path.join(folder, "old")
            kept.unpack(kept.archive(SOURCE, name), old)
            os.makedirs(os.path.join(GROWN, name), exist_ok=True)
            status, output = run(name, "-merge=1", *bounds_of(name), whole, old,
                                 os.path.join(GROWN, name), processor_seconds=None)
            if status != 0:
                print(output[-4000:])
                return 1
            paths = [path for path in glob.glob(whole + "/*")
                     if os.path.basename(path) not in seeds]
            taken = kept.pack(paths, kept.archive(SOURCE, name))
            print(f"{name}: {len(taken)} of {len(paths)} inputs, "
                  f"{os.path.getsize(kept.archive(SOURCE, name))} bytes")
    return 0


def main():
    if len(sys.argv) < 2:
        return test()
    what, names, flags = sys.argv[1], sys.argv[2].split(), sys.argv[3:]
    unknown = [name for name in names if name not in HARNESSES]
    if unknown or what not in ("--long", "--keep"):
        print(f"fuzz: no harness {unknown}; there are: {' '.join(HARNESSES)}", file=sys.stderr)
        return 2
    return fuzz(names, flags) if what == "--long" else keep(names)


if __name__ == "__main__":
    sys.exit(main())
