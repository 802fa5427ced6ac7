#!/usr/bin/python3
# tests/fault/badinput.py: recordings that are none, or no longer whole
# SPDX-License-Identifier: MIT
"""Whatever the file, npntrace ends by itself, within bounds of time and memory, with status 0 or 2;
when it refuses, one line says which file, what is wrong with it and where; with --force it shows
what can still be read, as JSON that parses."""
import json
import os
import re
import struct

import npt
import hostprocess
from support.harness import MODES, NPNTRACE, Failed, case, main
from support.process import run_process

DEADLINE_S = 60
MEMORY_KB = 700000  # of address space: a sound recording of this size needs a fifth of it
VERBS = ("report", "leaks", "events", "info", "check")  # the last one shows nothing of a file
PROGRAM = "alloc 100 3; leak 4; churn 400 16; identifiers 3; flush 2; destroy: free all"
ACTIONS = ["load a @sample", "load b @sample2", f'new a 1 "do={PROGRAM}"', 'new b 2 "do=leak 2"',
           "destroy 1"]
# A fault stands at an offset, or with a thing that the recording has a number for.
WHERE = re.compile(r"at offset \d+|there is no \w+ block|everybody|live blocks?|STATE says"
                   r"|(plug-in|instance|thread|module|node|string|stack|symbol|event|block)s? \d+")
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def limited(t, *arguments):
    """Runs npntrace with little memory and a deadline. Returns status, output, lines of error."""
    shell = ["/bin/sh", "-c", f'ulimit -v {MEMORY_KB}; ulimit -c 0; exec "$@"', "sh"]
    status, out, err = run_process([*shell, NPNTRACE, *arguments], cwd=t.folder, env=ENVIRONMENT,
                                   deadline_s=DEADLINE_S)
    text = f"npntrace {' '.join(arguments)}"
    t.expect(status in (0, 2), f"{text}: status {status}\n{err.decode(errors='replace')}")
    for word in (b"out of memory", b"internal error", b"ssertion"):
        t.expect(word not in err, f"{text}: {err.decode(errors='replace')}")
    return status, out, err.decode().splitlines()


def refused(t, path, *phrases, verbs=VERBS):
    """Every verb refuses the file in one line that has its name and one of the phrases."""
    for verb in verbs:
        status, out, errors = limited(t, verb, path)
        text = f"npntrace {verb} {path}: " + " / ".join(errors)
        t.expect(status == 2 and out == b"", f"status {status}, output {out[:200]}: {text}")
        t.expect(len(errors) == 1 or verb == "check" and errors, f"not one line: {text}")
        t.expect(path in errors[0], f"no file name: {text}")
        t.expect(any(phrase in errors[0] for phrase in phrases), f"none of {phrases}: {text}")


def forced(t, path):
    """With --force every verb either shows something that is JSON, or still says why not."""
    shown = 0
    for verb in VERBS[:-1]:
        status, out, errors = limited(t, verb, "--force", "--json", path)
        t.expect(status == 0 or errors, f"{verb} --force {path}: status {status} and not a word")
        if status == 0:
            shown += 1
            for text in out.decode().splitlines() if verb == "events" else [out.decode()]:
                json.loads(text)
    return shown


def written(t, name, data):
    path = t.path(name)
    with open(path, "wb") as file:
        file.write(data)
    return path


_recordings = {}


def recordings(t):
    """The bytes of a trace file and of a ring, made once."""
    for mode in MODES[1:]:
        if mode not in _recordings:
            run = t.host(mode, ACTIONS, ["--quiet"], {"NPNTRACE_SIZE": "1M"}, ["--size=1M"])
            t.equal(run.status, 0, f"{mode}: exit status")
            t.exact(run)
            with open(run.recording, "rb") as file:
                _recordings[mode] = file.read()
    return _recordings["record"], _recordings["flight"]


# ---- files that are no recordings ----------------------------------------------------------------


@case("missing-file")
def missing(t):
    refused(t, t.path("nothing.npt"), "No such file")
    refused(t, t.path("no-directory/nothing.npt"), "No such file")


@case("empty-file")
def empty(t):
    refused(t, written(t, "empty.npt", b""), "empty")
    refused(t, written(t, "empty.ring", b""), "empty")
    forced(t, t.path("empty.npt"))


