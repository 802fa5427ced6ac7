#!/usr/bin/python3
# tests/contract/traffic.py: random but correct NPAPI traffic has no findings and no leaks
# SPDX-License-Identifier: MIT
"""tests/contract/traffic_host.h and traffic.h say what the host and the plug-ins do. Whatever the
order, nothing is found, nothing is left, every function of the table, of NPPluginFuncs and of
NPClass was called, and the sums are those that the plug-ins kept themselves.

NPNTRACE_TRAFFIC=SECONDS lets one run of three plug-ins last so long (600: as the project promises);
NPNTRACE_SEED repeats a run, as far as its threads decide."""
import collections
import os
import shutil

from fault.hostprocess import generator
from support.harness import BUILD, Failed, case, main, plugin_of

FOLDER = os.path.join(BUILD, "tests", "contract")
HOST = os.path.join(FOLDER, "traffic_host")
NAMES = ("libnptraffic1.so", "libnptraffic2.so")
PLUGINS = [os.path.join(FOLDER, ".libs", name) for name in NAMES]
LASTS = float(os.environ.get("NPNTRACE_TRAFFIC", "0"))
STEPS = 3000

SLOTS = 58
ENTRIES = ("newp destroy setwindow newstream destroystream asfile writeready write print event "
           "urlnotify getvalue setvalue gotfocus lostfocus urlredirectnotify clearsitedata "
           "getsiteswithdata didComposite").split()
CALLBACKS = ("allocate deallocate hasMethod invoke invokeDefault hasProperty getProperty "
             "setProperty removeProperty enumerate construct").split()
LATER = ["async", "timer", "timer-again"]
SUMS = ("allocs", "bytes_allocated", "frees", "flushes", "received_blocks", "handed_over")

# What browsers do differently.
HOSTS = ("-", "header", "invalidate", "header,invalidate,no-save")


def read_counts(text):
    """Lines of `what name number`, summed: a plug-in writes some each time it is shut down."""
    counts = collections.defaultdict(collections.Counter)
    for line in text.split("\n"):
        if line:
            what, name, number = line.split(" ")
            counts[what][name] += int(number)
    return counts


class Traffic:
    """One run of the host, and what it and its plug-ins counted."""

    def __init__(self, t, seed, steps=STEPS, seconds=0, words="-", mode="record", options=(),
                 env=None, plugins=None):
        self.what = f"NPNTRACE_SEED={seed} {words} {' '.join(options)}"
        command = [HOST, str(seed), str(steps), str(seconds), words, *(plugins or PLUGINS)]
        self.run = t.run(mode, command, {"NPNTRAFFIC_SEED": str(seed), **(env or {})}, options,
                         deadline_s=120 + 3 * seconds)
        if self.run.status != 0:
            raise Failed(f"{self.what}: status {self.run.status}\n"
                         + self.run.stderr.decode(errors="replace"))
        self.host = read_counts(self.run.stdout.decode())
        self.plugins = {}
        for name in os.listdir(self.run.state):
            with open(os.path.join(self.run.state, name), encoding="ascii") as file:
                self.plugins[name] = read_counts(file.read())

    def all(self, what):
        total = collections.Counter()
        for counts in self.plugins.values():
            total += counts[what]
        return total

    def problems_of_counts(self, report):
        """Differences between the plug-ins' own sums and the recording's."""
        problems = []
        for name, counts in sorted(self.plugins.items()):
            entry = plugin_of(report, name)
            npn, instances = entry["npn"], entry["instances"]
            want = {key: counts["sum"][key] for key in SUMS}
            want.update(live_blocks=0, live_bytes=0, received_live_blocks=0, freed_elsewhere=0)
            problems += [f"{name}: {key} is {npn[key]}, not {value}"
                         for key, value in want.items() if npn[key] != value]
            sums = counts["sum"]
            want = [sums["begun"], sums["ended"] + sums["failed"]]
            have = [len(instances), sum(i["destroyed"] for i in instances)]
            if want != have:
                problems.append(f"{name}: instances, and those that are over: {have}, not {want}")
        calls = self.all("slot")
        problems += [f"{slot}: the plug-ins made {calls[slot]} calls, the host had {number}"
                     for slot, number in self.host["slot"].items() if calls[slot] != number]
        if len(self.plugins) != len(report["plugins"]):
            problems.append(f"{len(report['plugins'])} plug-ins are reported")
        return problems

    def is_clean(self, counts=True):
        """Nothing found, nothing left, nothing lost. Returns the report."""
        run = self.run
        for path in run.recording_paths():
            run.viewer("check", recording=path)
        findings, leaks, info = run.json("findings"), run.leaks(), run.json("info")
        problems = [f"finding: {run.viewer('findings')}"] if findings["findings"] else []
        if leaks["leaks"]:
            problems.append(f"leaks: {run.viewer('leaks')}")
        if not findings["complete"] or info["selfcheck_mismatches"] != 0:
            problems.append(f"complete: {findings['complete']}, "
                            f"self-check: {info['selfcheck_mismatches']} differences")
        report = run.report()
        if report["lost_events"] != 0:
            problems.append(f"{report['lost_events']} lost events")
        if counts:
            problems += self.problems_of_counts(report)
        if problems:
            raise Failed(f"{self.what}\n" + "\n".join(problems))
        return report


