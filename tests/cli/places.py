#!/usr/bin/python3
# tests/cli/places.py: where programs and their debug information are looked for
# SPDX-License-Identifier: MIT
"""--sysroot, --debug-path, build-id directories, .gnu_debuglink, what dwz took out, and what is
said of a file that was changed. Each place is tried with the file there, elsewhere and damaged."""
import os
import shutil
import subprocess

from support import subject
from support.harness import NPNTRACE, case, main
from support.subject import expect_named, expect_nameless, frames, tool


def recorded(t, *options):
    """A recording without names, and the program that it is of."""
    program = subject.build(t.path("opt/bin/subject"), *options)
    return program, subject.record(t, program, "--no-symbols")


def move(program, root):
    """Moves the program to where it is below another root."""
    target = root + program
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.move(program, target)
    return target


@case("places-inlined-everywhere")
def inlined_everywhere(t):
    """Looked up and stored; in JSON and in text; in every verb that prints stacks."""
    program = subject.build(t.path("opt/bin/subject"))
    for options in (), ("--no-symbols",):
        recording = subject.record(t, program, *options, name=f"run{len(options)}.npt")
        expect_named(t, frames(recording)[0], f"record {options}")
        for command in (["leaks", "--host"], ["report"]):
            text = tool(NPNTRACE, *command, "--color=never", recording).stdout
            for function, line, inlined in subject.NAMED:
                end = f"subject.c:{line}" + (" (inlined)" if inlined else "")
                t.expect(any(words.split()[:1] == [function] and words.endswith(end)
                             for words in text.splitlines()), f"{command}: no {function} {end}")
        text = tool(NPNTRACE, "events", "--json", "--type=heap-alloc", recording).stdout
        t.expect('"take_more"' in text and '"inlined": true' in text.replace('":true', '": true'),
                 f"events: {text[-400:]}")


@case("places-sysroot")
def sysroot(t):
    program, recording = recorded(t)
    expect_named(t, frames(recording)[0], "where it was")
    moved = move(program, t.path("root"))
    expect_nameless(t, frames(recording)[0], "gone")
    expect_named(t, frames(recording, f"--sysroot={t.path('root')}")[0], "below the sysroot")
    os.makedirs(t.path("empty"))
    expect_named(t, frames(recording, f"--sysroot={t.path('empty')}",
                           f"--sysroot={t.path('root')}")[0], "below the second sysroot")
    os.chdir(t.folder)
    expect_named(t, frames(recording, "--sysroot=root")[0], "a relative name")
    subject.split(moved, t.path("root/usr/lib/debug" + program + ".debug"), link=True)
    expect_named(t, frames(recording, "--sysroot=root")[0], "its own /usr/lib/debug, by name")
    subject.remove(t.path("root/usr/lib/debug"))
    found = frames(recording, "--sysroot=root")[0]
    t.equal({f["file"] for f in found}, {None}, "files without debug information")


@case("places-sysroot-links")
def sysroot_links(t):
    """Links lead to where they lead on the machine that the sysroot is of, never out of it."""
    program, recording = recorded(t)
    target = move(program, t.path("root"))
    real = t.path("root") + "/real/subject-1.0"
    os.makedirs(os.path.dirname(real))
    shutil.move(target, real)
    os.symlink("/real/subject-1.0", target)
    expect_named(t, frames(recording, f"--sysroot={t.path('root')}")[0], "an absolute link")
    subject.split(real, real + ".debug", link=True)
    expect_named(t, frames(recording, f"--sysroot={t.path('root')}")[0], "debug file by the target")


@case("places-sysroot-of-another-build")
def sysroot_of_another_build(t):
    """Only the recorded build is asked, wherever it is."""
    program, recording = recorded(t)
    other = subject.build(t.path("root") + program, "-O0")
    expect_named(t, frames(recording, f"--sysroot={t.path('root')}")[0], "at its path, after all")
    subject.remove(program)
    found, said = frames(recording, f"--sysroot={t.path('root')}")
    expect_nameless(t, found, "another build")
    t.equal(said.count("build-id"), 1, f"said once: {said}")
    t.expect(program in said, f"named: {said}")
    subject.remove(other)
    found, said = frames(recording, f"--sysroot={t.path('root')}")
    t.expect("build-id" not in said, f"nothing is there: {said}")


@case("places-without-build-id")
def without_build_id(t):
    """Nothing tells whether a file is right: it is taken, but not from the wrong machine."""
    program, recording = recorded(t, "-Wl,--build-id=none")
    expect_named(t, frames(recording)[0], "where it was")
    text = tool(NPNTRACE, "leaks", "--host", recording).stdout
    t.expect("has no build-id" in text, f"not said: {text}")
    os.makedirs(t.path("root"))
    expect_nameless(t, frames(recording, f"--sysroot={t.path('root')}")[0], "not in the sysroot")
    move(program, t.path("root"))
    expect_named(t, frames(recording, f"--sysroot={t.path('root')}")[0], "in the sysroot")


