# tests/support/screen.py: programs on a terminal, which is tmux
# SPDX-License-Identifier: MIT
"""A terminal of a given size in which a command runs, whose screen can be read and resized.

    with Screen(t, [NPNTRACE, "top", ring], 80, 24) as screen:
        screen.wait("libnpsample.so")
        screen.keys("q")
        screen.ended()         # exit status; the terminal is as it was before

Each has a tmux server of its own, which ends with it.
"""
import os
import shlex
import shutil
import subprocess
import tempfile
import time

from support.harness import Failed, Skipped

DEADLINE_S = 30


class Screen:
    def __init__(self, t, command, width, height, env=None, term="screen-256color"):
        if shutil.which("tmux") is None:
            raise Skipped("no tmux here (Debian package: tmux)")
        self.folder = tempfile.mkdtemp(prefix="npntrace-tmux-")  # socket names are short
        self.status_file = os.path.join(self.folder, "status")
        self.env = {"PATH": os.environ["PATH"], "HOME": t.folder, "LC_ALL": "C.UTF-8",
                    **(env or {})}
        stty = [os.path.join(self.folder, name) for name in ("before", "after")]
        # An unlikely prompt shows that what was there before is there again.
        script = (f"trap : INT QUIT HUP; echo before-it; stty -g >{stty[0]}; "
                  f"TERM={term} {shlex.join(command)}; "
                  f"status=$?; stty -g >{stty[1]}; echo after-it; "
                  f"echo $status >{self.status_file}.new; mv {self.status_file}.new "
                  f"{self.status_file}; exec sleep 1000")
        self.stty = stty
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  "-c", t.folder, "sh", "-c", script)
        self.tmux("set-option", "-g", "window-size", "manual")
        self.resize(width, height)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", os.path.join(self.folder, "s"), *arguments],
                              env=self.env, stdin=subprocess.DEVNULL, check=True, text=True,
                              stdout=subprocess.PIPE, timeout=DEADLINE_S).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", os.path.join(self.folder, "s"), "kill-server"], check=False,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def lines(self):
        """What is on the screen, without blanks at the ends."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").rstrip("\n").split("\n")]

    def text(self):
        return "\n".join(self.lines())

    def styled(self):
        """The same with escape sequences."""
        return self.tmux("capture-pane", "-p", "-e")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def wait(self, wanted, what=None):
        """Until the text, or what a function of the lines asks for, is there; returns the lines."""
        end = time.monotonic() + DEADLINE_S
        while True:
            lines = self.lines()
            if wanted(lines) if callable(wanted) else any(wanted in line for line in lines):
                return lines
            if time.monotonic() > end:
                raise Failed(f"never on the screen: {what or wanted}\n" + "\n".join(lines))
            time.sleep(0.05)

    def variable(self, name):
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def process(self):
        """The pid of the command."""
        shell = self.variable("pane_pid")
        with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def ended(self):
        """Waits for the end of the command, which must leave the terminal as it was. Its status."""
        end = time.monotonic() + DEADLINE_S
        while not os.path.exists(self.status_file):
            if time.monotonic() > end:
                raise Failed("the program does not end:\n" + self.text())
            time.sleep(0.05)
        with open(self.status_file, encoding="ascii") as file:
            status = int(file.read())
        before, after = (open(name, encoding="ascii").read() for name in self.stty)
        if before != after:
            raise Failed(f"the terminal is set otherwise than before:\n{before}\n{after}")
        if self.variable("alternate_on") != "0" or self.variable("cursor_flag") != "1":
            raise Failed("the other screen is on or the cursor is hidden:\n" + self.text())
        if "before-it" not in self.text() or "after-it" not in self.text():
            raise Failed("the screen is not what it was:\n" + self.text())
        return status
