#!/usr/bin/python3
# tests/export/usage.py: npntrace export asked wrongly, and names that formats have to escape
# SPDX-License-Identifier: MIT
"""Wrong usage says what would be right and leaves no file behind; a name with everything that some
format gives a meaning comes through each of them."""
import json
import os
import subprocess

from support.harness import NPNTRACE, case, main
from export.exporting import Exporter, tool

FORMATS = ("folded", "pprof", "massif", "callgrind", "speedscope", "heaptrack", "ctf",
           "openmetrics", "sqlite", "csv")
ODD = 'libnp"o;d,d\\<&>%s{}$x.so'


def export(t, *arguments, stdout=subprocess.PIPE):
    done = subprocess.run([NPNTRACE, "export", *arguments], stdout=stdout, stderr=subprocess.PIPE,
                          text=True, cwd=t.folder, timeout=60, check=False)
    t.expect("Sanitizer" not in done.stderr, done.stderr)
    return done


def refused(t, wanted, *arguments):
    done = export(t, *arguments)
    t.equal(done.returncode, 2, f"{arguments}: status")
    t.expect(wanted in done.stderr, f"{arguments}: no '{wanted}' in:\n{done.stderr}")


@case("export-usage")
def usage(t):
    exporter = Exporter(t)
    recording = exporter.run.recording
    before = sorted(os.listdir(t.folder))
    refused(t, 'unknown format "sqlight": sqlite,', "--format=sqlight", recording)
    refused(t, 'unknown value "live-byte": live-bytes,', "--format=csv", "--value=live-byte",
            recording)
    refused(t, "give --format=FORMAT", recording)
    refused(t, "--json: not for exports", "--format=csv", "--json", recording)
    refused(t, "give -o FILE", "--format=sqlite", recording)
    refused(t, "give -o DIRECTORY", "--format=ctf", recording)
    refused(t, "give -o FILE", "--format=sqlite", "-o", "-", recording)
    refused(t, "give -o DIRECTORY", "--format=ctf", "-o", "-", recording)
    refused(t, "--samples=many", "--format=massif", "--samples=many", recording)
    refused(t, "No such file or directory", "--format=csv", "-o", "nowhere/x.csv", recording)
    refused(t, "No such file or directory", "--format=sqlite", "-o", "nowhere/x", recording)
    refused(t, "File exists", "--format=ctf", "-o", ".", recording)
    refused(t, "Is a directory", "--format=csv", "-o", ".", recording)
    refused(t, "Is a directory", "--format=sqlite", "-o", ".", recording)
    for name in FORMATS:
        if name not in ("ctf", "sqlite"):
            refused(t, "", f"--format={name}", "-o", "/dev/full", recording)
    refused(t, "no plug-in libnpnone.so", "--format=csv", "--plugin=libnpnone.so", recording)
    t.equal(sorted(os.listdir(t.folder)), before, "files left behind")


@case("export-streams")
def streams(t):
    """What is written to a file and to the standard output is the same; a reader may go."""
    exporter = Exporter(t)
    for name in FORMATS:
        if name in ("ctf", "sqlite"):
            continue
        path = exporter.export(name)
        done = subprocess.run([NPNTRACE, "export", f"--format={name}", exporter.run.recording],
                              capture_output=True, timeout=60, check=True)
        with open(path, "rb") as file:
            t.equal(done.stdout == file.read(), True, f"{name}: standard output")
        dash = subprocess.run([NPNTRACE, "export", f"--format={name}", "-o", "-",
                               exporter.run.recording], capture_output=True, timeout=60,
                              check=True, cwd=t.folder)
        t.equal(dash.stdout == done.stdout, True, f"{name}: -o -")
        t.expect("-" not in os.listdir(t.folder), f"{name}: a file that is called -")
        early = subprocess.run(f"'{NPNTRACE}' export --format={name} '{exporter.run.recording}' "
                               "| head -c 10 >/dev/null", shell=True, capture_output=True,
                               text=True, timeout=60, check=True)
        t.expect("Traceback" not in early.stderr and "egmentation" not in early.stderr,
                 early.stderr)


