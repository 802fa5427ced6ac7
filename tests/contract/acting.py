# tests/contract/acting.py: runs the acting plug-in and compares what it states with what is found
# SPDX-License-Identifier: MIT
"""The acts of tests/contract/acts.h state what must be reported about them. `play` runs the
mini-host untraced and under `npntrace record`, expects that the host noticed nothing, and that
`findings`, `leaks` and the counts of `report` are what was stated, and nothing else.

HOSTS are the known browsers' quirks about memory (save, results with false, threads)."""
import collections
import os
import re
import shutil

from support import compare, harness

ACTS = os.path.join(harness.BUILD, "tests", "contract", ".libs", "libnpacts.so")

HOSTS = {
    "plain": [],
    "gecko": ["--save=ignored", "--objects=invalidate", "--false-results=get",
              "--off-thread=refuses"],
    "container": ["--save=null", "--objects=invalidate", "--release-by-table", "--table=const",
                  "--off-thread=aborts"],
    "webkit": ["--save=given", "--false-results=invoke"],
    "webkit2": ["--save=null", "--false-results=invoke", "--table=shared"],
    "chromium": ["--save=ignored", "--false-results=invoke", "--flush=echo"],
    "wrapper": ["--mem=header"],
    "never-again": ["--mem=arena"],  # no address is issued twice, and nothing freed is gone
}

# Innermost functions; "" is no function of the plug-in's.
Finding = collections.namedtuple("Finding", "plugin kind function source released")
Leak = collections.namedtuple("Leak", "plugin domain origin function")

KEPT = "object-outlived-instance"


def act(name, also="", **phases):
    """An action: NPP_New of an instance that does `name`."""
    words = [f"do={name}"] + [f"{phase}={acts}" for phase, acts in phases.items()]
    return f"new a 1 {' '.join(words)} {also}".rstrip()


def around(*actions, end=("destroy 1", "unload a")):
    """A whole life of the plug-in."""
    return ["load a @acts", *actions, *end]


class Stated:
    """What the acts of a run state."""

    def __init__(self, run):
        self.findings = collections.Counter()
        self.leaks = collections.Counter()
        self.bytes = collections.Counter()
        self.counts = collections.Counter()
        path = os.path.join(run.state, "acts")
        lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = [line.rstrip("\n").split("\t") for line in file]
        for what, plugin, detail, number, function, source, released in lines:
            getattr(self, "_" + what)(plugin, detail, int(number), function, source, released)

    def _leak(self, plugin, origin, number, function, *_):
        self.leaks[Leak(plugin, "npn", origin, function)] += 1
        self.bytes[Leak(plugin, "npn", origin, function)] += number

    def _held(self, plugin, step, number, function, *_):
        self.leaks[Leak(plugin, "object", step, function)] += number

    def _finding(self, plugin, kind, number, function, source, released):
        self.findings[Finding(plugin, kind, function, source, released)] += number

    def _received(self, plugin, _detail, number, *_):
        self.counts[plugin, "received_blocks"] += number

    def _handed(self, plugin, _detail, number, *_):
        self.counts[plugin, "handed_over"] += number

    def held_outlived(self):
        """Objects whose instance is gone are findings too: where the last reference was taken."""
        for leak, number in list(self.leaks.items()):
            if leak.domain == "object":
                finding = Finding(leak.plugin, KEPT, leak.function, leak.function, "")
                self.findings[finding] += number


def _innermost(stack):
    """The function of the first frame, if it is an acting plug-in's."""
    if not stack:
        return ""
    if not os.path.basename(stack[0]["module"] or "").startswith("libnpacts"):
        return ""
    return compare.function_name(stack[0]["function"] or "?")


def found_findings(run):
    got = run.json("findings")
    problems = [] if got["format"] == "npntrace-findings-1" and got["complete"] else ["incomplete"]
    found = collections.Counter()
    for finding in got["findings"]:
        key = Finding(finding["plugin"], finding["kind"], _innermost(finding["stack"]),
                      _innermost(finding["allocated_by"]), _innermost(finding["released_by"]))
        if key in found:
            problems.append(f"listed twice: {key}")
        found[key] += finding["refs"] or finding["count"]
        for text in ("title", "text", "rule"):
            if not finding[text]:
                problems.append(f"{key}: no {text}")
    return got, found, problems


