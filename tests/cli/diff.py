#!/usr/bin/python3
# tests/cli/diff.py: the verb diff as seen from the shell
# SPDX-License-Identifier: MIT
"""Two recordings of one plug-in, of two builds of it, and of what has nothing in common."""
import json

from cli import growing
from cli.growing import npntrace
from support.harness import Failed, case, main, plugin_of

MORE = 5
PEAKS = """
#include <stdlib.h>
__attribute__((noinline)) static void hide(void *block) { __asm__ volatile("" : : "r"(block)); }
__attribute__((noinline)) static void in_turn(void)
{
    void *block = malloc(1000000);
    hide(block); free(block);
    block = malloc(1000000);
    hide(block); free(block);
    block = malloc(1000000);
    hide(block); free(block);
#ifdef MORE
    block = malloc(1000002);
    hide(block); free(block);
#endif
}
__attribute__((noinline)) static void at_once(void)
{
    void *one = malloc(3000),
         *two = malloc(5000 + 4096 * MORE_AT_ONCE);
    hide(one); hide(two); free(one); free(two);
}
int main(void) { in_turn(); at_once(); return 0; }
"""
NUMBERS = ("live_bytes", "live_blocks", "bytes_allocated", "allocs")


def diff(a, b, *options):
    done = npntrace("diff", "--json", *options, a.recording, b.recording)
    return json.loads(done.stdout)


def as_reports(t, got, runs, name, domain):
    """The sums of a plug-in are those of each report; those of its stacks add up to them."""
    entry = next(p for p in got["plugins"] if (p["plugin"], p["domain"]) == (name, domain))
    rows = [r for r in got["stacks"] if (r["plugin"], r["domain"]) == (name, domain)]
    for side, run in zip("ab", runs):
        want = plugin_of(run.report(), name)[domain]
        for key in (*NUMBERS, "peak_bytes"):
            t.equal(entry[side][key], want[key], f"{side}: {key} of {name}")
        for key in NUMBERS:
            t.equal(sum(r[side][key] for r in rows if r[side]), want[key],
                    f"{side}: {key} of stacks")
    for part in (entry, *rows):
        for key in NUMBERS:
            a, b = ((part[side] or {}).get(key, 0) for side in "ab")
            t.equal(part["change"][key], b - a, f"change of {key}")
    return rows


def changed(rows):
    """Which functions' live blocks changed, and by how much."""
    return {r["stack"][0]["function"]: r["change"]["live_blocks"] for r in rows
            if r["change"]["live_blocks"] != 0}


@case("diff-of-one-build")
def one_build(t):
    plugin = growing.plugin(t, "one")
    runs = growing.record(t, plugin), growing.record(t, plugin, more=MORE)
    got = diff(*runs)
    rows = as_reports(t, got, runs, "libnpgrowing.so", "npn")
    by_function = {}
    for row in rows:
        name = row["stack"][0]["function"]
        by_function[name] = by_function.get(name, 0) + row["change"]["live_blocks"]
    t.equal({n: c for n, c in by_function.items() if c}, {"keep_text": MORE}, "what grew")
    t.equal(changed(diff(*reversed(runs))["stacks"]), {"keep_text": -MORE}, "backwards")
    t.equal(changed(diff(runs[0], runs[0])["stacks"]), {}, "with itself")


@case("diff-of-a-rebuilt-plug-in")
def rebuilt(t):
    """Other addresses, other offsets, functions inlined: the same by their names."""
    before = growing.plugin(t, "before", "-O0")
    after = growing.plugin(t, "after", "-O2", "-DREBUILT")
    runs = growing.record(t, before), growing.record(t, after, more=MORE)
    for options in ([], ["--by=stack"]):
        got = diff(*runs, *options)
        rows = as_reports(t, got, runs, "libnpgrowing.so", "npn")
        t.equal([r["stack"][0]["function"] for r in rows if not (r["a"] and r["b"])], [],
                f"{options}: places that are in one alone")
        t.equal(changed(rows), {"keep_text": MORE}, f"{options}: what grew")
        offsets = {r["stack"][-1]["offset"] for r in rows}
        t.expect(len(offsets) >= 1, "offsets")
    inlined = [f for r in rows for f in r["stack"] if f["inlined"]]
    t.expect(inlined, "nothing was inlined in the second build")


@case("diff-of-rebuilt-plug-in-without-names")
def without_names(t):
    """Nothing tells the places of the two builds apart: the plug-in's own frames are one."""
    before, after = (growing.plugin(t, folder, "-s", *more)
                     for folder, more in (("before", ["-O0"]), ("after", ["-O2", "-DREBUILT"])))
    runs = growing.record(t, before), growing.record(t, after, more=MORE)
    rows = as_reports(t, diff(*runs), runs, "libnpgrowing.so", "npn")
    t.equal([(bool(r["a"]), bool(r["b"]), r["change"]["live_blocks"]) for r in rows],
            [(True, True, MORE)], "rows")
    again = growing.record(t, before, more=1)
    rows = as_reports(t, diff(runs[0], again), (runs[0], again), "libnpgrowing.so", "npn")
    t.expect(len(rows) > 4, f"of one build each place is its own: {len(rows)}")
    t.equal(sum(r["change"]["live_blocks"] for r in rows), 1, "what grew")


