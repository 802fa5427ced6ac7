#!/usr/bin/python3
# tests/host/pyqt5.py: a scripted QtWebKit page, two plug-ins with two instances each
# SPDX-License-Identifier: MIT
"""The page is built and taken apart step by step by tests/host/scripted_page.py."""
import os

import realhost
from support.harness import SOURCE, case, main
from xvfb import display_for_script

HOST = os.path.abspath(os.path.join(SOURCE, "tests", "host", "scripted_page.py"))
LINES = 14  # what the host prints, a line for each script


def command():
    return realhost.pyqt5(HOST, "shot.png")


@case("pyqt5-two-plugins-two-instances-each")
def two_plugins(t):
    runs = realhost.play(t, DISPLAY, command(), ("sample", "sample2"))
    for mode, run in runs.items():
        t.equal(len(run.stdout.splitlines()), LINES, f"{mode}: lines on standard output")
        t.equal(realhost.instances(run, "libnpsample.so")[0], 2, f"{mode}: instances of sample")
        t.equal(realhost.instances(run, "libnpsample2.so"), (2, 2), f"{mode}: instances of sample2")
    for mode in ("flight", "record"):
        realhost.leak_kinds(t, runs[mode])
        realhost.findings(t, runs[mode])


DISPLAY = display_for_script()
main()
