# tests/exact/tallies.py: compares what a program did with what was recorded of it
# SPDX-License-Identifier: MIT
"""Nothing here has a tolerance. Each function returns a list of differences, worded for people."""
import collections

from exact.heaplog import ALLOC, FREE

SHOWN = 4  # differences of a kind


def tally(threads):
    """Per thread, size and stack: calls and bytes of each kind, and failures."""
    sums = collections.Counter()
    for tid, calls in threads.items():
        for call in calls:
            what = call.kind if call.kind == FREE or call.address != 0 else "failure"
            for key in (("thread", tid), ("size", call.size), ("stack", call.chain)):
                sums[key + (what, "calls")] += 1
                sums[key + (what, "bytes")] += call.size
    return sums


def _where(key):
    if key[0] != "stack":
        return f"{key[0]} {key[1]}"
    return "stack " + " < ".join(str(f) if isinstance(f, str) else hex(f) for f in key[1])


def differences(stated, found):
    """Sums of what the program states against sums of what was recorded."""
    wrong = collections.defaultdict(list)
    for key in stated.keys() | found.keys():
        if stated[key] != found[key]:
            wrong[key[0]].append(key)
    problems = []
    for what, keys in sorted(wrong.items()):
        problems.append(f"{len(keys)} sums per {what} are not what the program states:")
        for key in sorted(keys, key=str)[:SHOWN]:
            problems.append(f"  {_where(key)}: {found[key]} {key[3]} of {key[2]}, "
                            f"not {stated[key]}")
    return problems


def _differs_at(stated, found):
    for index, (want, have) in enumerate(zip(stated, found)):
        if want != have:
            return index
    return min(len(stated), len(found)) if len(stated) != len(found) else None


def order(stated, found):
    """Each thread's calls one by one."""
    problems = []
    for tid in sorted(stated.keys() | found.keys()):
        want, have = stated.get(tid, []), found.get(tid, [])
        at = _differs_at(want, have)
        if at is None:
            continue
        problems.append(f"thread {tid}, call {at} of {len(want)} ({len(have)} recorded):")
        for name, calls in (("stated", want), ("recorded", have)):
            problems += [f"  {name}: {show(call)}" for call in calls[max(at - 1, 0):at + 2]]
    return problems[:6 * SHOWN]


def show(call):
    chain = " < ".join(str(f) if isinstance(f, str) else hex(f) for f in call.chain)
    return f"{call.kind} by {call.function} of {call.size} at {call.address:#x} from {chain}"


def live(calls):
    """Blocks and bytes by stack."""
    sums = collections.Counter()
    for call in calls:
        sums["stack", call.chain, "live", "calls"] += 1
        sums["stack", call.chain, "live", "bytes"] += call.size
    return sums


def leaks(recorded, events):
    """The same from `leaks --json`, by the program's own part of each stack."""
    sums = collections.Counter()
    for leak in recorded["leaks"]:
        chain = events.chain(leak["stack"])
        sums["stack", chain, "live", "calls"] += leak["blocks"]
        sums["stack", chain, "live", "bytes"] += leak["bytes"]
    return sums


def successes(threads):
    return sum(c.kind == ALLOC and c.address != 0 for calls in threads.values() for c in calls)
