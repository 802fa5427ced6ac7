#!/usr/bin/python3
# tests/contract/ownership.py: who has to free what changes hands, row by row
# SPDX-License-Identifier: MIT
"""Blocks that the browser gives are the plug-in's until it releases them; blocks that the plug-in
gives are its no more. On every known host the correct acts are clean, and of the others exactly
what they leak is reported, with the call that brought it."""
from contract import acting
from contract.acting import HOSTS, KEPT, act, around, clean_everywhere, play, run
from support.harness import case, main

# Acts in NPP_New, by what they keep; each is one row of what browsers give.
RECEIVED_FREED = ("identifier-freed", "identifier-number", "enumeration-freed", "url-value-freed",
                  "url-value-refused", "login-freed", "origin-freed", "values-looked-at",
                  "names-asked", "parameters-freed", "message-freed", "strings-released",
                  "string-freed", "nothing-released", "own-variant-released")
RECEIVED_KEPT = ("identifier-kept", "enumeration-kept", "url-value-kept", "login-kept",
                 "password-kept", "origin-kept", "message-kept", "string-got-kept",
                 "string-empty-kept", "string-invoked-kept", "string-applied-kept",
                 "string-evaluated-kept", "enumeration-of-own-kept", "string-constructed-kept")
OWN = {"names": "list-names", "construct": "answer-string"}  # of the plug-in's object


@case("received-and-released")
def received_and_released(t):
    clean_everywhere(t, around(act(",".join(RECEIVED_FREED))))


@case("received-and-released-often")
def often(t):
    """Addresses are issued again and again, by one function and another."""
    acts = ",".join(a for a in RECEIVED_FREED if a not in ("string-freed", "message-freed"))
    events = ["event 1"] * 20
    clean_everywhere(t, around(act("identifier-freed", event=acts), *events),
                     hosts=("plain", "wrapper"))


@case("heap-calls-recorded-too")
def with_heap(t):
    """What malloc and the browser give one after the other at one address is not mixed up."""
    acts = ",".join(RECEIVED_FREED)
    actions = around(act(acts, event=acts, has="name-freed", names="list-names"), "event 1",
                     "forin 1 5", "invoke 1 answer-string", "get 1 answer-received", "event 1")
    for host in ("plain", "wrapper", "never-again"):
        for heap in ("plugins", "all"):
            for opening in ([], ["--open=deepbind"]):
                play(t, actions, HOSTS[host] + opening, record_options=[f"--heap={heap}"],
                     clean=True)


@case("plugin-inside-a-plugin")
def wrapped(t):
    """One that passes its browser on, or lends it functions of its own: nothing is told twice."""
    clean = act(",".join(RECEIVED_FREED), has="name-freed", names="list-names", form="form-given",
                save="saved-given")
    actions = ("forin 1 5", "invoke 1 answer-string", "get 1 answer-received", "names 1", "form 1",
               "sites a")
    for table in (None, "own"):
        env = {"NPNWRAPPER_INNER": acting.ACTS, "NPNWRAPPER_TABLE": table,
               "ACTS_SITES": "sites-given"}
        for host in ("plain", "wrapper", "container"):
            done = run(t, "record", ["load a @wrapper", clean, *actions, "destroy 1", "unload a"],
                       HOSTS[host], env)
            acting.exact(done, counts=False, instances=False)
        done = run(t, "record", ["load a @wrapper", act("identifier-kept,login-kept"), "destroy 1",
                                 "unload a"], (), env)
        acting.exact(done, counts=False, instances=False)


def kept(name):
    def received_and_kept(t):
        for host in ("plain", "wrapper", "container"):
            play(t, around(act(name, **OWN)), HOSTS[host])
    return received_and_kept


for _name in RECEIVED_KEPT:
    case(_name)(kept(_name))


@case("all-kept-at-once")
def all_kept(t):
    play(t, around(act(",".join(RECEIVED_KEPT), **OWN)))


@case("for-in-a-hundred-times")
def for_in(t):
    """The commonest leak is one line with its count and stack."""
    run = play(t, around(act("identifier-freed", has="name-kept", names="list-one-name"),
                         "forin 1 100"))
    leaks = run.leaks()["leaks"]
    t.equal([(leak["blocks"], leak["origin"]) for leak in leaks],
            [(100, "NPN_UTF8FromIdentifier")], "lines")
    names = [frame["function"] for frame in leaks[0]["stack"]]
    t.equal(names[0], "name_kept", "the innermost function")
    t.expect("class_hasmethod" in names, f"not by way of hasMethod: {names}")


@case("for-in-freed")
def for_in_freed(t):
    clean_everywhere(t, around(act("identifier-freed", has="name-freed", names="list-names"),
                               "forin 1 100", "names 1"))


@case("names-of-no-object")
def no_names(t):
    clean_everywhere(t, around(act("identifier-freed", names="list-nothing"), "forin 1 3"),
                     hosts=("plain", "wrapper"))


@case("own-object-asked")
def own_object(t):
    """What goes to the browser and comes straight back is received again."""
    clean_everywhere(t, around(act("enumeration-of-own,string-of-own-released",
                                   names="list-names")))


