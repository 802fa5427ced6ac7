# tests/support/compare.py: compares a recording with what the sample plug-ins state
# SPDX-License-Identifier: MIT
"""Each function returns a list of differences, empty when there are none. A statement is the JSON
that tests/plugins/tally_state.c writes; reports and leaks are those of `npntrace --json`."""
import collections
import difflib
import json
import os
import re

COUNTS = ("allocs", "frees", "flushes", "bytes_allocated", "live_blocks", "live_bytes",
          "peak_bytes", "freed_elsewhere", "handed_over")


def difference(expected, got):
    """A unified diff of two texts, or of two values as JSON."""
    lines = [v if isinstance(v, str) else json.dumps(v, indent=1, sort_keys=True)
             for v in (expected, got)]
    return "\n".join(difflib.unified_diff(lines[0].split("\n"), lines[1].split("\n"),
                                          "expected", "got", lineterm="", n=2))


def counts(npn, peak):
    """The part of a count object that is stated."""
    return {key: npn[key] for key in COUNTS if peak or key != "peak_bytes"}


def _instances(entry, peak):
    ordered = sorted(entry["instances"], key=lambda i: i["serial"])
    return [{"mime": i["mime"], "destroyed": i["destroyed"], **counts(i["npn"], peak)}
            for i in ordered]


def _is_idle(entry):
    return not any(entry["npn"][key] for key in COUNTS)


def _by_name(entries):
    found = {}
    for entry in entries:
        if entry["name"] in found:
            raise ValueError(f"{entry['name']} is in the report twice")
        found[entry["name"]] = entry
    return found


def report(got, statements, peak=True):
    """Plug-ins that allocated nothing may be missing on either side, with their instances."""
    problems = []
    if got["format"] != "npntrace-report-1":
        problems.append(f"format {got['format']}")
    if got["lost_events"] != 0:
        problems.append(f"{got['lost_events']} lost events")
    try:
        plugins = _by_name(got["plugins"])
    except ValueError as error:
        return problems + [str(error)]
    names = {s["name"] for s in statements.values() if not _is_idle(s)}
    names |= {name for name, entry in plugins.items() if not _is_idle(entry)}
    stated = {s["name"]: s for s in statements.values()}
    for name in sorted(names):
        if name not in plugins or name not in stated:
            problems.append(f"{name}: only in the "
                            + ("statement" if name in stated else "report"))
            continue
        want, have = stated[name], plugins[name]
        if counts(want["npn"], peak) != counts(have["npn"], peak):
            problems.append(f"{name}:\n" + difference(counts(want["npn"], peak),
                                                      counts(have["npn"], peak)))
        if _instances(want, peak) != _instances(have, peak):
            problems.append(f"{name}, instances:\n" + difference(_instances(want, peak),
                                                                 _instances(have, peak)))
    return problems + _totals(got)


def _totals(got):
    """What adds up must add up."""
    problems = []
    for key in COUNTS:
        total = sum(p["npn"][key] for p in got["plugins"])
        if key != "peak_bytes" and got["totals"]["npn"][key] != total:
            problems.append(f"totals: {key} is {got['totals']['npn'][key]}, the sum is {total}")
    return problems


def function_name(name):
    """Without parameters, return type and unnamed namespaces: whether these are printed is the
    viewer's choice."""
    name = name.replace("(anonymous namespace)::", "")
    name = re.sub(r"\(.*$", "", name)
    return name.split(" ")[-1]


def _frames(stack, module=None):
    """The frames of one module. Those without a file are the compiler's start-up code."""
    return tuple((function_name(f["function"]), os.path.basename(f["file"]), f["line"])
                 for f in stack
                 if f["file"] and (module is None or os.path.basename(f["module"]) == module))


def _stated_leaks(statements):
    found = collections.Counter()
    for statement in statements.values():
        for leak in statement["leaks"]:
            key = (statement["name"], _frames(leak["stack"]))
            found[key + ("blocks",)] += leak["blocks"]
            found[key + ("bytes",)] += leak["bytes"]
    return found


def _recorded_leaks(got):
    found = collections.Counter()
    for leak in got["leaks"]:
        key = (leak["plugin"], _frames(leak["stack"], leak["plugin"]))
        found[key + ("blocks",)] += leak["blocks"]
        found[key + ("bytes",)] += leak["bytes"]
    return found


def _text(key, number):
    name, frames, unit = key
    where = " < ".join(f"{function} {file}:{line}" for function, file, line in frames)
    return f"{number} {unit} of {name} at {where or 'nowhere'}"


def leaks(got, statements):
    """Stacks are compared by the plug-in's own frames: it knows no others."""
    problems = []
    if got["format"] != "npntrace-leaks-1":
        problems.append(f"format {got['format']}")
    want, have = _stated_leaks(statements), _recorded_leaks(got)
    problems += ["leaks, missing: " + _text(k, n) for k, n in sorted((want - have).items())]
    problems += ["leaks, too many: " + _text(k, n) for k, n in sorted((have - want).items())]
    for unit in ("blocks", "bytes"):
        total = sum(n for key, n in have.items() if key[2] == unit)
        if got[unit] != total:
            problems.append(f"leaks: {unit} is {got[unit]}, the sum is {total}")
    return problems
