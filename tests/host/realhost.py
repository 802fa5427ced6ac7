# tests/host/realhost.py: runs a real browser with sample plug-ins, traced and not, and compares
# SPDX-License-Identifier: MIT
"""What harness.play is for the mini-host, for browsers on QtWebKit.

A browser sees an environment and a home of its own, and of plug-ins only copies of those that a
case names. What it writes into its working directory, its output, its exit status must be the same
untraced, as flight recorder and under `npntrace record`; the recordings must be what the plug-ins
state.
"""
import importlib.util
import os
import shutil
import sys

from support.harness import MODES, Failed, Skipped

QT_LIBEXEC = ("/usr/lib/x86_64-linux-gnu/qt5/libexec", "/usr/lib/aarch64-linux-gnu/qt5/libexec",
              "/usr/libexec/qt5", "/usr/lib64/qt5/libexec")

# Under `record`, standard error is the host's with the recorder's last words after it.
RECORDER_SAYS = b"npntrace: "


def find(program, package, folders=()):
    """The path of a host program, or a skip that names its Debian package."""
    path = shutil.which(program, path=os.pathsep.join((os.environ["PATH"],) + tuple(folders)))
    if path is None:
        raise Skipped(f"no {program} here (Debian package: {package})")
    return path


def pyqt5(script, *arguments):
    """The command that runs a script of tests/host on PyQt5's QtWebKit, or a skip."""
    try:
        found = importlib.util.find_spec("PyQt5.QtWebKitWidgets")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise Skipped("no PyQt5.QtWebKitWidgets here (Debian package: python3-pyqt5.qtwebkit)")
    return [sys.executable, script, *arguments]


def environment(t, display, plugins):
    """What a Qt browser needs, and the only plug-ins that it is to find."""
    folder = t.path("plugins")
    runtime = t.path("runtime")
    if not os.path.isdir(folder):
        os.makedirs(folder)
        os.makedirs(runtime, mode=0o700)
        for name in plugins:
            t.copy_plugin(name, os.path.join("plugins", f"libnp{name}.so"))
    return {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_RUNTIME_DIR": runtime,
            "MOZ_PLUGIN_PATH": folder}


def files(folder):
    """The names and contents of a folder; None for what is not a file."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        found[name] = None
        if os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = file.read()
    return found


def same_files(t, untraced, traced):
    """The working directories are the same to the byte, screenshots included."""
    want, have = files(untraced.work), files(traced.work)
    t.equal(sorted(have), sorted(want), f"{traced.mode}: files in the working directory")
    for name, content in want.items():
        t.expect(have[name] == content, f"{traced.mode}: {name} is different; compare "
                 f"{untraced.work}/{name} with {traced.work}/{name}")


def quiet_errors(t, untraced, traced):
    """Standard error has nothing of ours but the recorder's own words, after the host's."""
    if traced.mode == "flight":
        t.equal(traced.stderr, untraced.stderr, "flight: standard error")
        return
    t.expect(traced.stderr.startswith(untraced.stderr),
             f"record: standard error does not begin with the host's:\n{traced.stderr.decode()}")
    for line in traced.stderr[len(untraced.stderr):].splitlines():
        t.expect(line.startswith(RECORDER_SAYS), f"record: stray output: {line.decode()}")


def leak_kinds(t, run):
    """Blocks of instances that were destroyed have outlived them; all others live at exit. Objects
    are released when their instance is destroyed, and held until then."""
    statements = run.statements()
    outlived = sum(i["npn"]["live_blocks"] for s in statements.values() for i in s["instances"]
                   if i["destroyed"])
    live = sum(s["npn"]["live_blocks"] for s in statements.values())
    found = {"outlived-instance": 0, "live-at-exit": 0, "outlived-plugin": 0}
    for leak in run.leaks()["leaks"]:
        if leak["domain"] == "object":
            t.equal(leak["kind"], "live-at-exit", f"{run.mode}: kind of an object's leak")
        elif leak["origin"] == "NPN_MemAlloc":
            found[leak["kind"]] += leak["blocks"]
    t.equal(found, {"outlived-instance": outlived, "live-at-exit": live - outlived,
                    "outlived-plugin": 0}, f"{run.mode}: blocks by kind of leak")


def play(t, display, command, plugins, env=None):
    """Runs a command in all modes, each in a folder of its own. Returns the runs by mode."""
    settings = environment(t, display, plugins)
    settings.update(env or {})
    runs = {mode: t.run(mode, command, settings) for mode in MODES}
    untraced = runs["untraced"]
    t.equal(untraced.status, 0, "untraced: exit status\n"
            + untraced.stderr.decode(errors="replace"))
    for name in plugins:
        if f"libnp{name}.so" not in untraced.statements():
            raise Failed(f"untraced: the host did not run libnp{name}.so")
    for mode in MODES[1:]:
        t.same(untraced, runs[mode])
        same_files(t, untraced, runs[mode])
        quiet_errors(t, untraced, runs[mode])
        t.exact(runs[mode])
    return runs


def instances(run, name):
    """What a plug-in states: (created, destroyed)."""
    stated = run.statements()[name]["instances"]
    return len(stated), sum(i["destroyed"] for i in stated)


def findings(t, run):
    """The page has one plug-in free a block of the other's. Else they keep to the rules."""
    found = [(f["kind"], f["plugin"], f["owner"]["plugin"], f["count"])
             for f in run.json("findings")["findings"]]
    t.equal(found, [("free-of-others", "libnpsample.so", "libnpsample2.so", 1)],
            f"{run.mode}: findings")
