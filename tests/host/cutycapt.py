#!/usr/bin/python3
# tests/host/cutycapt.py: a screenshot browser with two plug-ins
# SPDX-License-Identifier: MIT
"""CutyCapt loads a page with plug-ins, runs its scripts, and saves a picture of it."""
import os

import realhost
from support.harness import LIBRARY, NPNTRACE, SOURCE, case, main
from xvfb import display_for_script

PAGE = "file://" + os.path.abspath(os.path.join(SOURCE, "tests", "host", "page.html"))
EMPTY_PAGE = "data:text/html,no%20plug-in"


def command(url):
    program = realhost.find("cutycapt", "cutycapt")
    return [program, "--plugins=on", "--javascript=on", f"--url={url}", "--out=shot.png"]


@case("cutycapt-two-plugins-script-removes-one")
def two_plugins(t):
    runs = realhost.play(t, DISPLAY, command(PAGE), ("sample", "sample2"))
    for mode, run in runs.items():
        t.equal(sorted(os.listdir(run.work)), ["shot.png"], f"{mode}: files")
        t.equal(realhost.instances(run, "libnpsample.so")[0], 2, f"{mode}: instances of sample")
        t.equal(realhost.instances(run, "libnpsample2.so")[0], 1, f"{mode}: instances of sample2")
    for mode in ("flight", "record"):
        realhost.leak_kinds(t, runs[mode])
        realhost.findings(t, runs[mode])


@case("cutycapt-plugin-calls-script-calls-plugin", misuse={"free-of-others"})
def nested(t):
    """Three instances of two plug-ins on one stack, with the scripts' own frames in between."""
    runs = realhost.play(t, DISPLAY, command(PAGE + "#nested"), ("sample", "sample2"))
    for mode in ("flight", "record"):
        stacks = [[frame["function"] for frame in leak["stack"]]
                  for leak in runs[mode].leaks()["leaks"] if leak["bytes"] == 9]
        t.equal(len(stacks), 1, f"{mode}: leaks of nine bytes")
        t.equal(stacks[0].count("step_eval"), 2, f"{mode}: step_eval in {stacks[0]}")


@case("cutycapt-script-sees-plugin-result")
def script_sees_result(t):
    """The picture shows what is compared: another program in the page, another picture."""
    settings = realhost.environment(t, DISPLAY, ("sample", "sample2"))
    plain = t.run("untraced", command(PAGE), settings)
    changed = t.run("untraced", command(PAGE), {**settings, "NPNSAMPLE_DO": "alloc 1"})
    t.expect(realhost.files(plain.work) != realhost.files(changed.work),
             "the picture does not depend on what the plug-ins did")


@case("cutycapt-page-without-plugin-no-recording")
def no_plugin(t):
    settings = realhost.environment(t, DISPLAY, ("sample",))
    untraced = t.run("untraced", command(EMPTY_PAGE), settings)
    t.equal(untraced.status, 0, "untraced: exit status")
    flight = t.run("flight", command(EMPTY_PAGE), settings)
    t.same(untraced, flight)
    realhost.same_files(t, untraced, flight)
    realhost.quiet_errors(t, untraced, flight)
    t.equal(os.listdir(flight.recordings), [], "flight: recordings")
    record = t.run("record", command(EMPTY_PAGE), settings)
    t.same(untraced, record)
    realhost.same_files(t, untraced, record)
    t.expect(b"met a plug-in" in record.stderr,
             f"record does not say that the host met no plug-in:\n{record.stderr.decode()}")
    t.equal(os.listdir(record.recordings), [], "record: recordings")


DISPLAY = display_for_script()
main()
