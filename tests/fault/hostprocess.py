# tests/fault/hostprocess.py: a host that runs while a test watches, stops and kills
# SPDX-License-Identifier: MIT
"""A HostProcess is started at once in one of the harness's modes. What it has done so far, it says
in a page that it shares with the test: a subclass knows how to read that one."""
import ctypes
import os
import random
import signal
import subprocess
import time

from support.harness import Failed
from support.process import DEADLINE_S, kill_group

POLL_S = 0.0001
LOOKS, LOOK_S = 20, 0.005
PR_SET_CHILD_SUBREAPER = 36


def generator():
    """Random numbers, whose seed is printed so that they can be had again: NPNTRACE_SEED."""
    number = int(os.environ.get("NPNTRACE_SEED") or int.from_bytes(os.urandom(4), "little"))
    print(f"# NPNTRACE_SEED={number}")
    return random.Random(number)


def checked_or_not(random):
    """For hosts that are killed: where every stack is unwound twice, that takes most of the time,
    and the other half is struck elsewhere."""
    return {"NPNTRACE_SELFCHECK": random.choice(("1", None))}


def children(pid):
    """The process ids of a process's children, of its first thread."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


class HostProcess:
    """A host that runs; `with` sees to it that nothing is left running."""

    def __init__(self, t, run, command, record_options=(), env=None):
        self.t, self.run = t, run
        self.log = open(os.path.join(run.folder, "output"), "w+b")
        self.process = subprocess.Popen(
            run.command(command, record_options), cwd=run.work, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, env=run.environment(env or {}),
            start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        kill_group(self.process)
        self.process.wait()
        self.log.close()

    def host_pid(self):
        """The host's own process id; None while there is none."""
        raise NotImplementedError

    def completed(self):
        """How many of its calls have returned so far."""
        raise NotImplementedError

    def output(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stacks(self):
        """Where the threads of a host that hangs are, for a person to look at."""
        return stacks_of(self.host_pid()) + self.output()

    def wait_until(self, condition, what):
        """Polls until condition() is true. The host must not end before that."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if self.process.poll() is not None:
                raise Failed(f"the host ended with {self.process.returncode} before {what}\n"
                             + self.output())
            if time.monotonic() > end:
                raise Failed(f"not within {DEADLINE_S} s: {what}\n" + self.stacks())
            time.sleep(POLL_S)

    def kill_host(self):
        os.kill(self.host_pid(), signal.SIGKILL)

    def wait(self, status=0):
        """The host, or its recorder, must end, with this status, as subprocess has it."""
        try:
            got = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"not ended after {DEADLINE_S} s\n" + self.stacks()) from None
        self.t.equal(got, status, f"exit status\n{self.output()}")

    def trace_bytes(self):
        """How much the recorder has written."""
        paths = self.run.recording_paths()
        return os.path.getsize(paths[0]) if paths else 0

    # ---- the recorder ----

    def stop_recorder(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def continue_recorder(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def kill_recorder(self):
        """Before the host is started, adopt_orphans()."""
        self.process.kill()
        self.wait(-signal.SIGKILL)

    def waits(self):
        """Whether the host waits: all its threads asleep, and no call returns over many looks."""
        before = self.completed()
        for _ in range(LOOKS):
            time.sleep(LOOK_S)
            if set(_thread_states(self.host_pid())) != {"S"} or self.completed() != before:
                return False
        return True


def _thread_states(pid):
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{tid}/stat", encoding="ascii") as file:
                yield file.read().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            pass


def stacks_of(pid):
    """What gdb says about a process's threads."""
    if not pid or not os.path.exists(f"/proc/{pid}"):
        return f"process {pid} is gone\n"
    try:
        found = subprocess.run(["gdb", "-batch", "-ex", "thread apply all bt", "-p", str(pid)],
                               capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no stacks: {error}\n"
    return found.stdout[-12000:] + "\n"


# ---- hosts that survive their recorder -----------------------------------------------------------

def adopt_orphans():
    """The host's parent is the recorder; when that is killed, the host becomes our child."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def wait_for_adopted(pid):
    """The exit status of an adopted process. It is killed at the deadline."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found == pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(POLL_S)
    stacks = stacks_of(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise Failed(f"the host has not ended {DEADLINE_S} s after its recorder was killed\n{stacks}")
