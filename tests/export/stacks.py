#!/usr/bin/python3
# tests/export/stacks.py: exports of stacks with numbers, read by flamegraph.pl, pprof and others
# SPDX-License-Identifier: MIT
"""folded, callgrind, pprof, massif and heaptrack: each consumer's totals are those of `report`,
for both kinds of memory and each alone, and it knows the plug-ins' functions by name."""
import re

from support.harness import case, main
from export.exporting import Exporter, tool

FLAMEGRAPH = "/usr/share/perl5/Devel/NYTProf/flamegraph.pl"
KINDS = ((), ("--memory=npn",), ("--memory=heap",))


def memories(options):
    return [options[0].split("=")[1]] if options else ["npn", "heap"]


def number(text):
    return int(text.replace(",", ""))


# ---- folded: flamegraph.pl ---------------------------------------------------------------------

def flame(path):
    """{function: samples} of the widest box of each name in flamegraph.pl's picture."""
    svg = tool(["perl", FLAMEGRAPH, "--countname=bytes", "--minwidth=0", path])
    found = {}
    for name, samples in re.findall(r"<title>(.*) \(([\d,]+) bytes, [\d.]+%\)</title>", svg):
        found[name] = max(found.get(name, 0), number(samples))
    return found


@case("export-folded")
def folded(t):
    exporter = Exporter(t)
    for options in KINDS:
        found = flame(exporter.export("folded", *options))
        t.equal(found["all"], exporter.total("bytes_allocated", *memories(options)), str(options))
    found = flame(exporter.export("folded"))
    for owner, expected in exporter.owners("bytes_allocated").items():
        t.equal(found.get(owner), expected, owner)
    t.expect("leak_odd" in found, f"leak_odd is not in {sorted(found)}")
    t.expect(any(name.startswith("sample::take") for name in found), "no inlined function")
    for value, key in (("allocs", "allocs"), ("live-bytes", "live_bytes"),
                       ("live-blocks", "live_blocks")):
        found = flame(exporter.export("folded", f"--value={value}"))
        t.equal(found["all"], exporter.total(key), value)


@case("export-folded-filtered")
def folded_filtered(t):
    exporter = Exporter(t)
    found = flame(exporter.export("folded", "--plugin=libnpsample.so"))
    t.equal(found["all"], sum(exporter.plugin("libnpsample.so", m, "bytes_allocated")
                              for m in ("npn", "heap")), "--plugin")
    found = flame(exporter.export("folded", "--function=leak_odd", "--memory=npn"))
    t.equal(found["all"], found["leak_odd"], "--function")


# ---- callgrind: callgrind_annotate -------------------------------------------------------------

def annotated(path, *options):
    """{function: {event: number}}, with the totals as None."""
    text = tool(["callgrind_annotate", "--auto=no", "--threshold=100", "--show-percs=no", *options,
                 path])
    events = re.search(r"^Events recorded: +(.*)$", text, re.M)[1].split()
    found = {}
    for line in text.splitlines():
        match = re.match(r"^\s*((?:[\d,]+\s+){%d})(\S.*)$" % len(events), line)
        if match:
            numbers = dict(zip(events, map(number, match[1].split())))
            name = None if match[2].startswith("PROGRAM TOTALS") else match[2]
            found[name] = numbers
    return found


def expect_totals(t, found, exporter, options):
    kinds = memories(options)
    for event, key in (("Bytes", "bytes_allocated"), ("Allocs", "allocs"),
                       ("LiveBytes", "live_bytes"), ("LiveBlocks", "live_blocks")):
        t.equal(found[None][event], exporter.total(key, *kinds), f"{options}: {event}")
    if len(kinds) == 1:
        t.equal(found[None]["PeakBytes"], exporter.total("peak_bytes", *kinds), f"{options}: peak")


@case("export-callgrind")
def callgrind(t):
    exporter = Exporter(t)
    for options in KINDS:
        found = annotated(exporter.export("callgrind", *options))
        expect_totals(t, found, exporter, options)
        t.equal(sum(numbers["Bytes"] for name, numbers in found.items() if name is not None),
                found[None]["Bytes"], f"{options}: own costs")


@case("export-callgrind-inclusive")
def callgrind_inclusive(t):
    exporter = Exporter(t)
    found = annotated(exporter.export("callgrind"), "--inclusive=yes")
    by_name = {re.sub(r"^\?\?\?:(.*) \[\?\?\?\]$", r"\1", name): numbers
               for name, numbers in found.items() if name}
    for key, event in (("bytes_allocated", "Bytes"), ("allocs", "Allocs"),
                       ("live_bytes", "LiveBytes")):
        for owner, expected in exporter.owners(key).items():
            t.equal(by_name[owner][event], expected, f"{owner}: {event}")
    for name, numbers in by_name.items():
        t.expect(numbers["Bytes"] <= found[None]["Bytes"], f"{name} has more than there is")
    t.expect(any(re.search(r"sample_memory\.c:leak_odd \[.*libnpsample\.so\]", name)
                 for name in by_name), f"leak_odd is not in {sorted(by_name)}")


