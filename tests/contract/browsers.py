#!/usr/bin/python3
# tests/contract/browsers.py: acts that real browsers can play, in two of them
# SPDX-License-Identifier: MIT
"""CutyCapt and a page of PyQt5's QtWebKit play what a QtWebKit can play, row by row of
tests/contract/README.md: what is reported is what the acts state, as with the mini-host. Memory is
the C library's there, which ends a process that frees what it should not: then the findings are
read from the recording of a host that died, untraced too."""
from contract import webkit
from contract.acting import Stated
from contract.webkit import call, for_in, get, play, pyqt5
from support.harness import case, main

CORRECT = ("identifier-freed", "identifier-number", "names-asked", "values-looked-at",
           "proxy-freed", "login-refused", "origin-refused", "parameters-freed",
           "enumeration-freed", "enumeration-of-own", "strings-released", "string-freed",
           "string-of-own-released", "string-evaluated", "nothing-released",
           "own-variant-released", "objects-released", "object-invoked-released",
           "window-released", "plain-released", "counted-released", "const-released",
           "left-released", "plain-balanced", "thread-allowed", "flush-some")


@case("browsers-correct-acts")
def correct(t):
    script = "".join(call(m, 3) for m in ("answer-string", "answer-object", "answer-empty",
                                          "answer-window", "answer-received", "answer-self",
                                          "answer-false", "answer-false-and-number",
                                          "identifier-freed"))
    script += """
        attempt(function () { var self = p["answer-self"](); self(); new self(); self(1); }, 2);
        attempt(function () { var self = p["answer-self"](); for (var x in self) x; }, 2);
        attempt(function () { p["argument-left"](document); p["kept-released"](); }, 2);
        attempt(function () { p["argument-asked"](p["answer-self"]()); }, 2);
        """
    runs = play(t, "correct", {"do": ",".join(CORRECT), "has": "name-freed", "names": "list-names",
                               "apply": "answer-string", "construct": "answer-string",
                               "save": "saved-given"}, script + for_in(3))
    for done in runs:
        stated = Stated(done)
        t.expect(not stated.leaks and not stated.findings, "the acts are not clean")
        t.equal(stated.counts["libnpacts.so", "handed_over"], 21, "blocks handed over")


# ---- what the browser gives ----------------------------------------------------------------------

# Each keeps something, in places of its own. The window comes last: there is one for all.
RECEIVED_KEPT = ("identifier-kept", "enumeration-kept", "proxy-kept", "enumeration-of-own-kept",
                 "string-got-kept", "string-empty-kept", "string-invoked-kept",
                 "string-applied-kept", "string-evaluated-kept", "string-constructed-kept",
                 "block-kept")
OBJECTS_KEPT = ("object-got-kept", "object-made-kept", "object-evaluated-kept", "element-kept",
                "plain-kept", "plain-retained", "counted-kept", "left-kept", "window-kept")


@case("browsers-received-and-kept")
def received_kept(t):
    play(t, "received", {"do": ",".join(RECEIVED_KEPT), "names": "list-names",
                         "construct": "answer-string"})


@case("browsers-objects-kept")
def objects_kept(t):
    play(t, "objects", {"do": ",".join(OBJECTS_KEPT)})
    play(t, "retained", {"do": "object-invoked-kept,window-retained"},
         call("argument-kept", 1, "{}"))


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
        t.equal(functions, ["name_kept", "acts_run_one", "acts_run", "class_hasmethod"],
                "the place")
        t.equal(leak["origin"], "NPN_UTF8FromIdentifier", "origin")
        t.equal(leak["blocks"], sum(Stated(done).leaks.values()), "blocks")
        # A hundred times each name; the page's own script asks for a few.
        t.expect(leak["blocks"] > 100 and 0 < leak["blocks"] % 100 < 10,
                 f"{leak['blocks']} is not a hundred times the names, and a few")
        whole = done.leaks()["leaks"]
        t.equal(len(leak["more_stacks"]) + 1, len(whole), "whole stacks")
        t.equal(leak["blocks"] - sum(more["blocks"] for more in leak["more_stacks"]),
                whole[0]["blocks"], "blocks of the commonest stack")
        text = [line for line in done.viewer("leaks").splitlines() if "identifier string" in line]
        t.equal(len(text), 1, "lines about it")
        t.expect(f" {leak['blocks']:,} identifier strings" in text[0], text[0])


@case("browsers-kept-elsewhere")
def elsewhere(t):
    """Of no instance: in NP_Initialize, and in NP_GetValue, which is asked on each page."""
    play(t, "init", {"do": "identifier-freed"}, env={"ACTS_INIT": "block-kept,identifier-kept"})
    play(t, "value", {"do": "identifier-freed"}, env={"ACTS_VALUE": "value-made"})


@case("browsers-asynchronous")
def asynchronous(t):
    """CutyCapt ends as soon as the page is loaded."""
    play(t, "async", {"do": "async-keeps,async-asked,async-told"}, "", later=True, hosts=[pyqt5])
    play(t, "lost", {"destroy": "async-lost"}, "")


