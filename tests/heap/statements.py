# tests/heap/statements.py: a subject's statements of its heap calls, against a recording's events
# SPDX-License-Identifier: MIT
"""A subject says each call on standard output (tests/heap/say.h). Of a recording those events are
looked at whose call stack begins, behind frames of libstdc++ and of the tracer, in a file of the
given names. Both are compared thread by thread, call by call, in order."""
import collections
import json
import os
import re

from support import harness

HEAP = os.path.join(harness.BUILD, "tests", "heap")
LIBRARIES = os.path.join(HEAP, ".libs")
ALLOCATORS = {"jemalloc": "libjemalloc.so.2", "tcmalloc": "libtcmalloc_minimal.so.4",
              "mimalloc": "libmimalloc.so.2.0"}
ALLOCATOR_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
                     "/usr/lib")

# The names that a recording has where the operators end in malloc, as libstdc++'s do,
# and where they do not.
MALLOC_BEHIND = {"new": "malloc", "new[]": "malloc", "delete": "free", "delete[]": "free",
                 "aligned-new": "aligned_alloc", "aligned-new[]": "aligned_alloc"}
OPERATORS = {"new": "operator new", "new[]": "operator new[]", "delete": "operator delete",
             "delete[]": "operator delete[]", "aligned-new": "operator new",
             "aligned-new[]": "operator new[]"}
# What the C++ subject states; the library's templates call too.
STATING = r"\b(single|array|aligned|operators_provided)\b"
FAILING = r"\bfailing\b"

Call = collections.namedtuple("Call", "kind function address size")
LINE = re.compile(r"^heap: (?P<tid>\d+) (?P<function>\S+) (?P<kind>alloc|failed|free)"
                  r"(?: (?P<address>0x[0-9a-f]+))?(?: (?P<size>\d+))? errno=(?P<errno>\d+)$")
TOO_MUCH = 2**63 - 1 - 4096  # what the C++ subject asks for in vain
SIZE_MAX = 2**63 - 1  # what JSON shows of larger ones
# In front of the caller's own frame.
THROUGH = re.compile(r"^(libstdc\+\+|libnpntrace|libjemalloc|libtcmalloc|libmimalloc)")


def allocator(name):
    """The path of a preloadable allocator."""
    for folder in ALLOCATOR_FOLDERS:
        path = os.path.join(folder, ALLOCATORS[name])
        if os.path.exists(path):
            return path
    raise harness.Skipped(f"no {ALLOCATORS[name]} here")


def program(name):
    return os.path.join(HEAP, name)


def library(name):
    """The path of a plug-in or library of tests/heap/."""
    return os.path.join(LIBRARIES, f"lib{name}.so")


def stated(stdout):
    """Calls by thread, from what a subject said."""
    calls = collections.defaultdict(list)
    for line in stdout.decode().splitlines():
        match = LINE.match(line)
        if match is None:
            if line.startswith("heap:"):
                raise harness.Failed(f"not a statement: {line}")
            continue
        address = int(match["address"], 16) if match["address"] else 0
        kind = "free" if match["kind"] == "free" else "alloc"
        calls[int(match["tid"])].append(
            Call(kind, match["function"], address, min(int(match["size"] or 0), SIZE_MAX)))
    return dict(calls)


def manner(stdout):
    """What a subject said without what differs from run to run: addresses and threads."""
    text = re.sub(r"0x[0-9a-f]+", "ADDRESS", stdout.decode())
    return re.sub(r"^heap: \d+", "heap: TID", text, flags=re.M)


def _caller(stack):
    """The frame that called."""
    for frame in stack:
        if not THROUGH.match(os.path.basename(frame["module"] or "")):
            return os.path.basename(frame["module"] or ""), frame["function"] or ""
    return "", ""


def events(run, recording=None):
    """All heap events: ((caller's file, function), plug-in, tid, Call)."""
    found = []
    for line in run.viewer("events", "--json", recording=recording).splitlines():
        event = json.loads(line)
        if event["type"] not in ("heap-alloc", "heap-free"):
            continue
        kind = "alloc" if event["type"] == "heap-alloc" else "free"
        call = Call(kind, event["function"], int(event["address"], 16), event.get("size") or 0)
        found.append((_caller(event.get("stack") or []), event["plugin"], event["tid"], call))
    return found


def by_thread(found):
    calls = collections.defaultdict(list)
    for _, _, tid, call in found:
        calls[tid].append(call)
    return dict(calls)


def of_files(found, files, functions):
    """Events of calls by the files, and of functions whose names match. Frees have no stack: theirs
    is told by the blocks that were allocated so."""
    mine, blocks = [], set()
    for event in found:
        (file, function), _, _, call = event
        if call.kind == "alloc" and file in files and re.search(functions, function):
            mine.append(event)
            blocks.add(call.address)
        elif call.kind == "alloc":
            blocks.discard(call.address)
        elif call.address in blocks:
            mine.append(event)
            blocks.discard(call.address)
    return mine


def renamed(calls, names):
    return {tid: [c._replace(function=names.get(c.function, c.function)) for c in list_]
            for tid, list_ in calls.items()}


def compare(t, run, files, names=None, plugin=None, functions="", recording=None):
    """The events of calls by the files are what the subject states. `names`: what the recording
    calls functions that it sees by what they end in. `plugin`: whose all of them are.
    `functions`: a pattern for callers; others' calls are not stated."""
    found = of_files(events(run, recording), files, functions)
    expected = renamed(stated(run.stdout), names or {})
    t.expect(expected, "the subject stated nothing:\n" + run.stdout.decode())
    got = by_thread(found)
    lines = []
    for tid in sorted(set(got) | set(expected)):
        if got.get(tid, []) != expected.get(tid, []):
            lines += first_difference(tid, got.get(tid, []), expected.get(tid, []))
    if lines:
        raise harness.Failed(f"{run.mode}: the recording is not what the subject states\n"
                             + "\n".join(lines))
    owners = {owner for _, owner, _, call in found}
    t.equal(owners, {plugin}, f"{run.mode}: whose calls they are")
    return found


def failing(t, run, names):
    """An operator new that throws has allocated nothing; but malloc behind it has failed, and the
    exception needs memory."""
    found = [call for (_, function), _, _, call in events(run) if re.search(FAILING, function)]
    failed = [(call.function, call.size) for call in found if call.address == 0]
    t.equal(failed, [("malloc", TOO_MUCH)] if names is MALLOC_BEHIND else [], "failed calls")
    t.equal([call.function for call in found if call.address != 0], ["malloc"], "the exception's")


def unseen(run):
    """The modules that have an allocator whose calls cannot be recorded."""
    return {m["path"] for m in run.json("info")["modules"] if m["unseen_allocator"]}


def first_difference(tid, got, expected):
    place = 0
    while place < min(len(got), len(expected)) and got[place] == expected[place]:
        place += 1
    near = slice(max(0, place - 2), place + 4)
    return [f"thread {tid}: {len(got)} calls recorded, {len(expected)} stated; from call "
            f"{near.start}:", "  recorded", *(f"    {show(c)}" for c in got[near]), "  stated",
            *(f"    {show(c)}" for c in expected[near])]


def show(call):
    return f"{call.kind} {call.function} {call.address:#x} {call.size}"
