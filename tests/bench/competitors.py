# tests/bench/competitors.py: the ways to run a workload, traced and not
# SPDX-License-Identifier: MIT
"""Each competitor turns a command into the command and environment that trace it.

A command is run in one of two forms. A workload that times its own loop is run as it is. A whole
program is run by `launch`, which measures the program alone and preloads a library into nothing
else. A competitor whose `missing` is a text cannot run here, and the text says why.
"""
import os
import shutil

from lttng import Lttng
from support.harness import BUILD, LIBRARY, NPNTRACE

PROGRAMS = os.path.join(BUILD, "tests", "bench")
LIBRARIES = os.path.join(PROGRAMS, ".libs")
LAUNCH = os.path.join(PROGRAMS, "launch")
WORKLOAD = os.path.join(PROGRAMS, "workload")
PLUGIN = os.path.join(LIBRARIES, "libnpbench.so")
LAUNCH_OUTPUT = "launch.json"


def _launched(command, library=None):
    return [LAUNCH, LAUNCH_OUTPUT, "1", *([library] if library else []), "--", *command]


class Competitor:
    """Untraced, and the base of the others."""

    key = "untraced"
    label = "untraced"
    about = "the workload alone"
    missing = None
    records_first_process = False  # the first process is a recorder, worth being looked at

    def begin(self, folder):
        """Before each run."""

    def end(self):
        """After each run. Returns a text if the recording is not complete."""

    def loop(self, command, folder):
        """(command, environment) for a workload that times itself."""
        return command, {}

    def program(self, command, name, folder):
        """(command, environment) for a whole program, whose executable file is `name`."""
        return _launched(command), {}

    def close(self):
        """After all runs."""


class Preloaded(Competitor):
    """A library in LD_PRELOAD."""

    library = None

    def settings(self, folder):
        return {}

    def loop(self, command, folder):
        return command, {"LD_PRELOAD": self.library, **self.settings(folder)}

    def program(self, command, name, folder):
        return _launched(command, self.library), self.settings(folder)


class Noop(Preloaded):
    key = "noop"
    label = "no-op"
    about = "no-op twin: the malloc family interposed and forwarded"
    library = os.path.join(LIBRARIES, "libtwinnoop.so")


class Stamp(Preloaded):
    key = "stamp"
    label = "no-op+record"
    about = "no-op twin with stamp and record: reads the clock, writes 24 or 16 bytes; no backtrace"
    library = os.path.join(LIBRARIES, "libtwinstamp.so")


class Heaptrack(Preloaded):
    key = "heaptrack"
    label = "heaptrack"
    about = "heaptrack's preload library, raw output to a file; backtraces of allocations"
    folders = ("/usr/lib/heaptrack", "/usr/lib/x86_64-linux-gnu/heaptrack",
               "/usr/lib/aarch64-linux-gnu/heaptrack", "/usr/local/lib/heaptrack")

    def __init__(self):
        found = [path for path in (os.path.join(folder, "libheaptrack_preload.so")
                                   for folder in self.folders) if os.path.exists(path)]
        if found:
            self.library = found[0]
        else:
            self.missing = "not installed (Debian package: libheaptrack)"

    def settings(self, folder):
        # heaptrack puts the process id in place of the two dollar signs.
        return {"DUMP_HEAPTRACK_OUTPUT": os.path.join(folder, "heaptrack.$$")}


class LttngWrapper(Preloaded):
    key = "lttng"
    label = "lttng"
    about = "LTTng's libc wrapper in a session that loses nothing; no backtraces"
    library = "liblttng-ust-libc-wrapper.so.1"

    def __init__(self, home):
        self._lttng = Lttng(home)
        self.missing = self._lttng.missing

    def begin(self, folder):
        self._lttng.begin(os.path.join(folder, "lttng"))

    def end(self):
        discarded = self._lttng.end()
        return f"{discarded} events discarded" if discarded else None

    def settings(self, folder):
        return self._lttng.settings()

    def close(self):
        self._lttng.close()


class Npntrace(Competitor):
    key = "npntrace"
    label = "npntrace"
    about = "npntrace record --heap=all: full backtraces, nothing lost, written to a file"
    records_first_process = True
    options = ("--heap=all",)

    def _record(self, folder, *options):
        return [NPNTRACE, "record", *self.options, *options, "-o",
                os.path.join(folder, "trace.npt"), "--"]

    def loop(self, command, folder):
        return self._record(folder) + command, {}

    def program(self, command, name, folder):
        return self._record(folder, f"--follow={name}") + _launched(command), {}


class NpnRecord(Npntrace):
    key = "record"
    label = "record"
    about = "npntrace record, of NPN_Mem* alone"
    options = ()


class NpnFlight(Preloaded):
    key = "flight"
    label = "flight recorder"
    about = "libnpntrace.so preloaded, of NPN_Mem* alone"
    library = LIBRARY

    def settings(self, folder):
        return {"NPNTRACE_DIR": folder}


def heap_competitors(home):
    """Those of the big table, in the order in which they run."""
    return [Competitor(), Noop(), Stamp(), Heaptrack(), LttngWrapper(home), Npntrace()]


def npn_competitors():
    """Those of the NPN_Mem* rows."""
    return [Competitor(), NpnFlight(), NpnRecord()]


def not_built():
    """What `make` has not made yet."""
    needed = (NPNTRACE, LIBRARY, WORKLOAD, LAUNCH, PLUGIN, Noop.library, Stamp.library)
    return [path for path in needed if not os.path.exists(path)]


def heaptrack_tools():
    """(heaptrack_interpret, heaptrack_print), or None."""
    folders = [os.path.join(folder, "libexec") for folder in Heaptrack.folders]
    interpret = shutil.which("heaptrack_interpret", path=os.pathsep.join(folders))
    printer = shutil.which("heaptrack_print")
    return (interpret, printer) if interpret and printer else None
