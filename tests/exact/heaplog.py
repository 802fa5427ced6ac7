# tests/exact/heaplog.py: reads what the allocation program wrote down about itself
# SPDX-License-Identifier: MIT
"""The layout is that of tests/exact/exact_log.h. A call is one of the allocator's functions, as the
program, the naive tracer or a recording tells it:

    Call(kind, function, address, size, chain)

kind is ALLOC or FREE. A chain is the program's own part of the call stack, innermost first: the
name of the function that called the allocator, then for each further frame the offset in the file
of the return address, last how the stack ends: "_start", or "thread" for threads that the C library
started. Frames that are left to the C library stand as 0: functions with "search" and "sort" in
their names call back through it, and do not know where they will continue.
"""
import bisect
import collections
import mmap
import os
import struct
import shlex
import subprocess

MAGIC = 0x31544341584550
PIECE_BYTES = 64 << 10
HEADER = struct.Struct("<QQQII")
RECORD = struct.Struct("<IBBHIIQQQ")

# In the order of enum exact_function, as `npntrace events` has them.
FUNCTIONS = (
    None, "malloc", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc",
    "posix_memalign", "valloc", "pvalloc", "free", "free_sized", "free_aligned_sized",
    "operator new", "operator new[]", "operator delete", "operator delete[]")
# The operators end in malloc and free under some allocators, and do not under others: then they are
# recorded as themselves. Here it is only asked that it is once.
SAME = {"operator new": "malloc", "operator new[]": "malloc", "operator delete": "free",
        "operator delete[]": "free"}
LEAVES = {name: "leaf_" + name for name in FUNCTIONS[1:10]}
LEAVES.update({"operator new": "leaf_new", "operator new[]": "leaf_new_array"})
THROUGH_LIBRARY = ("node_bsearch", "node_qsort")

ALLOC, FREE = "alloc", "free"
Call = collections.namedtuple("Call", "kind function address size chain")
Record = collections.namedtuple("Record", "kind function address size block tid frames offset")


class Names:
    """The functions of a program by offset in its file, from its symbol table."""

    def __init__(self, program):
        tool = shlex.split(os.environ.get("NM") or "nm")
        listing = subprocess.run([*tool, "--defined-only", program],
                                 check=True, capture_output=True, text=True).stdout
        rows = [line.split(" ", 2) for line in listing.splitlines()]
        symbols = sorted((int(at, 16), name) for at, kind, name in rows if kind in "tTwW")
        self._starts = [at for at, _ in symbols]
        self._names = [name for _, name in symbols]
        self._known = {}

    def of_call(self, offset):
        """The function in which a call's return address is; the call may be its last word."""
        if offset not in self._known:
            index = bisect.bisect_right(self._starts, offset - 1) - 1
            self._known[offset] = self._names[index] if index >= 0 else None
        return self._known[offset]


class Log:
    """All records by thread, in the order of each thread's calls."""

    def __init__(self, path):
        self.threads = collections.defaultdict(list)
        self.by_offset = {}
        with open(path, "rb") as file, \
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            magic, _, end, self.finished, self.main_tid = HEADER.unpack_from(content)
            if magic != MAGIC:
                raise ValueError(f"{path}: not a log of the allocation program")
            for piece in range(PIECE_BYTES, end, PIECE_BYTES):
                self._read_piece(content, piece)

    def _read_piece(self, content, piece):
        at = piece
        while at + RECORD.size <= piece + PIECE_BYTES:
            words, kind, function, depth, tid, _, address, size, block = \
                RECORD.unpack_from(content, at)
            if words == 0:
                break
            frames = struct.unpack_from(f"<{depth}Q", content, at + RECORD.size)
            record = Record(kind, FUNCTIONS[function], address, size, block, tid, frames, at)
            self.threads[tid].append(record)
            self.by_offset[at] = record
            at += words * 8

    def calls(self):
        """By thread, what the program did, as Calls. A free has its block's size and chain."""
        return {tid: [self._call(record) for record in records]
                for tid, records in self.threads.items()}

    def _call(self, record):
        if record.kind == 1:
            return Call(ALLOC, SAME.get(record.function, record.function), record.address,
                        record.size, self._chain(record))
        block = self.by_offset[record.block]
        return Call(FREE, SAME.get(record.function, record.function), record.address, block.size,
                    self._chain(block))

    def _chain(self, record):
        leaf = LEAVES[record.function]
        if record.address == 0:
            leaf += "_too_much"
        end = "_start" if record.tid == self.main_tid else "thread"
        return (leaf,) + record.frames + (end,)

    def live(self):
        """What is live at the end: Calls of allocations whose blocks nobody freed."""
        freed = {r.block for records in self.threads.values() for r in records if r.kind == 2}
        return [self._call(r) for r in self.by_offset.values()
                if r.kind == 1 and r.address != 0 and r.offset not in freed]


def naive_events(log, names):
    """The naive tracer's log as (tid, Call) in the order in which it saw the calls."""
    records = sorted((r for rs in log.threads.values() for r in rs), key=lambda r: r.block)
    chains = {}
    for record in records:
        if record.frames not in chains:
            chains[record.frames] = _naive_chain(record.frames, names)
        kind = ALLOC if record.kind == 1 else FREE
        yield record.tid, Call(kind, record.function, record.address, record.size,
                               chains[record.frames])


def _naive_chain(frames, names):
    found = [names.of_call(offset) for offset in frames]
    if not found:
        return ()
    end = "_start" if found[-1] == "_start" else "thread"
    inner = [0 if name in THROUGH_LIBRARY else offset
             for name, offset in list(zip(found, frames))[1:] if name != "_start"]
    return (found[0],) + tuple(inner) + (end,)
