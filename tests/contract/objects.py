#!/usr/bin/python3
# tests/contract/objects.py: references to objects, taken and given back
# SPDX-License-Identifier: MIT
"""Each reference that a plug-in takes or gets is given back once: to NPN_ReleaseObject, with a
variant, or to the browser that asked for a result."""
from contract.acting import HOSTS, act, around, clean_everywhere, play
from support.harness import case, main

BALANCED = ("window-released", "plain-released", "counted-released", "const-released",
            "plain-balanced", "objects-released", "object-invoked-released", "left-released")
KEPT = ("window-kept", "element-kept", "window-retained", "plain-kept", "plain-retained",
        "counted-kept", "left-kept", "object-invoked-kept", "object-got-kept", "object-made-kept")


@case("balanced")
def balanced(t):
    clean_everywhere(t, around(act(",".join(BALANCED)), "fetch 1", "fetch 1"))


@case("balanced-often")
def often(t):
    """Objects' addresses are used again."""
    clean_everywhere(t, around(act("window-released", event=",".join(BALANCED)),
                               *["event 1"] * 10), hosts=("plain", "wrapper"))


def kept(name):
    def object_kept(t):
        for host in ("plain", "never-again"):
            play(t, around(act(name)), HOSTS[host])
    return object_kept


for _name in KEPT:
    case(_name)(kept(_name))


@case("results-are-handed-over")
def results(t):
    acts = ("answer-object", "answer-window")
    actions = [f"{how} 1 {name}" for name in acts for how in ("invoke", "get")]
    clean_everywhere(t, around(act("window-released", apply="answer-object",
                                   construct="answer-object"), *actions, *actions,
                               "apply 1", "construct 1"))


@case("result-kept-too")
def result_kept(t):
    play(t, around(act("window-released"), "invoke 1 answer-object-kept"))


@case("arguments-stay-the-browser-s")
def arguments(t):
    clean_everywhere(t, around(act("window-released", destroy="kept-released"),
                               "invoke 1 argument-left <window>", "set 1 kept-released <window>",
                               "invoke 1 argument-left <window>"), hosts=("plain", "container"))
    play(t, around(act("window-released"), "invoke 1 argument-kept <window>"))


@case("kept-for-the-life-of-the-instance")
def life(t):
    clean_everywhere(t, around(act("window-left", destroy="kept-released"), "event 1"))


@case("scriptable-object")
def scriptable(t):
    """Given away or made anew, each caller has a reference of its own."""
    clean_everywhere(t, around(act("window-released", object="scriptable-made"), "fetch 1",
                               "invoke 1 identifier-freed", "fetch 1"),
                     hosts=("plain", "webkit", "gecko"))
    clean_everywhere(t, around(act("window-released", object="scriptable-given-away"),
                               "invoke 1 identifier-freed"), hosts=("plain", "webkit"))


@case("scriptable-object-retained-twice")
def retained_twice(t):
    play(t, around(act("window-released", object="scriptable-retained-twice"), "fetch 1"))


@case("page-keeps-the-object")
def page_keeps(t):
    """A script's variable outlives the instance; the plug-in is called once more, then let go."""
    for host in ("plain", "webkit", "wrapper"):
        play(t, ["load a @acts", act("window-released"), "hold 1 x", "destroy 1",
                 "call x identifier-freed", "letgo x", "unload a"], HOSTS[host], clean=True)


@case("one-plugin-calls-another-s-object")
def across(t):
    """A string goes from one plug-in to the browser and from there to the other, who frees it."""
    def life(method):
        return ["load a @acts", "load b @acts2", act("window-released"), "new b 2", "hold 2 x",
                f"invoke 1 {method} <x>", f"invoke 1 {method} <x>", "letgo x", "destroy 1",
                "destroy 2", "unload b", "unload a"]
    clean_everywhere(t, life("argument-asked"))
    clean_everywhere(t, life("argument-left")[:6] + ["set 1 kept-released <x>", "letgo x",
                                                     "destroy 1", "destroy 2", "unload b",
                                                     "unload a"], hosts=("plain", "webkit"))
    play(t, life("argument-asked-kept"))


main()
