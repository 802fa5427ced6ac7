# tests/bench/machine.py: on what and in what company a benchmark ran
# SPDX-License-Identifier: MIT
"""The conditions of the machine, which belong beside every figure."""
import os
import platform
import re
import resource
import shutil
import subprocess
import time


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _cpu_model():
    found = re.search(r"^(?:model name|CPU part)\s*:\s*(.*)$", _read("/proc/cpuinfo"), re.M)
    return found[1] if found else platform.machine()


def _package_version(package):
    if shutil.which("dpkg-query") is None:
        return None
    got = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package],
                         capture_output=True, text=True, check=False)
    words = got.stdout.split()
    return words[1] if got.returncode == 0 and words[:1] == ["installed"] else None


def _busy_ticks():
    """(ticks that processors worked, ticks that the hypervisor gave to others)."""
    fields = [int(word) for word in _read("/proc/stat").splitlines()[0].split()[1:]]
    return fields[0] + fields[1] + fields[2] + fields[5] + fields[6], fields[7]


class Machine:
    """Looks at the machine when it is made, and again at the end()."""

    def __init__(self):
        self._start = time.monotonic()
        self._busy, self._stolen = _busy_ticks()
        self._own = self._own_cpu_s()
        self.facts = {
            "cpu": _cpu_model(),
            "processors": len(os.sched_getaffinity(0)),
            "virtual": "hypervisor" in _read("/proc/cpuinfo"),
            "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()
                        or "unknown",
            "clocksource": _read("/sys/devices/system/clocksource/clocksource0/"
                                 "current_clocksource").strip(),
            "kernel": platform.release(),
            "libc": " ".join(platform.libc_ver()),
            "load_before": os.getloadavg(),
            "packages": {name: _package_version(name) for name in (
                "libheaptrack", "liblttng-ust1", "lttng-tools", "python3", "git", "cutycapt")},
        }

    @staticmethod
    def _own_cpu_s():
        return sum(usage.ru_utime + usage.ru_stime for usage in (
            resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))

    def end(self):
        """Adds what happened meanwhile: who else worked on these processors. A daemon that was
        there before counts as another."""
        seconds = time.monotonic() - self._start
        busy, stolen = _busy_ticks()
        tick_s = 1 / os.sysconf("SC_CLK_TCK")
        own = self._own_cpu_s() - self._own
        room = seconds * (os.cpu_count() or 1)
        self.facts["load_after"] = os.getloadavg()
        self.facts["seconds"] = round(seconds, 1)
        self.facts["others_percent"] = round(
            max(0, (busy - self._busy) * tick_s - own) / room * 100, 1)
        self.facts["stolen_percent"] = round((stolen - self._stolen) * tick_s / room * 100, 1)
        return self.facts


def lines(facts):
    """The conditions as text."""
    load = " ".join(f"{value:.2f}" for value in facts["load_before"])
    after = " ".join(f"{value:.2f}" for value in facts["load_after"])
    where = "virtual machine" if facts["virtual"] else "no hypervisor seen"
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items()
                         if version)
    return [
        f"machine     {facts['cpu']}, {facts['processors']} processors, {where}",
        f"            governor {facts['governor']}, clock source {facts['clocksource']}",
        f"system      Linux {facts['kernel']}, {facts['libc']}; {packages}",
        f"load        {load} before, {after} after; other processes used "
        f"{facts['others_percent']} % of the processors, the hypervisor took "
        f"{facts['stolen_percent']} %",
    ]