def found_leaks(run):
    got = run.leaks()
    found, sizes = collections.Counter(), collections.Counter()
    problems = []
    for leak in got["leaks"]:
        key = Leak(leak["plugin"], leak["domain"], leak["origin"], _innermost(leak["stack"]))
        if leak["domain"] == "object":
            found[key] += leak["refs"]
        else:
            found[key] += leak["blocks"]
            sizes[key] += leak["bytes"]
    blocks = sum(n for key, n in found.items() if key.domain != "object")
    if (got["blocks"], got["refs"]) != (blocks, sum(found.values()) - blocks):
        problems.append(f"the sums are {got['blocks']} blocks and {got['refs']} references")
    return got, found, sizes, problems


def _compare(what, stated, found):
    lines = [f"{what}, missing: {n} of {key}" for key, n in sorted((stated - found).items())]
    return lines + [f"{what}, too many: {n} of {key}"
                    for key, n in sorted((found - stated).items())]


def _compare_counts(run, stated):
    problems = []
    report = run.report()
    if report["lost_events"] != 0:
        problems.append(f"{report['lost_events']} lost events")
    for plugin in report["plugins"]:
        for count in ("received_blocks", "handed_over"):
            want = stated[plugin["name"], count]
            if plugin["npn"][count] != want:
                problems.append(f"{plugin['name']}: {count} is {plugin['npn'][count]}, not {want}")
    return problems


def exact(run, outlived=True, counts=True):
    """Compares a recorded run with its statements. `outlived`: instances are destroyed and more
    happened after that. Raises what is different."""
    run.viewer("check")
    stated = Stated(run)
    if outlived:
        stated.held_outlived()
    _, findings, problems = found_findings(run)
    problems += _compare("findings", stated.findings, findings)
    _, leaks, sizes, more = found_leaks(run)
    problems += more + _compare("leaks", stated.leaks, leaks)
    problems += _compare("bytes", stated.bytes, sizes)
    if counts:
        problems += _compare_counts(run, stated.counts)
    if problems:
        raise harness.Failed("the recording is not what the acts state\n" + "\n".join(problems))
    return stated


def actions_with_paths(t, actions):
    """@acts is the plug-in, @acts2 a copy of it, which is another plug-in."""
    def path(match):
        if match[1] == "":
            return ACTS
        copy = t.path(f"libnpacts{match[1]}.so")
        if not os.path.exists(copy):
            shutil.copy2(ACTS, copy)
        return copy
    return [re.sub(r"@acts([0-9]?)\b", path, action) for action in actions]


def run(t, mode, actions, options=(), env=None, record_options=()):
    if not os.path.exists(ACTS):
        raise harness.Failed(f"{ACTS} is not built")
    return t.host(mode, actions_with_paths(t, actions), options, env, record_options)


def play(t, actions, options=(), env=None, record_options=(), outlived=True, clean=False,
         status=0, same=True):
    """See the top of this file. `clean`: nothing at all may be stated. Returns the recorded run."""
    untraced = run(t, "untraced", actions, options, env)
    t.equal(untraced.status, status, "untraced: exit status\n"
            + untraced.stdout.decode() + untraced.stderr.decode(errors="replace"))
    traced = run(t, "record", actions, options, env, record_options)
    if same:
        t.same(untraced, traced)
    stated = exact(traced, outlived)
    t.expect(not clean or not (stated.leaks or stated.findings), "the acts are not clean")
    t.expect(clean or stated.leaks or stated.findings, "the acts state nothing")
    return traced


def clean_everywhere(t, actions, env=None, hosts=None):
    """Correct acts have no findings and no leaks on any host."""
    for name in hosts or HOSTS:
        try:
            play(t, actions, HOSTS[name], env, clean=True)
        except harness.Failed as failure:
            raise harness.Failed(f"host {name}: {failure}") from None
