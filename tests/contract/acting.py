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

# Functions are the innermost of a stack; "" is none of the plug-in's. `entry` is the one by which
# the browser came, `instance` a serial or 0, `owner` a plug-in and a serial.
Finding = collections.namedtuple(
    "Finding", "plugin instance kind function entry source released owner")
Leak = collections.namedtuple("Leak", "plugin domain origin function entry")
Share = collections.namedtuple("Share", "plugin domain origin function entry instance")
ENTRIES = re.compile(r"act_(new|destroy|setwindow|newstream|asfile|write|urlnotify|event|"
                     r"getvalue|getsiteswithdata)|class_(has|invoke|get|set|enumerate|construct).*|"
                     r"NP_(Initialize|Shutdown|GetValue)|acts_unload|async_keep|timer_keep")

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
        self.shares = collections.Counter()
        self.kept = collections.Counter()
        self.counts = collections.Counter()
        path = os.path.join(run.state, "acts")
        lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = [line.rstrip("\n").split("\t") for line in file]
        for what, plugin, serial, entry, detail, number, *places in lines:
            getattr(self, "_" + what)((plugin, int(serial), entry), detail, int(number), *places)

    def _leak(self, who, origin, number, function, *_):
        plugin, serial, entry = who
        leak = Leak(plugin, "npn", origin, function, entry if function else "")
        self.leaks[leak] += 1
        self.bytes[leak] += number
        self.shares[Share(*leak, serial)] += 1

    def _held(self, who, step, number, function, _, last, *__):
        plugin, serial, entry = who
        leak = Leak(plugin, "object", step, function, entry)
        self.leaks[leak] += number
        self.shares[Share(*leak, serial)] += number
        if serial != 0:
            self.kept[Finding(plugin, serial, KEPT, last or function, entry, function, "",
                              f"{plugin}#{serial}")] += number

    def _finding(self, who, kind, number, function, source, released, owner):
        plugin, serial, entry = who
        self.findings[Finding(plugin, serial, kind, function, entry if function else "", source,
                              released, owner)] += number

    def _received(self, who, _detail, number, *_):
        self.counts[who[0], "received_blocks"] += number

    def _handed(self, who, _detail, number, *_):
        self.counts[who[0], "handed_over"] += number

    def held_outlived(self):
        """Objects whose instance is gone are findings too: where the last reference was taken."""
        self.findings += self.kept


def _innermost(stack):
    """The function of the first frame, if it is an acting plug-in's."""
    if not stack:
        return ""
    if not os.path.basename(stack[0]["module"] or "").startswith("libnpacts"):
        return ""
    return compare.function_name(stack[0]["function"] or "?")


def _entry(stack):
    """The function by which the browser has come to the innermost one."""
    for frame in stack:
        if os.path.basename(frame["module"] or "").startswith("libnpacts"):
            function = compare.function_name(frame["function"] or "?")
            if ENTRIES.fullmatch(function):
                return function
    return ""


def _owner(finding):
    owner = finding["owner"]
    return f"{owner['plugin']}#{owner['instance'] or 0}" if owner else ""


def found_findings(run):
    got = run.json("findings")
    problems = [] if got["format"] == "npntrace-findings-1" and got["complete"] else ["incomplete"]
    found, places = collections.Counter(), set()
    for finding in got["findings"]:
        function = _innermost(finding["stack"])
        key = Finding(finding["plugin"], finding["instance"] or 0, finding["kind"], function,
                      _entry(finding["stack"]) if function else "",
                      _innermost(finding["allocated_by"]), _innermost(finding["released_by"]),
                      _owner(finding))
        place = (key, finding["way"], str(finding["stack"]))
        if place in places or (key in found and function):
            problems.append(f"listed twice: {key}")
        places.add(place)
        found[key] += finding["refs"] or finding["count"]
        for text in ("title", "text", "rule"):
            if not finding[text]:
                problems.append(f"{key}: no {text}")
    return got, found, problems


def found_leaks(run):
    got = run.leaks()
    found, sizes, shares = collections.Counter(), collections.Counter(), collections.Counter()
    problems = []
    for leak in got["leaks"]:
        key = Leak(leak["plugin"], leak["domain"], leak["origin"], _innermost(leak["stack"]),
                   _entry(leak["stack"]))
        for share in leak["instances"]:
            shares[Share(*key, share["serial"])] += share.get("blocks", share.get("objects"))
        if leak["domain"] == "object":
            found[key] += leak["refs"]
        else:
            found[key] += leak["blocks"]
            sizes[key] += leak["bytes"]
    blocks = sum(n for key, n in found.items() if key.domain != "object")
    if (got["blocks"], got["refs"]) != (blocks, sum(found.values()) - blocks):
        problems.append(f"the sums are {got['blocks']} blocks and {got['refs']} references")
    return got, found, sizes, shares, problems


def _compare_shares(stated, found):
    """Whose blocks they are; of objects, which are fewer than references, whether it is theirs."""
    problems = []
    for share in sorted(set(stated) | set(found)):
        want, have = stated[share], found[share]
        if share.instance == 0 or want == have:
            continue
        if share.domain != "object" or not 0 < have <= want:
            problems.append(f"instances: {have}, not {want} of {share}")
    return problems


def _compare(what, stated, found):
    lines = [f"{what}, missing: {n} of {key}" for key, n in sorted((stated - found).items())]
    return lines + [f"{what}, too many: {n} of {key}"
                    for key, n in sorted((found - stated).items())]


def _without_instances(findings):
    found = collections.Counter()
    for finding, number in findings.items():
        found[finding._replace(instance=0, owner=finding.owner.split("#")[0])] += number
    return found


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


def exact(run, outlived=True, counts=True, instances=True, leaks=True):
    """Compares a recorded run with its statements. `outlived`: instances are destroyed and more
    happened after that. Without `instances`, whose it is is not compared; without `leaks`, what is
    live is not, as of a host that ended within an act. Raises what is different."""
    run.viewer("check")
    stated = Stated(run)
    if outlived:
        stated.held_outlived()
    _, findings, problems = found_findings(run)
    if not instances:
        findings = _without_instances(findings)
        stated.findings = _without_instances(stated.findings)
    problems += _compare("findings", stated.findings, findings)
    if leaks:
        _, found, sizes, shares, more = found_leaks(run)
        problems += more + _compare("leaks", stated.leaks, found)
        problems += _compare("bytes", stated.bytes, sizes)
        problems += _compare_shares(stated.shares, shares) if instances else []
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
