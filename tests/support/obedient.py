# tests/support/obedient.py: a traced mini-host that does what it is told while it runs
# SPDX-License-Identifier: MIT
"""
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")     # returns when that was done
        host.recording                            # path

The plug-in `sample` is loaded as `a`. The host ends when its pipe is closed, or is killed.
"""
import os
import subprocess
import time

from support.harness import LIBRARY, MINIHOST, NPNTRACE, Failed, plugin

DEADLINE_S = 60
_number = 0


class Obedient:
    def __init__(self, t, mode, name="host", env=None, record_options=(), plugin_path=None,
                 options=()):
        global _number
        _number += 1
        self.mode, self.done = mode, 0
        self.folder = t.path(name)
        os.makedirs(self.folder, exist_ok=True)
        self.fifo = t.path(f"fifo-{_number}")
        self.output = t.path(f"output-{_number}")
        os.mkfifo(self.fifo)
        command = [MINIHOST, *options, f"load a '{plugin_path or plugin('sample')}'",
                   f"obey {self.fifo}"]
        environment = {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder,
                       **(env or {})}
        if mode == "flight":
            environment.update(LD_PRELOAD=LIBRARY, NPNTRACE_DIR=self.folder)
        elif mode == "record":
            command = [NPNTRACE, "record", "-q", "-o", os.path.join(self.folder, "trace.npt"),
                       *record_options, "--", *command]
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(command, cwd=t.folder, env=environment,
                                            stdin=subprocess.DEVNULL, stdout=output)
        self.pipe = open(self.fifo, "w", encoding="ascii")
        self.sync()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def _wait(self, condition, what):
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failed(f"{what}; the host's output:\n{self.said()}")
            time.sleep(0.01)

    def said(self):
        with open(self.output, encoding="utf-8") as file:
            return file.read()

    def do(self, *actions):
        for action in actions:
            self.pipe.write(action + "\n")
        self.sync()

    def sync(self):
        """Waits until all was done: what is printed is buffered, so it is a file that tells."""
        self.done += 1
        mark = f"{self.fifo}-{self.done}"
        os.mkfifo(mark)
        self.pipe.write(f"obey {mark}\n")
        self.pipe.flush()
        descriptor = None
        end = time.monotonic() + DEADLINE_S
        while descriptor is None:  # the host opens it for reading
            try:
                descriptor = os.open(mark, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise Failed(f"the host does not obey; its output:\n{self.said()}") from None
                time.sleep(0.01)
        os.close(descriptor)
        os.unlink(mark)

    @property
    def pid(self):
        """Of the host itself."""
        if self.mode != "record":
            return self.process.pid
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            return int(file.read().split()[0])

    @property
    def recording(self):
        """A recorder makes its file a moment after the host has begun."""
        end = time.monotonic() + DEADLINE_S
        while len(names := os.listdir(self.folder)) != 1:
            if names or time.monotonic() > end:
                raise Failed(f"recordings: {names}")
            time.sleep(0.01)
        return os.path.join(self.folder, names[0])

    def kill(self):
        os.kill(self.pid, 9)
        self.process.wait(DEADLINE_S)

    def end(self):
        if not self.pipe.closed:
            try:
                self.pipe.close()
            except BrokenPipeError:
                pass
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