# ---- what the plug-in gives ----------------------------------------------------------------------


@case("results-handed-over")
def results(t):
    acts = ("answer-string", "answer-empty", "answer-received", "answer-false",
            "answer-false-and-number")
    actions = [f"{how} 1 {name}" for name in acts for how in ("invoke", "get")]
    clean_everywhere(t, around(act("identifier-freed", apply="answer-string",
                                   construct="answer-string"), *actions, *actions,
                               "apply 1 x", "construct 1 5"))


@case("result-and-another-block")
def one_of_two(t):
    for host in ("plain", "never-again"):
        play(t, around(act("identifier-freed"), "invoke 1 answer-one-of-two"), HOSTS[host])


@case("form-value-handed-over")
def form(t):
    clean_everywhere(t, around(act("identifier-freed", form="form-given"), "form 1", "form 1"))
    clean_everywhere(t, around(act("identifier-freed", form="form-none"), "form 1"),
                     hosts=("plain",))


@case("sites-handed-over")
def sites(t):
    for acts in ("sites-given", "sites-none"):
        clean_everywhere(t, around(act("identifier-freed"), "sites a", "sites a"),
                         env={"ACTS_SITES": acts}, hosts=("plain", "container", "wrapper"))


@case("saved-data")
def saved(t):
    """Some hosts free it, some ignore it, some have no place for it: never the plug-in's fault."""
    for acts in ("saved-given", "saved-empty"):
        clean_everywhere(t, around(act("identifier-freed", save=acts)))


@case("saved-data-in-a-variable-that-was-not-cleared")
def saved_unset(t):
    """What stood there before is not the plug-in's."""
    for acts in ("saved-given", "identifier-freed"):
        play(t, around(act("identifier-freed", save=acts)), ["--save=unset"], clean=True)


@case("saved-data-comes-back")
def saved_back(t):
    """No known browser does it; the API says that it is the new instance's then."""
    actions = around(act("identifier-freed", save="saved-given"), end=(
        "destroy 1", "new a 2 do=saved-freed", "destroy 2", "unload a"))
    play(t, actions, ["--save=returned"], clean=True)
    play(t, actions, ["--save=returned", "--mem=header"], clean=True)
    actions[3] = "new a 2 do=saved-kept"
    play(t, actions, ["--save=returned"])


@case("saved-data-without-a-look")
def saved_blindly(t):
    """Where there is no place for it the plug-in crashes, and we do not."""
    actions = around(act("identifier-kept", save="saved-blindly"))
    for host in ("container", "webkit2"):
        untraced = run(t, "untraced", actions, HOSTS[host])
        t.equal(untraced.status, -11, f"{host}: untraced: exit status")
        traced = run(t, "record", actions, HOSTS[host])
        t.same(untraced, traced)
        acting.exact(traced, outlived=False)
    play(t, actions, HOSTS["webkit"])


@case("saved-data-without-a-place")
def saved_or_lost(t):
    """Made all the same, it is a leak where the host gives no place for it."""
    actions = around(act("identifier-freed", save="saved-or-lost"))
    for host in ("plain", "gecko", "chromium"):
        play(t, actions, HOSTS[host], clean=True)
    for host in ("container", "webkit2"):
        play(t, actions, HOSTS[host])


@case("name-allocated-each-time")
def value_made(t):
    play(t, around(act("identifier-freed"), "scan a", "scan a", "scan a"),
         env={"ACTS_VALUE": "value-made"})


@case("handed-over-is-said")
def handed_is_said(t):
    """What a host ignores is the host's leak, and the report counts it apart."""
    run = play(t, around(act("identifier-freed", save="saved-given")), HOSTS["gecko"], clean=True)
    npn = run.report()["plugins"][0]["npn"]
    t.equal((npn["handed_over"], npn["live_blocks"], npn["received_live_blocks"]), (2, 0, 0),
            "blocks handed over, live, received and live")
    t.expect("handed over" in run.viewer("report"), "the report in text does not say it")


@case("leak-of-the-host")
def of_the_host(t):
    """Where all of the heap is recorded it shows that the host did not free it."""
    for host, blocks in (("gecko", 2), ("chromium", 2), ("webkit", 0)):
        run = play(t, around(act("identifier-freed", save="saved-given")), HOSTS[host], clean=True,
                   record_options=["--heap=all"])
        leaks = run.leaks()
        t.equal((leaks["host_leaked_blocks"], leaks["blocks"]), (blocks, 0),
                f"{host}: blocks that the host leaks, and the plug-in")
        said = "The host's own leak: 2 blocks" in run.viewer("leaks")
        t.equal(said, blocks != 0, f"{host}: the host's leak is said")


@case("kept-object-is-both")
def kept_object(t):
    """An object kept beyond its instance is a leak, and a finding that gives the rule."""
    run = play(t, around(act("window-kept")))
    found = run.json("findings")["findings"]
    t.equal([f["kind"] for f in found], [KEPT], "findings")


main()