@case("foreign-file")
def foreign(t):
    random = hostprocess.generator()
    with open(NPNTRACE, "rb") as file:
        program = file.read(200000)
    files = {"text.npt": b"root:x:0:0:root:/root:/bin/bash\n" * 50, "program.npt": program,
             "zeros.ring": bytes(1 << 20), "random.npt": random.randbytes(1 << 20),
             "one-byte.npt": b"x", "almost.npt": b"npntrac", "almost.ring": b"npnring"}
    for name, data in files.items():
        refused(t, written(t, name, data), "not a recording", "ends inside its header")
        forced(t, t.path(name))


@case("foreign-file-with-our-first-bytes")
def our_magic(t):
    random = hostprocess.generator()
    for magic in (b"npntrace", b"npnring\n"):
        for size in (0, 1, 24, 100, 5000, 1 << 20):
            refused(t, written(t, "file", magic + random.randbytes(size)), "(at offset ")
            forced(t, t.path("file"))


@case("directory-device-or-pipe-instead-of-file")
def no_regular_file(t):
    refused(t, t.folder, "directory")
    refused(t, "/dev/null", "not a regular file")
    refused(t, "/dev/zero", "not a regular file")
    os.mkfifo(t.path("pipe"))
    refused(t, t.path("pipe"), "not a regular file")


@case("newer-version-file")
def newer(t):
    trace, ring = recordings(t)
    for version in (2, 99, 0xffffffff):
        refused(t, written(t, "newer.npt", npt.with_version(trace, version)), "newer version")
        refused(t, written(t, "newer.ring", ring[:8] + struct.pack("<I", version) + ring[12:]),
                "newer version")


@case("no-file-named-and-none-here")
def none_here(t):
    os.mkdir(t.path("empty"))
    for verb in VERBS:
        status, out, err = run_process([NPNTRACE, verb], cwd=t.path("empty"), env=ENVIRONMENT,
                                       deadline_s=DEADLINE_S)
        t.equal((status, out), (2, b""), f"{verb}: status and output")
        t.expect(b"no recording" in err, f"{verb}: {err.decode()}")


# ---- files that are no longer whole --------------------------------------------------------------


def damaged(t, path):
    """A sound file was damaged. Returns whether check says so."""
    status, _, errors = limited(t, "check", path)
    if status == 2:
        t.expect(errors and path in errors[0], f"check {path}: no file name in {errors}")
        t.expect(WHERE.search(errors[0]), f"check {path}: not where: {errors}")
    status_report, _, errors_report = limited(t, "report", path)
    t.expect(status_report == 0 or len(errors_report) == 1 and path in errors_report[0],
             f"report {path}: {errors_report}")
    return status == 2


def each_damage(t, name, damages):
    """Runs through (text, bytes). Returns how many of them check has noticed."""
    noticed = total = shown = 0
    for total, (text, data) in enumerate(damages, 1):
        path = written(t, name, data)
        try:
            noticed += damaged(t, path)
            shown += forced(t, path) > 0
        except Failed as failure:
            raise Failed(f"{text}: {failure}") from None
    print(f"# {name}: {total} damages, check noticed {noticed}, --force read {shown}")
    return noticed, total, shown


