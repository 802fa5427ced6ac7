# tests/support/watching.py: `npntrace top` without a terminal, and what it is compared with
# SPDX-License-Identifier: MIT
"""What the tests of top share. Numbers to compare with are those of `npntrace report --json`."""
import json
import os
import subprocess
import time

from support.harness import NPNTRACE
from support.process import run_process

DEADLINE_S = 60
# A program that allocates on several threads, with and without freeing, for a while.
BUSY = """
import threading, time
def work():
    kept, end = [], time.monotonic() + 4
    while time.monotonic() < end:
        for size in range(600, 1600, 7):
            block = bytearray(size)
            if size % 5 == 0 and len(kept) < 3000:
                kept.append(block)
        time.sleep(0.002)
threads = [threading.Thread(target=work) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


def environment(t):
    return {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder, "LC_ALL": "C.UTF-8"}


def top(t, *arguments, deadline_s=DEADLINE_S):
    """Status, text on standard output, text on standard error."""
    status, out, err = run_process([NPNTRACE, "top", *map(str, arguments)], cwd=t.folder,
                                   env=environment(t), deadline_s=deadline_s)
    return status, out.decode(), err.decode()


def report(t, path):
    out = subprocess.run([NPNTRACE, "report", "--json", path], cwd=t.folder, check=True, text=True,
                         env=environment(t), stdout=subprocess.PIPE).stdout
    return json.loads(out)


def wait_until_written(t, path, blocks):
    """A trace file is written up to half a second late."""
    end = time.monotonic() + DEADLINE_S
    while report(t, path)["totals"]["npn"]["live_blocks"] != blocks:
        t.expect(time.monotonic() < end, f"{path}: not {blocks} live blocks")
