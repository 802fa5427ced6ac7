# tests/fault/heapvictim.py: runs a heaphost, and holds its recording against its page
# SPDX-License-Identifier: MIT
"""A HeapHost is started, watched by its page, killed or left to end; verify() then says what its
recording lacks or has too much. Mode "naive" records by the naive tracer of tests/exact instead:
the verification is thereby tried out without the tracer."""
import os

import heapsequence
from exact.heapevents import Events, Pairing, events_in_order, report_problems
from exact.heaplog import Log, Names, naive_events
from hostprocess import HostProcess
from support.harness import BUILD, Failed

HEAPHOST = os.path.join(BUILD, "tests", "fault", "heaphost")
STEPPER = os.path.join(BUILD, "tests", "fault", "stepper")
NAIVE = os.path.join(BUILD, "tests", "exact", ".libs", "libnaivetracer.so")
PLAIN_MALLOC = os.path.join(BUILD, "tests", "fault", ".libs", "libplainmalloc.so")
NAMES = Names(HEAPHOST) if os.path.exists(HEAPHOST) else None
RECORD = ("--heap=all", "--follow=heaphost")

# What a recording must not have lost or got wrong, whatever its host did.
LOSSES = ("lost_events", "missed_calls", "truncated_stacks", "unreadable_events",
          "selfcheck_mismatches")


class HeapHost(HostProcess):
    """A heaphost; its page has all threads' calls."""

    def __init__(self, t, name, seed, threads=1, calls=0, words=(), mode="record", options=(),
                 env=None, before=()):
        self.seed = seed
        run = t.new_run("record" if mode == "record" else "untraced", name)
        self.page_path = os.path.join(run.folder, "page")
        heapsequence.create(self.page_path)
        self.naive_path = os.path.join(run.folder, "naive") if mode == "naive" else None
        more = {"LD_PRELOAD": NAIVE, "NPNEXACT_NAIVE": self.naive_path} if mode == "naive" else {}
        command = [*before, HEAPHOST, self.page_path, str(seed), str(threads), str(calls), *words]
        super().__init__(t, run, command, [*RECORD, *options], {**(env or {}), **more})

    def host_pid(self):
        return self.page().pid or None

    def completed(self):
        return heapsequence.completed(self.page_path)

    def page(self):
        return heapsequence.read(self.page_path)

    def naive_events(self):
        return events_in_order(naive_events(Log(self.naive_path), NAMES))

    def verify(self, page=None, recording=None, losses=LOSSES, halves=False, ordered=True):
        """Raises Failed if the recording is not what the page says. Returns how many calls of the
        program are recorded, by thread. halves: where the recording ends there may be the free of a
        realloc alone. ordered: no event may stand behind a later one of its thread."""
        page = page or self.page()
        if self.naive_path is not None:
            events = self.naive_events()
            return self._compare(page, events, Pairing(events), [], True)
        self.run.viewer("check", recording=recording)
        info = self.run.json("info", recording=recording)
        wrong = {key: info[key] for key in losses if info[key] != 0}
        self.t.equal(wrong, {}, f"losses, seed {self.seed}")
        found = Events(self.run, HEAPHOST, NAMES, recording)
        pairing = Pairing(found.events)
        others = report_problems(self.run.report(recording), pairing, found.late)
        if ordered and found.backwards:
            others.append(f"{found.backwards} events stand behind later ones of their threads")
        return self._compare(page, found.events, pairing, others, halves)

    def _compare(self, page, events, pairing, others, halves):
        found, recorded = heapsequence.problems(page, self.seed, events, pairing, halves)
        if found + others:
            raise Failed(f"seed {self.seed}: the recording is not what the host did\n"
                         + "\n".join((found + others)[:8]))
        return recorded

