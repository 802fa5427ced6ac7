# tests/selfcheck/agreement.py: whether libunwind agreed on every stack of a recording
# SPDX-License-Identifier: MIT
"""The harness has every stack unwound by libunwind too, in the host, which counts the differences.
A difference is printed by the host, frame by frame, since NPNTRACE_DEBUG asks for it."""
import os

from support.harness import Failed, Skipped

DEADLINE_S = 300


def find(program, package):
    """The path of a program, or a skip that names its Debian package."""
    for folder in os.environ["PATH"].split(os.pathsep):
        path = os.path.join(folder, program)
        if os.access(path, os.X_OK):
            return path
    raise Skipped(f"no {program} here (Debian package: {package})")


def record(t, command, env=None, options=(), status=0):
    """Runs a command with all of its heap calls recorded and every stack checked."""
    run = t.run("record", command, {"NPNTRACE_DEBUG": "1", **(env or {})},
                ["--heap=all", *options], DEADLINE_S)
    if run.status != status:
        raise Failed(f"status {run.status}, not {status}\n{run.stderr.decode(errors='replace')}")
    return run


def differences(run):
    """What the host said about stacks that differ; the beginning is enough."""
    lines = run.stderr.decode(errors="replace").splitlines()
    at = [i for i, line in enumerate(lines) if "self-check" in line]
    return "\n".join(lines[at[0]:at[0] + 40]) if at else "the host said nothing"


def agrees(t, run, recording=None):
    """No difference, nothing lost, and as many stacks checked as were taken, but for those few that
    only libunwind can unwind and therefore did. Returns `info`."""
    info = run.json("info", recording=recording)
    allocations = info["events_by_type"]["heap-alloc"] + info["events_by_type"]["npn-alloc"]
    name = os.path.basename(info["host"]["exe"])
    print(f"# {name}: {info['selfchecks']} stacks checked, {info['events']} events, "
          f"{info['guessed_stacks']} stacks guessed, {info['truncated_stacks']} cut short")
    if info["selfcheck_mismatches"] != 0:
        raise Failed(f"{info['selfcheck_mismatches']} of {info['selfchecks']} stacks differ from "
                     f"libunwind's\n{differences(run)}")
    t.equal(info["lost_events"], 0, "lost events")
    t.expect(allocations > 0, "nothing was allocated")
    t.expect(info["selfchecks"] >= 0.9 * allocations,
             f"only {info['selfchecks']} stacks were checked, {allocations} were taken")
    return info


def all_agree(t, run, least=1):
    """The same for every recording of a run."""
    paths = run.recording_paths()
    t.expect(len(paths) >= least, f"{len(paths)} recordings, not {least}: {paths}")
    return [agrees(t, run, path) for path in paths]
