#!/usr/bin/python3
# tests/whatif/fail.py: NPN_MemAlloc calls that are made to fail
# SPDX-License-Identifier: MIT
"""Which calls return NULL, that the host never hears of them, and what the recording says."""
import re
import subprocess

from support.harness import MINIHOST, NPNTRACE, case, main, plugin, plugin_of

from careless import CARELESS, LIFE, events, injected, lines, play


def pattern_of(run):
    """What `checked` printed: one digit for each call."""
    return next(line for line in lines(run) if re.fullmatch("[01]{20,}", line))


def record_wrongly(t, *options):
    return subprocess.run([NPNTRACE, "record", *options, "--", "true"], cwd=t.folder,
                          capture_output=True, text=True, timeout=60)


@case("fail-number-one-call-returns-null")
def number(t):
    run = play(t, "checked 6 10", ["--fail-npn=3"])
    t.expect("110111" in lines(run), f"not the third, or errno changed:\n{run.stdout.decode()}")
    host = [line for line in lines(run) if line.startswith("host: set A")]
    t.expect(host and "5 allocations of 50 bytes, 0 failed" in host[0],
             f"the host heard of the failed call: {host}")
    t.equal([(e["size"], e["address"]) for e in injected(run)], [(10, "0x0")], "injected failures")
    npn = plugin_of(run.report(), "libnpcareless.so")["npn"]
    t.equal((npn["allocs"], npn["frees"]), (5, 5), "allocations and frees")


@case("fail-number-by-environment-in-flight-recorder")
def flight(t):
    run = play(t, "checked 4 10", mode="flight", env={"NPNTRACE_FAIL_NPN": "2"})
    t.expect("1011" in lines(run), run.stdout.decode())
    t.equal(len(injected(run)), 1, "injected failures")


@case("fail-number-of-one-plugin")
def one_plugin(t):
    actions = [f"load s {plugin('sample')}", "new s 9", "invoke 9 alloc 100 5", *LIFE,
               "invoke 9 alloc 100 5", "invoke 9 free all", "destroy 9", "unload s"]
    run = play(t, "checked 6 10", ["--fail-npn=2:libnpcare*"], actions=actions)
    t.expect("101111" in lines(run), run.stdout.decode())
    t.equal([event["plugin"] for event in injected(run)], ["libnpcareless.so"], "whose call failed")
    none = play(t, "checked 6 10", ["--fail-npn=2:libnpother.so"])
    t.equal(injected(none), [], "failures of a plug-in that is not there")
    t.expect("111111" in lines(none), none.stdout.decode())


@case("fail-rate-is-repeated-by-its-seed")
def rate(t):
    first = play(t, "checked 2000 10", ["--fail-npn=5%"])
    said = re.search(r"--fail-seed=(\d+)", first.stderr.decode())
    t.expect(said, f"the seed is not said:\n{first.stderr.decode()}")
    seed = said[1]
    pattern = pattern_of(first)
    failed = pattern.count("0")
    t.equal(len(pattern), 2000, "calls")
    # Six standard deviations around 100.
    t.expect(40 <= failed <= 160, f"{failed} of 2000 calls failed, at 5 %")
    t.equal(len(injected(first)), failed, "injected failures")
    again = play(t, "checked 2000 10", ["--fail-npn=0.05", f"--fail-seed={seed}"])
    t.equal(pattern_of(again), pattern, "the calls that fail with the same seed")
    other = play(t, "checked 2000 10", ["--fail-npn=5%", f"--fail-seed={int(seed) + 1}"])
    t.expect(pattern_of(other) != pattern, "another seed lets the same calls fail")
    every = play(t, "checked 30 10", ["--fail-npn=100%"])
    t.equal(pattern_of(every), "0" * 30, "at 100 %")


@case("fail-off-nothing-fails")
def off(t):
    run = play(t, "checked 30 10")
    t.equal(pattern_of(run), "1" * 30, "calls")
    t.expect(all("injected" not in e.get("flags", []) for e in events(run)), "injected")


@case("fail-through-a-plugin-that-passes-a-table-on")
def through_a_wrapper(t):
    """One call of the inner plug-in is one call, though two tables see it."""
    actions = [f"load w {plugin('wrapper')}", "new w 1", "destroy 1", "unload w"]
    for table in ("given", "own"):
        run = play(t, "checked 6 10", ["--fail-npn=3"], actions=actions,
                   env={"NPNWRAPPER_INNER": CARELESS, "NPNWRAPPER_TABLE": table})
        t.expect("110111" in lines(run), f"table {table}:\n{run.stdout.decode()}")


@case("fail-wrong-usage-is-one-clear-line")
def wrong_usage(t):
    for option, wanted in (("--fail-npn=", "number of a call"),
                           ("--fail-npn=0", "number of a call"),
                           ("--fail-npn=101%", "a rate"), ("--fail-npn=1.5", "a rate"),
                           ("--fail-npn=3:", "a rate"), ("--fail-npn=eachx", "each:PLUGIN"),
                           ("--fail-seed=7", "for a rate"), ("--limit=5M", "a plug-in"),
                           ("--limit=a:b", "a plug-in"), ("--json", "--fail-npn=each")):
        run = record_wrongly(t, option)
        t.equal(run.returncode, 2, f"{option}: status")
        t.expect(wanted in run.stderr.splitlines()[0], f"{option}:\n{run.stderr}")


@case("fail-host-that-runs-no-plugin-is-untouched")
def no_plugin(t):
    run = t.run("record", [MINIHOST, "help"], record_options=["--fail-npn=1", "--check"])
    t.equal(run.status, 0, "status")
    t.equal(run.recording_paths(), [], "recordings")


main()
