#!/usr/bin/python3
# tests/bench/smoke.py: the benchmark runs, and counts right; its figures are not looked at
# SPDX-License-Identifier: MIT
"""Everything here is about exactness: the same calls for the same seed, figures for every workload,
a table that says what is missing. How long anything takes is not tested."""
import json
import os
import subprocess
import sys

from support.harness import BUILD, SOURCE, case, main
from support.process import run_process

BENCH = os.path.join(SOURCE, "tests", "bench", "bench.py")
WORKLOAD = os.path.join(BUILD, "tests", "bench", "workload")
STAMP = os.path.join(BUILD, "tests", "bench", ".libs", "libtwinstamp.so")
DEADLINE_S = 300


def workload(t, *arguments, env=None):
    status, out, err = run_process([os.path.abspath(WORKLOAD), *arguments], cwd=t.folder,
                                   env={"PATH": os.environ["PATH"], **(env or {})},
                                   deadline_s=DEADLINE_S)
    t.equal(status, 0, f"{arguments}: exit status\n{err.decode(errors='replace')}")
    return json.loads(out)


def bench(t, *arguments):
    path = t.path("bench.json")
    env = {**os.environ, "NPNTRACE_BUILDDIR": os.path.abspath(BUILD)}
    status, out, err = run_process(
        [sys.executable, BENCH, "--smoke", f"--scratch={t.folder}", f"--json={path}", *arguments],
        cwd=t.folder, env=env, deadline_s=DEADLINE_S)
    t.equal(status, 0, f"exit status\n{err.decode(errors='replace')}")
    with open(path, encoding="utf-8") as file:
        return out.decode(), json.load(file)


@case("workload-same-seed-same-calls")
def same_seed(t):
    once, twice, other = (workload(t, "pairs", "--pairs=50000", f"--seed={seed}", "--histogram=1")
                          for seed in (5, 5, 6))
    t.equal(twice["fresh"], once["fresh"], "fresh frames of the same seed")
    t.equal((twice["allocs"], twice["frees"]), (once["allocs"], once["frees"]), "calls")
    t.expect(other["fresh"] != once["fresh"], "another seed has the same fresh frames")
    t.equal(sum(once["fresh"].values()), 50000, "events in the histogram")


@case("workload-depth-and-fresh-frames-as-asked")
def as_asked(t):
    for depth in (16, 40, 100):
        for fresh in (1, 3, 5):
            got = workload(t, "pairs", "--pairs=200000", f"--depth={depth}",
                           f"--fresh-permille={fresh * 1000}", "--histogram=1")
            t.expect(abs(got["depth"] - depth) <= 2, f"{got['depth']} frames, not {depth}")
            mean = sum(int(frames) * count for frames, count in got["fresh"].items()) / 200000
            t.expect(abs(mean - fresh) < 0.5, f"depth {depth}: {mean} fresh frames, not {fresh}")


@case("twin-counts-every-call")
def twin_counts(t):
    traced = {"LD_PRELOAD": os.path.abspath(STAMP)}
    got = workload(t, "pairs", "--pairs=30000", "--warmup=30000", env=traced)
    untraced = workload(t, "pairs", "--pairs=30000", "--warmup=30000")
    t.equal(got["allocs"], 60000, "allocations")
    t.equal((got["allocs"], got["frees"]), (untraced["allocs"], untraced["frees"]), "calls")
    # Of the measured part: one allocation for each pair, and one free, all slots being full.
    t.equal(got["events"], 60000, "events that the twin counted")
    containers = [workload(t, "containers", "--rounds=3000", env=traced) for _ in range(2)]
    t.equal(containers[1]["events"], containers[0]["events"], "events of the containers")
    t.equal(containers[1]["sum"], workload(t, "containers", "--rounds=3000")["sum"], "their sum")


@case("bench-table-and-json-have-every-row")
def every_row(t):
    text, results = bench(t, "--workloads=pairs-40-*,pipe-40,containers,python3",
                          "--competitors=noop,stamp,heaptrack,npntrace")
    t.equal(sorted(results["loops"]), ["containers", "pairs-40-1t", "pairs-40-2t", "pipe-40"],
            "loops")
    rows = [*results["loops"].items(), *results["programs"].items()]
    for key, row in rows:
        t.expect(row["title"] in text, f"the table has no {key}")
        for name, one in row["competitors"].items():
            time = one.get("ns_per_pair") or one.get("time_ns")
            t.expect(time or one["remarks"], f"{key}, {name}: neither figure nor reason")
            if name != "heaptrack":  # which may not be there, or fail
                t.expect(time and time["min"] > 0, f"{key}, {name}: no figure: {one['remarks']}")
                t.equal(one["remarks"], [], f"{key}, {name}: what failed or was lost")
    for verdict in results["targets"]:
        t.expect(verdict["text"] in text, f"the table has no target '{verdict['text']}'")


def refused(t, status, words, *arguments):
    env = {**os.environ, "NPNTRACE_BUILDDIR": t.folder}
    got = subprocess.run([sys.executable, BENCH, "--smoke", *arguments], cwd=t.folder, env=env,
                         capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    t.equal((got.returncode, got.stdout), (status, ""), "exit status and standard output")
    t.expect(words in got.stderr.splitlines()[-1], f"standard error: {got.stderr}")


@case("bench-not-built-says-so")
def not_built(t):
    refused(t, 1, "bench: not built: ")


@case("bench-unknown-name-says-so")
def unknown_name(t):
    refused(t, 2, "--competitors=heaptruck: there is no such one", "--competitors=noop,heaptruck")
    refused(t, 2, "--workloads=pairs-41-*: there is no such one", "--workloads=page,pairs-41-*")


main()
