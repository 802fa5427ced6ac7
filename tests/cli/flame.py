#!/usr/bin/python3
# tests/cli/flame.py: flame graphs and timelines: pictures, text, JSON
# SPDX-License-Identifier: MIT
"""Their numbers are those of `report --json`; pictures are well-formed, and in headless Chromium
they zoom and search; text fits any terminal."""
import fcntl
import itertools
import json
import os
import pty
import struct
import subprocess
import termios
import unicodedata
import xml.etree.ElementTree as tree

from selenium.webdriver.common.keys import Keys

from support.browser import Browser
from support.harness import NPNTRACE, case, main

LIFE = ["load a @sample", "new a 1", "new a 2", "invoke 1 leak 30", "invoke 1 temp 40",
        "invoke 2 leak 5", "destroy 1"]
SVG = "{http://www.w3.org/2000/svg}"
MEASURES = {"bytes": "bytes_allocated", "allocs": "allocs", "live": "live_bytes",
            "blocks": "live_blocks"}


def frames(svg):
    """The frames of a picture: name, value, x, y, width."""
    found = []
    for group in tree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("data-name") is not None:
            rect = group.find(f"{SVG}rect")
            found.append((group.get("data-name"), int(group.get("data-value")),
                          *(float(rect.get(key)) for key in ("x", "y", "width"))))
    return found


@case("flame-widths-are-values")
def widths(t):
    run = t.host("record", LIFE, record_options=["--heap=all"])
    totals = run.report()["totals"]
    for measure, key in MEASURES.items():
        graph = frames(run.viewer("flame", f"--by={measure}"))
        whole = sum(counters[key] for counters in totals.values())
        t.equal(graph[0][:2], ("all", whole), f"--by={measure}")
        for name, value, x, _, width in graph[1:]:
            t.expect(abs(width - value / whole * graph[0][4]) < 1,
                     f"{measure}: {name} is {width} wide for {value} of {whole}")
            t.expect(x + width <= graph[0][2] + graph[0][4] + 1, f"{name} is outside")
    names = {frame[0] for frame in frames(run.viewer("flame", "--memory=npn"))}
    t.expect({"main", "leak_odd"} <= names, f"names: {names}")


@case("flame-json-is-a-tree")
def json_tree(t):
    run = t.host("record", LIFE)

    def check(node):
        below = sum(check(child) for child in node["children"])
        t.expect(below <= node["value"], f"{node['name']}: {node['value']}, below it {below}")
        return node["value"]

    for options in ((), ("--upside-down",)):
        graph = json.loads(run.viewer("flame", "--json", *options))
        t.equal(check(graph), run.report()["totals"]["npn"]["bytes_allocated"], "bytes")
        t.equal((graph["by"], graph["partial"]), ("bytes", False), "what is told about it")
        t.equal(sum(child["value"] for child in graph["children"]), graph["value"], "outermost")
    t.expect("main" not in [child["name"] for child in graph["children"]], "not upside down")


@case("flame-in-a-browser")
def in_a_browser(t):
    run = t.host("record", LIFE)
    path = t.path("flame.svg")
    run.viewer("flame", "-o", path)
    with Browser() as browser:
        browser.open(path, "g.frame")
        found = browser.script("""
            return [...document.querySelectorAll('g.frame')].map((g, i) =>
                [i, g.querySelector('rect').width.baseVal.value]);""")
        whole = found[0][1]
        at = next(i for i, width in found if width < whole * 0.8)
        frame = browser.find_all("g.frame")[at]
        browser.click(frame)
        t.expect(abs(frame.find_element("css selector", "rect").rect["width"]
                     - browser.find("g.frame rect").rect["width"]) < 2, "not zoomed")
        browser.press(Keys.ESCAPE)
        t.expect(frame.find_element("css selector", "rect").rect["width"] < whole * 0.85,
                 "still zoomed")
        browser.press("/")
        prompt = browser.wait(lambda: browser.driver.switch_to.alert)
        prompt.send_keys("^leak_")
        prompt.accept()
        marked = browser.script("return [...document.querySelectorAll('.match')]"
                                ".map((g) => g.dataset.name)")
        t.expect(marked and all(name.startswith("leak_") for name in marked), f"marked: {marked}")
        t.expect(browser.find("#matched").text.startswith("Matched: "), "it is not said how much")


@case("see-pictures-are-dark-all-over")
def dark(t):
    """Beside a picture that is narrower than its window as well."""
    run = t.host("record", LIFE)
    for verb in (("flame", "--width=400"), ("timeline", "--svg", "--width=400")):
        path = t.path(f"{verb[0]}.svg")
        run.viewer(*verb, "-o", path)
        for is_dark, colour in ((True, "rgb(18, 22, 27)"), (False, "rgb(255, 255, 255)")):
            with Browser(dark=is_dark) as browser:
                browser.open(path, "svg")
                t.equal(browser.script("return getComputedStyle(document.documentElement)"
                                       ".backgroundColor"), colour, f"{verb[0]}, dark: {is_dark}")


