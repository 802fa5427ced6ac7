# tests/support/process.py: runs a command with a deadline and takes all of its output
# SPDX-License-Identifier: MIT
"""Commands run in a process group of their own, which is killed when the deadline has passed or
this process ends, so that no test leaves anything running."""
import os
import signal
import subprocess

DEADLINE_S = 120


class TooSlow(Exception):
    """A command that did not end in time."""


def run_process(command, cwd, env, deadline_s):
    """Returns status (negative: the signal), standard output and standard error."""
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            kill_group(process)
            out, err = process.communicate()
            raise TooSlow(f"{' '.join(command)}: not finished after {deadline_s} s\n"
                          + (out + err).decode(errors="replace")) from None
        except BaseException:
            kill_group(process)
            raise
        return process.returncode, out, err


def kill_group(process):
    """Kills a process that was started in a session of its own, and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
