#!/usr/bin/python3
# tests/whatif/browser.py: a real browser whose plug-ins are checked and let down
# SPDX-License-Identifier: MIT
"""What a browser does with longer blocks, later frees and refused allocations."""
import os
import shutil

from host import realhost
from host.xvfb import display_for_script
from support.harness import SOURCE, case, main

from careless import CARELESS, findings, injected

PAGE = "file://" + os.path.abspath(os.path.join(SOURCE, "tests", "host", "page.html"))
SCRIPTED = os.path.abspath(os.path.join(SOURCE, "tests", "host", "scripted_page.py"))


def cutycapt(url):
    program = realhost.find("cutycapt", "cutycapt")
    return [program, "--plugins=on", "--javascript=on", f"--url={url}", "--out=shot.png"]


def pyqt5():
    return realhost.pyqt5(SCRIPTED, "shot.png")


def browse(t, mode="record", options=(), command=None):
    settings = realhost.environment(t, DISPLAY, ("sample", "sample2"))
    return t.run(mode, command or cutycapt(PAGE), settings, record_options=options)


@case("browser-checked-page-is-the-same")
def checked(t):
    """Blocks that WebKit frees by itself have zones, too; the picture is the same to the byte."""
    plain, recorded, run = browse(t, "untraced"), browse(t), browse(t, options=["--check"])
    t.same(plain, run)
    realhost.same_files(t, plain, run)
    t.equal(findings(run), findings(recorded), "findings: one plug-in frees another's block")


@case("browser-checked-scripted-page-is-the-same")
def scripted(t):
    """The host outlives its page, and frees blocks of plug-ins when it ends."""
    runs = [browse(t, mode, options, pyqt5())
            for mode, options in (("untraced", ()), ("record", ()), ("record", ["--check"]))]
    t.same(runs[0], runs[2])
    realhost.same_files(t, runs[0], runs[2])
    t.equal(findings(runs[2]), findings(runs[1]), "findings")


@case("browser-checked-plugin-that-overruns")
def overruns(t):
    """WebKit's NPN_MemFree is the C library's free: what a plug-in does to its blocks is found as
    anywhere, and nothing else."""
    settings = realhost.environment(t, DISPLAY, ())
    shutil.copy(CARELESS, settings["MOZ_PLUGIN_PATH"])
    page = t.path("page.html")
    with open(page, "w", encoding="utf-8") as file:
        file.write('<!DOCTYPE html><embed type="application/x-careless" width="9" height="9">')
    for steps, found in (("overrun 24 1; stale 64 9; by-free 24; checked 300 20",
                          {"overrun": 1, "write-after-free": 1, "free-of-npn": 1}),
                         ("overrun-kept 40 2; kept 3 50", {"overrun": 1}),
                         ("twice 50; checked 300 20", {"double-free": 1}),
                         ("threads 4 2000; passing 4 1000; exact 9; aligned 300", {})):
        run = t.run("record", cutycapt(f"file://{page}"), {**settings, "CARELESS_DO": steps},
                    record_options=["--check"])
        t.equal(run.status, 0, f"{steps}: status\n{run.stderr.decode()}")
        t.equal(findings(run), found, f"{steps}: findings")


@case("browser-one-plugin-has-a-budget")
def budget(t):
    run = browse(t, options=["--limit=libnpsample2.so:0"])
    t.equal(run.status, 0, f"status\n{run.stderr.decode()}")
    failed = injected(run)
    t.expect(failed, "nothing was refused")
    t.equal({event["plugin"] for event in failed}, {"libnpsample2.so"}, "whose calls failed")


DISPLAY = display_for_script()
main()
