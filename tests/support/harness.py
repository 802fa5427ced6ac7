# tests/support/harness.py: runs the mini-host with and without the library, and compares
# SPDX-License-Identifier: MIT
"""A small library for TAP test scripts about hosts, plug-ins and their recordings.

    from support.harness import case, main

    @case("09-initialize-again")
    def initialize_again(t):
        t.play(["load a @sample", "new a 1", "invoke 1 leak 3", "destroy 1", "unload a"])

    main()

`play` runs the actions three times, each in a directory of its own: untraced, as flight recorder,
and under `npntrace record`. It expects the host's transcript, its standard error and its exit
status to be the same each time, the recording to pass `npntrace check`, and the report and the
leaks to be what the sample plug-ins state, block by block. It returns the runs by mode for further
questions. In actions `@sample` is the path of libnpsample.so. On failure the case's directory is
kept and named.

In every traced run each stack is unwound a second time by libunwind (NPNTRACE_SELFCHECK=1) unless
the test says otherwise, and at the end of a case no recording may have two that differ.
"""
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback

from support import compare
from support.process import DEADLINE_S, run_process

BUILD = os.environ.get("NPNTRACE_BUILDDIR", ".")
SOURCE = os.environ.get("NPNTRACE_SRCDIR", ".")
# For strace: the sanitizers' search for leaks gives up where somebody else traces.
WHEN_TRACED = ("-E", "ASAN_OPTIONS=detect_leaks=0")
NPNTRACE = os.path.join(BUILD, "npntrace")
LIBRARY = os.path.join(BUILD, ".libs", "libnpntrace.so")
MINIHOST = os.path.join(BUILD, "tests", "minihost", "minihost")
BENCH = os.path.join(BUILD, "tests", "plugins", "bench")
PLUGINS = os.path.join(BUILD, "tests", "plugins", ".libs")

MODES = ("untraced", "flight", "record")
_cases = []


class Failed(Exception):
    """An expectation that was not met."""


class Skipped(Exception):
    """A case that cannot run here, and why."""


def case(name, misuse=()):
    """Registers a function of one argument, a Case, as a test of that name. `misuse`: the kinds of
    findings that its plug-ins cause and that it does not look at itself."""

    def register(function):
        _cases.append((name, function, frozenset(misuse)))
        return function

    return register


def plugin(name):
    """The path of a sample plug-in: `sample2` is libnpsample2.so."""
    return os.path.join(PLUGINS, f"libnp{name}.so")


