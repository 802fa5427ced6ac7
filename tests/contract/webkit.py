# tests/contract/webkit.py: plays acts in pages of real browsers on QtWebKit
# SPDX-License-Identifier: MIT
"""`play` writes a page with the acting plug-in and has two browsers show it, untraced and under
`npntrace record`. The page's script calls the plug-in, removes it, and lets a second instance come
and go: time enough to clean up. What is recorded must be what the acts state, and nothing else."""
import importlib.util
import os
import shutil
import sys

from contract import acting
from host import realhost
from host.xvfb import display_for_script
from support.harness import SOURCE, Failed, Skipped

HOST = os.path.abspath(os.path.join(SOURCE, "tests", "contract", "act_page.py"))

PAGE = """<!DOCTYPE html><title>begun</title><body>
%s
<script>
var title = "a title", blank = "", answer = 42;
function echo(value) { return value; }
function callee() { return "called"; }

window.onload = function () {
    var p = document.getElementById("p"), q = document.getElementById("q"), done = 0;
    function attempt(act, times) {
        for (var i = 0; i < times; i++)
            try { act(); done++; } catch (error) { done--; }
    }
    function finish() {
        if (p.parentNode)
            p.parentNode.removeChild(p);
        if (q)
            q.parentNode.removeChild(q);
        var next = document.createElement("embed");
        next.type = "application/x-npacts";
        next.width = next.height = 20;
        document.body.appendChild(next);
        next.offsetWidth;
        next.parentNode.removeChild(next);
        document.title = "done " + done;
    }
    function finish_later() {
        if (p["answer-come"]() == 1)
            finish();
        else
            setTimeout(finish_later, 5);
    }
    document.body.style.paddingTop = "1px"; /* a new layout: no instance is left for later */
    p.offsetWidth;
    %s
    %s();
};
</script></body>
"""

EMBED = '<embed id="%s" type="application/x-npacts%s" width="20" height="20" %s>\n'


def call(method, times=1, argument=""):
    """A script that calls a method; one that fails throws an exception into the page."""
    return f'attempt(function () {{ var r = p["{method}"]({argument}); }}, {times});\n'


def get(name, times=1):
    return f'attempt(function () {{ var r = p["{name}"]; }}, {times});\n'


def for_in(times):
    return f"attempt(function () {{ for (var x in p) x; }}, {times});\n"


def is_plugin(module):
    return os.path.basename(module or "").startswith("libnpacts")


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


def _environment(t, second):
    settings = realhost.environment(t, DISPLAY, ())
    names = ["libnpacts.so"] + (["libnpacts2.so"] if second else [])
    for name in names:
        if not os.path.exists(os.path.join(settings["MOZ_PLUGIN_PATH"], name)):
            shutil.copy2(acting.ACTS, os.path.join(settings["MOZ_PLUGIN_PATH"], name))
    return settings


def _embed(name, number, attributes):
    words = " ".join(f'{phase}="{acts}"' for phase, acts in attributes.items())
    return EMBED % (name, number, words)


def _write(t, name, attributes, script, second, later):
    path = t.path(f"{name}.html")
    tags = _embed("p", "", attributes)
    if second is not None:
        tags += _embed("q", "2", second)
    with open(path, "w", encoding="utf-8") as file:
        file.write(PAGE % (tags, script, "finish_later" if later else "finish"))
    return f"file://{path}"


def _one(t, command, settings, record_options, dies):
    untraced = t.run("untraced", command, settings)
    t.expect(untraced.status < 0 if dies else untraced.status == 0,
             f"untraced: exit status {untraced.status}\n"
             + untraced.stderr.decode(errors="replace"))
    traced = t.run("record", command, settings, record_options)
    t.same(untraced, traced)
    if dies:
        acting.exact(traced, outlived=False, counts=False, leaks=False)
    else:
        acting.exact(traced)
    return traced


def play(t, name, attributes, script="", second=None, later=False, dies=False, record_options=(),
         env=None, hosts=None):
    """In both browsers. `second`: attributes of another plug-in, q. `later`: the page waits for
    what the plug-in waits for. `dies`: the browser ends by a signal, untraced too; what is live
    then is not compared. Returns the recorded runs."""
    url = _write(t, name, attributes, script, second, later)
    settings = {**_environment(t, second is not None), "ACTS_URL": url, **(env or {})}
    runs = []
    for browser in hosts or (cutycapt, pyqt5):
        try:
            runs.append(_one(t, browser(url), settings, record_options, dies))
        except Failed as failure:
            raise Failed(f"{name} in {browser.__name__}: {failure}") from None
    return runs


DISPLAY = display_for_script()
