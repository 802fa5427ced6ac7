#!/usr/bin/python3
# tests/whatif/browser.py: a real browser whose plug-ins are checked and let down
# SPDX-License-Identifier: MIT
"""What a browser does with longer blocks, later frees and refused allocations."""
import os

from host import realhost
from host.xvfb import display_for_script
from support.harness import SOURCE, case, main

from careless import findings, injected

PAGE = "file://" + os.path.abspath(os.path.join(SOURCE, "tests", "host", "page.html"))


def browse(t, mode="record", options=()):
    program = realhost.find("cutycapt", "cutycapt")
    settings = realhost.environment(t, DISPLAY, ("sample", "sample2"))
    command = [program, "--plugins=on", "--javascript=on", f"--url={PAGE}", "--out=shot.png"]
    return t.run(mode, command, settings, record_options=options)


@case("browser-checked-page-is-the-same")
def checked(t):
    """Blocks that WebKit frees by itself have zones, too; the picture is the same to the byte."""
    plain, recorded, run = browse(t, "untraced"), browse(t), browse(t, options=["--check"])
    t.same(plain, run)
    realhost.same_files(t, plain, run)
    t.equal(findings(run), findings(recorded), "findings: one plug-in frees another's block")


@case("browser-one-plugin-has-a-budget")
def budget(t):
    run = browse(t, options=["--limit=libnpsample2.so:0"])
    t.equal(run.status, 0, f"status\n{run.stderr.decode()}")
    failed = injected(run)
    t.expect(failed, "nothing was refused")
    t.equal({event["plugin"] for event in failed}, {"libnpsample2.so"}, "whose calls failed")


DISPLAY = display_for_script()
main()