class Run:
    """One run of a host: status (negative: a signal), stdout, stderr, statements, recordings."""

    def __init__(self, mode, folder):
        self.mode = mode
        self.folder = folder
        for name in ("work", "state", "recordings"):
            os.makedirs(os.path.join(folder, name))
            setattr(self, name, os.path.join(folder, name))
        self.status = None
        self.stdout = self.stderr = b""
        self.viewer_deadline_s = DEADLINE_S
        self.misuse = None  # kinds of findings that may be in the recordings; None: looked at

    def environment(self, extra):
        env = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": self.folder,
            "TMPDIR": self.folder,
            "NPNSAMPLE_STATE": self.state,
        }
        if self.mode != "untraced":
            env["NPNTRACE_SELFCHECK"] = "1"
        if self.mode == "flight":
            env["LD_PRELOAD"] = LIBRARY
            env["NPNTRACE_DIR"] = self.recordings
        env.update(extra)
        return {name: value for name, value in env.items() if value is not None}

    def command(self, command, record_options=()):
        """What is to be executed so that the command runs in this mode."""
        if self.mode != "record":
            return command
        trace = os.path.join(self.recordings, "trace.npt")
        return [NPNTRACE, "record", "-o", trace, *record_options, "--", *command]

    def start(self, command, extra_env, record_options, deadline_s):
        self.status, self.stdout, self.stderr = run_process(
            self.command(command, record_options), cwd=self.work,
            env=self.environment(extra_env), deadline_s=deadline_s)
        for name in ("stdout", "stderr"):
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(getattr(self, name))

    def recording_paths(self):
        return [os.path.join(self.recordings, name) for name in sorted(os.listdir(self.recordings))]

    @property
    def recording(self):
        paths = self.recording_paths()
        if len(paths) != 1:
            raise Failed(f"{self.mode}: {len(paths)} recordings, not 1: {paths}")
        return paths[0]

    def statements(self):
        """What the plug-ins state, by name; a forked child's have its process id in the name."""
        found = {}
        for name in sorted(os.listdir(self.state)):
            if name.endswith(".json"):
                with open(os.path.join(self.state, name), encoding="utf-8") as file:
                    found[name[: -len(".json")]] = json.load(file)
        return found

    def viewer(self, verb, *arguments, recording=None, status=0):
        """Runs a verb on the recording. Returns its standard output as text."""
        if verb == "findings":
            self.misuse = None
        command = [NPNTRACE, verb, *arguments, recording or self.recording]
        got, out, err = run_process(command, cwd=self.folder, env=self.environment({
            "LD_PRELOAD": None, "NPNTRACE_DIR": None}), deadline_s=self.viewer_deadline_s)
        if got != status:
            raise Failed(f"{self.mode}: {' '.join(command)}: status {got}, not {status}\n"
                         + err.decode(errors="replace"))
        return out.decode()

    def json(self, verb, *arguments, recording=None):
        text = self.viewer(verb, "--json", *arguments, recording=recording)
        with open(os.path.join(self.folder, f"{verb}.json"), "w", encoding="utf-8") as file:
            file.write(text)
        return json.loads(text)

    def report(self, recording=None):
        return self.json("report", recording=recording)

    def leaks(self, recording=None):
        """By whole stacks: what is stated is compared with each."""
        return self.json("leaks", "--by=stack", recording=recording)

    def _check_findings(self, path):
        may_be = self.misuse
        kinds = {f["kind"] for f in self.json("findings", recording=path)["findings"]}
        if not kinds <= may_be:
            raise Failed(f"{path}: findings of other kinds than {sorted(may_be)}: "
                         f"{sorted(kinds)}\n" + self.viewer("findings", recording=path))
        self.misuse = may_be

    def checked_stacks(self):
        """How many stacks libunwind has unwound too, in all recordings. None may differ. Nor may
        there be findings but of misuse that the test makes."""
        checked = 0
        for path in self.recording_paths():
            info = self.json("info", "--no-symbols", recording=path)
            checked += info["selfchecks"]
            if info["selfcheck_mismatches"] != 0:
                raise Failed(f"{path}: {info['selfcheck_mismatches']} of {info['selfchecks']} "
                             "stacks differ from libunwind's; NPNTRACE_DEBUG=1 prints them")
            if info["findings"] and self.misuse is not None:
                self._check_findings(path)
        return checked


