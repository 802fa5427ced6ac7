# tests/support/subject.py: a program whose stacks have known names and lines
# SPDX-License-Identifier: MIT
"""Builds tests/cli/subject.c, takes its debug information apart, records it, and says what its
stack must be with names and without."""
import json
import os
import re
import shutil
import subprocess

from support.harness import NPNTRACE, SOURCE

TEXT = os.path.join(SOURCE, "tests", "cli", "subject.c")


def line_of(mark):
    """The line with this mark in the source."""
    with open(TEXT, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if f"/* line: {mark} */" in line:
                return number
    raise AssertionError(f"no line is marked {mark}")


# (function, line, inlined), innermost first.
NAMED = [(name, line_of(name), name in ("take", "take_more"))
         for name in ("take", "take_more", "grow", "main")]


def tool(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          text=True, **options)


def build(path, *options):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    tool(os.environ.get("CC", "gcc").split()[0], "-g", "-O1", "-fno-ipa-icf",
         "-Wl,--build-id", *options, "-o", path, TEXT)
    return path


def build_id(path):
    return re.search(r"Build ID: ([0-9a-f]+)", tool("readelf", "-n", path).stdout)[1]


def by_build_id(folder, path, suffix=".debug"):
    """Where the file of path's build-id is in a folder for debug information."""
    identity = build_id(path)
    where = os.path.join(folder, ".build-id", identity[:2])
    os.makedirs(where, exist_ok=True)
    return os.path.join(where, identity[2:] + suffix)


def split(path, debug, link=False):
    """Moves the debug information of path into the file debug."""
    os.makedirs(os.path.dirname(debug), exist_ok=True)
    tool("objcopy", "--only-keep-debug", path, debug)
    tool("objcopy", "--strip-all", *([f"--add-gnu-debuglink={debug}"] if link else []), path)
    return debug


def record(t, program, *options, name="run.npt", env=None):
    """Records all of a program's heap."""
    recording = t.path(name)
    tool(NPNTRACE, "record", "-q", "--heap=all", "-o", recording, *options, "--", program,
         env={**os.environ, **(env or {})})
    return recording


def frames(recording, *options, env=None, program="subject"):
    """The frames in the program, of the stack that took most; and what was said on stderr."""
    done = tool(NPNTRACE, "leaks", "--host", "--by=stack", "--json", *options, recording,
                env={**os.environ, **(env or {})})
    leaks = json.loads(done.stdout)["leaks"]
    stack = max(leaks, key=lambda leak: leak["bytes"])["stack"]
    return [f for f in stack if os.path.basename(f["module"] or "") == program], done.stderr


def expect_named(t, found, what):
    t.equal([(f["function"], f["line"], f["inlined"]) for f in found[:4]], NAMED, what)
    for frame in found[:4]:
        t.expect(frame["file"].endswith("subject.c"), f"{what}: file {frame['file']}")


def expect_nameless(t, found, what):
    t.expect(found, f"{what}: no frames")
    for frame in found:
        t.equal((frame["function"], frame["file"], frame["line"]), (None, None, None), what)
        t.expect(frame["offset"], f"{what}: no offset: {frame}")


def remove(path):
    (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)