@case("browsers-stream")
def stream(t):
    """The page's own text comes to the plug-in, and NPP_URLNotify at the end."""
    for acts in ({"write": "buffer-copied", "notify": "block-freed,notify-came"},
                 {"write": "buffer-copied", "notify": "identifier-kept,block-freed,notify-came"}):
        play(t, "stream", {"do": "notify-asked", **acts}, "", later=True, hosts=[pyqt5])


# ---- what the plug-in gives ----------------------------------------------------------------------


@case("browsers-results")
def results(t):
    play(t, "results", {}, call("answer-object-kept") + call("answer-one-of-two"))
    play(t, "saved", {"do": "identifier-freed", "save": "saved-or-lost"}, call("answer-string"))
    play(t, "heap", {"names": "list-heap", "apply": "answer-heap", "construct": "answer-heap"},
         call("answer-heap") + """attempt(function () {
             var self = p["answer-self"]();
             self(), new self();
             for (var x in self) x;
         }, 1);""")


@case("browsers-result-while-false")
def while_false(t):
    """An object stays held, whatever this browser does with it. What it releases of a failed method
    may be given to somebody else at once."""
    play(t, "object", {}, call("false-with-object"))
    play(t, "string", {}, call("false-with-string"))
    play(t, "property", {"properties": "false-with-string"}, get("false-with-string"))


# ---- instances -----------------------------------------------------------------------------------


@case("browsers-nested")
def nested(t):
    """A script that one plug-in runs calls another."""
    kept = "\"document.getElementById('q')['identifier-kept']()\""
    for done in play(t, "nested", {}, call("page-does", 1, kept), second={}):
        t.equal([leak["plugin"] for leak in done.leaks()["leaks"]], ["libnpacts2.so"], "whose")


@case("browsers-object-outlives-instance")
def outlives(t):
    """A variable of the script keeps it, and calls it when the instance has gone."""
    play(t, "outlives", {}, """
        var self = p["answer-self"]();
        finish();
        attempt(function () { self["identifier-freed"](); self["identifier-kept"](); }, 1);
        """)


@case("browsers-new-fails")
def new_fails(t):
    """Nobody calls NPP_Destroy then."""
    play(t, "fails", {"do": "identifier-kept,new-fails"})


# ---- misuse --------------------------------------------------------------------------------------


@case("browsers-misuse-survived")
def survived(t):
    play(t, "survived", {"do": "free-heap,negative-size,object-twice"})
    play(t, "document", {"do": "variant-object-twice"})
    for act in OFF_THREAD:
        play(t, act, {"do": act})


OFF_THREAD = ("thread-identifies", "thread-retains", "thread-releases", "thread-releases-variant",
              "thread-gets", "thread-creates", "thread-asks")


@case("browsers-misuse-died-of")
def died(t):
    for act in ("free-twice", "received-freed-twice", "free-static", "free-inside",
                "free-user-agent", "free-argument", "free-attribute", "free-identifier",
                "variant-twice", "window-twice"):
        play(t, act, {"do": act}, dies=True)


@case("browsers-misuse-by-scripts")
def by_scripts(t):
    play(t, "freed", {}, call("argument-freed", 1, "'a string'"), dies=True)
    play(t, "released", {}, call("argument-released", 1, "'a string'"), dies=True)
    play(t, "literal", {}, call("answer-literal"), dies=True)
    play(t, "remembered", {}, call("answer-remembered") + call("remembered-freed"), dies=True)
    play(t, "saved", {"do": "identifier-freed", "save": "saved-static"}, dies=True)


@case("browsers-scriptable-object")
def scriptable(t):
    """Asked for once by each of these."""
    play(t, "made", {"object": "scriptable-made"}, call("answer-string", 3))
    play(t, "unretained", {"object": "scriptable-unretained"}, get("x", 3))
    play(t, "twice", {"object": "scriptable-retained-twice"}, get("x", 1))


@case("browsers-missing-function-called")
def missing(t):
    """No timers, whatever the version says."""
    for done in play(t, "missing", {"do": "missing-called"}, dies=True):
        t.equal(done.json("findings")["findings"], [], "findings")


@case("browsers-two-heaps")
def heaps(t):
    """Deeply bound, as one of these opens its plug-ins, or not."""
    acts = "free-heap,heap-free,heap-realloc,heap-free-received"
    for done in play(t, "heaps", {"do": acts}, "", record_options=["--heap=plugins"],
                     env={"ACTS_HEAP": "1"}):
        t.equal(len(done.json("findings")["findings"]), 4, "findings")


@case("browsers-two-plugins")
def two(t):
    """Which instance comes first is left to chance, so that the script says who does what."""
    play(t, "lent", {}, call("block-lent") + """
         attempt(function () { q["lent-freed"](); }, 1);""", second={})
    play(t, "returned", {}, call("block-lent") + call("lent-returned"),
         second={"do": "identifier-kept"})
    play(t, "asked", {}, call("argument-asked", 2, "q['answer-self']()")
         + call("argument-asked-kept", 2, "q['answer-self']()"), second={})


@case("browsers-checked")
def checked(t):
    play(t, "checked", {"do": "write-behind,write-within,identifier-freed,parameters-freed"},
         call("answer-string"), record_options=["--check"])
    play(t, "freed", {"do": "write-freed"}, record_options=["--check"])


main()
