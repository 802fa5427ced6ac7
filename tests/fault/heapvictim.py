# tests/fault/heapvictim.py: runs a heaphost, and holds its recording against its page
# SPDX-License-Identifier: MIT
"""A HeapHost is started, watched by its page, killed or left to end; verify() then says what its
recording lacks or has too much. Mode "naive" records by the naive tracer of tests/exact instead:
the
verification is thereby tried out without the tracer."""
import os
import signal
import subprocess
import time

import heapsequence
from exact.heapevents import Event, Events, Pairing, report_problems
from exact.heaplog import Log, Names, naive_events
from support.harness import BUILD, NPNTRACE, Failed, Run
from support.process import DEADLINE_S, kill_group

HEAPHOST = os.path.join(BUILD, "tests", "fault", "heaphost")
STEPPER = os.path.join(BUILD, "tests", "fault", "stepper")
NAIVE = os.path.join(BUILD, "tests", "exact", ".libs", "libnaivetracer.so")
PLAIN_MALLOC = os.path.join(BUILD, "tests", "fault", ".libs", "libplainmalloc.so")
POLL_S = 0.0002
NAMES = Names(HEAPHOST) if os.path.exists(HEAPHOST) else None

# What a recording must not have lost or got wrong, whatever its host did.
LOSSES = ("lost_events", "missed_calls", "truncated_stacks", "unreadable_events",
          "selfcheck_mismatches")


class HeapHost:
    """A host that runs; `with` sees to it that nothing is left running."""

    def __init__(self, t, name, seed, threads=1, calls=0, words=(), mode="record", options=(),
                 env=None, before=()):
        self.t, self.seed = t, seed
        self.run = Run("record" if mode == "record" else "untraced", t.path(name))
        self.page_path = os.path.join(self.run.folder, "page")
        heapsequence.create(self.page_path)
        self.naive_path = os.path.join(self.run.folder, "naive") if mode == "naive" else None
        command = [*before, HEAPHOST, self.page_path, str(seed), str(threads), str(calls), *words]
        extra = dict(env or {})
        if mode == "record":
            trace = os.path.join(self.run.recordings, "trace.npt")
            command = [NPNTRACE, "record", "-o", trace, "--heap=all", "--follow=heaphost",
                       *options, "--", *command]
        elif mode == "naive":
            extra.update({"LD_PRELOAD": NAIVE, "NPNEXACT_NAIVE": self.naive_path})
        self.log = open(os.path.join(self.run.folder, "output"), "w+b")
        self.process = subprocess.Popen(
            command, cwd=self.run.work, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, env=self.run.environment(extra), start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        kill_group(self.process)
        self.process.wait()
        self.log.close()

    def output(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def page(self):
        return heapsequence.read(self.page_path)

    def completed(self):
        return heapsequence.completed(self.page_path)

    def wait_until(self, condition, what):
        """Polls until condition() is true. The host must not end before that."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if self.process.poll() is not None:
                raise Failed(f"the host ended with {self.process.returncode} before {what}\n"
                             + self.output())
            if time.monotonic() > end:
                raise Failed(f"not within {DEADLINE_S} s: {what}\n" + self.stacks())
            time.sleep(POLL_S)

    def kill(self):
        os.kill(self.page().pid, signal.SIGKILL)

    def wait(self, status=0):
        """The host, or its recorder, must end, with this status."""
        try:
            got = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"not ended after {DEADLINE_S} s\n" + self.stacks()) from None
        self.t.equal(got, status, f"exit status, seed {self.seed}\n{self.output()}")

    def stacks(self):
        """Where the threads of a host that hangs are, for a person to look at."""
        return stacks_of(self.page().pid) + self.output()

    def naive_events(self):
        return [Event(tid, at, call, None) for at, (tid, call)
                in enumerate(naive_events(Log(self.naive_path), NAMES))]

    def verify(self, page=None, recording=None, losses=LOSSES, halves=False, sums=True,
               ordered=True):
        """Raises Failed if the recording is not what the page says. Returns how many calls of the
        program are recorded, by thread. halves: where the recording ends there may be the free of a
        realloc alone. sums: those of `report` are compared too.
        ordered: no event may stand behind a later one of its thread."""
        page = page or self.page()
        if self.naive_path is not None:
            events = self.naive_events()
            return self._compare(page, events, Pairing(events), [], True)
        self.run.viewer("check", recording=recording)
        info = self.run.json("info", recording=recording)
        wrong = {key: info[key] for key in losses if info[key] != 0}
        self.t.equal(wrong, {}, f"losses, seed {self.seed}")
        found = Events(_OneRecording(self.run, recording), HEAPHOST, NAMES)
        pairing = Pairing(found.events)
        # Which of two threads was first may be told otherwise, so not the peak.
        others = report_problems(self.run.report(recording), pairing, False) if sums else []
        if ordered and found.backwards:
            others.append(f"{found.backwards} events stand behind later ones of their threads")
        return self._compare(page, found.events, pairing, others, halves)

    def _compare(self, page, events, pairing, others, halves):
        found, recorded = heapsequence.problems(page, self.seed, events, pairing, halves)
        if found + others:
            raise Failed(f"seed {self.seed}: the recording is not what the host did\n"
                         + "\n".join((found + others)[:8]))
        return recorded


class _OneRecording:
    """A run, of whose recordings one is meant; None: the only one."""

    def __init__(self, run, recording):
        self._run, self._recording = run, recording

    def viewer(self, *arguments):
        return self._run.viewer(*arguments, recording=self._recording)


def stacks_of(pid):
    """What gdb says about a process's threads."""
    if not pid or not os.path.exists(f"/proc/{pid}"):
        return f"process {pid} is gone\n"
    try:
        found = subprocess.run(["gdb", "-batch", "-ex", "thread apply all bt", "-p", str(pid)],
                               capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no stacks: {error}\n"
    return found.stdout[-12000:] + "\n"