@case("truncated-trace")
def truncated_trace(t):
    """Cut at and beside every block, and elsewhere. What is there before the cut stays readable."""
    trace, _ = recordings(t)
    random = hostprocess.generator()
    borders = {block.offset for block in npt.blocks(trace)}
    cuts = {c for b in borders for c in (b - 1, b, b + 1, b + npt.BLOCK_HEADER_BYTES)}
    cuts |= {1, 7, 8, 31} | {random.randrange(len(trace)) for _ in range(20)}
    cuts = sorted(c for c in cuts if 0 < c < len(trace))
    noticed, total, shown = each_damage(t, "cut.npt", ((f"cut at {c}", trace[:c]) for c in cuts))
    # A file that ends where a block does is that of a recorder that was killed: nothing is wrong
    # with it, unless it has no block at all.
    t.equal(noticed, total - len(borders & set(cuts)) + 1, "cuts that check has noticed")
    t.expect(shown > total // 2, f"--force showed something of {shown} files of {total}")


@case("truncated-ring")
def truncated_ring(t):
    _, ring = recordings(t)
    random = hostprocess.generator()
    cuts = sorted({1, 8, 4095, 4096, 4097, len(ring) - 1}
                  | {random.randrange(len(ring)) for _ in range(20)})
    noticed, total, _ = each_damage(t, "cut.ring", ((f"cut at {c}", ring[:c]) for c in cuts))
    t.equal(noticed, total, "cuts that check has noticed")


def flip(data, at, bit):
    """What was done, and the data with it."""
    return f"bit {bit} of byte {at}", data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def flipped(data, random, count):
    return (flip(data, random.randrange(len(data)), random.randrange(8)) for _ in range(count))


@case("bit-flipped-trace")
def flipped_trace(t):
    """Every byte of a trace is under a checksum."""
    trace, _ = recordings(t)
    noticed, total, _ = each_damage(t, "flipped.npt", flipped(trace, hostprocess.generator(), 50))
    t.equal(noticed, total, "flipped bits that check has noticed")


@case("bit-flipped-ring")
def flipped_ring(t):
    """A ring has no checksum but that of its beginning: what counts is that nothing bad happens."""
    _, ring = recordings(t)
    random = hostprocess.generator()
    used = [at for at in range(0, len(ring), 64) if ring[at:at + 64].strip(b"\0")]
    each_damage(t, "flipped.ring", (
        flip(ring, random.choice(used) + random.randrange(64), random.randrange(8))
        for _ in range(50)))


RING_AREAS = 11
SUMMED_BYTES = 32 + 16 + 16 * RING_AREAS + 4  # of struct ring_header, up to prefix_sum


@case("bit-flipped-ring-header")
def flipped_ring_header(t):
    """The part that says where everything lies has a checksum."""
    _, ring = recordings(t)
    random = hostprocess.generator()
    noticed, total, _ = each_damage(t, "head.ring", (
        flip(ring, at, random.randrange(8)) for at in random.sample(range(SUMMED_BYTES), 25)))
    t.equal(noticed, total, "flipped bits that check has noticed")


@case("impossible-contents-with-right-checksum")
def impossible(t):
    """Blocks that are sealed properly and hold nonsense: a writer that is wrong, or malice."""
    trace, _ = recordings(t)
    random = hostprocess.generator()

    def damages():
        for block in npt.blocks(trace):
            name, payload = npt.TYPES[block.type], npt.raw(block)
            yield f"{name} empty", npt.with_payload(trace, block, b"")
            yield f"{name} all ones", npt.with_payload(trace, block, b"\xff" * len(payload))
            yield f"{name} too long", npt.with_payload(trace, block, payload + b"\x01" * 9)
            for text, data in flipped(payload, random, 2):
                yield f"{name} {text}", npt.with_payload(trace, block, data)

    each_damage(t, "nonsense.npt", list(damages())[:120])


@case("compressed-bomb")
def bomb(t):
    """Blocks that claim the most that a block may hold, one after another."""
    trace, _ = recordings(t)
    last = npt.blocks(trace)[-1]
    data = trace[:last.offset]
    for i in range(64):
        data += npt.framed(7, last.sequence + i, npt.ZSTD, 16 << 20, last.stored)
    noticed, _, _ = each_damage(t, "bomb.npt", [("bomb", data)])
    t.equal(noticed, 1, "files that check has noticed")


# ---- the command line ----------------------------------------------------------------------------


@case("unknown-verb-or-option")
def usage(t):
    for arguments in (["frobnicate"], ["--frobnicate"], [], *([v, "--frobnicate"] for v in VERBS),
                      ["record", "--frobnicate", "true"], ["record"], ["report", "--limit=x"],
                      ["report", "--color=sometimes"], ["record", "--size=1", "true"],
                      ["record", "--size=many", "true"], ["record", "--policy=x", "true"],
                      ["events", "--type=none"], ["report", "a.npt", "b.npt"]):
        status, out, err = run_process([NPNTRACE, *arguments], cwd=t.folder, env=ENVIRONMENT,
                                       deadline_s=DEADLINE_S)
        text = f"npntrace {' '.join(arguments)}"
        t.equal((status, out), (2, b""), f"{text}: status and standard output")
        t.expect(b"sage" in err or b"--help" in err, f"{text}: no usage: {err.decode()}")
        culprit = arguments[-1].encode() if len(arguments) > 1 and arguments[-1] != "true" else b""
        t.expect(culprit.split(b"=")[-1] in err, f"{text}: does not name it: {err.decode()}")


main()
