#!/usr/bin/python3
# tests/contract/browsers.py: acts that real browsers can play, in two of them
# SPDX-License-Identifier: MIT
"""CutyCapt and a page of PyQt5's QtWebKit play the acts that leave a host on the C library's malloc
unharmed: what is reported is what the acts state, as with the mini-host."""
import importlib.util
import os
import shutil
import sys

from contract import acting
from host import realhost
from host.xvfb import display_for_script
from support.harness import SOURCE, Failed, Skipped, case, main

HOST = os.path.abspath(os.path.join(SOURCE, "tests", "contract", "act_page.py"))

# The second instance comes after the end of the first: time enough to clean up.
PAGE = """<!DOCTYPE html><title>begun</title><body>
<embed id="p" type="application/x-npacts" width="20" height="20" %s>
<script>
window.onload = function () {
    var p = document.getElementById("p"), done = 0;
    function attempt(act) {
        for (var i = 0; i < act.times; i++)
            try { act(p); done++; } catch (error) { done--; }
    }
    %s
    p.parentNode.removeChild(p);
    var next = document.createElement("embed");
    next.type = "application/x-npacts";
    next.width = next.height = 20;
    document.body.appendChild(next);
    next.offsetWidth;
    next.parentNode.removeChild(next);
    document.title = "done " + done;
};
</script></body>
"""


def call(method, times=1):
    """A script that calls a method; one that fails throws an exception into the page."""
    return (f'var act = function (p) {{ var r = p["{method}"](); }}; act.times = {times};'
            " attempt(act);")


def for_in(times):
    return ("var act = function (p) { for (var x in p) x; }; "
            f"act.times = {times}; attempt(act);")


def cutycapt(url):
    program = realhost.find("cutycapt", "cutycapt")
    return [program, "--plugins=on", "--javascript=on", f"--url={url}", "--out=shot.png"]


def pyqt5(url):
    try:
        found = importlib.util.find_spec("PyQt5.QtWebKitWidgets")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise Skipped("no PyQt5.QtWebKitWidgets here (Debian package: python3-pyqt5.qtwebkit)")
    return [sys.executable, HOST, url]


def environment(t):
    settings = realhost.environment(t, DISPLAY, ())
    shutil.copy2(acting.ACTS, settings["MOZ_PLUGIN_PATH"])
    return settings


def play(t, name, attributes, script="", record_options=(), env=None):
    """In both browsers. Returns the recorded runs."""
    path = t.path(f"{name}.html")
    words = " ".join(f'{phase}="{acts}"' for phase, acts in attributes.items())
    with open(path, "w", encoding="utf-8") as file:
        file.write(PAGE % (words, script))
    settings = {**environment(t), **(env or {})}
    runs = []
    for browser in (cutycapt, pyqt5):
        command = browser(f"file://{path}")
        untraced = t.run("untraced", command, settings)
        t.equal(untraced.status, 0, "untraced: exit status\n"
                + untraced.stderr.decode(errors="replace"))
        traced = t.run("record", command, settings, record_options)
        t.same(untraced, traced)
        try:
            acting.exact(traced)
        except Failed as failure:
            raise Failed(f"{name} in {browser.__name__}: {failure}") from None
        runs.append(traced)
    return runs


@case("browsers-correct-acts")
def correct(t):
    acts = ("identifier-freed", "identifier-number", "values-looked-at", "own-variant-released",
            "window-released", "plain-released", "counted-released", "const-released",
            "plain-balanced", "enumeration-freed", "string-evaluated", "thread-allowed")
    script = "".join(call(m, 3) for m in ("answer-string", "answer-object", "answer-empty",
                                          "answer-window", "answer-false", "identifier-freed"))
    runs = play(t, "correct", {"do": ",".join(acts), "has": "name-freed",
                               "save": "saved-given"}, script + for_in(3))
    for done in runs:
        stated = acting.Stated(done)
        t.expect(not stated.leaks and not stated.findings, "the acts are not clean")
        # Three strings of methods, and the saved data.
        t.equal(stated.counts["libnpacts.so", "handed_over"], 5, "blocks handed over")


@case("browsers-kept")
def kept(t):
    for act in ("identifier-kept", "string-evaluated-kept", "enumeration-kept", "window-kept",
                "element-kept", "plain-kept", "counted-kept"):
        play(t, act, {"do": act})


@case("browsers-instance-of-a-leak")
def instance(t):
    """What is said of the instance: its type, the address that the tag has, its life."""
    address = "data:application/x-npacts,picture"
    for done in play(t, "instance", {"do": "identifier-kept", "src": address}):
        leak, = done.json("leaks")["leaks"]
        first = leak["instances"][0]
        t.equal((leak["kind"], first["mime"], first["page"]),
                ("outlived-instance", "application/x-npacts", address), "the instance")
        t.expect(0 < first["created_ns"] < first["destroyed_ns"], "its life")
        text = " ".join(done.viewer("leaks").split())
        words = f"instance #{first['serial']}, application/x-npacts on {address}, created after "
        t.expect("outlived its instance" in text and words in text, text)


@case("browsers-for-in-a-hundred-times")
def hundred(t):
    """The browser asks hasMethod of each property of the tag. What leaks there has one place in the
    plug-in, by whichever ways the script engine comes to it: that is one leak."""
    for done in play(t, "forin", {"has": "name-kept"}, for_in(100)):
        got = done.json("leaks")
        t.equal(len(got["leaks"]), 1, "leaks")
        leak = got["leaks"][0]
        functions = [f["function"] for f in leak["stack"][:leak["common_frames"]]]
        t.equal(functions, ["name_kept", "acts_run", "class_hasmethod"], "the place")
        t.equal(leak["origin"], "NPN_UTF8FromIdentifier", "origin")
        t.equal(leak["blocks"], sum(acting.Stated(done).leaks.values()), "blocks")
        # A hundred times each name; the page's "p.parentNode" asks once more.
        t.expect(leak["blocks"] > 100 and leak["blocks"] % 100 == 1,
                 f"{leak['blocks']} is not a hundred times the names, and one")
        whole = done.leaks()["leaks"]
        t.equal(len(leak["more_stacks"]) + 1, len(whole), "whole stacks")
        t.equal(leak["blocks"] - sum(more["blocks"] for more in leak["more_stacks"]),
                whole[0]["blocks"], "blocks of the commonest stack")
        text = [line for line in done.viewer("leaks").splitlines() if "identifier string" in line]
        t.equal(len(text), 1, "lines about it")
        t.expect(f" {leak['blocks']:,} identifier strings" in text[0], text[0])


@case("browsers-results")
def results(t):
    play(t, "object-kept", {}, call("answer-object-kept"))
    play(t, "two-strings", {}, call("answer-one-of-two"))


@case("browsers-misuse")
def misuse(t):
    play(t, "answer-heap", {}, call("answer-heap"))
    for act in ("free-heap", "thread-identifies", "negative-size"):
        play(t, act, {"do": act})


@case("browsers-two-heaps")
def heaps(t):
    """Deeply bound, as one of these opens its plug-ins, or not."""
    for act in ("free-heap", "heap-free"):
        for done in play(t, act, {"do": act}, "", ["--heap=plugins"], {"ACTS_HEAP": "1"}):
            t.equal(len(done.json("findings")["findings"]), 1, "findings")


DISPLAY = display_for_script()
main()
