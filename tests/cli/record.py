#!/usr/bin/python3
# tests/cli/record.py: `npntrace record` as seen from the shell
# SPDX-License-Identifier: MIT
"""What it passes on, what it prints, and which files it leaves, for hosts that end in every way."""
import json
import os
import re
import signal
import subprocess

from support.harness import LIBRARY, MINIHOST, NPNTRACE, case, main, plugin

LIFE = ["new a 1", "invoke 1 leak 2", "destroy 1"]
DEADLINE_S = 60


def environment(t, extra=None):
    env = {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder}
    env.update(extra or {})
    return env


def record(t, command, options=(), extra=None):
    return subprocess.run([NPNTRACE, "record", *options, "--", *command], cwd=t.folder,
                          env=environment(t, extra), capture_output=True, text=True,
                          timeout=DEADLINE_S)


def host(actions):
    return [MINIHOST, f"load a {plugin('sample')}", *actions]


def recordings(t):
    return sorted(name for name in os.listdir(t.folder) if name.endswith(".npt"))


def report(t, name):
    shown = subprocess.run([NPNTRACE, "report", "--json", name], cwd=t.folder, capture_output=True,
                           text=True, check=True)
    return json.loads(shown.stdout)


@case("record-exit-status")
def exit_status(t):
    for end, expected in (("exit 7", 7), ("_exit 3", 3), ("return 0", 0), ("quick_exit 9", 9),
                          ("kill", 128 + signal.SIGKILL), ("abort", 128 + signal.SIGABRT),
                          ("segv", 128 + signal.SIGSEGV)):
        run = record(t, host(LIFE + [f"end {end}"]), ["--force", "-o", "trace.npt"])
        t.equal(run.returncode, expected, f"status after {end}")
        got = report(t, "trace.npt")
        t.equal(got["plugins"][0]["npn"]["allocs"], 2, f"allocations before {end}")
        if expected > 128:
            t.equal(got["host"].get("exit_signal"), expected - 128, f"signal after {end}")
        else:
            t.equal(got["host"].get("exit_status"), expected, f"status in the recording, {end}")


@case("record-what-it-prints")
def what_it_prints(t):
    """The host's standard output is untouched; where, verdict and next command are on the other."""
    plain = subprocess.run(host(LIFE), cwd=t.folder, env=environment(t), capture_output=True,
                           text=True, check=True)
    run = record(t, host(LIFE), ["-o", "trace.npt"])
    t.equal(run.stdout, plain.stdout, "standard output")
    for wanted in ("trace.npt", "libnpsample.so", "2 blocks", "npntrace leaks trace.npt"):
        t.expect(wanted in run.stderr, f"'{wanted}' is not in:\n{run.stderr}")
    t.expect("\x1b" not in run.stderr, "colours in a file")
    quiet = record(t, host(LIFE), ["-q", "-o", "quiet.npt"])
    t.equal(quiet.stderr, plain.stderr, "standard error with --quiet")


@case("record-default-name")
def default_name(t):
    record(t, host(LIFE))
    t.expect(len(recordings(t)) == 1 and re.fullmatch(r"npntrace\.minihost\.\d+\.npt",
                                                      recordings(t)[0]), str(recordings(t)))


@case("record-percent-names")
def percent_names(t):
    record(t, host(LIFE), ["-o", "of-%h-%p-100%%.npt"])
    t.expect(len(recordings(t)) == 1
             and re.fullmatch(r"of-minihost-\d+-100%\.npt", recordings(t)[0]), str(recordings(t)))


@case("record-through-a-wrapper")
def through_a_wrapper(t):
    """What is recorded is the process that meets the plug-in, not the command that was named."""
    command = " ".join(f"'{part}'" for part in host(LIFE + ["end exit 5"]))
    run = record(t, ["sh", "-c", f"true; {command}; exit $?"], ["-o", "trace.npt"])
    t.equal(run.returncode, 5, "status")
    t.equal(recordings(t), ["trace.npt"], "recordings")
    t.equal(os.path.basename(report(t, "trace.npt")["host"]["exe"]), "minihost", "host")


@case("record-several-processes")
def several_processes(t):
    """A child that goes on by itself has its own file, with its pid before the suffix."""
    run = record(t, host(["new a 1", "invoke 1 leak 2", "fork invoke 1 leak 3", "destroy 1"]),
                 ["-o", "trace.npt"])
    t.equal(run.returncode, 0, f"status\n{run.stderr}")
    names = recordings(t)
    t.equal(len(names), 2, f"recordings: {names}")
    t.expect("trace.npt" in names and any(re.fullmatch(r"trace\.\d+\.npt", n) for n in names),
             str(names))
    for name in names:
        t.expect(name in run.stderr, f"{name} is not listed:\n{run.stderr}")
    allocs = sorted(report(t, name)["totals"]["npn"]["allocs"] for name in names)
    t.equal(allocs, [2, 3], "allocations of parent and child")


@case("record-exec")
def exec_again(t):
    """One process, two images, each of which meets a plug-in."""
    again = " ".join(f"'{part}'" if " " in part else part for part in host(["new a 1",
                                                                          "invoke 1 leak 5"])[1:])
    run = record(t, ["sh", "-c", f"exec {MINIHOST} {again}"], ["-o", "trace.npt"])
    t.equal(run.returncode, 0, f"status\n{run.stderr}")
    t.equal(report(t, "trace.npt")["totals"]["npn"]["allocs"], 5, "allocations")


@case("record-keeps-other-preloads")
def keeps_other_preloads(t):
    show = ["sh", "-c", "echo $LD_PRELOAD"]
    run = record(t, show, extra={"LD_PRELOAD": "libother.so"})
    t.equal(run.stdout.strip(), f"{os.path.realpath(LIBRARY)}:libother.so", "LD_PRELOAD")


@case("record-interrupted-from-the-terminal")
def interrupted(t):
    """SIGINT goes to the whole foreground group: the host dies of it, the recording is whole."""
    process = subprocess.Popen([NPNTRACE, "record", "-o", "trace.npt", "--",
                                *host(["new a 1", "invoke 1 leak 2", "invoke 1 pause"])],
                               cwd=t.folder, env=environment(t), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    for line in process.stdout:
        if "leak: 2" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE_S)
    t.equal(process.returncode, 128 + signal.SIGINT, f"status\n{errors}")
    got = report(t, "trace.npt")
    t.equal(got["host"].get("exit_signal"), int(signal.SIGINT), "signal in the recording")
    t.equal(got["totals"]["npn"]["allocs"], 2, "allocations")


@case("record-nothing-to-record")
def nothing_to_record(t):
    run = record(t, ["true"])
    t.equal(run.returncode, 0, "status")
    t.equal(recordings(t), [], "recordings")
    t.expect("plug-in" in run.stderr, f"no word of why:\n{run.stderr}")


main()
