# tests/bench/table.py: the results as aligned text
# SPDX-License-Identifier: MIT
"""Everything that is printed; nothing is computed here that is not in the results."""
import machine
from targets import ELSEWHERE


def _columns(rows, left=1):
    """Rows of texts, aligned: the first `left` columns to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    for row in rows:
        cells = [text.ljust(width) if i < left else text.rjust(width)
                 for i, (text, width) in enumerate(zip(row, widths))]
        yield "  " + "  ".join(cells).rstrip()


def _spread(values, divisor=1.0, digits=1):
    """median [minimum .. maximum]"""
    if values is None:
        return "-"
    median, low, high = (f"{values[key] / divisor:,.{digits}f}" for key in ("median", "min", "max"))
    return median if values["runs"] == 1 else f"{median} [{low} .. {high}]"


def _median(values, divisor=1.0, digits=1):
    return "-" if values is None else f"{values['median'] / divisor:,.{digits}f}"


def _number(value, divisor=1.0, digits=1):
    return "-" if value is None else f"{value / divisor:,.{digits}f}"


def _remarks(figures, labels):
    """Why a competitor has no figures, or has to be doubted; equal reasons on one line."""
    by_text = {}
    for key, one in figures.items():
        for text in one["remarks"]:
            by_text.setdefault(text, []).append(labels[key])
    for text, names in by_text.items():
        yield f"    {', '.join(names)}: {text}"


def _both(one, other):
    """A ratio of times, and of processor times."""
    wall, cpu = one.get(f"to_{other}"), one.get(f"cpu_to_{other}")
    return "" if wall is cpu is None else f"{_median(wall, digits=3)} ({_median(cpu, digits=3)})"


def _loop_row(key, label, one, others):
    time = _spread(one["added_ns"])
    cpu, best = _median(one["added_cpu_ns"]), _number(one["best_added_ns"])
    if key == "untraced":
        time, cpu, best = f"(in all) {_spread(one['ns_per_pair'])}", "", ""
    return [label, time, best, cpu, _median(one["to_untraced"], digits=2),
            *(_both(one, other) for other in others),
            _median(one["disk_bytes"], 2**20), _median(one["peak_kib"], 2**10)]


def _loop_rows(loop, labels, others):
    titles = {"heaptrack": "of heaptrack's (cpu)", "stamp": "of no-op+record's (cpu)"}
    yield ["", "added ns/pair [min .. max]", "best", "cpu ns", "x untraced",
           *(titles[other] for other in others), "disk MiB", "peak MiB"]
    for key, one in loop["competitors"].items():
        yield _loop_row(key, labels[key], one, others)


def _loop(title, loop, labels, others=("heaptrack", "stamp")):
    yield f"{title} ({loop['pairs']:,} pairs, rounds: {loop['runs']})" if loop["pairs"] else title
    yield from _columns(list(_loop_rows(loop, labels, others)))
    yield from _remarks(loop["competitors"], labels)
    yield ""


def _program(title, program, labels):
    rows = [["", "ms until its end [min .. max]", "best added", "x untraced", "cpu ms",
             "x untraced", "ms with recorder's end", "disk MiB", "peak MiB"]]
    for key, one in program["competitors"].items():
        rows.append([labels[key], _spread(one["time_ns"], 1e6),
                     "" if key == "untraced" else _number(one["best_added_ns"], 1e6),
                     _spread(one["to_untraced"], digits=2),
                     _median(one["cpu_ns"], 1e6), _median(one["cpu_to_untraced"], digits=2),
                     _median(one["total_ns"], 1e6),
                     _median(one["disk_bytes"], 2**20), _median(one["peak_kib"], 2**10)])
    events = program["competitors"].get("npntrace", {}).get("events")
    counted = f"{events['median']:,} events, " if events else ""
    yield f"{title} ({counted}rounds: {program['runs']})"
    yield from _columns(rows)
    yield from _remarks(program["competitors"], labels)
    yield ""


def _histograms(histograms):
    for key, one in histograms.items():
        if "mean" not in one:
            yield f"  {key}: {'; '.join(one['remarks'])}"
            continue
        yield (f"  {key}: backtraces of {one['depth']} frames; {one['mean']:.2f} fresh frames per "
               "event on average")
        shares, more = [], 0
        for frames in sorted(one["counts"]):
            share = one["counts"][frames] / one["events"] * 100
            if frames <= 7:
                shares.append(f"{frames}: {share:.1f}")
            else:
                more += share
        yield "    % of events by fresh frames  " + "  ".join(shares) + f"  more: {more:.2f}"


def _per_frame(per_frame, labels):
    columns = [(threads, name) for threads in ("1t", "2t") for name in ("wall", "cpu")]
    rows = [["", "1 thread [min .. max]", "cpu", "2 threads [min .. max]", "cpu"]]
    for key, label in labels.items():
        found = [per_frame.get(threads, {}).get(key, {}).get(name) for threads, name in columns]
        if any(found):
            rows.append([label, *(_spread(one, digits=2) if name == "wall" else
                                  _median(one, digits=2)
                                  for one, (_, name) in zip(found, columns))])
    if len(rows) > 1:
        yield "added ns per pair and frame of depth, from depth 16 to 100"
        yield from _columns(rows)
        yield ""


def _memory(kib):
    return "-" if not kib else f"{kib / 1024:,.0f} MiB"


def _startup(start):
    yield "start-up of a process without a plug-in, ms"
    if start.get("added_ns"):
        yield (f"  untraced {_spread(start['untraced_ns'], 1e6, 3)}, preloaded "
               f"{_spread(start['preloaded_ns'], 1e6, 3)}, "
               f"added {_spread(start['added_ns'], 1e6, 3)}")
    yield from (f"    {text}" for text in start["remarks"])
    yield ""


def _npntrace_reading(one):
    if "events" in one:
        yield (f"  npntrace: {one['events']:,} events, {one['file_bytes']:,} bytes on disk, "
               f"{one['bytes_per_event']:.2f} per event")
        yield (f"    recorder: {one['recorder_cpu_ns'] / 1e9:.2f} s of processor time in all, "
               f"{one.get('recorder_events_per_s', 0):,.0f} events/s, "
               f"peak {_memory(one['recorder_peak_kib'])}")
    if "viewer_events_per_s" in one:
        yield (f"    report --json: {_spread(one['viewer_cpu_ns'], 1e9, 3)} s of processor time, "
               f"{one['viewer_events_per_s']:,.0f} events/s, "
               f"peak {_memory(one['viewer_peak_kib'])}")
    yield from (f"  npntrace: {text}" for text in one["remarks"])


def _heaptrack_reading(one, npntrace):
    if "raw_bytes" in one:
        yield f"  heaptrack: {one['raw_bytes']:,} bytes of raw output"
        for tool in ("interpret", "print"):
            yield (f"    {tool}: {one[f'{tool}_cpu_ns'] / 1e9:.2f} s of processor time, peak "
                   f"{_memory(one[f'{tool}_peak_kib'])}")
        cpu_ns = one["interpret_cpu_ns"] + one["print_cpu_ns"]
        if "viewer_events_per_s" in npntrace:
            yield (f"    both: {npntrace['events'] / cpu_ns * 1e9:,.0f} events/s "
                   "of processor time; "
                   f"npntrace takes {npntrace['viewer_cpu_ns']['median'] / cpu_ns:.3f} of theirs")
    yield from (f"  heaptrack: {text}" for text in one["remarks"])


def _made(title, one):
    yield title
    if "events" in one:
        peak = f", peak {one['resident_mib']:,.0f} MiB" if "resident_mib" in one else ""
        yield (f"  {one['events']:,} events, {one['bytes_per_event']:.2f} bytes each: "
               f"{one['events_per_second']:,.0f} events/s of processor time{peak}")
    if one.get("two_processors"):
        two = one["two_processors"]
        yield (f"    with a second processor {one['events'] / two['seconds']:,.0f} events/s, "
               f"{one['seconds'] / two['seconds']:.2f} times as fast; "
               f"{two['processor_seconds'] / one['processor_seconds']:.2f} of the processor time")
    if "part" in one:
        part = one["part"]
        yield (f"    a hundredth of its time (--from, --to): {part['seconds']:.3f} s, "
               f"peak {part['resident_mib']:,.0f} MiB")
    yield from (f"    {text}" for text in one["remarks"])
    yield ""


def _tools(tools):
    yield from _startup(tools["startup"])
    yield from _made("the viewer on a trace that was made, not recorded", tools["viewer"])
    yield from _made("the recorder on events that were made", tools["recorder"])
    for one in tools["reading"].values():
        yield f"what it takes to read a recording: {one['title']}"
        yield from _npntrace_reading(one["npntrace"])
        yield from _heaptrack_reading(one["heaptrack"], one["npntrace"])
        yield ""


def _targets(judged):
    yield "targets"
    yield from _columns([[one["text"], one["figure_text"], one["limit_text"], one["verdict"]]
                         for one in judged] +
                        [[text, "", "", where] for text, where in ELSEWHERE])
    yield ""


def lines(results):
    """The whole output, line by line."""
    labels = {key: one["label"] for key, one in results["competitors"].items()}
    yield f"npntrace bench, {results['size']}"
    yield from machine.lines(results["machine"])
    yield ""
    yield "who is who"
    yield from _columns([[one["label"], one["about"]]
                         for one in results["competitors"].values()], 2)
    yield ""
    if results["fresh_frames"]:
        yield "fresh frames: those that differ from the event before"
        yield from _histograms(results["fresh_frames"])
        yield ""
    for loop in results["loops"].values():
        yield from _loop(loop["title"], loop, labels)
    yield from _per_frame(results["per_frame"], labels)
    for loop in results["npn"].values():
        yield from _loop(loop["title"], loop, labels, ())
    for program in results["programs"].values():
        yield from _program(program["title"], program, labels)
    if results["tools"]:
        yield from _tools(results["tools"])
    yield from _targets(results["targets"])
