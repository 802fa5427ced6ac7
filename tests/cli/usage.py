#!/usr/bin/python3
# tests/cli/usage.py: every verb asked wrongly, and every verb whose output goes nowhere
# SPDX-License-Identifier: MIT
"""What is wrong is said in a line, and what to do in another; a full disk is told as such; a reader
that has gone is no error of ours."""
import os
import re
import shutil
import signal
import subprocess

from cli import growing
from support.harness import NPNTRACE, Failed, case, main

VERBS = ("record", "report", "leaks", "diff", "findings", "flame", "timeline", "html", "events",
         "export", "top", "serve", "info", "archive", "check")
ACTIONS = ["load a @sample", "new a 1", "invoke 1 leak 30", "invoke 1 temp 300"]
PRINTING = (["report"], ["report", "--json"], ["report", "--by=function"], ["report", "--tree=up"],
            ["leaks"], ["leaks", "--json"], ["leaks", "--gen-suppressions"], ["findings"],
            ["flame"], ["timeline"], ["timeline", "--svg"], ["html"], ["events"],
            ["events", "--json"], ["info"], ["check"], ["top", "--count=1"],
            *(["export", f"--format={name}"] for name in (
                "folded", "massif", "callgrind", "speedscope", "heaptrack", "openmetrics", "csv")))
FULL = "No space left on device"
# All is written, and is to be given its name, when the signal comes.
RENAME = """
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
int renameat(int, const char *, int, const char *);
int rename(const char *from, const char *to)
{
    char *number = getenv("RENAME_SIGNAL");
    if (number != NULL)
        kill(getpid(), atoi(number));
    return renameat(-100, from, -100, to);
}
"""


