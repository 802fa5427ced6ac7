#!/usr/bin/python3
# tests/cli/symbols.py: names of functions, files and lines, and when there are none
# SPDX-License-Identifier: MIT
"""Where names come from: the file that was mapped, its separate debug file, or what `record`
stored; and that a file which is no longer the one that was mapped is not asked."""
import os
import shutil
import subprocess

from support.harness import NPNTRACE, PLUGINS, case, main

LEAK = ["new a 1", "invoke 1 leak 1", "destroy 1"]


def frames_of(run, *arguments):
    """The first leak's frames inside the plug-in."""
    leaks = run.json("leaks", *arguments)["leaks"]
    return [f for f in leaks[0]["stack"] if f["module"].endswith(".so")
            and os.path.basename(f["module"]).startswith("libnp")]


def record(t, mode, library, folder):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "libnpsample.so")
    shutil.copy(library, path)
    return path, t.host(mode, [f"load a {path}"] + LEAK)


def expect_names(t, frames, what):
    t.equal(frames[0]["function"], "leak_odd", f"{what}: function")
    t.expect(frames[0]["file"].endswith("sample_memory.c"), f"{what}: file {frames[0]['file']}")
    t.expect(frames[0]["line"] > 0, f"{what}: line")


def expect_no_names(t, frames, what):
    for frame in frames:
        t.expect(frame["file"] is None and frame["line"] is None, f"{what}: a guess: {frame}")
        t.expect(frame["offset"], f"{what}: no offset: {frame}")


@case("symbols-inlined-and-demangled")
def inlined_and_demangled(t):
    run = t.host("record", ["load a @samplecpp", "new a 1", "invoke 1 pools 8", "destroy 1"])
    functions = [(f["function"], f["inlined"]) for leak in run.leaks()["leaks"]
                 for f in leak["stack"]]
    for wanted in (("sample::take(unsigned int)", True),
                   ("sample::storage::Pool::grow(unsigned int)", False)):
        t.expect(any(name == wanted[0] or name.startswith(wanted[0].split("(")[0])
                     and inlined == wanted[1] for name, inlined in functions if name),
                 f"{wanted} is not among {sorted(set(map(str, functions)))}")


@case("symbols-in-a-separate-file")
def in_a_separate_file(t):
    """.gnu_debuglink beside the object, and in .debug below it."""
    for where in ("", ".debug"):
        folder = t.path(f"split{where}")
        os.makedirs(os.path.join(folder, where), exist_ok=True)
        stripped, debug = os.path.join(folder, "stripped"), os.path.join(folder, where,
                                                                        "libnpsample.so.debug")
        original = os.path.join(PLUGINS, "libnpsample.so")
        subprocess.run(["objcopy", "--only-keep-debug", original, debug], check=True)
        subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={debug}", original,
                        stripped], check=True)
        path, run = record(t, "flight", stripped, folder)
        expect_names(t, frames_of(run), f"debug file in '{where}'")
        os.unlink(debug)
        expect_no_names(t, frames_of(run), "debug file removed")


@case("symbols-by-build-id")
def by_build_id(t):
    """A build-id directory as distributions have it, under /usr/lib/debug."""
    original = os.path.join(PLUGINS, "libnpsample.so")
    notes = subprocess.run(["readelf", "-n", original], check=True, capture_output=True, text=True)
    build_id = notes.stdout.split("Build ID: ")[1].split()[0]
    folder = os.path.join("/usr/lib/debug/.build-id", build_id[:2])
    debug = os.path.join(folder, build_id[2:] + ".debug")
    stripped = t.path("stripped")
    subprocess.run(["objcopy", "--strip-all", original, stripped], check=True)
    os.makedirs(folder, exist_ok=True)
    try:
        subprocess.run(["objcopy", "--only-keep-debug", original, debug], check=True)
        _, run = record(t, "flight", stripped, t.path("plain"))
        expect_names(t, frames_of(run), "build-id directory")
    finally:
        os.unlink(debug)
        if not os.listdir(folder):
            os.rmdir(folder)


@case("symbols-on-another-machine")
def on_another_machine(t):
    """The plug-in is gone; the trace file has its names, the ring only its offsets."""
    for mode in ("record", "flight"):
        path, run = record(t, mode, os.path.join(PLUGINS, "libnpsample.so"), t.path(f"gone-{mode}"))
        if mode == "record":
            os.unlink(path)
            expect_names(t, frames_of(run), "trace file")
            expect_no_names(t, frames_of(run, "--no-symbols"), "--no-symbols")
        else:
            expect_names(t, frames_of(run), "ring, file there")
            os.unlink(path)
            expect_no_names(t, frames_of(run), "ring, file gone")


@case("symbols-not-stored")
def not_stored(t):
    path = t.path("libnpsample.so")
    shutil.copy(os.path.join(PLUGINS, "libnpsample.so"), path)
    run = t.host("record", [f"load a {path}"] + LEAK, record_options=["--no-symbols"])
    expect_names(t, frames_of(run), "file there")
    os.unlink(path)
    expect_no_names(t, frames_of(run), "file gone")


@case("symbols-of-a-changed-file")
def of_a_changed_file(t):
    """A rebuilt plug-in at the same path has another build-id: its lines would be lies."""
    path, run = record(t, "flight", os.path.join(PLUGINS, "libnpsample.so"), t.path("changed"))
    os.unlink(path)
    shutil.copy(os.path.join(PLUGINS, "libnpsample2.so"), path)
    expect_no_names(t, frames_of(run), "another build")
    shown = subprocess.run([NPNTRACE, "leaks", run.recording], check=True, capture_output=True,
                           text=True)
    t.expect("build-id" in shown.stderr + shown.stdout, "nobody says why there are no names")


@case("symbols-of-an-unloaded-plugin")
def of_an_unloaded_plugin(t):
    """Two plug-ins one after the other, most likely at the same address; each keeps its names."""
    run = t.host("record", ["load a @sample"] + LEAK + ["unload a", "load b @sample2", "new b 2",
                                                        "invoke 2 leak 2", "destroy 2", "unload b"])
    for leak in run.leaks()["leaks"]:
        modules = {os.path.basename(f["module"]) for f in leak["stack"]
                   if os.path.basename(f["module"]).startswith("libnpsample")}
        t.equal(modules, {leak["plugin"]}, "modules of the plug-in's frames")
        t.equal(leak["kind"], "outlived-plugin", "kind")


main()
