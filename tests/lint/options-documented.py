#!/usr/bin/python3
# Every option that a verb accepts is in its manual page, and the other way round.
# SPDX-License-Identifier: MIT
"""Compares `npntrace VERB --help` with man/npntrace-VERB.1, `npntrace --help` with npntrace.1, and
the environment variables that the source reads with npntrace.7."""

import glob
import os
import re
import subprocess
import sys

# argp gives these to every verb; npntrace.1 documents them once.
COMMON = {"--help", "--usage", "--version", "-?", "-V"}
# All verbs that print stacks have these; npntrace.1 documents them once, and must.
OF_SYMBOLS = {"--sysroot", "--debug-path"}

HELP_OPTION = re.compile(r"^ {2,6}(?:(-[^\s,-])(?:[= ]\S+)?(?:, | {2,}|$))?\s*"
                         r"(--[a-z][a-z-]*)?(\[?=[^\s\]]+\]?)?")


def options_of_help(text):
    """{'--output': True, '-o': True}: True where the long option takes an argument."""
    found = {}
    for line in text.splitlines():
        if not re.match(r"^ {2,6}-", line):
            continue
        match = HELP_OPTION.match(line)
        short, long, argument = match.groups()
        takes = argument is not None
        if long:
            found[long] = takes
        if short:
            found[short] = takes if long else found.get(short, False)
    return found


def options_of_page(text):
    """The same from the `.It Fl` lines of an mdoc page."""
    found = {}
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        takes = " Ar " in f"{line} "
        for flag in re.findall(r"Fl +(-?[A-Za-z?][A-Za-z-]*)", line):
            found["-" + flag] = takes
    return found


def verbs_of_help(text):
    """The verbs of `npntrace --help`: indented words that are no options."""
    return set(re.findall(r"^ {2,4}([a-z]+) {2,}\S", text, re.M))


class Tap:
    def __init__(self):
        self.count = 0

    def report(self, good, name, *details):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            for detail in details:
                print(f"# {detail}")

    def end(self):
        print(f"1..{self.count}")
        return 0


def run_help(program, *verb):
    done = subprocess.run([program, *verb, "--help"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30,
                          env={**os.environ, "ARGP_HELP_FMT": "rmargin=200", "COLUMNS": "200"})
    return done


def compare(tap, name, helped, documented):
    for option in COMMON | OF_SYMBOLS:
        helped.pop(option, None)
        documented.pop(option, None)
    tap.report(not set(helped) - set(documented), f"{name}: every option of --help is in the page",
               f"not in the page: {sorted(set(helped) - set(documented))}")
    tap.report(not set(documented) - set(helped), f"{name}: every option of the page is in --help",
               f"not in --help: {sorted(set(documented) - set(helped))}")
    both = set(helped) & set(documented)
    wrong = sorted(o for o in both if helped[o] != documented[o] and o.startswith("--"))
    tap.report(not wrong, f"{name}: the page and --help agree on which options take a value",
               f"different: {wrong}")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# Read by libdw, not by our source.
FOREIGN_VARIABLES = {"DEBUGINFOD_URLS"}


def variables_of_source(root):
    found = set()
    for folder in ("format", "shim", "tracer", "recorder", "viewer"):
        for path in glob.glob(os.path.join(root, folder, "*.c")) + \
                glob.glob(os.path.join(root, folder, "*.h")):
            text = read(path)
            found |= set(re.findall(r'getenv\("([A-Z_]+)"\)', text))
            found |= set(re.findall(r'"(NPNTRACE_[A-Z_]+)"', text))
    return found


def compare_variables(tap, root):
    page = read(os.path.join(root, "man", "npntrace.7"))
    mentioned = set(re.findall(r"^\.(?:It )?Ev ([A-Z_]+)", page, re.M))
    listed = set(re.findall(r"^\.It Ev ([A-Z_]+)", page, re.M))
    source = variables_of_source(root)
    tap.report(source and source <= mentioned, "npntrace.7 names every variable that is read",
               f"not in the page: {sorted(source - mentioned)}")
    tap.report(listed <= source | FOREIGN_VARIABLES,
               "npntrace.7 lists no variable that is not read",
               f"not in the source: {sorted(listed - source - FOREIGN_VARIABLES)}")


def main():
    program = os.path.join(os.environ["NPNTRACE_BUILDDIR"], "npntrace")
    pages = os.path.join(os.environ["NPNTRACE_SRCDIR"], "man")
    tap = Tap()

    top = run_help(program)
    tap.report(top.returncode == 0 and top.stdout != "", "npntrace --help succeeds on stdout",
               f"status {top.returncode}", top.stderr.strip())
    main_page = options_of_page(read(os.path.join(pages, "npntrace.1")))
    tap.report(OF_SYMBOLS <= set(main_page), "npntrace.1 has the options that say where files are",
               f"not in the page: {sorted(OF_SYMBOLS - set(main_page))}")
    compare(tap, "npntrace", options_of_help(top.stdout), main_page)

    documented = {re.sub(r".*/npntrace-(.*)\.1", r"\1", path)
                  for path in glob.glob(os.path.join(pages, "npntrace-*.1"))}
    verbs = verbs_of_help(top.stdout)
    tap.report(verbs == documented, "each verb of --help has a page, each page a verb",
               f"verbs {sorted(verbs)}", f"pages {sorted(documented)}")

    for verb in sorted(verbs & documented):
        helped = run_help(program, verb)
        tap.report(helped.returncode == 0 and helped.stdout != "",
                   f"{verb}: --help succeeds on stdout", f"status {helped.returncode}",
                   helped.stderr.strip())
        compare(tap, verb, options_of_help(helped.stdout),
                options_of_page(read(os.path.join(pages, f"npntrace-{verb}.1"))))
    compare_variables(tap, os.environ["NPNTRACE_SRCDIR"])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