def npntrace(t, *arguments, **options):
    done = subprocess.run([NPNTRACE, *arguments], cwd=t.folder, text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    t.expect("Sanitizer" not in done.stderr, done.stderr)
    return done


def writing():
    yield from (["html"], ["flame"], ["timeline", "--svg"])
    yield from (["export", f"--format={name}"] for name in (
        "folded", "pprof", "massif", "callgrind", "speedscope", "heaptrack", "ctf", "openmetrics",
        "sqlite", "csv"))


def commands(recording):
    for command in PRINTING:
        yield [word.replace("--tree=up", "--tree=bottom-up") for word in command] + [recording]
    yield ["diff", recording, recording]
    yield ["--help"]
    yield ["--version"]
    for verb in VERBS:
        yield [verb, "--help"]


@case("usage-of-every-verb")
def usage(t):
    for verb in VERBS:
        for option, wanted in (("--nonesuch", "unrecognized option '--nonesuch'"),
                               ("--help=x", "option '--help' doesn't allow an argument")):
            done = npntrace(t, verb, option, stdout=subprocess.PIPE)
            t.equal((done.returncode, done.stdout), (2, ""), f"{verb} {option}")
            t.equal(done.stderr.splitlines(),
                    [f"npntrace {verb}: {wanted}", f'"npntrace {verb} --help" lists the options.'],
                    f"{verb} {option}")
    done = npntrace(t, "reprot", stdout=subprocess.PIPE)
    t.equal((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 2), "an unknown verb")
    t.expect('unknown verb "reprot": report, record, ' in done.stderr, done.stderr)
    listed = done.stderr.splitlines()[0].split(": ")[2].split(", ")
    t.equal(sorted(listed), sorted(VERBS), "all are listed")


@case("usage-stopped-while-writing")
def stopped(t):
    """A signal takes away what is not complete, leaves what was there, and is the end."""
    recording = t.host("record", ACTIONS, record_options=["--heap=all"]).recording
    preload = growing.compile_text(t, "rename.so", RENAME, "-shared", "-fPIC")
    os.mkdir(t.path("out"))
    path = t.path("out/file")

    def write(command, number, **options):
        done = npntrace(t, *command, "-o", path, recording, stdout=subprocess.PIPE, env={
            **os.environ, "LD_PRELOAD": preload, "RENAME_SIGNAL": str(int(number)),
            "ASAN_OPTIONS": "verify_asan_link_order=0"}, **options)
        return done.returncode

    for command in writing():
        is_folder = "--format=ctf" in command
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if not is_folder:
                with open(path, "w", encoding="utf-8") as file:
                    file.write("before")
            t.equal(write(command, number), -number, f"{command}: status")
            t.equal(os.listdir(t.path("out")), [] if is_folder else ["file"],
                    f"{command}: files after {number.name}")
            if not is_folder:
                with open(path, encoding="utf-8") as file:
                    t.equal(file.read(), "before", f"{command}: what was there")
                os.unlink(path)
        # as under nohup
        done = write(command, signal.SIGHUP,
                     preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        t.equal((done, os.listdir(t.path("out"))), (0, ["file"]), f"{command}: a signal ignored")
        if is_folder:
            t.equal(sorted(os.listdir(path)), ["events", "metadata"], "files of the folder")
            shutil.rmtree(path)
        else:
            os.unlink(path)


@case("usage-output-to-a-full-disk")
def full(t):
    recording = t.host("record", ACTIONS).recording
    for command in commands(recording):
        with open("/dev/full", "wb") as device:
            done = npntrace(t, *command, stdout=device)
        t.equal(done.returncode, 2, f"{command}: status")
        last = done.stderr.splitlines()[-1]
        t.expect(last == f"npntrace: cannot write the output: {FULL}", f"{command}: {done.stderr}")


@case("usage-files-on-a-full-disk")
def full_files(t):
    """A file that does not fit leaves nothing behind. What it does not fit is a limit of files'
    sizes: a small disk would have to be mounted."""
    recording = t.host("record", ACTIONS).recording
    folder = t.path("disk")
    os.makedirs(folder)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        import resource  # pylint: disable=import-outside-toplevel
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
    for command in (["html", "-o"], ["flame", "-o"], ["timeline", "--svg", "-o"], ["archive", "-o"],
                    *(["export", f"--format={name}", "-o"] for name in (
                        "ctf", "sqlite", "massif", "callgrind", "speedscope", "heaptrack",
                        "openmetrics", "csv"))):
        target = os.path.join(folder, "out")
        done = npntrace(t, *command, target, recording, stdout=subprocess.PIPE, preexec_fn=limit)
        t.equal(done.returncode, 2, f"{command}: status; {done.stderr}")
        t.expect(any(why in done.stderr for why in ("File too large", "disk is full", "disk I/O",
                                                    "disk or")), f"{command}: {done.stderr}")
        t.equal(os.listdir(folder), [], f"{command}: what is left")


@case("usage-closed-pipe")
def closed(t):
    recording = t.host("record", ACTIONS).recording
    for command in commands(recording):
        reading, writing = os.pipe()
        os.close(reading)
        done = npntrace(t, *command, stdout=writing)
        os.close(writing)
        t.expect(done.returncode in (-signal.SIGPIPE, 0), f"{command}: status {done.returncode}")
        t.equal(done.stderr.replace("npntrace: the page", ""), "", f"{command}: messages")


@case("usage-twenty-columns")
def narrow(t):
    """Nothing but whole colours is between the words, and the last of them is off."""
    recording = t.host("record", ACTIONS).recording
    script = shutil.which("script")
    if script is None:
        raise Failed("no script here (Debian package: bsdutils)")
    for command in ("report", "report --by=function", "report --tree=top-down", "leaks", "findings",
                    "timeline", "check"):
        text = subprocess.run([script, "-qec", f"stty cols 20 rows 10; {NPNTRACE} {command} "
                               f"{recording}", "/dev/null"], cwd=t.folder, check=True, text=True,
                              capture_output=True, timeout=120, env={**os.environ, "TERM": "xterm"},
                              stdin=subprocess.DEVNULL).stdout
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        odd = [line for line in plain.splitlines() if not line.isprintable()]
        t.equal(odd, [], f"{command}: what is not text")
        last = re.findall(r"\x1b\[[0-9;]*m", text)[-1:]
        t.expect(last in ([], ["\x1b[0m"]), f"{command}: ends with {last}")
        t.expect(plain.strip() != "", f"{command}: {plain}")


main()
