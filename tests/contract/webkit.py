# tests/contract/webkit.py: plays acts in pages of real browsers on QtWebKit
# SPDX-License-Identifier: MIT
"""`play` writes a page with the acting plug-in and has two browsers show it, untraced and under
`npntrace record`. The page's script calls the plug-in, removes it, and lets a second instance come
and go: time enough to clean up. What is recorded must be what the acts state, and nothing else."""
import json
import os
import shutil

from contract import acting
from host import realhost
from host.xvfb import display_for_script
from support.harness import SOURCE, Failed

HOST = os.path.abspath(os.path.join(SOURCE, "tests", "contract", "act_page.py"))

PAGE = """<!DOCTYPE html><title>begun</title><body>
<script>
var title = "a title", blank = "", answer = 42;
function echo(value) { return value; }
function callee() { return "called"; }

/* QtWebKit makes the instance in the layout that the script asks for, or in a timer that is due at
 * once where another layout has just ended: what needs the instance waits by a timer of its own. */
function embed(id, number, attributes) {
    var tag = document.createElement("embed");
    tag.type = "application/x-npacts" + number;
    tag.id = id;
    tag.width = tag.height = 20;
    for (var name in attributes)
        tag.setAttribute(name, attributes[name]);
    document.body.appendChild(tag);
    tag.offsetWidth;
    return tag;
}

function play() {
    var p, q, done = 0;
    function attempt(call, times) {
        for (var i = 0; i < times; i++)
            try { call(); done++; } catch (error) { done--; }
    }
    function finish() {
        if (p.parentNode)
            p.parentNode.removeChild(p);
        if (q)
            q.parentNode.removeChild(q);
        setTimeout(end, 0); /* QtWebKit keeps what has called it alive until then */
    }
    function end() {
        var next = embed("next", "", {});
        setTimeout(function () {
            next.parentNode.removeChild(next);
            document.title = "done " + done;
        }, 0);
    }
    function finish_later() {
        if (p["answer-come"]() == 1)
            finish();
        else
            setTimeout(finish_later, 5);
    }
    function act() {
        %s
        %s();
    }
    %s
    setTimeout(act, 0);
}

/* Not in the event itself: then it is left to chance which layout makes the instances. */
if (location.hash != "#played")
    window.onload = function () { setTimeout(play, 0); };
</script></body>
"""

EMBED = '%s = embed("%s", "%s", %s);\n'


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
    return [program, "--plugins=on", "--javascript=on", "--delay=200", f"--url={url}",
            "--out=shot.png"]


def pyqt5(url):
    return realhost.pyqt5(HOST, f"{url}#played")


def _environment(t, second):
    settings = realhost.environment(t, DISPLAY, ())
    names = ["libnpacts.so"] + (["libnpacts2.so"] if second else [])
    for name in names:
        if not os.path.exists(os.path.join(settings["MOZ_PLUGIN_PATH"], name)):
            shutil.copy2(acting.ACTS, os.path.join(settings["MOZ_PLUGIN_PATH"], name))
    return settings


def _embed(name, number, attributes):
    return EMBED % (name, name, number, json.dumps(attributes))


def _write(t, name, attributes, script, second, later):
    path = t.path(f"{name}.html")
    tags = _embed("p", "", attributes)
    if second is not None:
        tags += _embed("q", "2", second)
    with open(path, "w", encoding="utf-8") as file:
        file.write(PAGE % (script, "finish_later" if later else "finish", tags))
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