@case("places-debug-path")
def debug_path(t):
    """By build-id, by name in the folder itself and below; never with another checksum."""
    program, recording = recorded(t)
    kept = shutil.copy(program, t.path("kept"))
    places = {"build-id": subject.by_build_id(t.path("dbg"), program),
              "name": t.path("dbg/subject.debug"),
              "path": t.path("dbg") + os.path.dirname(program) + "/subject.debug"}
    for what, debug in places.items():
        shutil.copy(kept, program)
        subject.split(program, debug, link=what != "build-id")
        t.equal({f["file"] for f in frames(recording)[0]}, {None}, f"{what}: not asked for")
        expect_named(t, frames(recording, f"--debug-path={t.path('dbg')}")[0], what)
        subject.remove(debug)
    shutil.copy(kept, program)
    debug = subject.split(program, t.path("dbg/subject.debug"), link=True)
    other = subject.build(t.path("other"), "-O0")
    tool("objcopy", "--only-keep-debug", other, debug)
    found = frames(recording, f"--debug-path={t.path('dbg')}")[0]
    t.equal({f["file"] for f in found}, {None}, "the debug file of another build")


@case("places-by-build-id-alone")
def by_build_id_alone(t):
    """The program itself is gone; a build-id directory has it, or only its debug information."""
    program, recording = recorded(t)
    whole = subject.by_build_id(t.path("whole"), program, "")
    debug = subject.by_build_id(t.path("debug"), program)
    shutil.copy(program, whole)
    tool("objcopy", "--only-keep-debug", program, debug)
    subject.remove(program)
    expect_nameless(t, frames(recording)[0], "gone")
    expect_named(t, frames(recording, f"--debug-path={t.path('whole')}")[0], "the program")
    expect_named(t, frames(recording, f"--debug-path={t.path('debug')}")[0], "debug information")
    subject.build(program, "-O0")
    found, said = frames(recording, f"--debug-path={t.path('debug')}")
    expect_named(t, found, "another build is at its path")
    t.expect("build-id" not in said, f"nothing is wrong: {said}")


@case("places-more-than-is-stored")
def more_than_is_stored(t):
    """A stripped program was recorded with its names alone: lines are added when they turn up."""
    program = subject.build(t.path("opt/bin/subject"), "-rdynamic")
    kept = shutil.copy(program, t.path("kept"))
    tool("strip", program)
    recording = subject.record(t, program)
    found = frames(recording)[0]
    t.expect("main" in [f["function"] for f in found], f"stored: {found}")
    t.equal({f["file"] for f in found}, {None}, "stored without files")
    debug = subject.by_build_id(t.path("dbg"), program)
    tool("objcopy", "--only-keep-debug", kept, debug)
    expect_named(t, frames(recording, f"--debug-path={t.path('dbg')}")[0], "asked for")
    subject.remove(program)
    expect_named(t, frames(recording, f"--debug-path={t.path('dbg')}")[0], "the program is gone")
    t.expect("main" in [f["function"] for f in frames(recording)[0]], "what is stored stays")


@case("places-dwz")
def dwz(t):
    """Debian's debug files share a third file, which dwz made."""
    program, recording = recorded(t)
    twin = subject.build(t.path("opt/bin/twin"), "-DTWIN", "-O2")
    debugs = [subject.split(p, p + ".debug", link=True) for p in (program, twin)]
    tool("dwz", "-m", t.path("opt/bin/common"), "-r", *debugs)
    t.expect(".gnu_debugaltlink" in tool("readelf", "-SW", debugs[0]).stdout, "dwz shared nothing")
    expect_named(t, frames(recording)[0], "with what dwz took out")


@case("places-split-dwarf")
def split_dwarf(t):
    """-gsplit-dwarf leaves the functions in a .dwo file where the compiler ran."""
    program = subject.build(t.path("opt/bin/subject"), "-gsplit-dwarf", "-dumpdir",
                            t.path("opt/bin/"))
    t.expect([name for name in os.listdir(t.path("opt/bin")) if name.endswith(".dwo")],
             f"no .dwo: {os.listdir(t.path('opt/bin'))}")
    recording = subject.record(t, program, "--no-symbols")
    expect_named(t, frames(recording)[0], "with the .dwo file")


@case("places-changed-file-said-once")
def changed_file_said_once(t):
    """However many stacks go through it, in text and beside JSON; and every way it can be wrong."""
    program, recording = recorded(t)
    subject.build(program, "-O0")
    found, said = frames(recording)
    expect_nameless(t, found, "another build")
    t.equal(said.count("build-id"), 1, f"beside JSON: {said}")
    done = tool(NPNTRACE, "report", "--color=never", recording)
    # Text is wrapped at the terminal's width.
    t.equal(" ".join(done.stdout.split()).count("another build-id"), 1, f"text:\n{done.stdout}")
    for change in (lambda: open(program, "w", encoding="ascii").write("no program"),
                   lambda: os.truncate(program, 0)):
        change()
        expect_nameless(t, frames(recording)[0], "not an ELF file")
        text = " ".join(tool(NPNTRACE, "report", recording).stdout.split())
        t.equal(text.count("cannot be read as an ELF file"), 1, f"said: {text}")
    subject.remove(program)
    os.mkfifo(program)
    expect_nameless(t, frames(recording)[0], "a pipe without a writer")


@case("places-bad-input")
def bad_input(t):
    _, recording = recorded(t)
    with open(t.path("file"), "w", encoding="ascii"):
        pass
    os.makedirs(t.path("a:b"))
    for option, word in (("--sysroot=/nonexistent", "No such file"), ("--debug-path=", "No such"),
                         (f"--debug-path={t.path('file')}", "not a directory"),
                         (f"--sysroot={t.path('a:b')}", "colon")):
        done = subprocess.run([NPNTRACE, "report", option, recording], capture_output=True,
                              text=True, check=False)
        t.equal(done.returncode, 2, f"{option}: status")
        t.expect(option in done.stderr and word in done.stderr, f"{option}: {done.stderr}")
        t.equal(done.stdout, "", f"{option}: standard output")


main()
