#!/usr/bin/python3
# tests/bench/bench.py: what tracing costs, beside others, in one run
# SPDX-License-Identifier: MIT
"""Runs workloads untraced, under two twins that do next to nothing, under heaptrack, LTTng and
npntrace, in turns; prints a table, and writes the same as JSON. See doc/BENCH.md."""
import argparse
import fnmatch
import json
import os
import shutil
import signal
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
# Runs have working directories of their own.
os.environ["NPNTRACE_BUILDDIR"] = os.path.abspath(os.environ.get("NPNTRACE_BUILDDIR", "."))

import competitors  # pylint: disable=wrong-import-position
import figures  # pylint: disable=wrong-import-position
import table  # pylint: disable=wrong-import-position
import targets  # pylint: disable=wrong-import-position
import tools  # pylint: disable=wrong-import-position
import workloads  # pylint: disable=wrong-import-position
from machine import Machine  # pylint: disable=wrong-import-position
from session import Session  # pylint: disable=wrong-import-position

FORMAT = "npntrace-bench-1"
SCRATCH_BYTES = 4 << 30
WORKLOADS = [one.key for one in (*workloads.loops(workloads.SIZES["full"], {}),
                                 *workloads.npn_loops(workloads.SIZES["full"], {}))]
WORKLOADS += [*workloads.PROGRAM_KEYS, "tools"]
COMPETITORS = (competitors.Competitor, competitors.Noop, competitors.Stamp, competitors.Heaptrack,
               competitors.LttngWrapper, competitors.Npntrace, competitors.NpnFlight,
               competitors.NpnRecord)
# Whose recordings are read.
READ_LOOPS = ("pairs-40-1t", "containers")
# How much of the time limit each part may take.
SHARES = {"loops": 0.55, "npn": 0.12, "programs": 0.33}
BUDGET_S = {"full": 2400, "quick": 60, "smoke": 60}
LIMIT_S = {"full": 120, "quick": 30, "smoke": 60}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick",
                      help="small work, 3 rounds, below two minutes")
    size.add_argument("--smoke", dest="size", action="store_const", const="smoke",
                      help="as little as shows that everything runs; the figures are worthless")
    parser.add_argument("--workloads", metavar="GLOB,...", default="*",
                        help="only these loops and programs (see --list)")
    parser.add_argument("--competitors", metavar="KEY,...",
                        help="only these, and untraced (see --list)")
    parser.add_argument("--runs", type=int, metavar="N", help="rounds at most")
    parser.add_argument("--budget", type=float, metavar="SECONDS",
                        help="no new round after about so long")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="for a single run")
    parser.add_argument("--fresh", type=float, metavar="FRAMES",
                        help="fresh frames per event on average (3)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the walks (1)")
    parser.add_argument("--scratch", metavar="DIRECTORY",
                        help="for recordings and material (default: /dev/shm if it has room)")
    parser.add_argument("--json", metavar="FILE", help="write the results there, too")
    parser.add_argument("--list", action="store_true", help="say what there is, and end")
    arguments = parser.parse_args()
    arguments.size = arguments.size or "full"
    known = {"workloads": WORKLOADS, "competitors": [one.key for one in COMPETITORS]}
    for option, names in known.items():
        for glob in (getattr(arguments, option) or "*").split(","):
            if not fnmatch.filter(names, glob):
                parser.error(f"--{option}={glob}: there is no such one; --list names them")
    return arguments


def scratch_folder(wanted):
    """In memory where there is room, so that the disk is not measured."""
    if wanted is None and os.access("/dev/shm", os.W_OK):
        room = os.statvfs("/dev/shm")
        if room.f_bavail * room.f_frsize >= SCRATCH_BYTES:
            wanted = "/dev/shm"
    return tempfile.mkdtemp(prefix="npntrace-bench-", dir=wanted)


def start_display(say):
    """An X server for the page, or None."""
    sys.path.append(os.path.join(os.path.dirname(HERE), "host"))
    from xvfb import Xvfb, XvfbFailed, XvfbMissing  # pylint: disable=import-outside-toplevel
    server = Xvfb()
    try:
        server.start()
    except (XvfbMissing, XvfbFailed) as why:
        say(str(why))
        return None
    return server


