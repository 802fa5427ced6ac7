# tests/exact/heapevents.py: a recording's heap events, and which free belongs to which allocation
# SPDX-License-Identifier: MIT
"""What is done with the events here is done without looking at the viewer's own code, so that the
two can be compared. Here they are sorted by their stamps, all of them; the viewer has them as they
stand in the file, where an event may come late that took long to be committed."""
import collections
import json
import os

from exact.heaplog import ALLOC, FREE, SAME, THROUGH_LIBRARY, Call

# An allocation may be stamped this much before the free that made its address available.
SKEW_NS = 10000

Event = collections.namedtuple("Event", "tid stamp_ns call plugin")


class Events:
    """The heap events of a run, with chains for the program's own frames as heaplog has them.

    The functions' names are looked up here, by `names`; where the viewer names them too, it must
    agree: `wrong_names` has those of which it says otherwise.

    `events` are in the order of their stamps. As printed, `late` is how often one is older than the
    one before it, `backwards` how often one is older than the one before it of its thread."""

    def __init__(self, run, program, names, recording=None):
        self._program = os.path.realpath(program)
        self._names = names
        self._chains = {}
        self._is_program = {None: False}  # by module
        self.wrong_names = collections.Counter()
        self.others = collections.Counter()
        text = run.viewer("events", "--json", "--no-symbols", recording=recording)
        self.events = [e for e in map(self._event, text.splitlines()) if e is not None]
        self.backwards = _backwards(self.events)
        self.late = sum(a.stamp_ns > b.stamp_ns for a, b in zip(self.events, self.events[1:]))
        self.events.sort(key=lambda event: event.stamp_ns)

    def _event(self, line):
        """The stack is most of a line, and comes again."""
        head, found, stack = line.partition(',"stack":')
        if found and stack.endswith("]}"):
            event = json.loads(head + "}")
            chain = self._chain_of_text(stack[:-1])
        else:
            event = json.loads(line)
            chain = self._chain_of_text(json.dumps(event.get("stack", [])))
        if event["type"] not in ("heap-alloc", "heap-free"):
            self.others[event["type"]] += 1
            return None
        kind = ALLOC if event["type"] == "heap-alloc" else FREE
        function = event["function"]
        return Event(event["tid"], event["stamp_ns"],
                     Call(kind, SAME.get(function, function), int(event["address"], 16),
                          event.get("size", 0), chain), event.get("plugin"))

    def _chain_of_text(self, text):
        if text not in self._chains:
            self._chains[text] = self.chain(json.loads(text))
        return self._chains[text]

    def chain(self, stack):
        """From the frames of a stack as JSON: heaplog's chain, () if none is the program's own."""
        own = [f for f in stack if not f["inlined"] and self._is_own(f["module"])]
        if not own:
            return ()
        functions = [self._name(frame) for frame in own]
        ends = "_start" if functions[-1] == "_start" else "thread"
        if ends == "thread" and "libc" not in os.path.basename(stack[-1]["module"] or ""):
            ends = "cut short"
        inner = [0 if function in THROUGH_LIBRARY else frame["offset"]
                 for function, frame in zip(functions[1:], own[1:]) if function != "_start"]
        return (functions[0],) + tuple(inner) + (ends,)

    def _is_own(self, module):
        if module not in self._is_program:
            self._is_program[module] = os.path.realpath(module) == self._program
        return self._is_program[module]

    def _name(self, frame):
        name = self._names.of_call(frame["offset"])
        if frame["function"] not in (None, name):
            self.wrong_names[frame["offset"], name, frame["function"]] += 1
        return name


def _backwards(events):
    """How often, as printed, a thread's event is older than the one before it. The free of a
    realloc is stamped before and committed after it, and a handler may come in between."""
    last, count = {}, 0
    for event in events:
        if event.call.kind == FREE and event.call.function in ("realloc", "reallocarray"):
            continue
        count += event.stamp_ns < last.get(event.tid, 0)
        last[event.tid] = event.stamp_ns
    return count


def events_in_order(calls):
    """Of (tid, Call)s whose order is known for certain: stamps further apart than clocks are."""
    return [Event(tid, at * 2 * SKEW_NS, call, None) for at, (tid, call) in enumerate(calls)]


class Pairing:
    """Which free belongs to which allocation.

    `block_of`: for each event, the index of the allocation of the block that it allocates or frees,
    None for failures and for frees of unknown blocks. `live`: indexes of allocations that nobody
    freed. `counts` as `report --json` has them.
    """

    def __init__(self, events):
        self.block_of = []
        self._live = {}
        self._older = {}  # closed provisionally: its address was issued again
        self._events = events
        self._bytes = self._peak = 0
        self.unknown_frees = self.unseen_frees = 0
        for index, event in enumerate(events):
            call = event.call
            if call.kind == FREE:
                self.block_of.append(self._free(call.address, event.stamp_ns))
            elif call.address != 0:
                self._allocate(call, index)
                self.block_of.append(index)
            else:
                self.block_of.append(None)
        self.unseen_frees += len(self._older)
        self.live = sorted(self._live.values())

    def _allocate(self, call, index):
        if call.address in self._live:
            self.unseen_frees += call.address in self._older
            self._older[call.address] = self._live[call.address]
            self._bytes -= self._events[self._live[call.address]].call.size
        self._live[call.address] = index
        self._bytes += call.size
        self._peak = max(self._peak, self._bytes)

    def _free(self, address, stamp_ns):
        older = self._older.pop(address, None)
        if address not in self._live:
            self.unknown_frees += 1
            return None
        index = self._live[address]
        if older is not None:
            if stamp_ns <= self._events[index].stamp_ns + SKEW_NS:
                return older
            self.unseen_frees += 1
        del self._live[address]
        self._bytes -= self._events[index].call.size
        return index

    def counts(self):
        calls = [e.call for e in self._events]
        good = [c for c in calls if c.kind == ALLOC and c.address != 0]
        return {"allocs": len(good), "frees": sum(c.kind == FREE for c in calls),
                "bytes_allocated": sum(c.size for c in good), "live_blocks": len(self.live),
                "live_bytes": self._bytes, "peak_bytes": self._peak,
                "freed_elsewhere": self.unseen_frees}


def report_problems(report, pairing, late):
    """What `report --json` adds up, of a recording without plug-ins, against the sums made here.
    Only the peak depends on the order of the events: it is not compared where some came late."""
    problems = []
    for key, value in pairing.counts().items():
        for part, found in (("host_heap", report["host_heap"]),
                            ("totals.heap", report["totals"]["heap"])):
            if (found is None or found[key] != value) and (late == 0 or key != "peak_bytes"):
                problems.append(f"report: {part}.{key} is {found and found[key]}, not {value}")
    return problems


def is_leaf(chain):
    return bool(chain) and chain[0].startswith("leaf_")


def own_calls(events, pairing):
    """By thread, the program's own calls, frees with their blocks' sizes and chains. All other
    calls are left out: those of the C library for itself, on its own account or the program's."""
    threads = collections.defaultdict(list)
    for event, block in zip(events, pairing.block_of):
        call = event.call
        if call.kind == FREE and block is not None:
            made = events[block].call
            call = call._replace(size=made.size, chain=made.chain)
        if is_leaf(call.chain):
            threads[event.tid].append(call)
    return threads
