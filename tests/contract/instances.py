#!/usr/bin/python3
# tests/contract/instances.py: whose a leak is, when instances come and go
# SPDX-License-Identifier: MIT
"""A leak belongs to the instance for which the plug-in was called; it has outlived it only when the
host has had time to clean up."""
from contract.acting import HOSTS, act, around, clean_everywhere, play, run
from support.harness import case, main


def shares(done):
    """Of each leak: its innermost function, its kind, and (serial, blocks) by instance."""
    return sorted((leak["stack"][0]["function"], leak["kind"],
                   [(s["serial"], s.get("blocks", s.get("objects"))) for s in leak["instances"]])
                  for leak in done.leaks()["leaks"])


@case("of-two-instances")
def two(t):
    done = play(t, ["load a @acts", act("identifier-kept"),
                    "new a 2 event=identifier-kept,block-kept",
                    "event 2", "event 2", "destroy 1", "destroy 2", "new a 3", "destroy 3",
                    "end _exit"])
    t.equal(shares(done), [("block_kept", "outlived-instance", [(2, 2)]),
                           ("identifier_kept", "outlived-instance", [(1, 1)]),
                           ("identifier_kept", "outlived-instance", [(2, 2)])], "leaks")


@case("live-instance")
def live(t):
    done = play(t, ["load a @acts", act("identifier-kept"), "end _exit"], outlived=False)
    t.equal(shares(done), [("identifier_kept", "live-at-exit", [(1, 1)])], "leaks")


@case("nested-in-another-instance")
def nested(t):
    """A script that one instance runs calls another one of another plug-in."""
    done = play(t, ["load a @acts", "load b @acts2", act("identifier-freed"), "new b 2",
                    'invoke 1 page-does "invoke 2 identifier-kept"',
                    'invoke 2 page-does "invoke 1 block-kept"',
                    "destroy 1", "destroy 2", "new a 3", "destroy 3", "end _exit"])
    leaks = {leak["stack"][0]["function"]: (leak["plugin"], leak["instances"][0]["serial"])
             for leak in done.leaks()["leaks"]}
    t.equal(leaks, {"identifier_kept": ("libnpacts2.so", 2), "block_kept": ("libnpacts.so", 1)},
            "whose they are")


@case("new-fails")
def new_fails(t):
    """There is no NPP_Destroy then; what was got in it is the instance's all the same."""
    done = play(t, ["load a @acts", act("identifier-kept,new-fails"), "new a 2", "destroy 2",
                    "unload a"])
    t.equal(shares(done)[0][2], [(1, 1)], "instance")
    clean_everywhere(t, ["load a @acts", act("identifier-freed,window-released,new-fails"),
                         "new a 1", "destroy 1", "unload a"])


@case("destroyed-within-a-call")
def within(t):
    for host in ("plain", "webkit"):
        done = play(t, ["load a @acts", act("identifier-freed", event="identifier-kept"),
                        "new a 2", 'invoke 2 page-does "event 1"',
                        'invoke 2 page-does "destroy 1"', "destroy 2", "unload a"], HOSTS[host])
        t.equal(shares(done)[0][2], [(1, 1)], "instance")


@case("place-used-again")
def again(t):
    """The same NPP is another instance."""
    actions = ["load a @acts"]
    for _ in range(3):
        actions += [act("identifier-kept"), "destroy 1"]
    done = play(t, [*actions, "unload a"])
    t.equal(shares(done)[0][2], [(1, 1), (2, 1), (3, 1)], "instances")


@case("asynchronous-call")
def asynchronous(t):
    clean_everywhere(t, around(act("async-asked,timer-asked"), "calls", "timers"))
    done = play(t, around(act("async-keeps,timer-keeps"), "calls", "timers", "timers"))
    t.equal(sorted(s[0:3:2] for s in shares(done)),
            [("async_keep", [(1, 1)]), ("timer_keep", [(1, 2)])], "instances")


@case("asynchronous-call-lost")
def lost(t):
    """The host drops the call with the instance, and its data is lost."""
    play(t, around(act("async-lost"), end=("destroy 1", "calls", "unload a")))
    clean_everywhere(t, around(act("timer-asked", destroy="block-freed"),
                               end=("destroy 1", "timers", "unload a")))


@case("address-notified")
def notified(t):
    clean_everywhere(t, around(act("notify-asked", notify="block-freed"), "notify"))
    play(t, around(act("notify-lost", notify="block-freed"),
                   end=("destroy 1", "notify", "unload a")))


@case("stream-copied")
def stream(t):
    clean_everywhere(t, around(act("identifier-freed", write="buffer-copied"),
                               "stream 1"))


@case("freed-by-another-call")
def another(t):
    """Got in one call, freed in another, of the same instance or another's."""
    clean_everywhere(t, around(act("identifier-left", event="block-freed"), "event 1"))


@case("object-called-after-destroy")
def after(t):
    """The page keeps the object: calls still come, and its end."""
    actions = ["load a @acts", act("identifier-freed"), "hold 1 x", "destroy 1",
               "call x identifier-freed", "letgo x", "new a 2", "destroy 2", "unload a"]
    for host in ("plain", "webkit", "wrapper"):
        play(t, actions, HOSTS[host], clean=True)


@case("object-keeps-something-after-destroy")
def after_kept(t):
    """It is the instance's that made the object."""
    done = play(t, ["load a @acts", act("identifier-freed"), "new a 2", "hold 1 x", "destroy 1",
                    "call x identifier-kept", "call x plain-kept", "call x free-static",
                    "letgo x", "destroy 2", "unload a"], HOSTS["never-again"])
    t.equal([s[2] for s in shares(done)], [[(1, 1)], [(1, 1)]], "instances")


@case("objects-of-instances-end")
def objects_end(t):
    """Released, deallocated by force, or left alone: none is the plug-in's fault."""
    for objects in ("release", "invalidate", "keep"):
        play(t, around(act("identifier-freed"), "invoke 1 identifier-freed", "fetch 1"),
             [f"--objects={objects}"], clean=True)


@case("address-and-times")
def address(t):
    """What is known of the instance stands beside the leak."""
    done = play(t, ["load a @acts", act("origin-freed,identifier-kept"), "destroy 1", "new a 2",
                    "destroy 2", "end _exit"])
    share = done.leaks()["leaks"][0]["instances"][0]
    t.equal(share["mime"], "application/x-npacts", "MIME type")
    t.expect(0 < share["created_ns"] < share["destroyed_ns"], f"times: {share}")


@case("killed-host")
def killed(t):
    done = run(t, "record", ["load a @acts", act("identifier-kept,window-kept"), "end kill"])
    t.equal(done.status, 137, "exit status")
    leaks = done.leaks()
    t.equal((leaks["blocks"], leaks["refs"]), (1, 1), "blocks and references")
    t.equal(done.json("findings")["findings"], [], "findings")


main()
