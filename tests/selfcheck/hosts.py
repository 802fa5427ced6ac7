#!/usr/bin/python3
# tests/selfcheck/hosts.py: every stack of real programs, unwound twice
# SPDX-License-Identifier: MIT
"""All heap calls of an interpreter, a version control system, a debugger, a browser, the mini-host
are recorded, and each stack is unwound by libunwind as well."""
import os
import sys

from agreement import agrees, all_agree, find, record
from support.harness import BUILD, MINIHOST, SOURCE, Failed, Skipped, case, main, plugin
from support.process import run_process

WORK = os.path.abspath(os.path.join(SOURCE, "tests", "selfcheck", "python_work.py"))
SUBJECT = os.path.join(BUILD, "tests", "selfcheck", "exceptions")
PAGE = "file://" + os.path.abspath(os.path.join(SOURCE, "tests", "host", "page.html"))
DEADLINE_S = 120


@case("selfcheck-python3")
def python3(t):
    run = record(t, [os.path.realpath(sys.executable), "-B", WORK])
    t.expect(run.stdout.endswith(b"'child\\n']\n"), f"the script said {run.stdout.decode()}")
    agrees(t, run)
    # Debian's is at a fixed address, so pointers to malloc lead to a PLT entry of the program.
    unseen = [m["path"] for m in run.json("info")["modules"] if m["unseen_allocator"]]
    t.equal(unseen, [], "objects whose heap calls are not seen")


# ---- git ----

GIT = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A",
       "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_NOSYSTEM": "1"}


def make_repository(t, git, folder):
    """A few hundred files of text, committed twice."""
    os.makedirs(folder)
    for number in range(200):
        with open(os.path.join(folder, f"file-{number}"), "w", encoding="ascii") as file:
            file.write("".join(f"line {i * number}\n" for i in range(number)))
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        status, _, err = run_process([git, *words], folder, {**GIT, "HOME": folder, "PATH":
                                                             os.environ["PATH"]}, DEADLINE_S)
        t.equal(status, 0, f"git {words[0]}: {err.decode()}")


@case("selfcheck-git")
def git_commands(t):
    git, folder = os.path.realpath(find("git", "git")), t.path("repository")
    make_repository(t, git, folder)
    os.remove(os.path.join(folder, "file-7"))
    with open(os.path.join(folder, "file-9"), "a", encoding="ascii") as file:
        file.write("one more\n")
    for words in (["status"], ["diff"], ["commit", "-q", "-a", "-m", "second"],
                  ["log", "-p", "--stat", "--graph"], ["repack", "-q", "-a", "-d", "-f"],
                  ["grep", "-n", "line 9*7"], ["blame", "file-9"]):
        run = record(t, [git, "-C", folder, "--no-pager", *words], GIT)
        all_agree(t, run)


# ---- gdb ----

@case("selfcheck-gdb")
def gdb_session(t):
    """A debugger that reads symbols, runs a program to a breakpoint and looks around."""
    gdb = os.path.realpath(find("gdb", "gdb"))
    commands = ["set debuginfod enabled off", "set auto-load off", "break catcher", "run",
                "backtrace", "info locals", "finish", "info functions fill", "info sharedlibrary",
                "print sizeof(int)", "ptype half", "kill"]
    words = [word for command in commands for word in ("-ex", command)]
    run = record(t, [gdb, "-q", "-batch", "-nx", *words, SUBJECT])
    t.expect(b"catcher" in run.stdout and b"Breakpoint 1" in run.stdout,
             f"the session went wrong:\n{run.stdout.decode()[-2000:]}{run.stderr.decode()[-2000:]}")
    agrees(t, run)


# ---- hosts of plug-ins ----

@case("selfcheck-mini-host-with-plug-ins")
def minihost(t):
    """Plug-ins that come and go, one where the other was; a C++ one that throws and catches."""
    actions = []
    for name in ("sample", "sample2", "samplecpp", "sample3", "sample") * 3:
        if not os.path.exists(plugin(name)):
            raise Skipped(f"{plugin(name)} is not built")
        actions += [f"load a {plugin(name)}", "new a 1", "invoke 1 leak 3", "invoke 1 churn 200 16",
                    "invoke 1 threads 2 200", "event 1", "destroy 1", "unload a"]
    run = record(t, [MINIHOST, "--quiet", *actions])
    agrees(t, run)


@case("selfcheck-browser-with-plug-ins", misuse={"free-of-others"})
def browser(t):
    """A whole page of QtWebKit, by cutycapt."""
    sys.path.append(os.path.join(SOURCE, "tests", "host"))
    import realhost  # pylint: disable=import-outside-toplevel,import-error
    from xvfb import Xvfb, XvfbMissing  # pylint: disable=import-outside-toplevel,import-error
    program = realhost.find("cutycapt", "cutycapt")
    server = Xvfb()
    try:
        server.start()
    except XvfbMissing as missing:
        raise Skipped(str(missing)) from None
    try:
        settings = realhost.environment(t, server.name, ("sample", "sample2"))
        run = record(t, [program, "--plugins=on", "--javascript=on", f"--url={PAGE}",
                         "--out=shot.png"], settings)
    finally:
        server.stop()
    if "shot.png" not in os.listdir(run.work):
        raise Failed(f"no picture was made\n{run.stderr.decode()}")
    infos = all_agree(t, run)
    t.expect(any(len(info["plugins"]) == 2 for info in infos), "the plug-ins were not met")


main()
