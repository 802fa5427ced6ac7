# tests/fault/heapsequence.py: what a heaphost's threads did, against what is recorded of them
# SPDX-License-Identifier: MIT
"""tests/fault/heaphost.h says what a heaphost is. Its page has counts of calls; which calls those
were is computed here. A recording must have each thread's completed calls, all of them and in their
order, after them at most the one that was under way, and nothing else."""
import collections
import mmap
import struct

from exact.heaplog import ALLOC, FREE

MAGIC = 0x3154534f48504148
HEAD = struct.Struct("<Q6I")
THREADS, SLOTS, JUMPS, SIZES = 8, 61, 1 << 16, 401
THREAD = struct.Struct("<2I5Q")
THREAD_BYTES = THREAD.size + 8 * JUMPS
PAGE_BYTES = HEAD.size + THREADS * THREAD_BYTES
GO_OFFSET = 12
HANDLER_SIZE, HANDLER_SIZES = 100000, 1000
MASK = (1 << 64) - 1

Page = collections.namedtuple("Page", "pid children bad_children finished threads")
Thread = collections.namedtuple(
    "Thread", "number tid started completed handler_started handler_completed cpu_ns jumped")
Expected = collections.namedtuple("Expected", "kind function size slot")


def create(path):
    with open(path, "wb") as file:
        file.truncate(PAGE_BYTES)


def go(path):
    """Lets a host go on that waits."""
    with open(path, "r+b") as file:
        file.seek(GO_OFFSET)
        file.write(struct.pack("<I", 1))


def completed(path):
    """How many calls have returned so far, in all threads."""
    total = 0
    with open(path, "rb") as file:
        for number in range(THREADS):
            file.seek(HEAD.size + number * THREAD_BYTES)
            total += THREAD.unpack(file.read(THREAD.size))[3]
    return total


