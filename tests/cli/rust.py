#!/usr/bin/python3
# tests/cli/rust.py: names of Rust functions, in both manglings
# SPDX-License-Identifier: MIT
"""A program by Debian's rustc, in the legacy mangling and in v0, with debug information and with
its symbols alone."""
import json
import os
import re

from support.harness import NPNTRACE, SOURCE, case, main
from support.subject import tool

RUSTC = "/usr/bin/rustc"  # Debian's: others mangle in their own way by now
TEXT = os.path.join(SOURCE, "tests", "cli", "subject.rs")
V0 = ["-C", "symbol-mangling-version=v0"]


def stack_of(t, name, options, debug):
    program = t.path(name)
    tool(RUSTC, "-g", "-O", *options, "-o", program, TEXT)
    if not debug:
        tool("strip", "-g", program)
    recording = t.path(name + ".npt")
    tool(NPNTRACE, "record", "-q", "--heap=all", "-o", recording, "--", program)
    leaks = json.loads(tool(NPNTRACE, "leaks", "--host", "--json", recording).stdout)["leaks"]
    return max(leaks, key=lambda leak: leak["bytes"])["stack"]


def mark(name):
    with open(TEXT, encoding="utf-8") as file:
        return [n for n, line in enumerate(file, 1) if f"// line: {name}" in line][0]


def expect(t, stack, wanted, what):
    """The wanted functions (name, inlined, line or None) in this order, and nothing mangled."""
    rest = list(wanted)
    for frame in stack:
        t.expect(not re.search(r"_ZN|_R[A-Z]|17h[0-9a-f]{16}|::h[0-9a-f]{16}",
                               frame["function"] or ""), f"{what}: mangled: {frame}")
        if rest and (frame["function"], frame["inlined"]) == rest[0][:2]:
            t.equal(frame["line"], rest[0][2], f"{what}: line of {rest[0][0]}")
            rest.pop(0)
    t.equal(rest, [], f"{what}: not in {[(f['function'], f['inlined']) for f in stack]}")


@case("rust-v0")
def v0(t):
    bed = "<subject::garden::Bed<u64>>"
    stack = stack_of(t, "subject", V0, True)
    expect(t, stack, [(f"{bed}::sow", True, 12), (f"{bed}::new", False, mark("new")),
                      ("subject::grow", False, mark("grow")),
                      ("subject::main", False, mark("main"))], "v0")
    stack = stack_of(t, "stripped", [*V0, "--crate-name=subject"], False)
    expect(t, stack, [(f"{bed}::new", False, None), ("subject::grow", False, None),
                      ("subject::main", False, None)], "v0, symbols alone")


@case("rust-legacy")
def legacy(t):
    bed = "subject::garden::Bed<T>"
    stack = stack_of(t, "subject", [], True)
    expect(t, stack, [(f"{bed}::sow", True, 12), (f"{bed}::new", False, mark("new")),
                      ("subject::grow", False, mark("grow")),
                      ("subject::main", False, mark("main"))], "legacy")
    stack = stack_of(t, "stripped", ["--crate-name=subject"], False)
    expect(t, stack, [(f"{bed}::new", False, None), ("subject::grow", False, None),
                      ("subject::main", False, None)], "legacy, symbols alone")


main()
