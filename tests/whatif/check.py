#!/usr/bin/python3
# tests/whatif/check.py: writes behind blocks and to freed ones
# SPDX-License-Identifier: MIT
"""Each misuse is found with its stacks, and correct plug-ins notice nothing."""
import re

from support.harness import case, main, plugin, plugin_of

from careless import CARELESS, LIFE, findings, lines, play

CHECK = ["--check"]


def functions(stack):
    return [frame["function"] for frame in stack or []]


def the_finding(t, run, kind):
    found = run.json("findings")["findings"]
    t.equal([f["kind"] for f in found], [kind], "findings")
    return found[0]


@case("check-overrun-found-at-free")
def overrun(t):
    for size, beyond in ((24, 1), (1, 1), (100, 16), (5000, 3)):
        run = play(t, f"overrun {size} {beyond}", CHECK)
        found = the_finding(t, run, "overrun")
        t.expect("overrun" in functions(found["stack"]), f"free: {functions(found['stack'])}")
        t.expect("overrun" in functions(found["allocated_by"]), "allocation")
        t.equal((found["plugin"], found["count"]), ("libnpcareless.so", 1), "plug-in, count")


@case("check-overrun-found-at-the-end")
def overrun_kept(t):
    """Of a block that is never freed: after NP_Shutdown, or at exit."""
    for actions in (LIFE, [*LIFE[:-1], "end return 0"]):
        run = play(t, "overrun-kept 40 2; kept 3 50", CHECK, actions=actions)
        found = the_finding(t, run, "overrun")
        t.expect("overrun_kept" in functions(found["allocated_by"]), "allocation")


@case("check-overrun-found-at-hand-over")
def handed_over(t):
    run = play(t, "form 30 1", CHECK, actions=[*LIFE[:2], "form 1", *LIFE[2:]])
    found = the_finding(t, run, "overrun")
    t.expect("form" in functions(found["allocated_by"]), "allocation")


@case("check-write-after-free-found")
def stale(t):
    """When the block leaves the quarantine for younger ones, after NP_Shutdown, or at exit."""
    churn = "; checked 300 20"
    for more, actions in ((churn, LIFE), ("", LIFE), ("", [*LIFE[:-1], "end return 0"])):
        run = play(t, "stale 64 9" + more, CHECK, actions=actions)
        found = the_finding(t, run, "write-after-free")
        t.expect("stale" in functions(found["allocated_by"]), "allocation")
        t.expect("stale" in functions(found["stack"]), f"free: {functions(found['stack'])}")


@case("check-freed-blocks-are-filled")
def filled(t):
    run = play(t, "content 200", CHECK)
    t.expect("content 200 times db" in lines(run), run.stdout.decode())
    t.equal(findings(run), {}, "findings")


@case("check-double-free-reaches-the-host-once")
def twice(t):
    run = play(t, "twice 50", CHECK)
    t.equal(findings(run), {"double-free": 1}, "findings")
    t.expect(re.search(r"1 allocations of 66 bytes, 0 failed, 1 frees", run.stdout.decode()),
             f"the host's frees:\n{run.stdout.decode()}")


@case("check-free-of-npn-blocks-is-no-overrun")
def by_free(t):
    """Their memory is somebody else's by the end; that the plug-in freed them wrongly is said, with
    heap calls recorded or not."""
    for steps, heap in (("by-free 24", []), ("by-free 24", ["--heap=plugins"]),
                        ("by-realloc 1000", []), ("by-realloc 1000", ["--heap=all"])):
        for actions in (LIFE, [*LIFE[:-1], "end return 0"]):
            run = play(t, steps + "; kept 2 500", CHECK + heap, actions=actions)
            found = the_finding(t, run, "free-of-npn")
            function = steps.split()[0].replace("-", "_")
            t.expect(function in functions(found["stack"]), f"free: {functions(found['stack'])}")
            t.expect(function in functions(found["allocated_by"]), "allocation")
            if function == "by_realloc":
                t.expect("by-realloc 1" in lines(run), run.stdout.decode())


@case("check-overrun-found-at-free-by-the-wrong-function")
def overrun_by_free(t):
    for heap in ([], ["--heap=plugins"]):
        run = play(t, "overrun-by-free 40 1", CHECK + heap)
        t.equal(findings(run), {"free-of-npn": 1, "overrun": 1}, f"findings {heap}")


@case("check-exact-lengths-are-no-overruns")
def exact(t):
    """A browser may write a byte behind an argument, if it restores it; results and form values
    without a byte to spare are read to their end."""
    run = play(t, "exact 1; exact 24; exact 25; form 30 0", CHECK,
               actions=[*LIFE[:2], "form 1", *LIFE[2:]])
    t.expect("  NPN_SetValueForURL: " + "e" * 25 in lines(run), run.stdout.decode())
    t.equal(findings(run), {}, "findings")


