#!/usr/bin/python3
# tests/contract/misuse.py: each rule of the API broken once, and what is said of it
# SPDX-License-Identifier: MIT
"""Every misuse is one finding with its kind, its count, the plug-in, and the innermost functions of
its stacks; nothing else is reported with it. The host's memory is such that it survives."""
from contract.acting import HOSTS, act, around, clean_everywhere, play, run
from contract import acting
from support.harness import case, main

SAFE = HOSTS["never-again"]
HEADER = HOSTS["wrapper"]


def in_new(name, hosts, env=None, record_options=()):
    def misuse(t):
        for options in hosts:
            play(t, around(act(name)), options, env, record_options)
    return misuse


for _name, _hosts in {
        "free-twice": (SAFE, HEADER), "free-thrice": (SAFE, HEADER),
        "received-freed-twice": (SAFE, HEADER), "free-static": (SAFE,),
        "free-inside": (SAFE,), "free-heap": ([], SAFE), "free-user-agent": (SAFE,),
        "free-argument": (SAFE,), "free-attribute": (SAFE,), "free-identifier": (SAFE,),
        "variant-object-twice": ([], SAFE), "variant-twice": (SAFE, HEADER),
        "object-twice": (SAFE,),
        "window-twice": ([], SAFE), "negative-size": ([],)}.items():
    case(_name)(in_new(_name, _hosts))


@case("said-in-text")
def in_text(t):
    """The rule, the places on both sides, and a status for scripts."""
    done = play(t, around(act("free-twice")), SAFE)
    text = done.viewer("findings")
    for words in ("Double free", "free_twice", "made", "freed", "libnpacts.so", "rule"):
        t.expect(words in text, f"{words} is not in\n{text}")
    said = done.stderr.decode()
    for words in ("misuse of the API: 1 finding\n", "next: npntrace findings "):
        t.expect(words in said, f"{words} is not in\n{said}")
    done.viewer("findings", "--fail-on-finding", status=1)
    t.expect("1 finding" in done.viewer("report"), "the report does not mention it")
    done = play(t, around(act("identifier-freed")), SAFE, clean=True)
    done.viewer("findings", "--fail-on-finding")
    t.expect("next: npntrace leaks " in done.stderr.decode(), "leaks are not what is next")


@case("flight-recorder")
def flight(t):
    """The ring says the same as a trace file."""
    for actions in (around(act("free-thrice,identifier-kept,variant-twice"),
                           "invoke 1 answer-literal"),
                    around(act("plain-kept,login-kept", save="saved-given"))):
        untraced = run(t, "untraced", actions, SAFE)
        traced = run(t, "flight", actions, SAFE)
        t.same(untraced, traced)
        acting.exact(traced)


@case("findings-survive-a-killed-host")
def killed(t):
    for end in ("kill", "segv", "_exit"):
        done = run(t, "record", ["load a @acts", act("free-twice,free-static"), f"end {end}"], SAFE)
        acting.exact(done, outlived=False)


@case("free-buffer")
def free_buffer(t):
    """What comes with a call stays the browser's."""
    for phase, action in {"write": "stream 1", "stream": "stream 1", "file": "stream 1",
                          "notify": "stream 1", "event": "event 1",
                          "window": "setwindow 1"}.items():
        play(t, around(act("identifier-freed", **{phase: "free-buffer"}), action), SAFE)


@case("argument-of-a-script")
def script_argument(t):
    for action in ("invoke 1 argument-freed text", "invoke 1 argument-released text",
                   "set 1 argument-freed text", "set 1 argument-released text"):
        done = play(t, around(act("identifier-freed"), action), SAFE)
        words = "ReleaseVariantValue" if "released" in action else "MemFree"
        t.expect(f"NPN_{words}" in done.viewer("findings"), f"no NPN_{words} in the text")
    play(t, around(act("identifier-freed", apply="argument-freed", construct="argument-freed"),
                   "apply 1 text", "construct 1 text"), SAFE)


# ---- two heaps -----------------------------------------------------------------------------------