def seeds(count):
    drawn = generator()
    return [drawn.getrandbits(32) for _ in range(count)]


def all_was_called(t, runs):
    """In all runs together: no function was left out."""
    slots, places = collections.Counter(), collections.Counter()
    for run in runs:
        slots += run.host["slot"]
        places += run.all("place")
        t.equal(len(run.host["slot"]), SLOTS, "functions that the host has")
    print("# " + ", ".join(f"{name} {slots[name]}" for name in sorted(runs[0].host["slot"])))
    print("# " + ", ".join(f"{name} {number}" for name, number in sorted(places.items())))
    t.equal([name for name in runs[0].host["slot"] if slots[name] == 0], [],
            "functions of the table that nobody called")
    wanted = ENTRIES + CALLBACKS + LATER
    if any("invalidate" in run.what for run in runs):
        wanted = wanted + ["invalidate"]
    if any("no-save" not in run.what for run in runs):
        wanted = wanted + ["saved-taken"]
    t.equal([name for name in wanted if places[name] == 0], [],
            "functions of the plug-ins that the host never called")


@case("traffic-untraced")
def untraced(t):
    """The traffic itself is sound: the host has all its blocks back."""
    for seed, words in zip(seeds(len(HOSTS)), HOSTS):
        Traffic(t, seed, words=words, mode="untraced")


@case("traffic-is-clean")
def is_clean(t):
    runs = []
    for seed, words in zip(seeds(len(HOSTS)), HOSTS):
        runs.append(Traffic(t, seed, words=words))
        runs[-1].is_clean()
    all_was_called(t, runs)


@case("traffic-flight-recorder")
def flight(t):
    Traffic(t, seeds(1)[0], mode="flight").is_clean()


@case("traffic-heap-of-plug-ins")
def heap(t):
    for seed, words in zip(seeds(2), ("-", "header")):
        Traffic(t, seed, words=words, options=["--heap=plugins"]).is_clean()


@case("traffic-checked")
def checked(t):
    for seed, words in zip(seeds(2), ("-", "header,invalidate")):
        Traffic(t, seed, words=words, options=["--check"]).is_clean()


@case("traffic-cut-short")
def cut_short(t):
    """At any moment, objects that are held are not those of instances that are gone."""
    for seed in seeds(2):
        traffic = Traffic(t, seed, words="cut-short")
        traffic.run.viewer("check")
        findings = traffic.run.json("findings")["findings"]
        t.equal(findings, [], f"{traffic.what}: findings")
        outlived = [leak for leak in traffic.run.leaks()["leaks"]
                    if leak["domain"] == "object" and leak["kind"].startswith("outlived")]
        t.equal(outlived, [], f"{traffic.what}: objects of instances that are gone")


def long(t):
    third = t.path("libnptraffic3.so")
    shutil.copy2(PLUGINS[1], third)
    run = Traffic(t, seeds(1)[0], steps=0, seconds=LASTS, words="invalidate",
                  plugins=[*PLUGINS, third])
    report = run.is_clean()
    all_was_called(t, [run])
    print(f"# {LASTS:.0f} s: {report['totals']['npn']['allocs']} allocations, "
          f"{run.run.json('info')['selfchecks']} stacks unwound twice")


if LASTS > 0:
    case("traffic-long")(long)
main()
