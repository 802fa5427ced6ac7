#!/usr/bin/python3
# tests/cli/profiles.py: what `report` answers by key, as a tree and filtered, against an oracle
# SPDX-License-Identifier: MIT
"""Every number of a profile is made again from the events, one by one, and must be equal; without
a filter the totals are those of the plain report."""
import fnmatch
import itertools
import os
import re
import subprocess
import sys

from cli.profile_oracle import Pairs, Profile, charged, plugin_name
from fault import npt
from support.harness import BUILD, NPNTRACE, case, main

ACTIONS = ["load a @sample", "load b @sample2", "new a 1", "new b 2", "new a 3",
           "invoke 1 leak 3", "invoke 2 leak 2", "invoke 1 alloc 200", "invoke 3 alloc 5000",
           "invoke 2 temp 30", "invoke 1 threads 4 60", "invoke 2 plainthreads 3 40",
           "invoke 1 free all", "invoke 3 leak 4", "destroy 1", "invoke 2 alloc 70000",
           "destroy 2", "destroy 3", "unload a", "unload b"]
SCRIPT = """
import threading
def work(n):
    kept = []
    for i in range(200):
        kept.append(bytes(500 + i * n))
        if i % 3 == 0:
            kept.pop()
    return kept
def worker(n):
    work(n)
threads = [threading.Thread(target=worker, args=(n,)) for n in range(1, 5)]
[t.start() for t in threads]
[t.join() for t in threads]
kept = work(7)
"""
PHASES = """
import time
kept = []
for phase in range(3):
    kept += [bytes(600 + i) for i in range(2000)]
    time.sleep(0.8)
"""
LATE = ("--from=60%",)
PROFILES = ("folded", "pprof", "massif", "callgrind", "speedscope", "sqlite", "csv")
COUNTERS = ("allocs", "frees", "bytes_allocated", "live_blocks", "live_bytes")
MISUSE = {"free-of-npn"}  # by the sample's own threads


class Subject:
    """A recording and its blocks."""

    def __init__(self, t, run):
        t.equal(run.status, 0, "status of the host\n" + run.stderr.decode(errors="replace"))
        self.t, self.run = t, run
        self.plain = run.json("report")
        t.equal(self.plain["lost_events"], 0, "lost events")
        self.pairs = Pairs(run.viewer("events", "--json"))
        self.plugins = {plugin["name"] for plugin in self.plain["plugins"]}

    def profile(self, *options):
        return self.run.json("report", "--limit=0", *options)["profile"]

    def selected(self, takes=lambda block: True, until=2**64):
        return Profile([b for b in self.pairs.blocks if takes(b)], until)


def hosts(t):
    """A host of plug-ins, and a program with threads."""
    yield Subject(t, t.host("record", ACTIONS, record_options=["--heap=all"]))
    yield Subject(t, t.run("record", [os.path.realpath(sys.executable), "-S", "-c", SCRIPT],
                           None, ["--heap=all"]))


def numbers_of(entry):
    return {key: value for key, value in entry.items()
            if key.startswith(("live_", "peak_", "at_peak_"))
            or key in ("bytes", "allocs", "frees", "temporary")}


def code_of(key, lines, plugin):
    """What a group of this key is, of a charged frame."""
    line = lines[0] if lines else {"module": None, "function": None, "file": None, "line": None,
                                   "offset": 0}
    if key == "plugin":
        return (plugin,)
    offset = None if line["function"] else line["offset"]
    return {"module": (line["module"],),
            "function": (line["module"], line["function"], offset),
            "line": (line["module"], line["function"], offset, line["file"], line["line"])}[key]


def key_of_entry(key, entry):
    words = {"plugin": ("plugin",), "instance": ("plugin", "instance"), "module": ("module",),
             "function": ("module", "function", "offset"),
             "line": ("module", "function", "offset", "file", "line")}[key]
    return (entry["memory"], *(entry.get(word) for word in words))