@case("heap-block-by-memfree")
def heap_block(t):
    """Where heap calls are recorded it is known whose the block was."""
    for options in ([], ["--open=deepbind"]):
        play(t, around(act("free-heap")), options, {"ACTS_HEAP": "1"},
             record_options=["--heap=plugins"])


@case("npn-block-by-free")
def npn_block(t):
    """Works by luck on hosts that use the C library's malloc; the block is gone all the same."""
    for name in ("heap-free", "heap-realloc", "heap-free-received"):
        for options in ([], ["--open=deepbind"]):
            play(t, around(act(name)), options, record_options=["--heap=plugins"])


# ---- two plug-ins --------------------------------------------------------------------------------


@case("block-of-another-plugin")
def others(t):
    done = play(t, ["load a @acts", "load b @acts2", act("block-lent"), "new b 2 do=lent-freed",
                    "destroy 2", "destroy 1", "unload b", "unload a"], SAFE)
    finding = done.json("findings")["findings"][0]
    t.equal((finding["plugin"], finding["owner"]["plugin"]), ("libnpacts2.so", "libnpacts.so"),
            "who freed and whose it was")


@case("block-lent-and-returned")
def lent(t):
    for options in ([], SAFE):
        play(t, ["load a @acts", "load b @acts2", act("block-lent"), "new b 2",
                 "invoke 1 lent-returned", "destroy 2", "destroy 1", "unload b", "unload a"],
             options, clean=True)


# ---- results -------------------------------------------------------------------------------------


@case("result-not-from-memalloc")
def not_alloc(t):
    for action in ("invoke 1 answer-literal", "get 1 answer-literal", "invoke 1 answer-heap",
                   "apply 1", "construct 1", "names 1", "form 1"):
        play(t, around(act("identifier-freed", apply="answer-literal", construct="answer-heap",
                           names="list-heap", form="form-literal"), action), SAFE)


@case("sites-not-from-memalloc")
def sites(t):
    play(t, around(act("identifier-freed"), "sites a"), SAFE, {"ACTS_SITES": "sites-literal"})


@case("saved-not-from-memalloc")
def saved(t):
    actions = around(act("identifier-freed", save="saved-static"))
    for host in ("gecko", "chromium"):
        play(t, actions, HOSTS[host])
    play(t, actions, SAFE)
    for host in ("container", "webkit2"):
        play(t, actions, HOSTS[host], clean=True)


@case("result-while-false")
def while_false(t):
    """Some hosts release it, some do not: wrong on all."""
    for how in ("invoke", "get"):
        for name in ("false-with-string", "false-with-object"):
            play(t, around(act("identifier-freed"), f"{how} 1 {name}"), [])
            play(t, around(act("identifier-freed"), f"{how} 1 {name}"),
                 SAFE + ["--false-results=released"])


@case("result-while-false-on-each-browser")
def while_false_everywhere(t):
    """The finding is the same on all. Whether the block is still there cannot be seen on any but by
    the host's own free, which shows where heap calls are recorded: then it is no leak."""
    for host, options in HOSTS.items():
        for how in ("invoke", "get"):
            done = run(t, "record", around(act("identifier-freed"), f"{how} 1 false-with-string"),
                       options)
            _, found, problems = acting.found_findings(done)
            t.equal([f.kind for f in found] + problems, ["result-while-false"], f"{host}: {how}")
            t.equal(done.leaks()["blocks"], 1, f"{host}: {how}: blocks")
    released = {"gecko": ("get",), "container": (), "webkit": ("invoke",), "webkit2": ("invoke",),
                "chromium": ("invoke",), "wrapper": ()}
    for host, hows in released.items():
        for heap in ("plugins", "all"):
            for how in ("invoke", "get"):
                done = run(t, "record", around(act("identifier-freed"),
                                               f"{how} 1 false-with-string"), HOSTS[host],
                           record_options=[f"--heap={heap}"])
                report = done.report()["plugins"][0]["npn"]
                t.equal((report["live_blocks"], report["handed_over"]),
                        (0, 1) if how in hows else (1, 0), f"{host}: {how}: live, handed over")
                found = done.json("findings")["findings"]
                t.equal([f["kind"] for f in found], ["result-while-false"], f"{host}: {how}")