@case("export-where")
def where(t):
    """Links stay and what they lead to is written; files have the permissions of new ones."""
    exporter = Exporter(t)
    recording = exporter.run.recording
    for name in ("csv", "sqlite"):
        plain, file, link = (t.path(f"{what}.{name}") for what in ("plain", "file", "link"))
        os.symlink(f"file.{name}", link)
        t.equal(export(t, f"--format={name}", "-o", plain, recording).returncode, 0, name)
        with open(plain, "rb") as written:
            wanted = written.read()
        for what in ("to nothing", "to a longer file"):
            t.equal(export(t, f"--format={name}", "-o", link, recording).returncode, 0, name)
            t.expect(os.path.islink(link) and not os.path.islink(file), f"{name}: link {what}")
            with open(file, "rb") as written:
                t.equal(written.read() == wanted, True, f"{name}: link {what}")
            with open(file, "ab") as written:
                written.write(b"x" * 100000)
    os.symlink("nothing", t.path("link.ctf"))
    refused(t, "File exists", "--format=ctf", "-o", "link.ctf", recording)
    for name, mode in (("csv", 0o640), ("sqlite", 0o640), ("ctf", 0o750)):
        done = subprocess.run(["sh", "-c", 'umask 027; exec "$@"', "sh", NPNTRACE, "export",
                               f"--format={name}", "-o", t.path(f"mode.{name}"), recording],
                              capture_output=True, text=True, timeout=60, check=False)
        t.equal(done.returncode, 0, done.stderr)
        t.equal(oct(os.stat(t.path(f"mode.{name}")).st_mode & 0o777), oct(mode), f"{name}: mode")


@case("export-nothing")
def nothing(t):
    """A filter that takes nothing: all formats are still whole."""
    exporter = Exporter(t)
    paths = {name: exporter.export(name, "--size=1G..2G") for name in FORMATS}
    t.equal(os.path.getsize(paths["folded"]), 0, "folded")
    tool(["ms_print", paths["massif"]])
    tool(["callgrind_annotate", "--auto=no", paths["callgrind"]])
    tool(["heaptrack_print", "-f", paths["heaptrack"]])
    tool(["babeltrace2", paths["ctf"]])
    tool(["sqlite3", paths["sqlite"], "SELECT * FROM totals;"])
    tool(["go", "tool", "pprof", "-raw", paths["pprof"]])
    with open(paths["speedscope"], encoding="utf-8") as file:
        t.equal(json.load(file)["profiles"][0]["endValue"], 0, "speedscope")


@case("export-odd-names")
def odd_names(t):
    path = t.copy_plugin("sample", ODD)
    exporter = Exporter(t, [f"load a '{path}'", "new a 1", "invoke 1 leak 3", "destroy 1"])
    bytes_ = exporter.report["plugins"][0]["npn"]["bytes_allocated"]
    t.equal(exporter.report["plugins"][0]["name"], ODD, "name in the report")
    found = tool(["sqlite3", ":memory:"], stdin=f".mode csv\n.import {exporter.export('csv')} a\n"
                 ".mode list\nSELECT plugin, sum(bytes) FROM a WHERE memory = 'npn';")
    t.equal(found.strip(), f"{ODD}|{bytes_}", "csv")
    found = tool(["sqlite3", exporter.export("sqlite"),
                  "SELECT plugin, bytes FROM by_plugin WHERE memory = 'npn';"])
    t.equal(found.strip(), f"{ODD}|{bytes_}", "sqlite")
    with open(exporter.export("speedscope"), encoding="utf-8") as file:
        names = {frame["name"] for frame in json.load(file)["shared"]["frames"]}
    t.expect(f"{ODD} [NPN]" in names, f"speedscope: {sorted(names)}")
    text = tool(["babeltrace2", exporter.export("ctf", "--memory=npn")])
    t.expect("npn-alloc" in text and "o;d,d" in text, text[:1000])
    text = tool(["promtool", "tsdb", "create-blocks-from", "openmetrics",
                 exporter.export("openmetrics"), t.path("data")])
    text = tool(["callgrind_annotate", "--auto=no", "--inclusive=yes", "--threshold=100",
                 exporter.export("callgrind")])
    t.expect(f"{ODD} [NPN]" in text, text[:2000])
    text = tool(["ms_print", "--threshold=0", exporter.export("massif")])
    t.expect(f"{ODD} [NPN]" in text, "massif")
    text = tool(["go", "tool", "pprof", "-tags", exporter.export("pprof")])
    t.expect(ODD in text, text)
    folded = t.path("heaptrack.folded")
    tool(["heaptrack_print", "-f", exporter.export("heaptrack"), "-F", folded])
    with open(folded, encoding="utf-8") as file:
        t.expect('libnp"o;d,d\\<' in file.read(), "heaptrack")  # which leaves the & out


main()
