# tests/bench/lttng.py: an LTTng session for one benchmark run after the other
# SPDX-License-Identifier: MIT
"""Starts a session daemon of its own at the first run where none runs yet, and gives each run a
session of its own.

The channel blocks the application when its buffers are full, as `npntrace record` does, so that
nothing is lost and the comparison is one of equals.
"""
import glob
import os
import re
import shutil
import subprocess
import time

SESSION = "npntrace-bench"
START_DEADLINE_S = 15
COMMAND_DEADLINE_S = 60


class Lttng:
    """`missing` says why it cannot be used; None if it can."""

    def __init__(self, home):
        self._daemon = None
        self._environment = {**os.environ, "LTTNG_HOME": home}
        self.missing = self._why_missing()

    @staticmethod
    def _why_missing():
        if not any(glob.glob(f"{folder}/liblttng-ust-libc-wrapper.so.1")
                   for folder in ("/usr/lib/*", "/usr/lib", "/usr/local/lib")):
            return "not installed (Debian packages: liblttng-ust1, lttng-tools)"
        if shutil.which("lttng") is None or shutil.which("lttng-sessiond") is None:
            return "no session daemon installed (Debian package: lttng-tools)"
        return None

    def _call(self, *arguments):
        return subprocess.run(["lttng", "--no-sessiond", *arguments], env=self._environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=COMMAND_DEADLINE_S, check=False)

    def _answers(self):
        return self._call("list").returncode == 0

    def _start_daemon(self):
        if self._daemon is not None or self._answers():
            return
        self._daemon = subprocess.Popen(
            ["lttng-sessiond", "--no-kernel"], env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise OSError("lttng-sessiond does not start")
            time.sleep(0.1)

    def settings(self):
        """What the traced program needs in its environment."""
        return {"LTTNG_HOME": self._environment["LTTNG_HOME"], "LTTNG_UST_ALLOW_BLOCKING": "1",
                "LTTNG_UST_REGISTER_TIMEOUT": "-1"}

    def begin(self, output):
        """A new session that writes into the folder `output`. Raises OSError."""
        self._start_daemon()
        self._call("destroy", SESSION)
        for command in (["create", SESSION, f"--output={output}"],
                        ["enable-channel", "--userspace", "--blocking-timeout=inf",
                         "--subbuf-size=1M", "--num-subbuf=8", "--session", SESSION, "heap"],
                        ["enable-event", "--userspace", "lttng_ust_libc:*", "--session", SESSION,
                         "--channel", "heap"],
                        ["start", SESSION]):
            got = self._call(*command)
            if got.returncode != 0:
                raise OSError(f"lttng {command[0]}: {(got.stderr or got.stdout).strip()}")

    def end(self):
        """Ends the session. Returns how many events it has discarded."""
        self._call("stop", SESSION)
        found = re.findall(r"Discarded events: (\d+)", self._call("list", SESSION).stdout)
        self._call("destroy", SESSION)
        return sum(int(number) for number in found)

    def close(self):
        """Stops the daemon if this object started it; one that ran before goes on."""
        if self._daemon is not None:
            self._daemon.terminate()
            try:
                self._daemon.wait(START_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
                self._daemon.wait()
            self._daemon = None