class Case:
    """What a test function works with. `checked`: how many stacks libunwind has unwound too.
    `misuse`: the kinds of findings that may be in its recordings."""

    def __init__(self, name, folder, misuse):
        self.name = name
        self.folder = folder
        self.checked = 0
        self.misuse = misuse
        self._runs, self._number = [], 0

    def path(self, name):
        """A path in the case's own directory."""
        return os.path.join(self.folder, name)

    def copy_plugin(self, name, to):
        """A copy of a sample plug-in under another name: another file, another plug-in."""
        return shutil.copy2(plugin(name), self.path(to))

    def expect(self, condition, message):
        if not condition:
            raise Failed(message)

    def equal(self, got, expected, what):
        if got != expected:
            raise Failed(f"{what}:\n" + compare.difference(expected, got))

    def new_run(self, mode, name=None):
        """A run in one of MODES that is not started yet."""
        self._number += 1
        run = Run(mode, self.path(name or f"{self._number}-{mode}"))
        run.misuse = self.misuse
        self._runs.append(run)
        return run

    def finish(self, run):
        """Compares what libunwind said, and removes all that the run has left."""
        self.checked += run.checked_stacks()
        self._runs.remove(run)
        shutil.rmtree(run.folder)

    def finish_all(self):
        while self._runs:
            self.finish(self._runs[0])

    def run(self, mode, command, env=None, record_options=(), deadline_s=DEADLINE_S):
        """Runs any command in one of MODES."""
        run = self.new_run(mode)
        run.start(command, env or {}, record_options, deadline_s)
        return run

    def host(self, mode, actions, options=(), env=None, record_options=(), deadline_s=DEADLINE_S):
        """Runs the mini-host in one of MODES."""
        actions = [re.sub(r"@([a-z]+[0-9]?)\b", lambda m: plugin(m[1]), a) for a in actions]
        return self.run(mode, [MINIHOST, *options, *actions], env, record_options, deadline_s)

    def same(self, untraced, traced):
        """The host has noticed nothing."""
        self.equal(traced.stdout.decode(), untraced.stdout.decode(), f"{traced.mode}: transcript")
        if traced.mode == "flight":
            self.equal(traced.stderr.decode(), untraced.stderr.decode(), "flight: standard error")
        status = untraced.status
        if traced.mode == "record" and status < 0:
            status = 128 - status
        self.equal(traced.status, status, f"{traced.mode}: exit status")
        self.equal(sorted(os.listdir(traced.work)), sorted(os.listdir(untraced.work)),
                   f"{traced.mode}: files in the working directory")

    def exact(self, run, peak=True, leaks=True, recording=None, statements=None):
        """The recording says what the plug-ins state."""
        if statements is None:
            statements = {n: s for n, s in run.statements().items() if s["name"] == n}
        run.viewer("check", recording=recording)
        problems = compare.report(run.report(recording), statements, peak)
        if leaks:
            problems += compare.leaks(run.leaks(recording), statements)
        if problems:
            raise Failed(f"{run.mode}: the recording is not what the plug-ins state\n"
                         + "\n".join(problems))

    def play(self, actions, options=(), env=None, exact=True, peak=True, leaks=True, status=0,
             modes=MODES):
        """See the top of this file. `status` is what the host must end with, untraced too."""
        runs = {mode: self.host(mode, actions, options, env) for mode in modes}
        self.equal(runs["untraced"].status, status, "untraced: exit status\n"
                   + runs["untraced"].stderr.decode(errors="replace"))
        for mode in modes[1:]:
            self.same(runs["untraced"], runs[mode])
            if exact:
                self.exact(runs[mode], peak, leaks)
        return runs


def plugin_of(report, name):
    """The part of a report about one plug-in."""
    for entry in report["plugins"]:
        if entry["name"] == name:
            return entry
    raise Failed(f"the report has no plug-in {name}: {[p['name'] for p in report['plugins']]}")


def _comment(text):
    for line in str(text).rstrip("\n").split("\n"):
        print(f"# {line}")


def _run_case(number, name, function, misuse, top):
    folder = os.path.join(top, name)
    os.makedirs(folder)
    test = Case(name, folder, misuse)
    try:
        function(test)
        test.finish_all()
    except Skipped as reason:
        print(f"ok {number} - {name} # SKIP {reason}")
    except Failed as failure:
        print(f"not ok {number} - {name}")
        _comment(failure)
        _comment(f"kept: {folder}")
        return False
    except Exception:  # pylint: disable=broad-except
        print(f"not ok {number} - {name}")
        _comment(traceback.format_exc())
        _comment(f"kept: {folder}")
        return False
    else:
        if test.checked > 0:
            print(f"# {test.checked} stacks unwound twice")
        print(f"ok {number} - {name}")
    shutil.rmtree(folder)
    return True


def _heed_signals():
    """Background jobs of shells ignore these, and so would the hosts that we start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def main():
    """Runs the registered cases whose names contain one of the arguments, or all."""
    _heed_signals()
    sys.stdout = os.fdopen(sys.stdout.fileno(), "w", buffering=1, encoding="utf-8")
    missing = [p for p in (NPNTRACE, LIBRARY, MINIHOST, plugin("sample")) if not os.path.exists(p)]
    if missing:
        print(f"Bail out! not built: {' '.join(missing)}")
        sys.exit(99)
    cases = [c for c in _cases if not sys.argv[1:] or any(a in c[0] for a in sys.argv[1:])]
    print(f"1..{len(cases)}")
    top = tempfile.mkdtemp(prefix="npntrace-test-")
    good = [_run_case(number, *registered, top) for number, registered in enumerate(cases, 1)]
    if all(good):
        shutil.rmtree(top, ignore_errors=True)
    sys.exit(0 if all(good) else 1)
