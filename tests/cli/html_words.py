#!/usr/bin/python3
# tests/cli/html_words.py: what the HTML page and pictures say is what the other verbs say
# SPDX-License-Identifier: MIT
"""In headless Chromium, as tests/cli/html_page.py."""
import json
import shutil

from support.browser import PHONE, Browser
from support.harness import case, main, plugin
from support.page import data_of, expect_fits, page_of, record, rows, tab


@case("html-leaks-are-those-of-leaks")
def leaks_agree(t):
    """In number, order and what is left out; and with a choice of memory."""
    run = record(t)
    expected = json.loads(run.viewer("leaks", "--json", "--no-symbols"))
    data = data_of(run)
    t.equal(data["leak_count"], len(expected["leaks"]), "leaks")
    t.equal(data["leaks_suppressed"], {"blocks": expected["suppressed_blocks"],
                                       "bytes": expected["suppressed_bytes"]}, "suppressed")
    for got, leak in zip(data["leaks"], expected["leaks"]):
        for key in ("domain", "kind", "blocks", "bytes", "growing", "first_ns", "last_ns"):
            t.equal(got[key], leak[key], key)
    with Browser() as browser:
        browser.open(page_of(t, run))
        tab(browser, "leak")
        t.equal([(row[1]["blocks"], row[1]["live"]) for row in rows(browser)],
                [(leak["blocks"], leak["bytes"]) for leak in expected["leaks"]], "rows")
        t.expect(f"({len(expected['leaks'])})" in browser.find("[data-group=leak]").text, "the tab")
        names = [row[0] for row in rows(browser)]
        t.expect("leak_odd" in names and not any("strdup" in name for name in names),
                 f"named by what the plug-in did: {names}")
        browser.click("[name=domain][value=heap] + span")
        t.equal(len(rows(browser)), len([leak for leak in expected["leaks"]
                                         if leak["domain"] == "heap"]), "of the heap")
        t.equal(browser.script("return [textOfPlural(1, 'finding'), textOfPlural(2, 'finding')]"),
                ["1 finding", "2 findings"], "plurals")


def band_texts(browser):
    return dict(browser.script("""
        return [...document.querySelectorAll('.band-name')].map((text) =>
            [text.querySelector('tspan').textContent,
             text.querySelector('.band-most').textContent]);"""))


@case("html-timeline-says-the-most")
def timeline_most(t):
    """The most of each plug-in is that of `timeline`; of a part of it, it is said to be sampled."""
    run = record(t)
    tracks = json.loads(run.viewer("timeline", "--json"))["plugins"]
    with Browser() as browser:
        browser.open(page_of(t, run))
        texts = band_texts(browser)
        for track in tracks:
            most = max(sample["peak_bytes"] for sample in track["samples"])
            t.equal(texts[track["plugin"] or "(host)"],
                    "at most " + browser.script("return textOfBytes(arguments[0])", most),
                    track["plugin"])
        browser.click("[name=domain][value=npn] + span")
        for name, text in band_texts(browser).items():
            t.expect(text.endswith(", as sampled"), f"{name}: {text}")


@case("html-long-names")
def long_names(t):
    """On a phone a name is cut, with a sign, and its number stays."""
    path = t.path("libnp-of-a-name-much-longer-than-a-phone-is-wide.so")
    shutil.copy(plugin("sample"), path)
    run = t.host("record", [f"load a {path}", "new a 1", "invoke 1 leak 10"])
    with Browser(size=PHONE) as browser:
        browser.open(page_of(t, run))
        expect_fits(t, browser, "a long name")
        name, text = next(iter(band_texts(browser).items()))
        t.expect(name.startswith("libnp-of-a-name") and name.endswith("…"), name)
        t.expect(text.startswith("at most "), text)
        right = browser.script("return document.querySelector('.band-name')"
                               ".getBoundingClientRect().right")
        t.expect(right <= PHONE[0], f"the name ends at {right}")


@case("html-lost-events-are-told")
def lost(t):
    """Beside the numbers: on the page, in pictures, and in a graph for other programs."""
    run = t.host("flight", ["load a @sample", "new a 1", "invoke 1 threads 4 20000"],
                 env={"NPNTRACE_SIZE": "1M"})
    t.equal(json.loads(run.viewer("flame", "--json"))["partial"], True, "the graph is partial")
    with Browser() as browser:
        browser.open(page_of(t, run))
        notes = [note for note in browser.texts("#notes p") if "overwritten" in note]
        t.equal(len(notes), 1, f"notes: {browser.texts('#notes p')}")
        for verb in (("flame",), ("timeline", "--svg")):
            verb = (*verb, "-o", t.path(f"{verb[0]}.svg"))
            run.viewer(*verb)
            browser.open(verb[-1], "svg")
            t.equal(browser.texts("text.bad"), notes, verb[0])
            top, bottom = browser.script("""
                const line = document.querySelector('text.bad').getBoundingClientRect();
                const below = [...document.querySelectorAll('.frame rect, .band text, .peak-text')];
                return [Math.min(...below.map((e) => e.getBoundingClientRect().top)),
                        line.bottom];""")
            t.expect(bottom <= top + 1, f"{verb[0]}: something lies over it, {bottom} and {top}")


main()
