#!/usr/bin/python3
# tests/fault/footprint.py: what tracing leaves behind in a host, besides a mapping
# SPDX-License-Identifier: MIT
"""A host is looked at from outside while it is being traced: it must have the descriptors, the
threads, the signal handlers and the signal mask that it has untraced."""
import os
import re
import signal
import subprocess

from support.harness import LIBRARY, MINIHOST, NPNTRACE, case, main, plugin

ACTIONS = [f"load a {plugin('sample')}", "new a 1", "invoke 1 leak 2", "invoke 1 threads 2 50",
           "new a 2", "invoke 2 leak 9", "destroy 2", "invoke 1 pause"]


def footprint(pid):
    """What can be seen of a process from outside that tracing must not change."""
    folder = f"/proc/{pid}"
    with open(f"{folder}/status", encoding="ascii") as file:
        signals = dict(re.findall(r"^(Sig(?:Blk|Ign|Cgt)|Threads):\s+(\S+)", file.read(), re.M))
    descriptors = {}
    for name in os.listdir(f"{folder}/fd"):
        target = os.readlink(f"{folder}/fd/{name}")
        descriptors[int(name)] = re.sub(r"\d+", "N", target)
    return {"descriptors": descriptors, **signals}


def host_process(pid):
    """The mini-host itself; under `record` it is a child."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    return int(children[0]) if children else pid


def look(t, command, env):
    process = subprocess.Popen(command, cwd=t.folder, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if "leak: 9" in line:
                break
        # The line before the pause is "> destroy 2"'s; what pauses is inside the plug-in.
        for line in process.stdout:
            if "invoke 1 pause" in line:
                break
        pid = host_process(process.pid)
        seen = footprint(pid)
        os.kill(pid, signal.SIGKILL)
    finally:
        process.communicate(timeout=30)
    return seen


@case("footprint-of-a-traced-host")
def of_a_traced_host(t):
    env = {"PATH": os.environ["PATH"], "HOME": t.folder}
    untraced = look(t, [MINIHOST, *ACTIONS], env)
    flight = look(t, [MINIHOST, *ACTIONS], {**env, "LD_PRELOAD": LIBRARY})
    recorded = look(t, [NPNTRACE, "record", "-o", "trace.npt", "--", MINIHOST, *ACTIONS], env)
    t.equal(flight, untraced, "flight recorder")
    t.equal(recorded, untraced, "under record")


main()
