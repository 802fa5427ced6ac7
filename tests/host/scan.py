#!/usr/bin/python3
# tests/host/scan.py: the process in which QtWebKit asks a plug-in what it is
# SPDX-License-Identifier: MIT
"""QtWebPluginProcess -scanPlugin opens, initialises, asks, shuts down and closes a plug-in. Its
answer on standard output is three lines that its parent reads, and nothing may come between."""
import realhost
from support.harness import MODES, case, main
from xvfb import display_for_script

PROGRAM = ("init: alloc 100; init: alloc 30 4; init: leak 3; init: temp 10; init: flush 4; "
           "shutdown: free 0; shutdown: leak 1 50; destructor: leak 2 9")


def scan(t, plugin, program):
    host = realhost.find("QtWebPluginProcess", "libqt5webkit5", realhost.QT_LIBEXEC)
    command = [host, "-scanPlugin", t.path(f"plugins/libnp{plugin}.so")]
    suffix = plugin.removeprefix("sample")
    env = {f"NPNSAMPLE_DO{suffix}": program}
    return realhost.play(t, DISPLAY, command, (plugin,), env)


def answer(t, runs):
    """The protocol, word for word."""
    for mode in MODES:
        lines = runs[mode].stdout.split(b"\n")
        t.equal(len(lines), 4, f"{mode}: lines on standard output, the last one empty")
        t.expect(lines[0].startswith(b"npntrace sample plug-in"), f"{mode}: name: {lines[0]}")
        t.expect(lines[2].startswith(b"application/x-npsample"), f"{mode}: MIME type: {lines[2]}")


def kinds(run):
    return {leak["kind"] for leak in run.leaks()["leaks"]}


@case("scan-plugin-allocates", misuse={"call-after-shutdown"})
def allocates(t):
    runs = scan(t, "sample", PROGRAM)
    answer(t, runs)
    for mode in ("flight", "record"):
        t.equal(kinds(runs[mode]), {"outlived-plugin"}, f"{mode}: kinds of leak")
        t.equal(runs[mode].report()["plugins"][0]["instances"], [], f"{mode}: instances")


@case("scan-plugin-keeps-nothing")
def keeps_nothing(t):
    runs = scan(t, "sample2", "init: alloc 100 7; init: temp 3; shutdown: free all")
    answer(t, runs)
    for mode in ("flight", "record"):
        t.equal(runs[mode].leaks()["leaks"], [], f"{mode}: leaks")


@case("scan-plugin-in-cpp", misuse={"call-after-shutdown"})
def in_cpp(t):
    answer(t, scan(t, "samplecpp", PROGRAM))


DISPLAY = display_for_script()
main()
