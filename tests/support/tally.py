# tests/support/tally.py: reads the list of finished allocations that a plug-in left behind
# SPDX-License-Identifier: MIT
"""The layout is that of tests/plugins/tally_page.h. A host that was killed cannot state anything
any more; this page, shared with the file, has every allocation that had finished."""
import collections
import struct

MAGIC = 0x3145474150504E54
HEAD = struct.Struct("<QIIQQQ")
NAMES, NAME_BYTES = 32, 64
ENTRY = struct.Struct("<QIIII")
UNUSED, LIVE, FREEING, FREED, ELSEWHERE = range(5)

Entry = collections.namedtuple("Entry", "address size plugin state")
Page = collections.namedtuple("Page", "pid lost names entries")


def create(path, entry_count):
    """Makes an empty page for $NPNSAMPLE_TALLY; unused entries take no room on disk."""
    with open(path, "wb") as file:
        file.truncate(HEAD.size + NAMES * NAME_BYTES + entry_count * ENTRY.size)


def finished(path):
    """How many allocations have finished so far, while the host runs."""
    with open(path, "rb") as file:
        return HEAD.unpack(file.read(HEAD.size))[4]


def read(path):
    """The whole page."""
    with open(path, "rb") as file:
        magic, pid, plugin_count, _, entry_count, lost = HEAD.unpack(file.read(HEAD.size))
        names = file.read(NAMES * NAME_BYTES)
        entries = file.read((entry_count + 64) * ENTRY.size)
    if pid == 0 or magic == 0:  # not begun, or killed between the two
        return Page(0, 0, [], [])
    if magic != MAGIC:
        raise ValueError(f"{path}: not a page of a sample plug-in")
    names = [names[i * NAME_BYTES:(i + 1) * NAME_BYTES].split(b"\0")[0].decode()
             for i in range(plugin_count)]
    found = [Entry(address, size, names[plugin], state)
             for address, size, plugin, state, _ in ENTRY.iter_unpack(
                 entries[:len(entries) // ENTRY.size * ENTRY.size])
             if state != UNUSED]
    return Page(pid, lost, names, found)


def live(page):
    """The last word on each address: entries that are live, and those that were being freed."""
    last = {entry.address: entry for entry in page.entries}
    return ([e for e in last.values() if e.state == LIVE],
            [e for e in last.values() if e.state == FREEING])
