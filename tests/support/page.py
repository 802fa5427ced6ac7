# tests/support/page.py: a recording's HTML page, and what can be read on it
# SPDX-License-Identifier: MIT
"""
    run = record(t)
    with Browser() as browser:
        browser.open(page_of(t, run))
        cards(browser)["bytes"]
"""
import atexit
import json
import shutil
import subprocess
import tempfile

from support.harness import NPNTRACE

LIFE = ["load a @sample", "new a 1", "new a 2", "invoke 1 leak 30", "invoke 1 temp 40",
        "invoke 2 leak 5", "invoke 2 alloc 100", "destroy 1", "invoke 2 churn 200",
        "destroy 2"]


class Recorded:
    """One recording that several cases look at."""

    def __init__(self, path):
        self.path = path

    def viewer(self, verb, *arguments):
        return subprocess.run([NPNTRACE, verb, *arguments, self.path], check=True, text=True,
                              capture_output=True, timeout=120).stdout

    def report(self):
        return json.loads(self.viewer("report", "--json", "--no-symbols"))


_recorded = {}


def record(t, heap=True):
    """A life of the sample plug-in; it is recorded once."""
    if heap not in _recorded:
        run = t.host("record", LIFE, record_options=["--heap=all"] if heap else [])
        folder = tempfile.mkdtemp(prefix="npntrace-test-html-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _recorded[heap] = Recorded(shutil.copy(run.recording, folder))
    return _recorded[heap]


def page_of(t, run, *options):
    path = t.path("page.html")
    run.viewer("html", "-o", path, *options)
    return path


def data_of(run, *options):
    return json.loads(run.viewer("html", "--json", *options))


def value(browser, selector):
    return int(float(browser.find(selector).get_attribute("data-value")))


def cards(browser):
    return {name: value(browser, f"#card-{name}")
            for name in ("bytes", "allocs", "live", "peak", "temporary")}


def rows(browser):
    """The table's rows: a name, and numbers by measure."""
    return browser.script("""
        return [...document.querySelectorAll('#table tbody tr:not(.opened)')].map((row) => [
            row.querySelector('.entry').textContent,
            Object.fromEntries([...row.querySelectorAll('td.number')].map((cell) =>
                [cell.dataset.measure, Number(cell.dataset.value)]))]);""")


def show_all_rows(browser):
    while browser.find_all("#table-more button"):
        browser.click("#table-more button")


def tab(browser, group):
    """Shows a table, all of its rows."""
    browser.click(f"[data-group={group}]")
    show_all_rows(browser)


def expect_sums(t, got, counters, what):
    for measure, key in (("bytes", "bytes_allocated"), ("allocs", "allocs"),
                         ("live", "live_bytes")):
        t.equal(got[measure], sum(c[key] for c in counters), f"{what}: {key}")


def expect_fits(t, browser, what):
    width = browser.script("return document.documentElement.clientWidth")
    t.expect(browser.script("return document.documentElement.scrollWidth") <= width,
             f"{what}: the page is wider than the window")
    outside = browser.script("""
        const width = document.documentElement.clientWidth;
        return [...document.querySelectorAll('button, input, select, h1, h2, section, svg')]
            .filter((e) => e.getClientRects().length && !e.closest('#table-box, #groups, .scroll'))
            .filter((e) => { const r = e.getBoundingClientRect();
                             return r.left < -1 || r.right > width + 1; })
            .map((e) => e.id || e.className || e.tagName);""")
    outside = [name for name in outside if name != "skip"]
    t.equal(outside, [], f"{what}: elements outside of the window")
