#!/usr/bin/python3
# tests/cli/archive.py: a recording and what its names come from, in one file
# SPDX-License-Identifier: MIT
"""`npntrace archive`, and reading what it made where the files are gone: each verb must answer as
it did before."""
import json
import os
import resource
import shutil
import stat
import struct
import subprocess
import zipfile

from support import subject
from support.harness import NPNTRACE, WHEN_TRACED, case, main, plugin
from support.subject import expect_named, expect_nameless, frames, tool

LEAK = ["new a 1", "invoke 1 leak 1", "destroy 1"]
READING = ("report", "leaks", "findings", "events", "info", "check")


def refused(*command, env=None):
    """Runs what must fail; its message."""
    done = subprocess.run([NPNTRACE, *command], capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def answers(recording, *options):
    """What each verb says, without what differs by the name of the file."""
    said = {}
    for verb in READING:
        for json_too in ((), ("--json",)):
            text = tool(NPNTRACE, verb, *json_too, *options, recording).stdout
            for name in (recording, os.path.basename(recording)):
                text = text.replace(name, "RECORDING")
            said[(verb, *json_too)] = text
    return said


@case("archive-trace")
def trace(t):
    """Another machine: neither the program nor the places of its debug information are there."""
    program = subject.build(t.path("opt/bin/subject"))
    recording = subject.record(t, program, "--no-symbols")
    subject.split(program, t.path("dbg/subject.debug"), link=True)
    here = answers(recording, f"--debug-path={t.path('dbg')}")
    archive = t.path("run.npta")
    done = tool(NPNTRACE, "archive", f"--debug-path={t.path('dbg')}", recording)
    t.expect(archive in done.stdout, f"it is not named: {done.stdout}")
    t.equal(stat.S_IMODE(os.stat(archive).st_mode), 0o600, "mode")
    for path in (program, t.path("dbg"), recording):
        subject.remove(path)
    expect_named(t, frames(archive)[0], "from the archive")
    t.equal(answers(archive), here, "answers")
    left = [name for name in os.listdir(t.folder) if name.startswith("npntrace-")]
    t.equal(left, [], "left behind")


@case("archive-ring")
def ring(t):
    """A flight recorder of a plug-in, which is unloaded and gone."""
    path = t.copy_plugin("sample", "libnpsample.so")
    run = t.host("flight", [f"load a {path}"] + LEAK + ["unload a"])
    here = json.loads(tool(NPNTRACE, "leaks", "--json", run.recording).stdout)
    archive = t.path("run.npta")
    tool(NPNTRACE, "archive", "-o", archive, run.recording)
    os.unlink(path)
    t.equal(json.loads(tool(NPNTRACE, "leaks", "--json", archive).stdout), here, "leaks")
    t.equal(here["leaks"][0]["stack"][0]["function"], "leak_odd", "function")
    t.expect(os.path.getsize(archive) < os.path.getsize(run.recording), "a ring is mostly holes")


@case("archive-by-hand")
def by_hand(t):
    """Unpacked, it is a sysroot; its debug information is where one has it."""
    program = subject.build(t.path("opt/bin/subject"))
    recording = subject.record(t, program, "--no-symbols")
    subject.split(program, t.path("opt/bin/.debug/subject.debug"), link=True)
    tool(NPNTRACE, "archive", recording)
    subject.remove(t.path("opt"))
    os.makedirs(t.path("elsewhere"))
    tool("unzip", "-q", t.path("run.npta"), cwd=t.path("elsewhere"))
    unpacked = t.path("elsewhere/recording/run.npt")
    expect_nameless(t, frames(unpacked)[0], "without its files")
    expect_named(t, frames(unpacked, f"--sysroot={t.path('elsewhere/files')}")[0], "with them")
    t.expect("--sysroot=files" in open(t.path("elsewhere/README.txt"), encoding="utf-8").read(),
             "README.txt does not say how")


@case("archive-dwz")
def dwz(t):
    """What dwz took out of debug files comes along."""
    programs = [subject.build(t.path("opt/bin/subject")),
                subject.build(t.path("opt/bin/twin"), "-O2")]
    recording = subject.record(t, programs[0], "--no-symbols")
    debugs = [subject.split(p, p + ".debug", link=True) for p in programs]
    tool("dwz", "-m", t.path("opt/bin/common"), "-r", *debugs)
    tool(NPNTRACE, "archive", recording)
    subject.remove(t.path("opt"))
    expect_named(t, frames(t.path("run.npta"))[0], "all three files")


@case("archive-only-what-is-right")
def only_what_is_right(t):
    """A file that was rebuilt is left out, and that is said; one that is missing, too."""
    program = subject.build(t.path("opt/bin/subject"))
    recording = subject.record(t, program, "--no-symbols")
    subject.build(program, "-O0")
    done = tool(NPNTRACE, "archive", recording)
    t.expect(f"{program}: left out" in done.stderr and "build-id" in done.stderr, done.stderr)
    with zipfile.ZipFile(t.path("run.npta")) as archive:
        t.expect(not any("subject" in name for name in archive.namelist()),
                 f"it is in: {archive.namelist()}")
    expect_nameless(t, frames(t.path("run.npta"))[0], "another build")
    subject.remove(program)
    done = tool(NPNTRACE, "archive", "--force", recording)
    t.expect(f"{program}: left out: not here" in done.stderr, done.stderr)


@case("archive-is-the-newest")
def is_the_newest(t):
    """Alone in a directory it is found without being named; not so beside recordings."""
    program = subject.build(t.path("opt/bin/subject"))
    recording = subject.record(t, program)
    tool(NPNTRACE, "archive", recording)
    done = tool(NPNTRACE, "report", cwd=t.folder)
    t.expect("reading run.npt," in done.stderr, done.stderr)
    subject.remove(recording)
    done = tool(NPNTRACE, "report", cwd=t.folder)
    t.expect("reading run.npta," in done.stderr, done.stderr)


@case("archive-refusals")
def refusals(t):
    recording = subject.record(t, subject.build(t.path("opt/bin/subject")))
    archive = t.path("run.npta")
    tool(NPNTRACE, "archive", recording)
    for command, words in (
            (["archive", recording], "exists; --force replaces it"),
            (["archive", "--force", "-o", t.path("opt"), recording], "not a regular file"),
            (["archive", "-o", t.path("none/x"), recording], "cannot write"),
            (["archive", archive], "is an archive already"),
            (["archive", t.path("missing.npt")], "No such file"),
            (["archive", recording, recording], "only one recording")):
        status, out, said = refused(*command)
        t.equal((status, out), (2, ""), f"{command}: {said}")
        t.expect(words in said, f"{command}: {said}")
    before = open(archive, "rb").read()
    status, _, said = refused("archive", "--force", "-o", "/dev/full", recording)
    t.equal(status, 2, f"/dev/full: {said}")
    t.equal(open(archive, "rb").read(), before, "the archive that was there")
    t.equal(sorted(os.listdir(t.folder)), ["opt", "run.npt", "run.npta"], "files left behind")


@case("archive-recording-goes-away")
def goes_away(t):
    """Between being read and being packed: no archive without a recording."""
    recording = subject.record(t, subject.build(t.path("opt/bin/subject")))
    archive = t.path("run.npta")
    tool(NPNTRACE, "archive", recording)
    before = open(archive, "rb").read()
    done = subprocess.run(["strace", *WHEN_TRACED, "-f", "-o", "/dev/null", "-P", recording,
                           "-e", "inject=access,faccessat,faccessat2:error=ENOENT",
                           NPNTRACE, "archive", "--force", "-o", archive, recording],
                          capture_output=True, text=True, timeout=120, check=False)
    t.equal((done.returncode, done.stdout), (2, ""), done.stderr)
    t.expect("cannot be read again; nothing was written" in done.stderr, done.stderr)
    t.equal(open(archive, "rb").read(), before, "the archive that was there")


@case("archive-damaged")
def damaged(t):
    """Cut short, turned over byte by byte, or no archive of ours: one line, status 2, or its files
    are not used; never a crash."""
    program = subject.build(t.path("opt/bin/subject"))
    recording = subject.record(t, program, "--no-symbols")
    tool(NPNTRACE, "archive", recording)
    subject.remove(program)
    whole = open(t.path("run.npta"), "rb").read()
    with zipfile.ZipFile(t.path("run.npta")) as archive:
        places = [info.header_offset + 60 for info in archive.infolist()]
    bad = t.path("bad.npta")
    step = max(1, len(whole) // 12)
    tries = [whole[:cut] for cut in [4, 5, 100, *range(step, len(whole), step)]]
    for at in [*places, *range(0, 200, 20), *range(len(whole) - 400, len(whole), 20),
               *range(0, len(whole), step)]:
        tries.append(whole[:at] + bytes([whole[at] ^ 0xff]) + whole[at + 1:])
    for number, content in enumerate(tries):
        with open(bad, "wb") as file:
            file.write(content)
        status, _, said = refused("leaks", "--host", "--json", bad)
        t.expect(status in (0, 2), f"try {number}: status {status}: {said}")
        t.expect(status == 0 or said.count("\n") == 1, f"try {number}: {said}")
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("holiday.txt", "no recording")
    status, _, said = refused("report", bad)
    t.equal(status, 2, "a ZIP file of something else")
    t.expect("without a recording" in said and said.count("\n") == 1, said)
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("recording/x.npt", "no recording")
    status, _, said = refused("report", bad)
    t.equal(status, 2, "a recording that is none")
    t.expect("not a recording of npntrace" in said, said)


def bounded(*command):
    """Runs what must fail and may not write files of more than a megabyte; its message."""
    done = subprocess.run([NPNTRACE, *command], capture_output=True, text=True, check=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                (1 << 20, 1 << 20)))
    return done.returncode, done.stdout, done.stderr


@case("archive-bounds")
def bounds(t):
    """What unfolds to more than the directory says, or than so few bytes can have been packed from,
    is not unpacked: a few hundred bytes do not fill a disk."""
    bad = t.path("bad.npta")
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("recording/x.npt", b"A" * (8 << 20))
        central = archive.fp.tell()
    content = bytearray(open(bad, "rb").read())
    for at in (22, central + 24):
        content[at:at + 4] = struct.pack("<I", 100)
    with open(bad, "wb") as file:
        file.write(content)
    status, out, said = bounded("report", bad)
    t.equal((status, out, said.count("\n")), (2, "", 1), f"more than it says: {said}")
    t.expect("it is damaged" in said, said)
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("recording/x.npt", b"A" * (256 << 20))
    status, out, said = bounded("report", bad)
    t.equal((status, out, said.count("\n")), (2, "", 1), f"a thousand times more: {said}")
    t.expect("many thousand times as large as the archive" in said, said)


@case("archive-no-room")
def no_room(t):
    recording = subject.record(t, subject.build(t.path("opt/bin/subject")))
    tool(NPNTRACE, "archive", recording)
    status, out, said = refused("report", t.path("run.npta"), env={"TMPDIR": "/nonexistent"})
    t.equal((status, out), (2, ""), said)
    t.expect("/nonexistent" in said and "No such file" in said, said)


@case("archive-of-a-browser-s-plugin")
def of_a_plugin(t):
    """A plug-in under `record`, with a copy of the library that is changed afterwards."""
    path = shutil.copy2(plugin("sample"), t.path("libnpsample.so"))
    run = t.host("record", [f"load a {path}"] + LEAK, record_options=["--no-symbols"])
    archive = t.path("run.npta")
    tool(NPNTRACE, "archive", "-o", archive, run.recording)
    shutil.copy2(plugin("sample2"), path)
    leaks = json.loads(tool(NPNTRACE, "leaks", "--json", archive).stdout)["leaks"]
    t.equal(leaks[0]["stack"][0]["function"], "leak_odd", "function")
    t.expect(leaks[0]["stack"][0]["file"].endswith("sample_memory.c"), "file")


main()
