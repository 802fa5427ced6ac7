# tests/bench/targets.py: the numbers to reach, and whether they were
# SPDX-License-Identifier: MIT
"""Each target takes its figure from the results. A figure that is missing is neither reached nor
not reached: it was not measured."""

PER_FRAME_NS = 1.0
NPN_PAIR_NS = 250.0
START_NS = 1e6
RECORDER_EVENTS_PER_S = 5e6
EVENT_BYTES = 4.0
VIEWER_EVENTS_PER_S = 20e6
PAGE_RATIO = 1.25
STAMP_RATIO = 2.5
READING = ("tools", "reading", "pairs-40-1t", "npntrace")


def _at(results, *path):
    for name in path:
        if not isinstance(results, dict) or results.get(name) is None:
            return None
        results = results[name]
    return results


def _ratio(loop, competitor):
    return lambda r: _at(r, "loops", loop, "competitors", "npntrace", f"to_{competitor}", "median")


def _worst_npn(results):
    found = [_at(loop, "competitors", "record", "added_ns", "median")
             for loop in results.get("npn", {}).values()]
    found = [value for value in found if value is not None]
    return max(found) if found else None


def _per_frame(results):
    return _at(results, "per_frame", "1t", "npntrace", "wall", "median")


# text, the figure, limit, whether the limit is a maximum, how to write both
TARGETS = (
    ("added time per pair, depth 40, 1 thread, of heaptrack's", _ratio("pairs-40-1t", "heaptrack"),
     1 / 8, True, "{:.3f}"),
    ("added time per pair, depth 40, 2 threads, of heaptrack's", _ratio("pairs-40-2t", "heaptrack"),
     1 / 15, True, "{:.3f}"),
    ("added time per pair, depth 40, 1 thread, of no-op+record's", _ratio("pairs-40-1t", "stamp"),
     STAMP_RATIO, True, "{:.2f}"),
    ("added time per pair, depth 40, 2 threads, of no-op+record's", _ratio("pairs-40-2t", "stamp"),
     STAMP_RATIO, True, "{:.2f}"),
    ("cost per extra frame of depth, 16 to 100, 1 thread", _per_frame, PER_FRAME_NS, True,
     "{:.2f} ns"),
    ("a whole browser page, of untraced",
     lambda r: _at(r, "programs", "page", "competitors", "npntrace", "to_untraced", "median"),
     PAGE_RATIO, True, "{:.2f}"),
    ("added time per NPN_MemAlloc and NPN_MemFree, under record, worst depth", _worst_npn,
     NPN_PAIR_NS, True, "{:.0f} ns"),
    ("start-up of a process without a plug-in",
     lambda r: _at(r, "tools", "startup", "added_ns", "median"), START_NS, True, "{:,.0f} ns"),
    ("recorder, events per second of processor time",
     lambda r: _at(r, *READING, "recorder_events_per_s"), RECORDER_EVENTS_PER_S, False,
     "{:,.0f}"),
    ("bytes per event on disk", lambda r: _at(r, *READING, "bytes_per_event"),
     EVENT_BYTES, True, "{:.2f}"),
    ("viewer, events per second of processor time",
     lambda r: _at(r, *READING, "viewer_events_per_s"), VIEWER_EVENTS_PER_S, False,
     "{:,.0f}"),
)

# Targets that a benchmark cannot answer.
ELSEWHERE = (
    ("0 mismatches against libunwind with N = 1", "make check"),
    ("killed at 1000 instants, every committed event is there", "NPNTRACE_KILLS=1000 make check"),
    ("a trace of 10^9 events opens in under 512 MiB",
     "viewer_speed, see doc/BENCH.md"),
)


def judge(results):
    """[{"text", "figure", "limit", "verdict": "reached" | "NOT reached" | "not measured"}]"""
    judged = []
    for text, figure, limit, is_maximum, form in TARGETS:
        value = figure(results)
        if value is None:
            verdict = "not measured"
        elif value <= limit if is_maximum else value >= limit:
            verdict = "reached"
        else:
            verdict = "NOT reached"
        judged.append({"text": text, "figure": value, "limit": limit, "verdict": verdict,
                       "figure_text": "-" if value is None else form.format(value),
                       "limit_text": ("<= " if is_maximum else ">= ") + form.format(limit)})
    return judged
