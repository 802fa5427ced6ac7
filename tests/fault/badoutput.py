#!/usr/bin/python3
# tests/fault/badoutput.py: nowhere to write a recording to
# SPDX-License-Identifier: MIT
"""An output that cannot be made is said before the host runs; one that cannot be gone on with, at
once. The host is not hurt, and the flight recorder does not say a word unless asked to."""
import os
import shutil
import subprocess

from support.harness import LIBRARY, MINIHOST, NPNTRACE, Skipped, case, main, plugin
from support.process import run_process

DEADLINE_S = 60
DISK = "768k"
ROUNDS = 600000  # a trace of some 1.9 MB
LIMIT = 2100  # blocks of 512 bytes: more than the memory shared with the host, less than the trace
ACTIONS = [f"load a {plugin('sample')}", "new a 1", "invoke 1 leak 3",
           f"invoke 1 churn {ROUNDS} 16", "destroy 1", "unload a"]
SHORT = [f"load a {plugin('sample')}", 'new a 1 "do=leak 3; temp 50"', "destroy 1", "unload a"]
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def run(t, command, env=None):
    status, out, err = run_process(command, cwd=t.folder, env={**ENVIRONMENT, **(env or {})},
                                   deadline_s=DEADLINE_S)
    return status, out, err.decode()


def host(actions):
    return [MINIHOST, "--quiet", *actions]