@case("check-blocks-of-every-size")
def every_size(t):
    """None is less aligned than the browser's, and the largest sizes are passed on."""
    for mem in ("libc", "arena"):
        run = play(t, "aligned 3000; checked 1 4294967295; checked 2 0", CHECK,
                   options=[f"--mem={mem}"])
        t.expect("aligned 0" in lines(run), run.stdout.decode())
        t.expect(set(findings(run)) <= {"negative-size"}, f"findings: {findings(run)}")


@case("check-threads-free-each-other-s-blocks")
def passing(t):
    for heap in ([], ["--heap=all"]):
        run = play(t, "passing 6 4000; stale 64 9", CHECK + heap)
        t.equal(findings(run), {"write-after-free": 1}, f"findings {heap}")
        npn = plugin_of(run.report(), "libnpcareless.so")["npn"]
        t.equal((npn["allocs"], npn["frees"], npn["live_blocks"]), (24001, 24001, 0), "calls")


@case("check-sizes-are-those-asked-for")
def sizes(t):
    run = play(t, "kept 4 100", CHECK)
    npn = plugin_of(run.report(), "libnpcareless.so")["npn"]
    t.equal((npn["live_bytes"], npn["bytes_allocated"]), (400, 400), "bytes")
    t.expect("4 allocations of 464 bytes" in run.stdout.decode(), "the host was asked for 16 more")


@case("check-correct-programs-have-no-findings")
def correct(t):
    """The host's transcript is the same, and the recording is what the sample plug-in states."""
    own = ["invoke 1 alloc 100 5", "invoke 1 alloc 0 3", "invoke 1 temp 2000 40",
           "invoke 1 churn 5000 24", "invoke 1 threads 6 2000", "invoke 1 leak 4",
           "invoke 1 fill 0 100", "invoke 1 free all"]
    given = ["get 1 label", "form 1", "names 1", "sites a", "invoke 1 identifiers 20",
             "invoke 1 enumerate", "invoke 1 cookie", "invoke 1 churn 3000 24", "get 1 label"]
    for steps, mem in ((own, "libc"), (own, "arena"), (given, "libc"), (given, "header")):
        actions = ["load a @sample", "new a 1", *steps, "destroy 1", "unload a"]
        runs = {mode: t.host(mode, actions, [f"--mem={mem}", "--quiet"], record_options=CHECK)
                for mode in ("untraced", "record")}
        t.same(runs["untraced"], runs["record"])
        t.equal(findings(runs["record"]), {}, f"--mem={mem}: findings")
        if steps is own:
            t.exact(runs["record"], peak=False)


@case("check-threads-have-no-findings")
def threads(t):
    for heap in ([], ["--heap=plugins"], ["--heap=all"]):
        run = play(t, "threads 8 5000", CHECK + heap)
        t.equal(findings(run), {}, f"findings {heap}")


@case("check-plugin-behind-a-plugin-has-one-zone")
def behind(t):
    """Two tables see each call; sizes are what the inner plug-in asked for, and frees are one."""
    actions = [f"load w {plugin('wrapper')}", "new w 1", "destroy 1", "unload w"]
    for table in ("given", "own"):
        run = play(t, "checked 400 10; threads 4 1000; kept 3 24", CHECK, actions=actions,
                   env={"NPNWRAPPER_INNER": CARELESS, "NPNWRAPPER_TABLE": table})
        t.equal(findings(run), {}, f"table {table}: findings")
        npn = run.report()["totals"]["npn"]
        t.equal((npn["live_blocks"], npn["live_bytes"], npn["allocs"], npn["frees"]),
                (3, 72, 4403, 4400), f"table {table}: live blocks, bytes; calls")


@case("check-forked-child-drops-the-quarantine")
def forks(t):
    """What its parent freed is not freed again, and the parent frees it once."""
    run = t.host("record", LIFE, record_options=CHECK,
                 env={"CARELESS_DO": "checked 100 30; forks 100; threads 2 100"})
    t.expect("child 7" in lines(run), run.stdout.decode() + run.stderr.decode())
    t.equal((run.status, len(run.recording_paths())), (0, 2), "status, recordings")
    for path in run.recording_paths():
        run.viewer("check", recording=path)
        t.equal(run.json("findings", recording=path)["findings"], [], "findings")


@case("check-failing-hosts-are-passed-on")
def failing(t):
    run = play(t, "checked 20 10; checked 1 4294967290", CHECK, options=["--alloc-fail-every=5"])
    t.expect("11110111101111011110" in re.sub(r"\(errno \d+\)", "", run.stdout.decode()),
             run.stdout.decode())
    t.equal(findings(run), {"negative-size": 1}, "findings")


main()