def stack_key(stack):
    return tuple((line["function"], line["module"], line["offset"], line["inlined"])
                 for line in stack)


def same_groups(subject, profile, key, options, rule="recorded"):
    if key == "instance":
        expected = profile.groups(lambda b: (b.memory, b.plugin, b.instance))
    else:
        def name(block):
            plugin, lines = charged(block, rule, subject.plugins)
            return (block.memory, *code_of(key, lines, plugin))
        expected = profile.groups(name)
    got = subject.profile(f"--by={key}", *options)
    found = {key_of_entry(key, entry): numbers_of(entry) for entry in got["groups"]}
    subject.t.equal(len(found), len(got["groups"]), f"--by={key} {options}: groups twice")
    subject.t.equal(found, expected, f"--by={key} {' '.join(options)}")
    return got


def same_peaks(subject, profile, got):
    """One of each kind of memory, and one for both only where there is one kind."""
    peak = got["peak"]
    for memory, expected in profile.peaks.items():
        if got["totals"][memory] is None:
            subject.t.equal(peak[memory], None, f"the peak of {memory}")
            continue
        at = subject.pairs.events[expected[2]]["stamp_ns"] if expected[0] else 0
        subject.t.equal((peak[memory]["bytes"], peak[memory]["blocks"],
                         peak[memory]["since_start_ns"]), (*expected[:2], at),
                        f"the peak of {memory}")
    there = [memory for memory, found in profile.peaks.items() if found[0]]
    subject.t.equal({key: peak[key] for key in ("bytes", "blocks", "since_start_ns")},
                    {key: peak[there[0]][key] if len(there) == 1 else None
                     for key in ("bytes", "blocks", "since_start_ns")}, "the peak")


@case("profile-totals-are-the-report-s", misuse=MISUSE)
def totals(t):
    for subject in hosts(t):
        plain = subject.plain["totals"]
        for options in (["--by=plugin"], ["--by=stack"], ["--tree=top-down"], ["--peak"]):
            got = subject.profile(*options)
            t.equal(got["partial"], False, "partial")
            for memory, keys in (("npn", plain["npn"]), ("heap", plain["heap"])):
                ours, theirs = dict(got["totals"][memory]), dict(keys)
                if memory == "npn":  # the process counts its peak as calls overlap
                    ours.pop("peak_bytes")
                    theirs.pop("peak_bytes")
                t.equal(ours, theirs, f"{options}: {memory}")
        for plugin in subject.plain["plugins"]:
            got = subject.profile("--by=plugin", f"--plugin={plugin['name']}")
            for memory in ("npn", "heap"):
                for key in COUNTERS:
                    t.equal(got["totals"][memory][key], plugin[memory][key],
                            f"{plugin['name']}: {memory} {key}")


@case("profile-by-every-key", misuse=MISUSE)
def by_every_key(t):
    for subject in hosts(t):
        profile = subject.selected()
        t.expect(len(profile.blocks) > 300, f"only {len(profile.blocks)} blocks")
        for key in ("plugin", "instance", "module", "function", "line"):
            got = same_groups(subject, profile, key, [])
            same_peaks(subject, profile, got)
        by_stack = subject.profile("--by=stack")["groups"]
        expected = profile.groups(lambda b: (b.memory, b.plugin, stack_key(b.lines)))
        t.equal({(g["memory"], g["plugin"], stack_key(g["stack"])): numbers_of(g)
                 for g in by_stack}, expected, "--by=stack")


def same_threads(subject, profile):
    groups = subject.profile("--by=thread")["groups"]
    found = {(g["memory"], g["tid"]): (g["bytes"], g["allocs"], g["frees"]) for g in groups}
    subject.t.equal(found, profile.threads(), "--by=thread")
    subject.t.equal(len(found), len(groups), "--by=thread: threads twice")
    return found