def read(path):
    with open(path, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        magic, pid, _, children, bad, finished, _ = HEAD.unpack_from(content)
        if magic not in (0, MAGIC):
            raise ValueError(f"{path}: not a page of a heaphost")
        threads = []
        for number in range(THREADS):
            at = HEAD.size + number * THREAD_BYTES
            tid, jumps, *counts = THREAD.unpack_from(content, at)
            jumped = struct.unpack_from(f"<{jumps}Q", content, at + THREAD.size)
            if tid != 0:
                threads.append(Thread(number, tid, *counts, set(jumped)))
    return Page(pid, children, bad, finished, threads)


def splitmix(z):
    z = (z + 0x9e3779b97f4a7c15) & MASK
    z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & MASK
    z = ((z ^ z >> 27) * 0x94d049bb133111eb) & MASK
    return z ^ z >> 31


def sequence(seed, thread):
    """The calls of a thread, one after the other: each a tuple of the events that it makes. Which
    they are depends on which slots are empty, hence on the calls that were jumped out of."""
    seed, full = splitmix((seed * THREADS + thread.number) & MASK), set()
    made = {0: "calloc", 1: "memalign", 2: "posix_memalign"}
    for number in range(thread.started):
        random = splitmix((seed + number) & MASK)
        slot, what, size = random % SLOTS, random >> 40 & 7, 1 + number % SIZES
        if slot not in full:
            yield (Expected(ALLOC, made.get(what, "malloc"), size, slot),)
        elif what < 2:
            yield (Expected(FREE, "realloc", 0, slot), Expected(ALLOC, "realloc", size, slot))
        else:
            yield (Expected(FREE, "free", 0, slot),)
        if number in thread.jumped or (slot in full and what >= 2):
            full.discard(slot)
        else:
            full.add(slot)


class Sequel:
    """Follows the recorded calls of one thread."""

    def __init__(self, thread, calls, halves):
        self.thread, self.calls, self.halves = thread, calls, halves
        self.at = 0       # the next of `calls`
        self.recorded = 0  # calls of the program that were found
        self.slots = {}

    def _fits(self, expected):
        """Whether the next recorded events are these."""
        found = self.calls[self.at:self.at + len(expected)]
        if len(found) != len(expected):
            return False
        slots = dict(self.slots)
        for want, have in zip(expected, found):
            if (want.kind, want.function) != (have.kind, have.function):
                return False
            if want.kind == ALLOC and (want.size != have.size or have.address == 0):
                return False
            if want.kind == FREE and slots.get(want.slot) != have.address:
                return False
            slots[want.slot] = have.address if want.kind == ALLOC else None
        return True

    def _take(self, expected, is_jumped):
        for want in expected:
            have = self.calls[self.at]
            self.slots[want.slot] = have.address if want.kind == ALLOC else None
            self.at += 1
        if is_jumped:
            self.slots[expected[0].slot] = None
        self.recorded += 1

    def follow(self, seed):
        """What is wrong, None if nothing is."""
        for number, expected in enumerate(sequence(seed, self.thread)):
            is_jumped = number in self.thread.jumped
            if self._fits(expected):
                self._take(expected, is_jumped)
            elif is_jumped:
                self.slots[expected[0].slot] = None
            elif number < self.thread.completed:
                return self._wrong(number, expected)
            else:
                if self.halves and len(expected) == 2 and self._fits(expected[:1]):
                    self.at += 1
                break
        if self.at != len(self.calls):
            return f"{len(self.calls) - self.at} events more than calls were begun: " \
                   f"{self.calls[self.at]}"
        return None

    def _wrong(self, number, expected):
        found = self.calls[self.at:self.at + 3]
        return (f"call {number} (started {self.thread.started}, completed "
                f"{self.thread.completed}, jumped out of {len(self.thread.jumped)}): expected "
                f"{expected}, with {self.slots.get(expected[0].slot) or 0:#x} in it; recorded "
                f"from event {self.at} of {len(self.calls)} on: {found}")


def split(events, pairing):
    """The host's own calls and its handlers', by thread."""
    own, handlers = collections.defaultdict(list), collections.defaultdict(list)
    for event, block in zip(events, pairing.block_of):
        call = event.call
        chain = call.chain
        if call.kind == FREE and block is not None:
            chain = events[block].call.chain
        if chain and chain[0] in ("operate", "made"):
            own[event.tid].append(call)
        elif chain and chain[0] == "handle":
            handlers[event.tid].append(call)
    return own, handlers


def handler_problems(thread, calls):
    """The handlers' calls: each allocates a block and frees the one before."""
    sizes = [c.size for c in calls if c.kind == ALLOC]
    want = [HANDLER_SIZE + n % HANDLER_SIZES for n in range(thread.handler_started)]
    frees = sum(c.kind == FREE for c in calls)
    problems = []
    if not thread.handler_completed <= len(sizes) <= thread.handler_started \
            or sizes != want[:len(sizes)]:
        problems.append(f"{len(sizes)} allocations of handlers, {thread.handler_completed} to "
                        f"{thread.handler_started} were made")
    if not max(thread.handler_completed - 1, 0) <= frees <= max(len(sizes) - 1, 0):
        problems.append(f"{frees} frees of handlers, {thread.handler_completed} were made")
    return problems


def problems(page, seed, events, pairing, halves=False):
    """All that is wrong with a recording, and how many calls of the program it has. halves: of a
    realloc under way there may be the free alone."""
    own, handlers = split(events, pairing)
    found, recorded = [], {}
    for thread in page.threads:
        sequel = Sequel(thread, own.pop(thread.tid, []), halves)
        wrong = sequel.follow(seed)
        recorded[thread.number] = sequel.recorded
        wrong = ([wrong] if wrong else []) + handler_problems(thread, handlers.pop(thread.tid, []))
        found += [f"thread {thread.number} (tid {thread.tid}): {w}" for w in wrong]
    for tid, calls in list(own.items()) + list(handlers.items()):
        found.append(f"{len(calls)} events of tid {tid}, which is no thread of the program")
    return found, recorded