# ---- pprof: go tool pprof ----------------------------------------------------------------------

def pprof_total(path, index, *options):
    unit = "bytes" if index.endswith("space") else "count"
    text = tool(["go", "tool", "pprof", "-top", f"-unit={unit}", f"-sample_index={index}",
                 *options, path])
    found = re.search(r"Total samples = (\d+)|accounting for (\d+)\w*,.* of (\d+)\w* total", text)
    return int(found[1] or found[3]), text


@case("export-pprof")
def pprof(t):
    exporter = Exporter(t)
    for options in KINDS:
        path = exporter.export("pprof", *options)
        for index, key in (("alloc_space", "bytes_allocated"), ("alloc_objects", "allocs"),
                           ("inuse_space", "live_bytes"), ("inuse_objects", "live_blocks")):
            t.equal(pprof_total(path, index)[0], exporter.total(key, *memories(options)),
                    f"{options}: {index}")
    text = tool(["go", "tool", "pprof", "-peek=leak_odd", "-sample_index=alloc_space",
                 "-lines", exporter.export("pprof")])
    t.expect(re.search(r"leak_odd .*sample_memory\.c:\d+", text), text)


@case("export-pprof-labels")
def pprof_labels(t):
    exporter = Exporter(t)
    text = tool(["go", "tool", "pprof", "-tags", "-unit=bytes", "-sample_index=alloc_space",
                 exporter.export("pprof")])
    shares = {tag: int(bytes_) for bytes_, tag in
              re.findall(r"^\s*(\d+)(?:\.0)?B? +\( *[\d.]+%\): (\S+)$", text, re.M)}
    for memory in ("npn", "heap"):
        t.equal(shares.get(memory), exporter.total("bytes_allocated", memory), text)
    for name in ("libnpsample.so", "libnpsamplecpp.so"):
        t.equal(shares.get(name), sum(exporter.plugin(name, m, "bytes_allocated")
                                      for m in ("npn", "heap")), text)


# ---- massif: ms_print --------------------------------------------------------------------------

def snapshots(path):
    """(bytes of each snapshot, number of the one at the peak, the text)."""
    text = tool(["ms_print", "--threshold=0", path])
    numbers = [number(total) for total in
               re.findall(r"^ *\d+ +[\d,]+ +([\d,]+) +[\d,]+ +0 +0$", text, re.M)]
    return numbers, int(re.search(r"\[.*?(\d+) \(peak\)", text)[1]), text


@case("export-massif")
def massif(t):
    exporter = Exporter(t)
    for memory in ("npn", "heap"):
        numbers, peak, text = snapshots(exporter.export("massif", f"--memory={memory}"))
        t.equal(numbers[peak], exporter.total("peak_bytes", memory), f"{memory}: peak")
        t.equal(numbers[-1], exporter.total("live_bytes", memory), f"{memory}: the end")
        t.equal(max(numbers), numbers[peak], f"{memory}: the most")
        roots = [number(found) for found in
                 re.findall(r"^100\.00% \(([\d,]+)B\) \(heap allocation", text, re.M)]
        t.equal(roots, [numbers[peak], numbers[-1]], f"{memory}: trees")
    t.expect("leak_odd (sample_memory.c:" in snapshots(exporter.export("massif"))[2], "leak_odd")


# ---- heaptrack: heaptrack_print ----------------------------------------------------------------

def heaptrack_costs(t, path, cost):
    """The sum of all stacks that heaptrack_print writes for flame graphs, and the lines."""
    folded_path = t.path("heaptrack.folded")
    tool(["heaptrack_print", "--disable-builtin-suppressions", "-f", path, "-F", folded_path,
          "--flamegraph-cost-type", cost])
    with open(folded_path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines), lines


@case("export-heaptrack")
def heaptrack(t):
    exporter = Exporter(t)
    for options in KINDS:
        path, kinds = exporter.export("heaptrack", *options), memories(options)
        text = tool(["heaptrack_print", "-f", path])
        t.equal(int(re.search(r"calls to allocation functions: (\d+)", text)[1]),
                exporter.total("allocs", *kinds), f"{options}: calls")
        t.equal(heaptrack_costs(t, path, "allocations")[0], exporter.total("allocs", *kinds),
                f"{options}: allocations")
        t.equal(heaptrack_costs(t, path, "leaked")[0], exporter.total("live_bytes", *kinds),
                f"{options}: leaked")
        if len(kinds) == 1:
            t.equal(heaptrack_costs(t, path, "peak")[0], exporter.total("peak_bytes", *kinds),
                    f"{options}: peak")
    lines = heaptrack_costs(t, exporter.export("heaptrack"), "leaked")[1]
    t.expect(any(line.startswith("libnpsample.so [NPN];") and "leak_odd (sample_memory.c)" in line
                 for line in lines), "\n".join(lines[:20]))


main()
