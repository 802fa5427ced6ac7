# tests/host/xvfb.py: a private X server for one test script
# SPDX-License-Identifier: MIT
"""A virtual X server that lives exactly as long as the test that needs it.

The server picks a free display by itself (-displayfd), so that scripts can run side by side; it
is killed by the kernel when the test dies, so that no failed test leaves one behind. Raises
XvfbMissing where the machine has no Xvfb, for a skip; XvfbFailed where it does not come up.
"""
import atexit
import ctypes
import os
import select
import shutil
import signal
import subprocess

START_DEADLINE_S = 60
STOP_DEADLINE_S = 10
PR_SET_PDEATHSIG = 1
SCREEN = "1024x768x24"

_libc = ctypes.CDLL(None, use_errno=True)


class XvfbMissing(Exception):
    """There is no Xvfb on this machine."""


class XvfbFailed(Exception):
    """Xvfb was started and did not name its display in time."""


def die_with_parent():
    """For preexec_fn: the child gets SIGKILL when the thread that started it is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _read_display(fd):
    """The number that Xvfb writes to its display descriptor, or None at the deadline."""
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([fd], [], [], START_DEADLINE_S)
        part = os.read(fd, 64) if ready else b""
        if not part:
            return None
        text += part
    return int(text)


class Xvfb:
    """A server; `name` is what belongs into DISPLAY, None until start() has returned."""

    def __init__(self):
        self.name = None
        self._process = None

    def start(self):
        program = shutil.which("Xvfb")
        if program is None:
            raise XvfbMissing("no Xvfb in PATH (Debian package: xvfb)")
        read_fd, write_fd = os.pipe()
        try:
            self._process = subprocess.Popen(
                [program, "-displayfd", str(write_fd), "-screen", "0", SCREEN,
                 "-nolisten", "tcp", "-noreset"],
                pass_fds=[write_fd], preexec_fn=die_with_parent,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            os.close(write_fd)
            write_fd = -1
            number = _read_display(read_fd)
        finally:
            os.close(read_fd)
            if write_fd >= 0:
                os.close(write_fd)
        if number is None:
            self.stop()
            raise XvfbFailed(f"Xvfb named no display within {START_DEADLINE_S} s")
        self.name = f":{number}"

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def display_for_script():
    """For a script whose every case needs a display: its name. Without one the script ends."""
    server = Xvfb()
    try:
        server.start()
    except XvfbMissing as missing:
        print(f"1..0 # SKIP {missing}")
        raise SystemExit(0) from None
    except XvfbFailed as failed:
        print(f"Bail out! {failed}")
        raise SystemExit(99) from None
    atexit.register(server.stop)
    return server.name
