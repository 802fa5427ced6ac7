#!/usr/bin/python3
# tests/fault/badhost.py: hosts that cannot be run, or run but not be recorded
# SPDX-License-Identifier: MIT
"""`npntrace record` says which host, and why nothing was recorded; a host that can run does run, as
it would without us, and its exit status is passed on."""
import os
import pwd
import shutil
import subprocess

import elf
from support.harness import NPNTRACE, Skipped, case, main, plugin
from support.process import run_process

DEADLINE_S = 60
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
STATIC = "statically linked"
SETUID = "setuid"
SETGID = "setgid"
BITS_32 = "32-bit"


def record(t, *command):
    """Runs a command under record. Returns status, standard output and standard error as text."""
    status, out, err = run_process([NPNTRACE, "record", "-o", "trace.npt", "--", *command],
                                   cwd=t.path("work"), env=ENVIRONMENT, deadline_s=DEADLINE_S)
    return status, out, err.decode(errors="replace")


def prepared(t):
    os.mkdir(t.path("work"))
    os.chmod(t.folder, 0o755)


def cannot_run(t, name, *phrases):
    """Status 2 and one line with the host's name and the reason."""
    status, out, err = record(t, name)
    t.equal((status, out), (2, b""), f"{name}: status and output")
    t.equal(err.count("\n"), 1, f"{name}: lines on standard error: {err}")
    t.expect(name in err and any(phrase in err for phrase in phrases), f"{name}: {err}")
    t.equal(os.listdir(t.path("work")), [], "files made")


def runs_unrecorded(t, path, reason, status):
    """The host runs; before it, and in the end, it is said why there is no recording."""
    got, out, err = record(t, path)
    t.equal((got, out), (status, b""), f"status and output\n{err}")
    lines = err.splitlines()
    t.equal(len(lines), 2, f"lines on standard error:\n{err}")
    for line in lines:
        t.expect(path in line and reason in line, f"does not name the host and `{reason}': {line}")
    t.expect("nothing was recorded" in lines[1], lines[1])
    t.equal(os.listdir(t.path("work")), [], "files made")


def direct_status(path):
    """How the host ends without us, as `record` would put it; None if this kernel cannot run it."""
    try:
        status = subprocess.run([path], check=False, timeout=DEADLINE_S).returncode
    except OSError:
        return None
    return 128 - status if status < 0 else status


@case("host-missing")
def missing(t):
    prepared(t)
    cannot_run(t, "no-such-browser", "no such command in PATH")
    cannot_run(t, "./no-such-browser", "No such file")
    cannot_run(t, t.path("no/such/browser"), "No such file")


@case("host-not-executable")
def not_executable(t):
    prepared(t)
    with open(t.path("text"), "w", encoding="ascii") as file:
        file.write("not a program\n")
    cannot_run(t, t.path("text"), "Permission denied")
    cannot_run(t, t.folder, "directory")


@case("host-static")
def static(t):
    prepared(t)
    path = elf.write(t.path("static"), elf.static_64(elf.own_machine()))
    runs_unrecorded(t, path, STATIC, elf.STATUS)


@case("host-32-bit")
def bits_32(t):
    prepared(t)
    for name, loader in (("static-32", None), ("dynamic-32", "/lib/ld-linux.so.2")):
        path = elf.write(t.path(name), elf.program_32(loader))
        status = direct_status(path)
        if status is not None:
            runs_unrecorded(t, path, BITS_32, status)
        else:
            _, _, err = record(t, path)
            t.expect(path in err and BITS_32 in err, f"{name}: {err}")


@case("host-of-another-processor")
def other_processor(t):
    prepared(t)
    path = elf.write(t.path("other"), elf.static_64(elf.other_machine()))
    status, _, err = record(t, path)
    t.expect(status != 0, f"status {status}\n{err}")
    t.expect(path in err and "another kind of processor" in err, err)
    t.equal(os.listdir(t.path("work")), [], "files made")


def another_users_copy(t, mode):
    """A program that the loader runs without preloads: its file belongs to somebody else."""
    if os.geteuid() != 0:
        raise Skipped("only root can make a file another user's")
    path = shutil.copy("/bin/true", t.path("program"))
    nobody = pwd.getpwnam("nobody")
    os.chown(path, nobody.pw_uid, nobody.pw_gid)
    os.chmod(path, mode)
    return path


@case("host-setuid")
def setuid(t):
    prepared(t)
    runs_unrecorded(t, another_users_copy(t, 0o4755), SETUID, 0)


@case("host-setgid")
def setgid(t):
    prepared(t)
    runs_unrecorded(t, another_users_copy(t, 0o2755), SETGID, 0)


@case("host-without-plugin-says-so")
def no_plugin(t):
    prepared(t)
    status, out, err = record(t, "sh", "-c", "echo word; exit 9")
    t.equal((status, out), (9, b"word\n"), "status and output")
    t.expect("nothing was recorded" in err and "met a plug-in" in err, err)
    t.equal(os.listdir(t.path("work")), [], "files made")


@case("host-script-starts-recorded-one")
def script(t):
    """A wrapper is run by its shell; what is recorded is the program that meets a plug-in."""
    prepared(t)
    bench = os.path.join(os.path.dirname(os.path.dirname(plugin("sample"))), "bench")
    script = t.path("wrapper")
    with open(script, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\n{bench} 'alloc 10; leak 2'\nexit 6\n")
    os.chmod(script, 0o755)
    status, _, err = record(t, script)
    t.equal(status, 6, f"status\n{err}")
    t.equal(os.listdir(t.path("work")), ["trace.npt"], "files made")


@case("host-killed-status-is-128-plus-signal")
def killed(t):
    prepared(t)
    for number in (9, 11, 15):
        status, _, err = record(t, "sh", "-c", f"kill -{number} $$")
        t.equal(status, 128 + number, f"status\n{err}")


main()