@case("result-while-false-released")
def while_false_released(t):
    """The host released it, and its address comes again: there is a finding, and no leak."""
    done = run(t, "record", around(act("identifier-freed", event="block-80-freed"),
                                   "invoke 1 false-with-string", "event 1"),
               ["--false-results=released"])
    findings = done.json("findings")["findings"]
    t.equal([f["kind"] for f in findings], ["result-while-false"], "findings")
    t.equal(done.leaks()["blocks"], 0, "leaked blocks")


@case("freed-after-hand-over")
def freed_after(t):
    play(t, around(act("identifier-freed"), "invoke 1 answer-remembered",
                   "invoke 1 remembered-freed"), SAFE)


@case("scriptable-object-not-retained")
def unretained(t):
    play(t, around(act("identifier-freed", object="scriptable-unretained"), "fetch 1", "fetch 1"),
         SAFE)


# ---- caches, sizes, missing functions ------------------------------------------------------------


@case("flush-for-ever")
def flush(t):
    play(t, around(act("flush-spins")), HOSTS["chromium"])
    clean_everywhere(t, around(act("flush-some")), hosts=("plain", "chromium"))
    play(t, around(act("flush-some")), ["--flush=some"], clean=True)


@case("missing-function-called")
def missing(t):
    """Timers are NULL in one browser, whatever its version says."""
    actions = around(act("missing-called"))
    options = ["--null-slots=scheduletimer"]
    untraced = run(t, "untraced", actions, options)
    t.equal(untraced.status, -11, "untraced: exit status")
    traced = run(t, "record", actions, options)
    t.same(untraced, traced)
    t.equal(acting.found_findings(traced)[1:], ({}, []), "findings")


@case("missing-function-called-and-checked")
def missing_checked(t):
    """With --check the fault is looked at, and happens all the same. A slot beyond the size of a
    browser's table is missing, too."""
    for options, name in ((["--null-slots=scheduletimer"], "missing-called"),
                          (["--null-slots=scheduletimer,unscheduletimer,getauthenticationinfo,"
                            "convertpoint,handleevent"], "missing-called"),
                          (["--table-size=448"], "missing-beyond-called")):
        actions = around(act(name))
        untraced = run(t, "untraced", actions, options)
        t.equal(untraced.status, -11, "untraced: exit status")
        traced = run(t, "record", actions, options, record_options=["--check"])
        t.same(untraced, traced)
        found = traced.json("findings")["findings"]
        functions = {"missing-called": ("NPN_ScheduleTimer", "missing_called"),
                     "missing-beyond-called": ("NPN_InitAsyncSurface", "missing_beyond_called")}
        t.equal([(f["kind"], f["function"], f["stack"][0]["function"]) for f in found],
                [("null-function", *functions[name])], f"{options}: findings")
        t.expect(len(found[0]["stack"]) > 3, "the stack ends at the plug-in")


@case("other-faults-and-checked")
def other_faults(t):
    """Faults and signals end the process as without --check, and are no findings."""
    for name, status in (("null-called", -11), ("null-read", -11), ("signal-sent", -11)):
        actions = around(act(name))
        options = ["--null-slots=scheduletimer"]
        untraced = run(t, "untraced", actions, options)
        t.equal(untraced.status, status, f"{name}: untraced: exit status")
        traced = run(t, "record", actions, options, record_options=["--check"])
        t.same(untraced, traced)
        t.equal(acting.found_findings(traced)[1:], ({}, []), f"{name}: findings")


# ---- after NP_Shutdown ---------------------------------------------------------------------------


@case("call-after-shutdown")
def after_shutdown(t):
    """Browsers ask for the name at any time."""
    play(t, ["load a @acts", "shutdown a", "scan a", "scan a", "close a"],
         env={"ACTS_VALUE": "after-shutdown"})
    play(t, ["load a @acts", "shutdown a", "init a", "scan a", "unload a"],
         env={"ACTS_VALUE": "identifier-freed"}, clean=True)


