# tests/bench/tools.py: start-up, recorder, viewer, and heaptrack's tools on the same work
# SPDX-License-Identifier: MIT
"""What is measured once rather than in rounds.

Start-up: `true` with and without the library, in turns. Recorder: the processor time of the process
`npntrace record` itself, all of it, over the events that it wrote. Viewer: `report --json` of that
trace. Heaptrack's raw output of the same workload goes through heaptrack_interpret and
heaptrack_print, which get HEAPTRACK_ROOM_KIB of address space: version 1.4 asks for ever more at
some inputs.
"""
import json
import os
import shutil

import measure
from competitors import LAUNCH, PROGRAMS, Heaptrack, Npntrace, heaptrack_tools
from figures import Series, minus, spread
from support.harness import LIBRARY, NPNTRACE

VIEWER_SPEED = os.path.join(PROGRAMS, "viewer_speed")
RECORDER_SPEED = os.path.join(PROGRAMS, "recorder_speed")
STARTS_AT_ONCE = 5
HEAPTRACK_ROOM_KIB = 8 << 20
VIEWER_RUNS = 3
LOSSES = ("lost_events", "dropped_events", "missed_calls", "unreadable_events", "heap_untracked",
          "lost_stacks", "selfcheck_mismatches")


def launch(session, command, folder, runs=1, library=None, env=None):
    """The lines that `launch` writes about a command, and nothing of its output."""
    output = os.path.join(folder, "launch.json")
    if os.path.exists(output):
        os.unlink(output)
    measure.run([LAUNCH, output, str(runs), *([library] if library else []), "--", *command],
                folder, session.environment(folder, env or {}), session.limit_s,
                stdout_to="/dev/null")
    with open(output, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


# ---- start-up ---------------------------------------------------------------------------------

def startup(session, starts):
    """Wall time of a process that does nothing: spread of both, and of the difference."""
    folder = session.folder()
    program = shutil.which("true")
    times = {"untraced": [], "preloaded": []}
    try:
        for _ in range(max(1, starts // STARTS_AT_ONCE)):
            for key, library in (("untraced", None), ("preloaded", LIBRARY)):
                lines = launch(session, [program], folder, STARTS_AT_ONCE, library)
                times[key] += [line["wall_ns"] for line in lines]
        left = set(os.listdir(folder)) - {"launch.json", "run.out", "run.err"}
    except measure.RunFailed as error:
        return {"remarks": [str(error)]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    remarks = [f"left files behind: {' '.join(sorted(left))}"] if left else []
    return {"untraced_ns": spread(times["untraced"]), "preloaded_ns": spread(times["preloaded"]),
            "added_ns": spread(minus(times["preloaded"], times["untraced"])), "remarks": remarks}


# ---- recorder and viewer ----------------------------------------------------------------------

def trace_info(session, folder):
    """`npntrace info --json` of the trace in a run's folder; the first one if there are more."""
    traces = sorted(name for name in os.listdir(folder) if name.endswith(".npt"))
    if not traces:
        raise measure.RunFailed("no recording was made")
    got = measure.run([NPNTRACE, "info", "--json", "--no-symbols", traces[0]], folder,
                      session.environment(folder), session.limit_s)
    return traces[0], json.loads(got.stdout)


def look_for_losses(session):
    """For Session.rounds(): says beside a recording's figures how many events it has, and what it
    lost. A run under npntrace without a recording is none."""
    def keep(competitor, folder, figures, series):
        if not isinstance(competitor, Npntrace):
            return
        _, info = trace_info(session, folder)
        figures["events"] = info["events"]
        for name in LOSSES:
            if info.get(name):
                series.remark(f"{name} {info[name]}")
    return keep


def recorder_and_viewer(session, loop):
    """Records a loop once, and reads the trace."""
    result = {"remarks": []}

    def keep(_competitor, folder, figures, _series):
        trace, info = trace_info(session, folder)
        file_bytes = os.path.getsize(os.path.join(folder, trace))
        result.update(
            events=info["events"], file_bytes=file_bytes,
            bytes_per_event=file_bytes / info["events"],
            recorder_cpu_ns=figures["recorder_cpu_ns"],
            recorder_peak_kib=figures["recorder_peak_kib"],
            losses={name: info[name] for name in LOSSES if name in info})
        if figures["recorder_cpu_ns"]:
            result["recorder_events_per_s"] = info["events"] / figures["recorder_cpu_ns"] * 1e9
        lines = launch(session, [NPNTRACE, "report", "--json", trace], folder, VIEWER_RUNS)
        cpu_ns = spread([line["user_ns"] + line["system_ns"] for line in lines])
        result.update(viewer_cpu_ns=cpu_ns, viewer_wall_ns=spread([l["wall_ns"] for l in lines]),
                      viewer_events_per_s=info["events"] / cpu_ns["median"] * 1e9,
                      viewer_peak_kib=max(line["peak_kib"] for line in lines))

    series = Series()
    session.run(Npntrace(), loop, series, keep)
    result["remarks"] += series.remarks
    return result


def _made(session, command):
    """What a program says that makes its own input: its last line, as JSON."""
    folder = session.folder()
    try:
        return {**measure.run(command, folder, session.environment(folder),
                              session.limit_s).last_json(), "remarks": []}
    except measure.RunFailed as error:
        return {"remarks": [str(error)]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def viewer_made(session, events):
    """The viewer on a large trace that is not recorded but made (tests/bench/viewer_speed.c)."""
    return _made(session, [VIEWER_SPEED, NPNTRACE, str(events)])


def recorder_made(session, events):
    """The recorder on events that are made, in millions (tests/bench/recorder_speed.c)."""
    return _made(session, [RECORDER_SPEED, "--json", "1", str(max(1, events // 10**6))])


def heaptrack_reading(session, loop):
    """The same loop under heaptrack, and what it takes to read its raw output."""
    competitor, tools = Heaptrack(), heaptrack_tools()
    result = {"remarks": []}
    if competitor.missing or tools is None:
        result["remarks"].append(competitor.missing or
                                 "tools not installed (Debian package: heaptrack)")
        return result

    def keep(_competitor, folder, _figures, _series):
        raw = [name for name in os.listdir(folder) if name.startswith("heaptrack.")]
        if not raw:
            raise measure.RunFailed("no raw output was made")
        limit = f"ulimit -v {HEAPTRACK_ROOM_KIB} && exec"
        interpret = launch(session, ["sh", "-c", f'{limit} "{tools[0]}" <"{raw[0]}" >interpreted'],
                           folder)[0]
        printed = launch(session, ["sh", "-c", f'{limit} "{tools[1]}" -f interpreted'], folder)[0]
        result.update(
            raw_bytes=os.path.getsize(os.path.join(folder, raw[0])),
            interpreted_bytes=os.path.getsize(os.path.join(folder, "interpreted")),
            interpret_cpu_ns=interpret["user_ns"] + interpret["system_ns"],
            interpret_peak_kib=interpret["peak_kib"],
            print_cpu_ns=printed["user_ns"] + printed["system_ns"],
            print_peak_kib=printed["peak_kib"])

    series = Series()
    session.run(competitor, loop, series, keep)
    result["remarks"] += series.remarks
    return result


def fresh_histogram(session, loop):
    """How many frames of each event differ from the event before, as the program itself counts."""
    folder = session.folder()
    try:
        got = measure.run([*loop.command, "--histogram=1"], folder, session.environment(folder),
                          session.limit_s).last_json()
    except measure.RunFailed as error:
        return {"remarks": [str(error)]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    counts = {int(frames): count for frames, count in got["fresh"].items()}
    events = sum(counts.values())
    return {"depth": got["depth"], "events": events, "counts": counts,
            "mean": sum(frames * count for frames, count in counts.items()) / events,
            "remarks": []}