class Bench:
    """One run of the benchmark; `results` is what is written."""

    def __init__(self, arguments, scratch):
        self.arguments = arguments
        self.size = arguments.size
        self.sizes = dict(workloads.SIZES[self.size])
        if arguments.runs is not None:
            self.sizes["runs"] = arguments.runs
        self.budget_s = arguments.budget or BUDGET_S[self.size]
        self.session = Session(scratch, arguments.limit or LIMIT_S[self.size])
        self.scratch = scratch
        self.results = {"format": FORMAT, "size": self.size, "seed": arguments.seed or 1,
                        "fresh_frames": {}, "loops": {}, "per_frame": {}, "npn": {},
                        "programs": {}, "tools": {}}

    # ---- what was asked for -------------------------------------------------------------------

    def more(self):
        numbers = {}
        if self.arguments.seed is not None:
            numbers["seed"] = self.arguments.seed
        if self.arguments.fresh is not None:
            numbers["fresh-permille"] = round(self.arguments.fresh * 1000)
        return numbers

    def wanted(self, workload_list):
        return [workload for workload in workload_list
                if any(fnmatch.fnmatchcase(workload.key, glob)
                       for glob in self.arguments.workloads.split(","))]

    def chosen(self, competitor_list):
        if self.arguments.competitors is None:
            return competitor_list
        keys = ["untraced", *self.arguments.competitors.split(",")]
        return [one for one in competitor_list if one.key in keys]

    # ---- the parts ----------------------------------------------------------------------------

    def histograms(self, loops):
        """Of one loop of each depth: threads do not change it."""
        for loop in loops:
            if loop.key.startswith("pairs-") and loop.key.endswith("-1t"):
                self.results["fresh_frames"][loop.key] = tools.fresh_histogram(self.session, loop)

    def rounds(self, part, workload_list, competitor_list, keep=None):
        if not workload_list:
            return {}, 0
        return self.session.rounds(workload_list, competitor_list, self.sizes["runs"],
                                   self.budget_s * SHARES[part], keep)

    def loops(self, part, loops, competitor_list):
        series, made = self.rounds(part, loops, competitor_list,
                                   tools.look_for_losses(self.session))
        for loop in loops:
            pairs = loop.pairs or counted_pairs(series[loop.key])
            self.results[part][loop.key] = {
                "title": loop.title, "pairs": pairs, "runs": made, "threads": loop.threads,
                "depth": loop.depth,
                "competitors": figures.loop_figures(series[loop.key], pairs, loop.workers)}

    def per_frame(self):
        shallow, deep = workloads.DEPTHS[0], workloads.DEPTHS[-1]
        for threads in ("1t", "2t"):
            ends = [self.results["loops"].get(f"pairs-{depth}-{threads}")
                    for depth in (shallow, deep)]
            if None in ends:
                continue
            self.results["per_frame"][threads] = {
                key: figures.per_frame(ends[0]["competitors"][key], ends[1]["competitors"][key],
                                       deep - shallow)
                for key in ends[0]["competitors"] if key != "untraced"}

    def programs(self, programs, competitor_list):
        series, made = self.rounds("programs", programs, competitor_list,
                                   tools.look_for_losses(self.session))
        for program in programs:
            self.results["programs"][program.key] = {
                "title": program.title, "runs": made, "command": program.command,
                "competitors": figures.program_figures(series[program.key])}

    def tools(self, loops):
        session = self.session
        session.say("start-up, recorder, viewer")
        self.results["tools"] = {"startup": tools.startup(session, self.sizes["starts"]),
                                 "viewer": tools.viewer_made(session, self.sizes["made"]),
                                 "recorder": tools.recorder_made(session, self.sizes["made"]),
                                 "reading": {}}
        for loop in loops:
            if loop.key in READ_LOOPS:
                self.results["tools"]["reading"][loop.key] = {
                    "title": loop.title,
                    "npntrace": tools.recorder_and_viewer(session, loop),
                    "heaptrack": tools.heaptrack_reading(session, loop)}

    def run(self, heap, npn):
        all_loops = workloads.loops(self.sizes, self.more())
        loops = self.wanted(all_loops)
        self.histograms(loops)
        self.loops("loops", loops, heap)
        self.per_frame()
        self.loops("npn", self.wanted(workloads.npn_loops(self.sizes, self.more())), npn)
        self.whole_programs(heap)
        if self.wanted([Named("tools")]):
            self.tools(all_loops)

    def whole_programs(self, heap):
        names = [Named(key) for key in workloads.PROGRAM_KEYS]
        if not self.wanted(names):
            return
        pages = [name for name in names if name.key.startswith("page")]
        server = start_display(self.session.say) if self.wanted(pages) else None
        try:
            everything = workloads.programs(self.sizes, self.scratch, server and server.name)
            self.programs(self.wanted(everything), heap)
        finally:
            if server is not None:
                server.stop()


class Named:
    """A name that --workloads may choose."""

    def __init__(self, key):
        self.key = key


def counted_pairs(series):
    """From what the twin with records counted: its events are allocations and frees."""
    events = [count for count in series["stamp"].events if count] if "stamp" in series else []
    return events[0] // 2 if events else None


def print_list(sizes):
    for one in [*workloads.loops(sizes, {}), *workloads.npn_loops(sizes, {})]:
        print(f"workload    {one.key:16} {one.title}")
    for key in (*workloads.PROGRAM_KEYS, "tools"):
        print(f"workload    {key}")
    for one in COMPETITORS:
        print(f"competitor  {one.key:16} {one.about}")


def write_json(path, results):
    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    except OSError as error:
        sys.exit(f"bench: {path}: {error.strerror}")


def main():
    arguments = parse_arguments()
    if arguments.list:
        print_list(workloads.SIZES[arguments.size])
        return 0
    missing = competitors.not_built()
    if missing:
        sys.exit(f"bench: not built: {' '.join(missing)}; say `make bench`, or set "
                 "NPNTRACE_BUILDDIR to where it was built")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    scratch = scratch_folder(arguments.scratch)
    machine = Machine()
    bench = Bench(arguments, scratch)
    heap = bench.chosen(competitors.heap_competitors(scratch))
    npn = competitors.npn_competitors()
    try:
        bench.run(heap, npn)
    finally:
        for one in heap:
            one.close()
        shutil.rmtree(scratch, ignore_errors=True)
    results = bench.results
    results["machine"] = machine.end()
    results["competitors"] = {one.key: {"label": one.label, "about": one.about,
                                        "missing": one.missing} for one in heap + npn[1:]}
    results["targets"] = targets.judge(results)
    for line in table.lines(results):
        print(line)
    if arguments.json:
        write_json(arguments.json, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