@case("exported-functions-after-shutdown")
def exported_after_shutdown(t):
    """By name instead of through the table it is the same."""
    for name, kinds in (("before", []), ("after", ["call-after-shutdown"])):
        actions = ["load a @acts", *(["shutdown a"] if kinds else []), "scan a", "close a"]
        done = run(t, "record", actions, env={"ACTS_VALUE": "exported-called"})
        t.equal(done.status, 0, f"{name}: exit status")
        found = done.json("findings")["findings"]
        t.equal([f["kind"] for f in found], kinds * 2, f"{name}: findings")
        t.equal([f["stack"][0]["function"] for f in found], ["exported_called"] * len(found),
                f"{name}: where")


@case("freed-by-destructor")
def destructor(t):
    """Wrong after NP_Shutdown; where that never comes it is the only way."""
    env = {"ACTS_INIT": "module-block-left", "ACTS_UNLOAD": "module-block-freed-late"}
    play(t, ["load a @acts", "unload a"], SAFE, env)
    env["ACTS_UNLOAD"] = "module-block-freed"
    play(t, ["load a @acts", "close a"], SAFE, env, clean=True)
    env = {"ACTS_INIT": "module-block-left", "ACTS_SHUTDOWN": "module-block-freed"}
    clean_everywhere(t, ["load a @acts", "unload a"], env)


# ---- threads -------------------------------------------------------------------------------------

OFF_THREAD = ("thread-identifies", "thread-retains", "thread-releases", "thread-releases-variant",
              "thread-gets", "thread-creates", "thread-asks")


@case("threads-that-may")
def may(t):
    clean_everywhere(t, around(act("thread-allowed"), "calls"))
    play(t, around(act("thread-keeps")))


def off_thread(name):
    def call_off_thread(t):
        for host in ("webkit", "gecko"):
            play(t, around(act(name)), HOSTS[host])
    return call_off_thread


for _name in OFF_THREAD:
    case(_name)(off_thread(_name))


@case("off-thread-crash")
def crash(t):
    """A host that ends the process then: the finding is in the recording."""
    for name in ("thread-identifies", "thread-releases-variant", "thread-creates"):
        actions = around(act(name))
        untraced = run(t, "untraced", actions, ["--off-thread=aborts"])
        t.equal(untraced.status, -6, f"{name}: untraced: exit status")
        traced = run(t, "record", actions, ["--off-thread=aborts"])
        t.same(untraced, traced)
        found = acting.found_findings(traced)[1]
        t.equal([f.kind for f in found], ["call-off-thread"], f"{name}: findings")


@case("host-threads-are-no-misuse")
def host_threads(t):
    """A host that enters by another thread knows what it does."""
    actions = around("on 1 " + act("identifier-freed,window-released"), "on 2 event 1",
                     end=("on 1 destroy 1", "unload a"))
    play(t, actions, clean=True)


# ---- record --check ------------------------------------------------------------------------------


@case("written-behind-a-block")
def overrun(t):
    for options in (["--quiet"], ["--quiet", *HEADER]):  # the host is asked for more bytes
        play(t, around(act("write-behind")), options, record_options=["--check"])
        play(t, around(act("write-within")), options, record_options=["--check"], clean=True)
        play(t, around(act("write-freed")), ["--mem=arena", *options[:1]],
             record_options=["--check"])


@case("checked-and-clean")
def checked(t):
    """Blocks come to the host later and are larger; who gives which to whom stays the same."""
    acts = ("identifier-freed,message-freed,strings-released,own-variant-released,"
            "counted-released,const-released,enumeration-freed,login-freed")
    actions = around(act(acts, event=acts, form="form-given", save="saved-given",
                         names="list-names"), "event 1", "form 1", "names 1",
                     "invoke 1 answer-string", "get 1 answer-received", "sites a", "event 1")
    for host in ("plain", "gecko", "wrapper", "never-again"):
        play(t, actions, HOSTS[host] + ["--quiet"], {"ACTS_SITES": "sites-given"},
             ["--check"], clean=True)
    play(t, around(act("identifier-kept,login-kept,counted-kept")), ["--quiet"],
         record_options=["--check"])
    play(t, around(act("free-thrice")), SAFE + ["--quiet"], record_options=["--check"])


main()
