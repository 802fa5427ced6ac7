#!/usr/bin/python3
# What every source file has in common: its first two lines, its length, its white space.
# SPDX-License-Identifier: MIT
"""C, assembler, script and make files open with a line of purpose and the licence."""

import os
import re
import sys

FOLDERS = ("format", "tracer", "shim", "recorder", "viewer", "tests", "m4", "build-aux")
MAX_LINES = 500
MAX_COLUMNS = 100
LICENCE = "SPDX-License-Identifier: MIT"
# Put there by autoreconf, not ours.
FOREIGN = re.compile(r"^m4/(libtool|lt.*)\.m4$"
                     r"|^build-aux/(ar-lib|compile|config\..*|depcomp|install-sh|ltmain.*|missing"
                     r"|tap-driver\.sh|test-driver|py-compile)$")
# A script's own folder is searched first: html.py would be run by who imports urllib beside it.
SHADOWED = sys.stdlib_module_names
KINDS = (".c", ".h", ".S", ".py", ".sh", ".mk", ".m4", ".cc", ".cpp")


def sources(root):
    for folder in FOLDERS:
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
            for name in sorted(names):
                path = os.path.relpath(os.path.join(where, name), root)
                if name.endswith(KINDS) and not FOREIGN.match(path):
                    yield path


def faults(path, lines):
    head = lines[1:3] if lines and lines[0].startswith("#!") else lines[:2]
    if len(head) < 2 or LICENCE not in head[1]:
        yield f"no '{LICENCE}' on the line after its purpose"
    if os.path.splitext(os.path.basename(path))[0] in SHADOWED and path.endswith(".py"):
        yield "Python has a module of that name: scripts beside this one would import this"
    if len(lines) > MAX_LINES:
        yield f"{len(lines)} lines, more than {MAX_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > MAX_COLUMNS:
            yield f"line {number} is longer than {MAX_COLUMNS} columns"
        if line != line.rstrip():
            yield f"line {number} ends in white space"
        if "\t" in line and path.endswith((".c", ".h", ".py")):
            yield f"line {number} has a tab"


def main():
    root = os.environ.get("NPNTRACE_SRCDIR", ".")
    count = 0
    for count, path in enumerate(sources(root), 1):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            found = list(faults(path, file.read().splitlines()))
        print(f"{'not ok' if found else 'ok'} {count} - {path}")
        for fault in found[:20]:
            print(f"# {path}: {fault}")
    print(f"1..{count}")
    return 0 if count else 99


if __name__ == "__main__":
    sys.exit(main())