@case("diff-exit-status")
def exit_status(t):
    plugin = growing.plugin(t, "one")
    a, b = growing.record(t, plugin), growing.record(t, plugin, more=8)
    percent = 32 * 100 // growing.BYTES  # of 31 bytes
    for options, forwards in (
            ([], 0), (["--fail-if-grown"], 1), (["--fail-if-grown=32"], 0),
            (["--fail-if-grown=31"], 1), (["--fail-if-grown=1K"], 0),
            ([f"--fail-if-grown={percent - 1}%"], 1), ([f"--fail-if-grown={percent + 1}%"], 0),
            (["--fail-if-stack-grown=32"], 0), (["--fail-if-stack-grown=31"], 1),
            (["--fail-if-grown", "--measure=allocs"], 1),
            (["--fail-if-grown=8", "--measure=allocs"], 0),
            (["--fail-if-grown", "--measure=live-blocks", "--plugin=libnpgrowing"], 1)):
        for form in ([], ["--json"]):
            done = npntrace("diff", *options, *form, a.recording, b.recording)
            t.equal(done.returncode, forwards, f"{options} {form}: status\n{done.stderr}")
        done = npntrace("diff", *options, b.recording, a.recording)
        t.equal(done.returncode, 0, f"{options}: status backwards")
    t.equal((diff(a, b, "--fail-if-grown")["grown"], diff(a, b)["grown"]), (True, False), "grown")


@case("diff-of-the-heap-and-objects")
def heap_and_objects(t):
    """What browsers gave and objects are compared by what is left; the heap by its own sums."""
    runs = [t.host("record", ["load a @sample", "new a 1", *["invoke 1 keepidentifiers 3"] * times,
                              "invoke 1 leak 2", "destroy 1", "unload a"],
                   record_options=["--heap=plugins"]) for times in (1, 2)]
    got = diff(*runs)
    as_reports(t, got, runs, "libnpsample.so", "heap")
    want = [sum(leak["blocks"] for leak in run.leaks()["leaks"] if leak["domain"] == "npn")
            for run in runs]
    have = [sum(r[side]["live_blocks"] for r in got["stacks"] if r["domain"] == "npn" and r[side])
            for side in "ab"]
    t.equal(have, want, "NPN blocks that are live, received ones too")
    t.expect(want[0] < want[1], f"more identifiers were kept: {want}")
    origins = {r["origin"] for r in got["stacks"] if r["change"]["live_blocks"] > 0}
    t.expect("NPN_UTF8FromIdentifier" in origins, f"origins: {origins}")


def recorded(t, name, *options):
    path = t.path(f"{name}.npt")
    program = growing.compile_text(t, name, PEAKS, "-O0", *options)
    done = npntrace("record", "--heap=all", "-o", path, program)
    if done.returncode != 0:
        raise Failed(done.stderr)
    return path


@case("diff-of-peaks")
def peaks(t):
    """A place's peak is the most that was live of it at one time, by whichever of its lines."""
    a = recorded(t, "a", "-DMORE_AT_ONCE=0")
    b = recorded(t, "b", "-DMORE_AT_ONCE=0", "-DMORE")
    c = recorded(t, "c", "-DMORE_AT_ONCE=1", "-DMORE")
    for options in ([], ["--by=stack"], ["--measure=peak-bytes"], ["--no-symbols"]):
        got = json.loads(npntrace("diff", "--host", "--json", *options, a, b).stdout)
        if "--no-symbols" in options:
            t.expect(all(r[side]["peak_bytes"] <= 1100000 for r in got["stacks"]
                         for side in "ab" if r[side]), "without names: a peak beyond the host's")
            continue
        found = {r["stack"][0]["function"]: [r["a"]["peak_bytes"], r["b"]["peak_bytes"],
                                             r["change"]["peak_bytes"]]
                 for r in got["stacks"] if r["stack"][0]["function"] in ("in_turn", "at_once")}
        t.equal(found, {"in_turn": [1000000, 1000002, 2], "at_once": [8000, 8000, 0]},
                f"{options}: peaks")
    for before, after, amount, status in ((a, b, "1K", 0), (a, b, "2", 0), (a, b, "1", 1),
                                          (a, c, "4095", 1), (a, c, "4096", 0)):
        for form in ([], ["--json"], ["--by=stack"]):
            done = npntrace("diff", "--host", "--measure=peak-bytes", *form,
                            f"--fail-if-stack-grown={amount}", before, after)
            t.equal(done.returncode, status, f"{form} {amount}: status\n{done.stdout}")