@case("profile-threads-sizes-and-lifetimes", misuse=MISUSE)
def distributions(t):
    for subject in hosts(t):
        profile = subject.selected()
        threads = same_threads(subject, profile)
        t.expect(len({tid for _, tid in threads}) > 3, f"{len(threads)} threads")
        for key, value, count in (("size", lambda b: b.size, "allocs"),
                                  ("lifetime", profile.lifetime, "frees")):
            got = subject.profile(f"--by={key}")["groups"]
            t.equal({(g["memory"], g["most"].bit_length()): [g[count], g["bytes"]] for g in got},
                    profile.classes(value), f"--by={key}")
            t.equal(len(got), len(profile.classes(value)), f"--by={key}: classes twice")
            for group in got:
                t.equal(group["least"], (group["most"] + 1) // 2, f"--by={key}: range")


@case("profile-of-random-threads")
def random_threads(t):
    """They free each other's blocks and realloc; what a plain report says is the sum."""
    run = t.run("record", [os.path.join(BUILD, "tests", "exact", "exact"), t.path("log"), "3", "20",
                           "240"], None, ["--heap=all"])
    subject = Subject(t, run)
    profile = subject.selected()
    got = same_groups(subject, profile, "module", [])
    t.equal(got["totals"]["heap"], subject.plain["totals"]["heap"], "totals")
    same_threads(subject, profile)


def fits_glob(path, glob):
    return path is not None and (fnmatch.fnmatchcase(path, glob)
                                 or fnmatch.fnmatchcase(os.path.basename(path), glob))


@case("profile-filters", misuse=MISUSE)
def filters(t):
    for subject in hosts(t):
        blocks = subject.pairs.blocks
        duration = subject.plain["host"]["duration_ns"]
        tid = blocks[len(blocks) // 2].tid
        half = subject.profile("--to=50%")["range_ns"][1]
        t.expect(abs(half - duration // 2) <= 1, f"50% of {duration} ns is {half} ns")
        middle = sorted(b.stamp_ns for b in blocks)[len(blocks) // 2]
        functions = [line["function"] for b in blocks for line in b.lines if line["function"]]
        some = sorted(set(functions))[::7][:4]
        modules = sorted({plugin_name(line) for b in blocks for line in b.lines if line["module"]})
        questions = [
            ([f"--from={middle}ns"], lambda b: b.stamp_ns >= middle, 2**64),
            ([f"--to={middle}ns"], lambda b: b.stamp_ns <= middle, middle),
            ([f"--thread={tid}"], lambda b: b.tid == tid, 2**64),
            (["--size=100..1K"], lambda b: 100 <= b.size <= 1024, 2**64),
            (["--size=2K.."], lambda b: b.size >= 2048, 2**64),
            (["--size=..64"], lambda b: b.size <= 64, 2**64),
            (["--instance=1", "--instance=3"], lambda b: b.instance in (1, 3), 2**64),
            (["--memory=heap"], lambda b: b.memory == "heap", 2**64),
            (["--memory=npn"], lambda b: b.memory == "npn", 2**64),
            (["--match=^Py.*Ex$|^NPP_|leak"], lambda b: any(
                re.search("^Py.*Ex$|^NPP_|leak", line["function"] or "") for line in b.lines),
             2**64),
            ([f"--from={middle // 2}ns", f"--to={middle}ns", "--size=64.."],
             lambda b: middle // 2 <= b.stamp_ns <= middle and b.size >= 64, middle),
        ]
        questions += [([f"--function={name}"], lambda b, name=name: any(
            line["function"] == name for line in b.lines), 2**64) for name in some
            if not re.search(r"[*?\[\\]", name)]
        questions += [([f"--module={name}"], lambda b, name=name: any(
            fits_glob(line["module"], name) for line in b.lines), 2**64) for name in modules[:4]]
        files = sorted({os.path.basename(line["file"]) for b in blocks for line in b.lines
                        if line["file"]})
        questions += [([f"--file={name}", "--function=*a*"], lambda b, name=name: any(
            fits_glob(line["file"], name) and "a" in (line["function"] or "") for line in b.lines),
            2**64) for name in files[:3]]
        for options, takes, until in questions:
            for key in ("plugin", "function"):
                same_groups(subject, subject.selected(takes, until), key, options)


@case("profile-charging-rules", misuse=MISUSE)
def charging(t):
    for subject in hosts(t):
        for rule in ("recorded", "innermost", "outermost", "non-system"):
            for key in ("plugin", "module", "function", "line"):
                same_groups(subject, subject.selected(), key, [f"--charge={rule}"], rule)
            for plugin in subject.plugins:  # who it is charged to, not who is recorded
                of_plugin = subject.selected(
                    lambda b, p=plugin: charged(b, rule, subject.plugins)[0] == p)
                same_groups(subject, of_plugin, "function",
                            [f"--charge={rule}", f"--plugin={plugin}"], rule)


def names_of(block, direction):
    names = [(line["module"], line["function"], None if line["function"] else line["offset"])
             for line in block.lines]
    return names[::-1] if direction == "top-down" else names


def tree_of(profile, memory, direction):
    """Sums by the way from the root."""
    found = {}
    keys = ("bytes", "allocs", "frees", "live_bytes", "live_blocks", "at_peak_bytes",
            "at_peak_blocks", "temporary")
    ways = {}
    for block in profile.blocks:
        if block.memory == memory:
            ways.setdefault(tuple(names_of(block, direction)) or ((None, None, None),),
                            []).append(block)
    for way, blocks in ways.items():
        numbers = profile.numbers(blocks)
        for length in range(1, len(way) + 1):
            sums = found.setdefault(way[:length], dict.fromkeys(keys, 0))
            for key in keys:
                sums[key] += numbers[key]
    return found


def walk(children, way=()):
    for child in children:
        here = (*way, (child["module"], child["function"], child.get("offset") or None))
        yield here, numbers_of(child)
        yield from walk(child["children"], here)


@case("profile-totals-of-a-filter-are-its-blocks", misuse=MISUSE)
def totals_of_blocks(t):
    """Whose blocks are counted, by whatever rule, their frees are counted too, and no others."""
    subject, compared = next(iter(hosts(t))), 0
    for options in itertools.product(("--plugin=libnpsample", "--plugin=libnpsample2", "--limit=0"),
                                     ("--charge=outermost", "--from=50%", "--size=30..5000")):
        got = subject.profile("--by=plugin", *options)
        for memory, sums in got["totals"].items():
            if memory not in ("npn", "heap"):
                continue
            rows = [group for group in got["groups"] if group["memory"] == memory]
            compared += len(rows)
            for total, key in (("allocs", "allocs"), ("bytes_allocated", "bytes"),
                               ("live_blocks", "live_blocks"), ("live_bytes", "live_bytes")):
                t.equal(sums[total], sum(row[key] for row in rows), f"{options}: {memory} {key}")
            t.equal(sums["frees"] + sums["freed_elsewhere"], sum(row["frees"] for row in rows),
                    f"{options}: {memory} frees")
    t.expect(compared >= 10, f"only {compared} rows")


@case("profile-trees", misuse=MISUSE)
def trees(t):
    for subject in hosts(t):
        profile = subject.selected()
        for direction, memory in itertools.product(("top-down", "bottom-up"), ("npn", "heap")):
            got = subject.profile(f"--tree={direction}")
            t.equal(got["direction"], direction, "direction")
            found = list(walk(got["tree"][memory]))
            t.equal(len(dict(found)), len(found), "nodes twice")
            t.equal(dict(found), tree_of(profile, memory, direction), f"{direction}: {memory}")
        shallow = list(walk(subject.profile("--tree=top-down", "--depth=2")["tree"]["heap"]))
        t.equal(max(len(way) for way, _ in shallow), 2, "--depth=2")


@case("profile-order-and-limit", misuse=MISUSE)
def order(t):
    subject = next(hosts(t))
    for column, key in (("bytes", "bytes"), ("allocs", "allocs"), ("live", "live_bytes"),
                        ("at-peak", "at_peak_bytes"), ("temporary", "temporary"),
                        ("peak", "peak_bytes"), ("blocks", "live_blocks"), ("frees", "frees")):
        groups = subject.profile("--by=function", f"--sort={column}")["groups"]
        values = [group[key] for group in groups]
        t.equal(values, sorted(values, reverse=True), f"--sort={column}")
        first = subject.run.json("report", "--by=function", f"--sort={column}", "--limit=3")
        t.equal(first["profile"]["groups"], groups[:3], f"--sort={column} --limit=3")
    for option, key in (("--peak", "at_peak_bytes"), ("--temporary", "temporary")):
        values = [group[key] for group in subject.profile("--by=function", option)["groups"]]
        t.equal(values, sorted(values, reverse=True), option)
    t.expect("profile" not in subject.plain, "a profile that nobody asked for")


def say(run, *options):
    done = subprocess.run([NPNTRACE, "report", *options, run.recording], capture_output=True,
                          text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr.splitlines()[0] if done.stderr else ""


@case("profile-wrong-options")
def wrong_options(t):
    run = t.host("record", ACTIONS[:6])
    for option, said in (
            ("--by=fuction", 'unknown key "fuction": function, '),
            ("--sort=byts", 'unknown column "byts": bytes, '),
            ("--tree=bottom", 'unknown direction "bottom": bottom-up, top-down'),
            ("--charge=inner", 'unknown charging rule "inner": innermost, '),
            ("--memory=heaps", 'unknown memory "heaps": heap, '),
            ("--from=soon", "--from=soon: give a time"), ("--to=-1s", "--to=-1s: give a time"),
            ("--from=101%", "--from=101%: give a time"), ("--size=..", "--size=..: give MIN..MAX"),
            ("--to=20ms --from=1s", "--from is later than --to"),
            ("--size=9..3", "--size=9..3: give MIN..MAX"), ("--thread=x", "--thread=x: give a"),
            ("--instance=-1", "--instance=-1: give a number"), ("--depth=", "--depth=: give a"),
            ("--match=(", "--match=(: ")):
        status, out, said_first = say(run, *option.split())
        t.equal((status, out), (2, ""), option)
        t.expect(said in said_first, f"{option}: {said_first}")
    for options, said in ((["--by=size", "--sort=live"], 'unknown column "live": '),
                          (["--by=thread", "--peak"], "--peak cannot be told by thread"),
                          (["--tree=top-down", "--by=line"], "two answers")):
        status, out, said_first = say(run, *options)
        t.equal((status, out), (2, ""), options)
        t.expect(said in said_first, f"{options}: {said_first}")


@case("profile-of-what-is-left")
def of_what_is_left(t):
    """A flight recorder that has overwritten events: what is live is known all the same."""
    run = t.host("flight", ["load a @sample", "new a 1", "invoke 1 leak 5", "invoke 1 alloc 4000",
                            "invoke 1 threads 4 20000", "destroy 1"], env={"NPNTRACE_SIZE": "1M"})
    plain = run.json("report")
    t.expect(plain["lost_events"] > 1000, f"{plain['lost_events']} lost events")
    got = run.json("report", "--by=stack")["profile"]
    t.equal(got["partial"], True, "partial")
    for key in ("live_blocks", "live_bytes"):
        t.equal(got["totals"]["npn"][key], plain["totals"]["npn"][key], key)
        t.equal(sum(g[key] for g in got["groups"]), plain["totals"]["npn"][key], f"{key} of stacks")
    t.expect(got["totals"]["npn"]["allocs"] < plain["totals"]["npn"]["allocs"], "allocations")
    t.expect("Lost: " in say(run, "--by=stack")[1], "nobody says that events are missing")


@case("profile-of-nothing")
def of_nothing(t):
    """What is offered next shows something."""
    run = t.host("record", ["load a @sample", "new a 1", "invoke 1 leak 5"])
    for options in (("--by=function",), ("--tree=bottom-up",)):
        text = say(run, *options, "--size=1G..")[1]
        t.expect(text.rstrip().endswith(f"\nNext: npntrace report {run.recording}"), text)


@case("profile-of-a-part-reads-a-part")
def of_a_part(t):
    """Blocks beyond the range are not read: what is damaged there goes unnoticed. With --force all
    is read, and says the same."""
    run = t.run("record", [os.path.realpath(sys.executable), "-S", "-c", PHASES], None,
                ["--heap=all"])
    with open(run.recording, "rb") as file:
        sound = file.read()
    first = next(block for block in npt.blocks(sound) if npt.TYPES[block.type] == "HEAP")
    damaged = bytearray(sound)
    damaged[first.offset + npt.BLOCK_HEADER_BYTES + len(first.stored) // 2] ^= 1
    path, written = t.path("run.npt"), t.path("written")

    def ask(content, *command, to=None):
        with open(path, "wb") as file:
            file.write(content)
        return subprocess.run([NPNTRACE, *command, *(["-o", to] if to else []), path], timeout=120,
                              capture_output=True, check=False)
    for command in [["flame"], ["flame", "--json"], ["timeline", "--json"], ["timeline", "--svg"],
                    *(["export", f"--format={name}"] for name in PROFILES)]:
        to = written if "svg" in command[-1] or "sqlite" in command[-1] else None

        def answer(content, *options):
            done = ask(content, *command, *options, to=to)
            t.equal(done.returncode, 0, f"{command} {options}: {done.stderr}")
            if to is None:
                return done.stdout
            with open(to, "rb") as file:
                return file.read()
        for options in ((), LATE, ("--to=1%",), (*LATE, "--memory=heap", "--size=600..")):
            got = answer(sound, *options)
            t.expect(len(got) > 0, f"{command} {options}: nothing")
            t.expect(got == answer(sound, "--force", *options), f"{command} {options}: --force")
        t.expect(answer(damaged, *LATE) == answer(sound, *LATE), f"{command}: a damaged block")
        for options in ((), ("--to=1%",)):
            never = written + "-never" if command != ["timeline", "--json"] else None
            done = ask(damaged, *command, *options, to=never)
            t.equal((done.returncode, done.stdout), (2, b""), f"{command} {options}: damaged")
            t.expect(b"checksum" in done.stderr, f"{command} {options}: {done.stderr}")
            t.expect(not os.path.exists(written + "-never"), f"{command}: a file was written")


@case("profile-as-text", misuse=MISUSE)
def as_text(t):
    run = t.host("record", ACTIONS, record_options=["--heap=all"])
    for options, wanted in (
            (["--by=function"], ["function", "memory", "step_alloc (libnpsample.so)"]),
            (["--by=line", "--limit=0"], ["sample_memory.c:"]),
            (["--by=instance"], ["libnpsample.so #1"]),
            (["--by=lifetime"], ["and more", "memory", " npn ", " heap "]),
            (["--by=size"], [" to ", "memory", " npn ", " heap "]),
            (["--by=thread"], ["thread ", "memory", " npn ", " heap "]),
            (["--by=stack"], ["  1. ", "at the peak"]),
            (["--tree=top-down"],
             ["  _start (minihost)", "NPN memory, by bytes:", "Heap, by bytes:"]),
            (["--tree=bottom-up", "--sort=allocs"], ["NPN memory, by allocs:"]),
            (["--peak"], ["The peak of NPN memory was ", "The peak of the heap was ", "(host)"]),
            (["--peak", "--memory=npn"], ["The peak was "]),
            (["--function=nobody"], ["No allocation is as the options ask for."])):
        status, out, said = say(run, *options)
        t.equal((status, said), (0, ""), options)
        for words in wanted:
            t.expect(words in out, f"{options}: '{words}' is not in:\n{out}")
        t.expect(out.splitlines()[-1].startswith("Next: npntrace report "), f"{options}: next")
        t.expect("\x1b" not in out, "colours in a file")


main()