def limited_files(blocks, command):
    """The command with a limit on the size of files, in blocks of 512 bytes."""
    return ["/bin/sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *command]


def untraced(t, actions):
    status, out, err = run(t, host(actions))
    t.equal((status, err), (0, ""), "untraced: status and standard error")
    return out


def flight_unharmed(t, command, expected, env):
    """The host does not notice that there is no room to record; the library says so on demand."""
    env = {"LD_PRELOAD": LIBRARY, **env}
    before = sorted(os.listdir(t.folder))
    status, out, err = run(t, command, env)
    t.equal((status, err), (0, ""), "status and standard error")
    t.equal(out.decode(), expected.decode(), "transcript")
    t.equal(sorted(os.listdir(t.folder)), before, "files made")
    status, out, err = run(t, command, {**env, "NPNTRACE_DEBUG": "1"})
    t.equal((status, out), (0, expected), "with NPNTRACE_DEBUG: status and transcript")
    t.expect(err.startswith("npntrace: "), f"NPNTRACE_DEBUG says nothing: {err}")


def refused(t, output, *phrases):
    """The host is not run, and one line says where nothing can be written and why."""
    marker = t.path("host-was-here")
    status, out, err = run(t, [NPNTRACE, "record", "-o", output, "--", "touch", marker])
    t.equal((status, out), (2, b""), f"status and output\n{err}")
    t.equal(err.count("\n"), 1, f"lines on standard error:\n{err}")
    t.expect(output in err and any(phrase in err for phrase in phrases), err)
    t.expect(not os.path.exists(marker), "the host was run")


# ---- record --------------------------------------------------------------------------------------


@case("output-exists-not-overwritten")
def exists(t):
    path = t.path("trace.npt")
    with open(path, "wb") as file:
        file.write(b"precious")
    refused(t, path, "--force")
    with open(path, "rb") as file:
        t.equal(file.read(), b"precious", "contents of the file")


@case("output-exists-force-overwrites")
def force(t):
    path = t.path("trace.npt")
    with open(path, "wb") as file:
        file.write(b"precious" * 100000)
    expected = untraced(t, SHORT)
    status, out, err = run(t, [NPNTRACE, "record", "--force", "-o", path, "--", *host(SHORT)])
    t.equal((status, out), (0, expected), f"status and output\n{err}")
    status, _, err = run(t, [NPNTRACE, "check", path])
    t.equal(status, 0, f"check\n{err}")


@case("output-exists-force-keeps-old-without-plugin")
def force_keeps(t):
    """A host that meets no plug-in makes no file, and destroys none."""
    path = t.path("trace.npt")
    with open(path, "wb") as file:
        file.write(b"precious")
    status, _, err = run(t, [NPNTRACE, "record", "--force", "-o", path, "--", "true"])
    t.equal(status, 0, f"status\n{err}")
    with open(path, "rb") as file:
        t.equal(file.read(), b"precious", "contents of the file")


@case("output-directory-missing-or-unwritable")
def nowhere(t):
    refused(t, t.path("no-directory/trace.npt"), "No such file")
    refused(t, t.folder, "directory")
    refused(t, "/proc/trace.npt", "nothing can be written")
    with open(t.path("file"), "wb"):
        pass
    refused(t, t.path("file/trace.npt"), "Not a directory")
    os.mkdir(t.path("shut"), 0o555)
    if os.geteuid() != 0:
        refused(t, t.path("shut/trace.npt"), "Permission denied")


@case("output-file-size-limit-host-goes-on")
def size_limit(t):
    """The recorder reaches a limit in the middle: it says so, and the host is not killed by it."""
    expected = untraced(t, ACTIONS)
    trace = t.path("trace.npt")
    command = [NPNTRACE, "record", "--size=1M", "-o", trace, "--", *host(ACTIONS)]
    status, out, err = run(t, limited_files(LIMIT, command))
    t.equal((status, out.decode()), (0, expected.decode()), f"status and transcript\n{err}")
    t.expect(f"cannot write to '{trace}'" in err, err)
    readable(t, trace)


def readable(t, trace):
    """The beginning of a recording that could not be finished."""
    status, out, err = run(t, [NPNTRACE, "events", "--force", "--no-symbols", trace])
    t.equal(status, 0, f"events --force\n{err}")
    t.expect(out.count(b"NPN_MemAlloc") > 1000, f"{out.count(b'NPN_MemAlloc')} allocations to read")


# ---- a full disk ---------------------------------------------------------------------------------


def with_small_disk(t, script, *arguments):
    """Runs a shell script as the only one that sees a small disk at ./disk, its first argument."""
    disk = t.path("disk")
    os.mkdir(disk)
    if shutil.which("unshare") is None:
        raise Skipped("no unshare here (Debian package: util-linux)")
    shell = ["unshare", *(["--map-root-user"] if os.geteuid() else []), "--mount", "/bin/sh", "-c"]
    mount = f'mount -t tmpfs -o size={DISK} none "$1"'
    probe = subprocess.run([*shell, mount, "sh", disk], check=False, capture_output=True)
    if probe.returncode != 0:
        raise Skipped("no file system can be mounted here")
    return run(t, [*shell, f"{mount}; {script}", "sh", disk, *arguments])


@case("disk-full-while-recording-host-goes-on")
def disk_full(t):
    expected = untraced(t, ACTIONS)
    status, out, err = with_small_disk(
        t, 'disk=$1; copy=$2; shift 2; "$@"; status=$?; cp "$disk/trace.npt" "$copy"; exit $status',
        t.path("copy.npt"), NPNTRACE, "record", "-o", t.path("disk/trace.npt"), "--",
        *host(ACTIONS))
    t.equal((status, out.decode()), (0, expected.decode()), f"status and transcript\n{err}")
    t.expect("cannot write to" in err and "No space left on device" in err, err)
    readable(t, t.path("copy.npt"))


@case("disk-full-before-recording-said-at-once")
def disk_full_before(t):
    """There is not even room for the first block. The host may run, but that is said."""
    expected = untraced(t, SHORT)
    status, out, err = with_small_disk(
        t, 'disk=$1; shift; head -c 10000000 /dev/zero >"$disk/filler" 2>/dev/null; "$@"',
        NPNTRACE, "record", "-o", t.path("disk/trace.npt"), "--", *host(SHORT))
    if status == 2:
        t.equal(out, b"", "the host was run all the same")
    else:
        t.equal((status, out.decode()), (0, expected.decode()), f"status and transcript\n{err}")
    t.expect(t.path("disk/trace.npt") in err and "No space left on device" in err, err)


@case("disk-full-flight-recorder-host-unharmed")
def disk_full_flight(t):
    """The ring does not fit on the disk. There is neither a SIGBUS nor a file that is too short."""
    expected = untraced(t, ACTIONS)
    status, out, err = with_small_disk(
        t, 'disk=$1; shift; LD_PRELOAD="$1" NPNTRACE_DIR="$disk"; export LD_PRELOAD NPNTRACE_DIR; '
        'shift; "$@"; status=$?; unset LD_PRELOAD; ls "$disk" >&2; exit $status',
        LIBRARY, *host(ACTIONS))
    t.equal((status, out.decode(), err), (0, expected.decode(), ""),
            "status, transcript and what is on the disk")


# ---- the flight recorder -------------------------------------------------------------------------


@case("flight-directory-missing-host-unharmed")
def flight_missing(t):
    flight_unharmed(t, host(SHORT), untraced(t, SHORT), {"NPNTRACE_DIR": t.path("no-directory")})


@case("flight-directory-unwritable-host-unharmed")
def flight_unwritable(t):
    flight_unharmed(t, host(SHORT), untraced(t, SHORT), {"NPNTRACE_DIR": "/proc"})


@case("flight-file-size-limit-host-unharmed")
def flight_limit(t):
    """Beyond the limit the kernel would send SIGXFSZ."""
    flight_unharmed(t, limited_files(100, host(SHORT)), untraced(t, SHORT),
                    {"NPNTRACE_DIR": t.folder})


@case("flight-no-descriptor-left-host-unharmed")
def flight_descriptors(t):
    """The host may have used up all its file descriptors: here there is none beyond the usual three
    but for the loader."""
    command = ["/bin/sh", "-c", 'ulimit -n 4; exec "$@"', "sh", *host(SHORT)]
    status, expected, err = run(t, command)
    t.equal((status, err), (0, ""), "untraced: status and standard error")
    status, out, err = run(t, command, {"LD_PRELOAD": LIBRARY, "NPNTRACE_DIR": t.folder})
    t.equal((status, out.decode(), err), (0, expected.decode(), ""), "status, transcript, error")


# ---- the viewer ----------------------------------------------------------------------------------


@case("viewer-output-full-is-an-error")
def viewer_full(t):
    traced = t.host("flight", ["load a @sample", 'new a 1 "do=leak 3"', "destroy 1", "unload a"])
    for verb in ("report", "leaks", "events", "info"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([NPNTRACE, verb, traced.recording], env=ENVIRONMENT, stdout=full,
                                  stderr=subprocess.PIPE, timeout=DEADLINE_S, check=False)
        t.equal(done.returncode, 2, f"{verb}: status")
        t.expect(b"No space left on device" in done.stderr, f"{verb}: {done.stderr.decode()}")


main()