@case("diff-of-peaks-of-two-files-of-one-name")
def peaks_of_namesakes(t):
    """They count as one plug-in: the sum of their peaks is a bound, and not compared."""
    one, other = growing.plugin(t, "one"), growing.plugin(t, "other")
    a = growing.record(t, one)
    b = growing.record(t, one, actions=("unload a", f"load b {other}", "unload b"))
    got = diff(a, b)
    entry = got["plugins"][0]
    t.equal((len(got["plugins"]), entry["a"]["peak_bytes"], entry["b"]["peak_bytes"],
             entry["change"]["peak_bytes"]), (1, growing.BYTES, None, None), "peaks")
    t.equal(entry["change"]["live_bytes"], growing.BYTES, "what is live is a sum")
    t.expect(any("called libnpgrowing.so" in note for note in got["notes"]), got["notes"])
    done = npntrace("diff", "--measure=peak-bytes", "--fail-if-grown", a.recording, b.recording)
    t.equal(done.returncode, 0, "a bound was compared")
    t.expect(f"at most {2 * growing.BYTES} B" in done.stdout, done.stdout)


@case("diff-limit")
def limit(t):
    """The first places that grew, and those that shrank most, in JSON as well."""
    plugin = growing.plugin(t, "one")
    runs = [t.host("record", [f"load a {plugin}", *more, "unload a"], env={"GROWING": str(n)},
                   record_options=["--heap=plugins"])
            for n, more in ((1, ["load b @sample", "new b 1", "invoke 1 leak 3", "unload b"]),
                            (MORE, ["load b @sample", "unload b"]))]
    for a, b in (runs, reversed(runs)):
        rows = diff(a, b)["stacks"]
        changes = [r["change"]["live_bytes"] for r in rows]
        grown = [r for r, change in zip(rows, changes) if change > 0]
        shrunk = [r for r, change in zip(rows, changes) if change < 0]
        t.expect(grown and shrunk, f"nothing grew, or nothing shrank: {changes}")
        for number in (1, 2):
            got = diff(a, b, f"--limit={number}")["stacks"]
            t.equal(got, grown[:number] + shrunk[-number:], f"--limit={number}")
        t.equal(diff(a, b, "--limit=0")["stacks"], rows, "--limit=0")
        t.equal(diff(a, a, "--limit=1")["stacks"], [], "with itself")


@case("diff-first-and-last-line")
def first_and_last_line(t):
    plugin = growing.plugin(t, "one")
    a, b = growing.record(t, plugin), growing.record(t, plugin, more=2)
    for runs, first in (((a, b), "libnpgrowing.so: +8 B live at the end."),
                        ((b, a), "No plug-in has more live at the end.")):
        lines = npntrace("diff", *(run.recording for run in runs)).stdout.splitlines()
        t.equal(lines[0], first, "the verdict")
        t.equal(lines[-1], f"Next: npntrace leaks {runs[1].recording}", "the next command")
        t.expect("\x1b" not in "".join(lines), "colours in a file")
    text = npntrace("diff", "--limit=0", a.recording, b.recording).stdout
    for wanted in ("Where more is live at the end:", "+8 B live in +2 blocks", "keep_text"):
        t.expect(wanted in text, f"'{wanted}' is not in:\n{text}")


@case("diff-notes")
def notes(t):
    """What is to be borne in mind stands beside the numbers."""
    one, other = growing.plugin(t, "one"), growing.plugin(t, "other", name="libnpother.so")
    a = growing.record(t, one)
    b = growing.record(t, one, actions=(f"load b {other}", "end kill"),
                       record_options=["--heap=plugins"])
    for got in (diff(a, b)["notes"], npntrace("diff", a.recording, b.recording).stdout.split("\n")):
        for wanted in ("libnpother.so is in B alone.", "A has no heap, B has the heap of its",
                       "They ended differently, "):
            t.expect(any(wanted in line for line in got), f"'{wanted}' is not in {got}")
    got = diff(a, b)["plugins"]
    t.equal([(p["plugin"], p["domain"], p["a"] is None) for p in got],
            [("libnpgrowing.so", "npn", False), ("libnpother.so", "npn", True)], "plug-ins")


@case("diff-that-cannot-be")
def cannot_be(t):
    a = growing.record(t, growing.plugin(t, "one"))
    b = growing.record(t, growing.plugin(t, "other", name="libnpother.so"))
    for arguments, wanted in (
            ([a.recording, b.recording], "no plug-in is in both; " + a.recording
             + " has libnpgrowing.so, " + b.recording + " has libnpother.so"),
            (["--host", a.recording, a.recording], "their hosts cannot be compared"),
            (["--plugin=none", a.recording, a.recording], "no plug-in none in"),
            ([a.recording], "give two recordings"),
            ([a.recording, a.recording, b.recording], "only two recordings can be compared"),
            ([a.recording, t.path("none")], t.path("none")),
            ([a.recording, __file__], __file__),
            (["--measure=bites", a.recording, a.recording], 'unknown measure "bites": bytes, '),
            (["--by=plaze", a.recording, a.recording], 'unknown key of --by "plaze": place, stack'),
            (["--fail-if-grown=x", a.recording, a.recording], "x: give how much more"),
            (["--fail-if-grown=5.5%", a.recording, a.recording], "5.5%: give how much more")):
        done = npntrace("diff", *arguments)
        t.equal((done.returncode, done.stdout), (2, ""), f"{arguments}: status and output")
        t.expect(wanted in done.stderr, f"'{wanted}' is not in {done.stderr}")


main()
