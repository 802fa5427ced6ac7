#!/usr/bin/python3
# tests/cli/debuginfod.py: files and debug information from a server
# SPDX-License-Identifier: MIT
"""Runs Debian's debuginfod over a folder of this test and asks it through libdw, as users do:
with DEBUGINFOD_URLS alone."""
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from support import subject
from support.harness import NPNTRACE, case, main
from support.subject import expect_named, expect_nameless, frames, tool

READY_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def knows(url, path):
    """Whether the server answers, and has what path names."""
    try:
        with urllib.request.urlopen(f"{url}/{path}", timeout=5) as answer:
            return answer.status == 200 and bool(answer.read(1))
    except (urllib.error.URLError, OSError):
        return False


class Server:
    """A debuginfod over a folder; `requests` are the paths that clients asked for."""

    def __init__(self, t, folder):
        self.t, self.folder = t, folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = t.path(f"debuginfod-{self.port}.log")
        self.caches = 0

    def environment(self, cache=None):
        """For a client: with an empty cache of its own, unless it names one."""
        self.caches += 1
        return {"DEBUGINFOD_URLS": self.url, "DEBUGINFOD_TIMEOUT": "20",
                "DEBUGINFOD_CACHE_PATH": cache or self.t.path(f"cache-{self.port}-{self.caches}")}

    def requests(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return re.findall(r"GET /(buildid/\S+)", file.read())


@contextmanager
def serving(t, folder, wanted):
    """Runs a server until it knows what `wanted` names."""
    server = Server(t, folder)
    with open(server.log, "wb") as log:
        process = subprocess.Popen(
            ["debuginfod", "-vv", "-d", ":memory:", "-p", str(server.port), "-F", folder],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=t.folder,
            env={**os.environ, "HOME": t.folder, "DEBUGINFOD_URLS": ""})
    try:
        end = time.monotonic() + READY_S
        while not knows(server.url, wanted):
            with open(server.log, encoding="utf-8", errors="replace") as file:
                t.expect(process.poll() is None and time.monotonic() < end,
                         f"debuginfod is not ready:\n{file.read()[-2000:]}")
            time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        process.wait()


def served(t, with_program):
    """A recorded program without debug information, which the folder `served` has."""
    program = subject.build(t.path("opt/bin/subject"))
    recording = subject.record(t, program, "--no-symbols")
    os.makedirs(t.path("served"))
    if with_program:
        shutil.copy(program, t.path("served/subject"))
        tool("strip", t.path("served/subject"))
    tool("objcopy", "--only-keep-debug", program, t.path("served/subject.debug"))
    identity = subject.build_id(program)
    tool("strip", program)
    return program, recording, f"buildid/{identity}/debuginfo"


@case("debuginfod-debug-information")
def debug_information(t):
    program, recording, wanted = served(t, False)
    found = frames(recording, env={"DEBUGINFOD_URLS": ""})[0]
    t.equal({f["file"] for f in found}, {None}, "without a server")
    with serving(t, t.path("served"), wanted) as server:
        cache = t.path("cache")
        expect_named(t, frames(recording, env=server.environment(cache))[0], "stripped program")
        first = server.requests().count(wanted)
        expect_named(t, frames(recording, env=server.environment(cache))[0], "from the cache")
        t.equal(server.requests().count(wanted), first, "asked again, though it is in the cache")
        before = len(server.requests())
        t.equal({f["file"] for f in frames(recording, "--no-symbols",
                                           env=server.environment())[0]}, {None}, "--no-symbols")
        t.equal(len(server.requests()), before, "asked with --no-symbols")
        subject.remove(program)
        expect_named(t, frames(recording, env=server.environment())[0], "the program is gone")
        subject.build(program, "-O0")
        expect_named(t, frames(recording, env=server.environment())[0], "another build is there")


@case("debuginfod-program")
def whole_program(t):
    program, recording, wanted = served(t, True)
    subject.remove(program)
    with serving(t, t.path("served"), wanted) as server:
        expect_named(t, frames(recording, env=server.environment())[0], "the program is gone")
        t.expect(wanted.replace("debuginfo", "executable") in server.requests(),
                 f"the program was not asked for: {server.requests()}")


@case("debuginfod-not-while-recording")
def not_while_recording(t):
    """Recorded processes wait for no server; what was stored without lines gets them later."""
    program, _, wanted = served(t, False)
    with serving(t, t.path("served"), wanted) as server:
        before = len(server.requests())
        recording = subject.record(t, program, name="stored.npt", env=server.environment())
        t.equal(len(server.requests()), before, "record asked the server")
        t.equal({f["file"] for f in frames(recording, env={"DEBUGINFOD_URLS": ""})[0]}, {None},
                "stored")
        expect_named(t, frames(recording, env=server.environment())[0], "read with the server")


@case("debuginfod-no-answer")
def no_answer(t):
    """A server that is not there, or answers with something else, costs names, not the report."""
    program, recording, _ = served(t, False)
    subject.remove(program)
    silent = {"DEBUGINFOD_URLS": f"http://127.0.0.1:{free_port()}", "DEBUGINFOD_TIMEOUT": "5",
              "DEBUGINFOD_CACHE_PATH": t.path("cache")}
    found, said = frames(recording, env=silent)
    expect_nameless(t, found, "nobody listens")
    t.equal(said, "", "nothing to say beside JSON")
    text = tool(NPNTRACE, "report", recording, env={**os.environ, **silent}).stdout
    t.expect("not here" in text, f"said: {text}")


@case("debuginfod-archive")
def into_an_archive(t):
    """What came from a server is in the archive, and needs none any more."""
    program, recording, wanted = served(t, True)
    subject.remove(program)
    archive = t.path("run.npta")
    with serving(t, t.path("served"), wanted) as server:
        tool(NPNTRACE, "archive", "-o", archive, recording,
             env={**os.environ, **server.environment()})
    expect_named(t, frames(archive, env={"DEBUGINFOD_URLS": ""})[0], "from the archive")


main()
