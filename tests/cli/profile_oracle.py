# tests/cli/profile_oracle.py: the numbers of a profile, made of `npntrace events --json`
# SPDX-License-Identifier: MIT
"""Simple and slow: all blocks are kept, and each question goes over all of them again. What pairs
a free with its allocation is told by viewer/heap_sums.h."""
import collections
import json
import os
import re

SKEW_NS = 10000
ENDING = {"npn-free", "npn-released", "npn-handed-over", "npn-freed-elsewhere"}
ROW_KEYS = ("bytes", "allocs", "frees", "live_bytes", "live_blocks", "peak_bytes", "at_peak_bytes",
            "at_peak_blocks", "temporary")


class Block:
    """An allocation. born and gone are places in the list of events; gone_ns is None: live."""

    def __init__(self, memory, event, born):
        self.memory, self.born, self.gone, self.gone_ns = memory, born, None, None
        self.stamp_ns, self.tid, self.size = event["stamp_ns"], event["tid"], event["size"]
        self.plugin, self.instance = event["plugin"], event["instance"]
        self.address, self.lines = event["address"], event["stack"]
        self.freed_by = None
        self.is_temporary = False

    def end(self, event, at):
        self.gone, self.gone_ns, self.freed_by = at, event["stamp_ns"], event["tid"]

    def frames(self):
        """Lines of each frame: what was inlined stands before the function that it is in."""
        frames, lines = [], []
        for line in self.lines:
            lines.append(line)
            if not line["inlined"]:
                frames.append(lines)
                lines = []
        return frames + ([lines] if lines else [])


class Pairs:
    """All blocks of a recording."""

    def __init__(self, text):
        self.blocks, self.live, self.remembered, self.newest = [], {}, {}, {}
        self.events = [json.loads(line) for line in text.splitlines()]
        for at, event in enumerate(self.events):
            if event["type"] == "npn-alloc" and event["address"] != "0x0":
                self.begin(("npn", event["address"], event["stamp_ns"]), event, at)
            elif event["type"] in ENDING and event.get("allocated_by"):
                self.end(("npn", event["address"], event["allocated_by"]["stamp_ns"]), event, at)
            elif event["type"] == "heap-alloc" and event["address"] != "0x0":
                self.heap_alloc(("heap", event["address"]), event, at)
            elif event["type"] == "heap-free":
                self.heap_free(("heap", event["address"]), event, at)

    def begin(self, key, event, at):
        block = Block(key[0], event, at)
        self.blocks.append(block)
        self.live[key] = self.newest[key[0], event["tid"]] = block

    def end(self, key, event, at):
        block = self.live.pop(key, None)
        if block is not None:
            block.is_temporary = self.newest[key[0], block.tid] is block
            block.end(event, at)

    def heap_alloc(self, key, event, at):
        older = self.live.pop(key, None)
        if older is not None:
            older.end(event, at)
            older.freed_by = None
            self.remembered[key] = (older, event["stamp_ns"])
        self.begin(key, event, at)

    def heap_free(self, key, event, at):
        kept = self.remembered.get(key)
        if kept is not None and event["stamp_ns"] <= kept[1] + SKEW_NS:
            kept[0].freed_by = event["tid"]
            del self.remembered[key]
        else:
            self.end(key, event, at)


def plugin_name(line):
    return os.path.basename(line["module"]) if line["module"] else None


def charged(block, rule, plugins):
    """The plug-in and the lines of the frame that the rule chooses."""
    frames = block.frames()
    own = [f for f in frames if block.plugin and plugin_name(f[0]) == block.plugin]
    found = (block.plugin, own[0] if own else frames[0] if frames else None)
    if rule == "recorded":
        return found
    fitting = [f for f in frames if plugin_name(f[0]) in plugins
               or (rule == "non-system" and f[0]["module"]
                   and not re.match("/lib|/usr/lib|\\[", f[0]["module"]))]
    if not fitting:
        return found
    frame = fitting[-1 if rule == "outermost" else 0]
    name = plugin_name(frame[0])
    return (name if name in plugins else block.plugin), frame


def peak_of(changes):
    """(the most bytes, blocks then, the place of the first such moment) of (place, +-size)."""
    live = blocks = 0
    best = (0, 0, -1)
    for at, size, count in changes:
        live, blocks = live + size, blocks + count
        if live > best[0]:
            best = (live, blocks, at)
    return best


def changes(blocks, until):
    """In the order of the events; an allocation at an address that ends a block ends it first."""
    found = []
    for block in blocks:
        found.append((block.born, 1, block.size, 1))
        if block.gone is not None and block.gone_ns <= until:
            found.append((block.gone, 0, -block.size, -1))
    return [(at, size, count) for at, _, size, count in sorted(found)]


class Profile:
    """What was selected, `until` the end of the range."""

    def __init__(self, blocks, until=2**64):
        self.blocks, self.until = blocks, until
        self.peaks = {memory: peak_of(changes([b for b in blocks if b.memory == memory], until))
                      for memory in ("npn", "heap")}

    def is_gone(self, block):
        return block.gone is not None and block.gone_ns <= self.until

    def was_live_at_peak(self, block):
        """At the one of its own kind of memory."""
        moment = self.peaks[block.memory][2]
        return block.born <= moment and not (self.is_gone(block) and block.gone <= moment)

    def numbers(self, blocks):
        live = [b for b in blocks if not self.is_gone(b)]
        then = [b for b in blocks if self.was_live_at_peak(b)]
        values = (sum(b.size for b in blocks), len(blocks), len(blocks) - len(live),
                  sum(b.size for b in live), len(live), peak_of(changes(blocks, self.until))[0],
                  sum(b.size for b in then), len(then),
                  sum(b.is_temporary and self.is_gone(b) for b in blocks))
        return dict(zip(ROW_KEYS, values))

    def groups(self, key):
        found = collections.defaultdict(list)
        for block in self.blocks:
            found[key(block)].append(block)
        return {name: self.numbers(blocks) for name, blocks in found.items()}

    def classes(self, value):
        """[allocations, bytes] by the kind of memory and the bits of a number of each block."""
        found = collections.defaultdict(lambda: [0, 0])
        for block in self.blocks:
            number = value(block)
            if number is not None:
                entry = found[block.memory, number.bit_length()]
                entry[0] += 1
                entry[1] += block.size
        return dict(found)

    def lifetime(self, block):
        return block.gone_ns - block.stamp_ns if self.is_gone(block) else None

    def threads(self):
        """(bytes, allocations, frees) by the kind of memory and thread."""
        found = collections.defaultdict(lambda: [0, 0, 0])
        for block in self.blocks:
            entry = found[block.memory, block.tid]
            entry[0] += block.size
            entry[1] += 1
            if self.is_gone(block) and block.freed_by is not None:
                found[block.memory, block.freed_by][2] += 1
        return {key: tuple(entry) for key, entry in found.items()}
