# tests/export/exporting.py: recordings to be exported, and the programs that read them
# SPDX-License-Identifier: MIT
"""What the tests of exports share. Numbers to compare with are those of `npntrace report --json`;
all exports are read by the program that the format is of, never by code of our own."""
import os
import subprocess

from support.harness import NPNTRACE, Failed

PLAY = ["load a @sample", "load b @samplecpp", "new a 1", "new b 2", "invoke 1 leak 3",
        "invoke 1 alloc 5000", "invoke 2 pools 8", "invoke 1 leak 2", "destroy 1", "destroy 2"]


def tool(command, stdin=None, status=0, cwd=None):
    """Runs a consumer; its standard output. Fails if it is not there."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120,
                          cwd=cwd, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode != status:
        raise Failed(f"{' '.join(command)}: status {done.returncode}, not {status}\n"
                     + (done.stdout + done.stderr)[-2000:])
    return done.stdout


class Exporter:
    """One recording, what `report` says of it, and its exports in the case's folder."""

    def __init__(self, t, actions=tuple(PLAY)):
        self.t = t
        self.run = t.host("record", list(actions), record_options=["--heap=all"])
        t.equal(self.run.status, 0, "exit status of the host")
        self.report = self.run.report()
        self.count = 0

    def export(self, name, *options):
        self.count += 1
        path = self.t.path(f"{self.count}.{name}")
        tool([NPNTRACE, "export", f"--format={name}", "-o", path, *options, self.run.recording])
        return path

    def total(self, key, *memories):
        return sum(self.report["totals"][m][key] for m in memories or ("npn", "heap"))

    def plugin(self, name, memory, key):
        return next(p for p in self.report["plugins"] if p["name"] == name)[memory][key]

    def owners(self, key):
        """{"libnpsample.so [NPN]": number}: what the outermost frames have to add up to."""
        found = {f"{p['name']} [{shown}]": p[memory][key] for p in self.report["plugins"]
                 for memory, shown in (("npn", "NPN"), ("heap", "heap"))}
        found["host [heap]"] = self.report["host_heap"][key]
        return {owner: number for owner, number in found.items() if number != 0}
