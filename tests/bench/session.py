# tests/bench/session.py: rounds of runs, one competitor after the other
# SPDX-License-Identifier: MIT
"""A B C D A B C D ...: in each round every workload is run by every competitor, so that what
changes on the machine meanwhile meets all of them. Rounds end when there are enough of them or when
the time is up; a round that has begun is finished.
"""
import json
import os
import shutil
import sys
import time

import measure
from competitors import LAUNCH_OUTPUT, Competitor
from figures import Series


class Session:
    """Runs workloads in folders of their own below `scratch`."""

    def __init__(self, scratch, limit_s, quiet=False):
        self.scratch = scratch
        self.limit_s = limit_s
        self._quiet = quiet
        self._count = 0

    def say(self, text):
        if not self._quiet:
            print(f"bench: {text}", file=sys.stderr, flush=True)

    def folder(self):
        self._count += 1
        path = os.path.join(self.scratch, f"run{self._count}")
        os.makedirs(path)
        return path

    @staticmethod
    def environment(folder, *extra):
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": folder, "TMPDIR": folder}
        for more in extra:
            env.update(more)
        return env

    # ---- one run ------------------------------------------------------------------------------

    def run(self, competitor, workload, series, keep=None):
        """Adds a run's figures, or why there are none. `keep(competitor, folder, figures,
        series)` looks at the recording before it is removed."""
        folder = self.folder()
        try:
            competitor.begin(folder)
            try:
                figures = self._measure(competitor, workload, folder)
            finally:
                incomplete = competitor.end()
            if incomplete:
                series.remark(incomplete)
            figures["disk_bytes"] = measure.folder_bytes(folder)
            if keep is not None:
                keep(competitor, folder, figures, series)
            series.add(figures)
        except (measure.RunFailed, OSError) as error:
            series.fail(str(error))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _measure(self, competitor, workload, folder):
        if hasattr(workload, "pairs"):
            command, env = competitor.loop(workload.command, folder)
            got = measure.run(command, folder, self.environment(folder, env), self.limit_s,
                              competitor.records_first_process)
            own = got.last_json()
            figures = {"time_ns": own["elapsed_ns"], "cpu_ns": own["cpu_ns"],
                       "peak_kib": own["peak_kib"], "events": own["events"] or None}
        else:
            command, env = competitor.program(workload.command, workload.name, folder)
            command = self._in_folder(command, workload, folder)
            got = measure.run(command, folder, self.environment(folder, workload.env, env),
                              self.limit_s, competitor.records_first_process,
                              stdout_to="/dev/null")
            figures = self._launched(folder)
        figures["total_ns"] = got.wall_ns
        if competitor.records_first_process:
            figures["recorder_cpu_ns"] = got.own_cpu_ns
            figures["recorder_peak_kib"] = got.own_peak_kib
        return figures

    @staticmethod
    def _in_folder(command, workload, folder):
        """`launch` writes into the run's folder; the program works where its material is."""
        output = os.path.join(folder, LAUNCH_OUTPUT)
        command = [output if word == LAUNCH_OUTPUT else word for word in command]
        if workload.cwd is None:
            return command
        return ["env", "-C", workload.cwd, *command]

    @staticmethod
    def _launched(folder):
        try:
            with open(os.path.join(folder, LAUNCH_OUTPUT), encoding="utf-8") as file:
                line = json.loads(file.readline())
        except (OSError, ValueError):
            raise measure.RunFailed("launch wrote no figures") from None
        return {"time_ns": line["wall_ns"], "cpu_ns": line["user_ns"] + line["system_ns"],
                "peak_kib": line["peak_kib"]}

    # ---- rounds -------------------------------------------------------------------------------

    def rounds(self, workloads, competitors, runs, budget_s, keep=None):
        """{workload key: {competitor key: Series}} and the number of rounds made. `keep` is
        called in the first round, as by run()."""
        start = time.monotonic()
        series = {w.key: {c.key: Series() for c in competitors} for w in workloads}
        made = 0
        for made in range(1, runs + 1):
            self.say(f"round {made} of {runs}")
            for workload in workloads:
                self._warm_up(workload)
                for competitor in competitors:
                    one = series[workload.key][competitor.key]
                    missing = competitor.missing or getattr(workload, "missing", None)
                    if missing:
                        one.fail(missing)
                        continue
                    if self._hopeless(one):
                        one.fail(one.remarks[-1])
                        continue
                    self.run(competitor, workload, one, keep if made == 1 else None)
            spent = time.monotonic() - start
            if made < runs and spent + spent / made > budget_s:
                self.say(f"{spent:.0f} s are over, {budget_s} s were given: no further round")
                break
        return series, made

    def _warm_up(self, workload):
        """A whole program is run once without being measured, so that the first competitor of a
        round does not pay for files that are not in memory. Loops do this themselves."""
        if not hasattr(workload, "pairs") and not workload.missing:
            self.run(Competitor(), workload, Series())

    @staticmethod
    def _hopeless(one):
        """Failed in two rounds, never ran: not tried again."""
        return len(one.time_ns) >= 2 and all(value is None for value in one.time_ns)
