# tests/bench/measure.py: runs a command and measures it from outside
# SPDX-License-Identifier: MIT
"""One measured run of a command: wall time, the processor time and memory of its first process.

The first process is looked at by itself, without its children: under `npntrace record` it is the
recorder. Its processor time is read when it is a zombie, so nothing is missed; its peak memory is
sampled while it lives, and may miss what it takes in its last SAMPLE_S seconds.
"""
import json
import os
import re
import subprocess
import threading
import time

from support.process import kill_group

SAMPLE_S = 0.02
TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")


class RunFailed(Exception):
    """A run that gave no figures: one line that says why."""


class Measured:
    """wall_ns; own_cpu_ns and own_peak_kib of the first process; stdout, stderr as text."""

    def __init__(self):
        self.wall_ns = self.own_cpu_ns = self.own_peak_kib = 0
        self.status = None
        self.stdout = self.stderr = ""

    def last_json(self):
        """The last line of standard output, where the workload prints its figures."""
        lines = self.stdout.strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            raise RunFailed("printed no figures") from None


def _processor_time_ns(pid):
    """User and system time of a process without its children."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_NS


def _peak_kib(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            found = re.search(r"^VmHWM:\s+(\d+) kB", file.read(), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _sample(pid, measured, ended):
    while not ended.wait(SAMPLE_S):
        measured.own_peak_kib = max(measured.own_peak_kib, _peak_kib(pid))


def _wait(process, measured, limit_s, sample):
    """Until the process is a zombie, or killed at the time limit. Returns whether it was killed."""
    ended = threading.Event()
    killed = []

    def kill():
        killed.append(True)
        kill_group(process)

    timer = threading.Timer(limit_s, kill)
    sampler = threading.Thread(target=_sample, args=(process.pid, measured, ended))
    timer.start()
    if sample:
        sampler.start()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    finally:
        ended.set()
        timer.cancel()
        timer.join()
        if sample:
            sampler.join()
    return bool(killed)


def _reason(stderr):
    """The last line that has a program's name before it ("npntrace record: ..."); else the last."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    said = [line for line in lines if re.match(r"(?!Usage)[\w./-]+( \w+)?: ", line)]
    return (said or lines or ["no message"])[-1]


def run(command, cwd, env, limit_s, sample=False, stdin=subprocess.DEVNULL, stdout_to=None):
    """Runs a command in a process group of its own. Raises RunFailed."""
    measured = Measured()
    out_path, err_path = os.path.join(cwd, "run.out"), os.path.join(cwd, "run.err")
    with open(stdout_to or out_path, "wb") as out, open(err_path, "wb") as err:
        start_ns = time.monotonic_ns()
        try:
            process = subprocess.Popen(command, cwd=cwd, env=env, stdin=stdin, stdout=out,
                                       stderr=err, start_new_session=True)
        except OSError as error:
            raise RunFailed(f"{command[0]}: {error.strerror}") from None
        try:
            killed = _wait(process, measured, limit_s, sample)
            measured.wall_ns = time.monotonic_ns() - start_ns
            measured.own_cpu_ns = _processor_time_ns(process.pid)
        except BaseException:
            kill_group(process)
            raise
        finally:
            measured.status = process.wait()
    if stdout_to is None:
        with open(out_path, encoding="utf-8", errors="replace") as file:
            measured.stdout = file.read()
    with open(err_path, encoding="utf-8", errors="replace") as file:
        measured.stderr = file.read()
    if killed:
        raise RunFailed(f"not finished after {limit_s} s")
    if measured.status != 0:
        raise RunFailed(f"status {measured.status}: {_reason(measured.stderr)}")
    return measured


def folder_bytes(path):
    """How much the files below a folder hold."""
    total = 0
    for where, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except FileNotFoundError:
                pass
    return total
