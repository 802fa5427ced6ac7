# tests/fault/victim.py: a mini-host that is to be killed, and what its recording must then hold
# SPDX-License-Identifier: MIT
"""The sample plug-in notes each allocation that has finished in a page that it shares with the test
(tests/plugins/tally_page.h). A Victim is a mini-host on its way in one of the harness's modes; the
test watches the page, kills, and compares the page with the recording, allocation by allocation.

What a thread was in the middle of may be in the recording or not: at most one call a thread.
"""
import collections
import json
import os

from hostprocess import HostProcess
from support import tally
from support.harness import MINIHOST, plugin

ENTRIES = 1 << 20
LARGEST_BLOCK = 64  # of the programs below

Program = collections.namedtuple("Program", "step threads")
CHURN = Program("churn 0 16", 1)
THREADS = Program("threads 4 100000000", 5)  # and the one that started them


class Victim(HostProcess):
    """A mini-host; its completed calls are the plug-in's allocations."""

    def __init__(self, t, mode, name, actions, record_options=(), env=None):
        run = t.new_run(mode, name)
        self.page_path = os.path.join(run.folder, "tally")
        tally.create(self.page_path, ENTRIES)
        super().__init__(t, run, [MINIHOST, "--quiet", *actions], record_options,
                         {"NPNSAMPLE_TALLY": self.page_path, **(env or {})})

    def host_pid(self):
        if self.run.mode != "record":
            return self.process.pid
        return tally.read(self.page_path).pid or None

    def completed(self):
        return tally.finished(self.page_path)

    def page(self):
        return tally.read(self.page_path)


def playing(program):
    """The mini-host's actions: one instance that runs a program."""
    return [f"load a {plugin('sample')}", f'new a 1 "do={program.step}"']


def allocations(run, *options):
    """From `events`: all (address, size) that were allocated, in order; those that are still live,
    sizes by address; the number of frees."""
    allocated, live, frees = [], {}, 0
    for line in run.viewer("events", "--json", "--no-symbols", *options).splitlines():
        event = json.loads(line)
        if event["type"] == "npn-alloc" and event["address"] != "0x0":
            allocated.append((int(event["address"], 16), event["size"]))
            live[allocated[-1][0]] = event["size"]
        elif event["type"] in ("npn-free", "npn-freed-elsewhere", "npn-handed-over"):
            live.pop(int(event["address"], 16), None)
            frees += event["type"] == "npn-free"
    return allocated, live, frees


def holds_everything(t, run, page, threads):
    """A recording made by a process that was killed holds what the page says had finished."""
    t.equal(page.lost, 0, "entries that the page had no room for")
    run.viewer("check")
    allocated, live, frees = allocations(run)
    finished = [(e.address, e.size) for e in page.entries]
    missing = collections.Counter(finished) - collections.Counter(allocated)
    further = collections.Counter(allocated) - collections.Counter(finished)
    t.equal(sorted(missing.elements()), [], "finished allocations that are not in the recording")
    t.expect(sum(further.values()) <= threads, f"allocations that nobody made: {further}")
    if threads == 1:
        t.equal(allocated[:len(finished)], finished, "order of the allocations")
    states = collections.Counter(e.state for e in page.entries)
    t.expect(states[tally.FREED] <= frees <= states[tally.FREED] + states[tally.FREEING],
             f"{frees} frees are recorded; {states[tally.FREED]} had finished and "
             f"{states[tally.FREEING]} were under way")
    holds_live_blocks(t, run, page, threads, live)


def holds_live_blocks(t, run, page, threads, live):
    """The live blocks, by the events, by `leaks` and by `report`."""
    kept, freeing = tally.live(page)
    lost = [e for e in kept if live.get(e.address) != e.size]
    t.equal([hex(e.address) for e in lost], [], "live blocks that the events take for freed")
    most = len(kept) + len(freeing) + threads
    size = sum(e.size for e in kept)
    largest = size + sum(e.size for e in freeing) + threads * LARGEST_BLOCK
    t.expect(len(live) <= most, f"{len(live)} blocks live by the events, {len(kept)} by the page")
    leaks = run.json("leaks", "--no-symbols")
    t.expect(len(kept) <= leaks["blocks"] <= most,
             f"leaks: {leaks['blocks']} blocks, not {len(kept)} to {most}")
    t.expect(size <= leaks["bytes"] <= largest,
             f"leaks: {leaks['bytes']} bytes, not {size} to {largest}")
    npn = run.json("report", "--no-symbols")["totals"]["npn"]
    t.expect(len(page.entries) <= npn["allocs"] <= len(page.entries) + threads,
             f"report: {npn['allocs']} allocations, not {len(page.entries)}")
    t.expect(len(kept) <= npn["live_blocks"] <= most,
             f"report: {npn['live_blocks']} live blocks, not {len(kept)} to {most}")