@case("timeline-svg-and-json")
def timeline(t):
    run = t.host("record", LIFE, record_options=["--heap=all"])
    report = run.report()
    got = json.loads(run.viewer("timeline", "--json"))
    t.equal(got["format"], "npntrace-timeline-1", "format")
    by_name = {track["plugin"]: track["samples"] for track in got["plugins"]}
    sample = report["plugins"][0]
    for name, counters in (("libnpsample.so", (sample["npn"], sample["heap"])),
                           (None, (report["host_heap"],))):
        for key in ("allocs", "bytes_allocated"):
            t.equal(sum(s[key] for s in by_name[name]), sum(c[key] for c in counters),
                    f"{name}: {key}")
        t.equal(by_name[name][-1]["live_bytes"], sum(c["live_bytes"] for c in counters),
                f"{name}: live at the end")
    first = next(event["stamp_ns"]
                 for event in map(json.loads, run.viewer("events", "--json").splitlines())
                 if event["type"] == "npn-alloc")
    short = run.json("timeline", f"--from={first}ns", f"--to={first + 500}ns")
    ends = [sample["end_ns"] for track in short["plugins"] for sample in track["samples"]]
    t.expect(ends and max(ends) == first + 500, f"a short time: {ends}")
    t.expect(all(a <= b for track in short["plugins"] for a, b in
                 itertools.pairwise(sample["end_ns"] for sample in track["samples"])), "order")
    both = "NPN memory and heap together."
    t.expect(both in " ".join(run.viewer("timeline").split()), "it is not said what is added up")
    t.expect(both not in run.viewer("timeline", "--memory=npn"), "one kind of memory is no sum")
    picture = tree.fromstring(run.viewer("timeline", "--svg"))
    text = " ".join("".join(e.itertext()) for e in picture.iter(f"{SVG}text"))
    t.expect("libnpsample.so" in text and "(host)" in text and "peak " in text, text)
    t.equal(len([e for e in picture.iter(f"{SVG}path") if e.get("class") == "line"]), 2, "lines")


def on_terminal(columns, *command):
    """What a command prints on a terminal of that many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL,
                          env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"}) as child:
        os.close(theirs)
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        child.wait(60)
    os.close(ours)
    return child.returncode, text.decode().replace("\r\n", "\n")


@case("timeline-fits-any-terminal")
def fits(t):
    run = t.host("record", LIFE, record_options=["--heap=all"])
    for columns in (20, 40, 80, 200):
        status, text = on_terminal(columns, NPNTRACE, "timeline", run.recording)
        t.equal(status, 0, f"{columns} columns: status")
        charts = [line for line in text.splitlines() if "\u2588" in line]
        t.expect(charts, f"{columns} columns: no chart:\n{text}")
        flat = " ".join(text.split())
        for name in ("libnpsample.so", "(host)"):
            t.expect(f"{name} at most " in flat, f"{columns} columns: {name}:\n{text}")
        t.equal(flat.count(", at the end "), 2, f"{columns} columns: numbers in\n{text}")
        for line in text.splitlines():
            t.expect(len(line) <= columns or "npntrace" in line, f"{columns} columns: {line!r}")
        for line in charts:
            t.expect(len(line) <= columns, f"{columns} columns: {line!r}")
            t.expect(all(c == " " or unicodedata.name(c).endswith("BLOCK") for c in line), line)
    plain = run.viewer("timeline", "--width=50")
    t.equal({len(line) for line in plain.splitlines() if "\u2588" in line}, {50}, "--width=50")


@case("see-bad-input")
def bad_input(t):
    run = t.host("record", LIFE)

    def trouble(*command):
        done = subprocess.run([NPNTRACE, *command, run.recording], capture_output=True, text=True,
                              timeout=60)
        t.equal(done.returncode, 2, f"{command}: status")
        t.equal(done.stdout, "", f"{command}: output")
        return done.stderr

    t.expect('unknown measure "byts": bytes,' in trouble("flame", "--by=byts"), "flame --by")
    t.expect('unknown measure "alocs": allocs,' in trouble("timeline", "--by=alocs"), "timeline")
    for verb in ("flame", "html"):
        message = trouble(verb, "-o", t.path("no/such/folder"))
        t.expect("cannot write" in message and "No such file" in message, message)
    t.expect("--width=5" in trouble("flame", "--width=5"), "a width")
    t.expect("--svg" in trouble("timeline", "-o", "x"), "-o without --svg")
    for verb in ("flame", "html"):
        status, _ = on_terminal(80, NPNTRACE, verb, run.recording)
        t.equal(status, 2, f"{verb} on a terminal")


@case("see-output-is-replaced-when-complete")
def replaced(t):
    run = t.host("record", LIFE)
    path = t.path("page.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write("before")
    os.chmod(path, 0o600)
    os.mkdir(t.path("aside"))
    run.viewer("html", "-o", path)
    with open(path, encoding="utf-8") as file:
        t.expect(file.read().startswith("<!DOCTYPE html>"), "not replaced")
    t.equal(sorted(os.listdir(t.folder)), sorted([os.path.basename(run.folder), "aside",
                                                  "page.html"]), "files that are left")
    full = subprocess.run([NPNTRACE, "html", "-o", "/dev/full", run.recording],
                          capture_output=True, text=True, timeout=60)
    t.equal(full.returncode, 2, "status with a full disk")
    t.expect("cannot write /dev/full" in full.stderr, full.stderr)


main()
