#!/usr/bin/python3
# tests/host/wkhtmltoimage.py: a page renderer with two plug-ins
# SPDX-License-Identifier: MIT
"""wkhtmltoimage paints the page with its plug-ins, and ends without destroying them."""
import os

import realhost
from support.harness import SOURCE, case, main
from xvfb import display_for_script

PAGE = "file://" + os.path.abspath(os.path.join(SOURCE, "tests", "host", "page.html"))


def command():
    program = realhost.find("wkhtmltoimage", "wkhtmltopdf")
    return [program, "--enable-plugins", "--quiet", PAGE, "shot.png"]


@case("wkhtmltoimage-two-plugins-script-removes-one")
def two_plugins(t):
    runs = realhost.play(t, DISPLAY, command(), ("sample", "sample2"))
    for mode, run in runs.items():
        t.equal(sorted(os.listdir(run.work)), ["shot.png"], f"{mode}: files")
        t.equal(realhost.instances(run, "libnpsample.so"), (2, 1), f"{mode}: instances of sample")
        t.equal(realhost.instances(run, "libnpsample2.so"), (1, 0), f"{mode}: instances of sample2")
    for mode in ("flight", "record"):
        realhost.leak_kinds(t, runs[mode])
        realhost.findings(t, runs[mode])


@case("wkhtmltoimage-event-handler-allocates", misuse={"free-of-others"})
def event_handler(t):
    """NPP_HandleEvent and NPP_SetWindow, from painting and layout."""
    env = {"NPNSAMPLE_DO": "event: leak 2 500; setwindow: temp 5; setwindow: leak 1 70"}
    runs = realhost.play(t, DISPLAY, command(), ("sample", "sample2"), env)
    for mode in ("flight", "record"):
        functions = {frame["function"] for leak in runs[mode].leaks()["leaks"]
                     for frame in leak["stack"]}
        for name in ("sample_event", "sample_setwindow"):
            t.expect(name in functions, f"{mode}: no leak from {name}: {functions}")


DISPLAY = display_for_script()
main()
