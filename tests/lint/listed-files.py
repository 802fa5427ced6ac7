#!/usr/bin/python3
# Every source file is named in a makefile, so that "make dist" has it; and no name is stale.
# SPDX-License-Identifier: MIT
"""Looks for each file's path from the root in Makefile.am and the local.mk files."""

import glob
import os
import re
import sys

FOLDERS = ("format", "tracer", "shim", "recorder", "viewer", "tests", "man", "doc")
NAME = re.compile(r"(?<![\w./$(){}-])(?:%s)/[\w./-]+\.[a-zA-Z0-9]+(?![\w(])" % "|".join(FOLDERS))
# Not in a distribution by name: included makefiles are added by automake itself.
UNLISTED = re.compile(r"\.mk$|\.pyc$|~$|^[^/]*/\.")
# Made by the build, not by hand, where the build is in the source tree.
BUILT = re.compile(r"/\.(libs|deps)/|\.(o|lo|la|so|log|trs|dirstamp)$|/\.dirstamp$|__pycache__")

# Made from other sources.
GENERATED = re.compile(r"\.pb-c\.[ch]$")


def makefiles(root):
    yield "Makefile.am"
    for path in sorted(glob.glob(os.path.join(root, "**/*.mk"), recursive=True)):
        yield os.path.relpath(path, root)


def listed_names(root):
    names = {}
    for makefile in makefiles(root):
        with open(os.path.join(root, makefile), encoding="utf-8") as file:
            for line in file:
                for name in NAME.findall(re.sub(r"(^|\s)#.*", "", line)):
                    names.setdefault(name, makefile)
    return names


def is_program(path):
    """A linked test program, beside its source in a build in the tree."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def present_files(root):
    for folder in FOLDERS:
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
            for name in names:
                path = os.path.relpath(os.path.join(where, name), root)
                full = os.path.join(root, path)
                if not (UNLISTED.search(path) or BUILT.search(path) or is_program(full)):
                    yield path


def wildcard_folders(root):
    """Folders that a makefile hands to EXTRA_DIST as a whole."""
    folders = []
    for makefile in makefiles(root):
        with open(os.path.join(root, makefile), encoding="utf-8") as file:
            text = re.sub(r"\\\n", " ", file.read())
        for value in re.findall(r"^EXTRA_DIST\s*\+?=(.*)$", text, re.M):
            folders += [word for word in value.split()
                        if os.path.isdir(os.path.join(root, word))]
    return folders


def main():
    root = os.environ.get("NPNTRACE_SRCDIR", ".")
    listed = listed_names(root)
    whole = wildcard_folders(root)
    missing = sorted(path for path in present_files(root)
                     if path not in listed
                     and not any(path.startswith(folder.rstrip("/") + "/") for folder in whole))
    print(f"{'not ok' if missing else 'ok'} 1 - every file is named in a makefile")
    for path in missing:
        print(f"# {path} is in no makefile")
    sources = {name for name in listed if name.endswith((".c", ".h", ".py", ".sh", ".md", ".S"))}
    stale = sorted(name for name in sources if not os.path.exists(os.path.join(root, name))
                   and not GENERATED.search(name))
    print(f"{'not ok' if stale else 'ok'} 2 - every source that a makefile names exists")
    for path in stale:
        print(f"# {path}, named in {listed[path]}, does not exist")
    print("1..2")
    return 0 if listed else 99


if __name__ == "__main__":
    sys.exit(main())
