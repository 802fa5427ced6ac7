#!/usr/bin/python3
# tests/cli/html_page.py: the HTML page in a real browser: its numbers, clicks, keys and looks
# SPDX-License-Identifier: MIT
"""Each case opens a page from file:// in headless Chromium. A word in the browser's console, or a
request for anything, fails it. What the page shows is compared with `report --json` and with sums
over `events --json`, made here."""
import json
import shutil

from selenium.webdriver.common.keys import Keys

from support.browser import LAPTOP, PHONE, Browser
from support.harness import case, main, plugin
from support.page import (cards, data_of, expect_fits, expect_sums, page_of, record, rows,
                          show_all_rows, tab)


@case("html-totals-agree-with-report")
def totals(t):
    run = record(t)
    report = run.report()
    both = report["totals"]["npn"], report["totals"]["heap"]
    with Browser() as browser:
        browser.open(page_of(t, run))
        expect_sums(t, cards(browser), both, "everything")
        table = dict(rows(browser))
        sample = report["plugins"][0]
        expect_sums(t, table["libnpsample.so"], (sample["npn"], sample["heap"]), "the plug-in")
        expect_sums(t, table["(host)"], (report["host_heap"],), "the host")
        for domain, counters in zip(("npn", "heap"), both):
            browser.click(f"[name=domain][value={domain}] + span")
            expect_sums(t, cards(browser), (counters,), domain)
            t.expect(cards(browser)["peak"] > 0, f"{domain}: nothing at the peak")
        for group in ("instance", "function", "line", "module", "stack"):
            tab(browser, group)
            t.equal(sum(row[1]["bytes"] for row in rows(browser)),
                    report["totals"]["heap"]["bytes_allocated"], f"sum over {group}s")
        t.equal(browser.script("return performance.getEntriesByType('resource').length"), 0,
                "things fetched")


def bars(browser, histogram):
    """What each bar of a histogram stands for, by the kind of memory."""
    found = browser.script("""
        return [...document.querySelectorAll(`#${arguments[0]} .fill`)].map((bar) =>
            [bar.classList[1], Number(bar.dataset.value), bar.getBoundingClientRect().height]);""",
                           histogram)
    return {memory: [value for kind, value, height in found if kind == memory and height > 0]
            for memory in {kind for kind, *_ in found}}


@case("html-kinds-of-memory-are-beside-each-other")
def kinds_of_memory(t):
    """Sizes, lifetimes and threads have numbers of NPN memory and of the heap, of no sum."""
    run = record(t)
    groups = {key: json.loads(run.viewer("report", "--json", f"--by={key}", "--limit=0"))
              ["profile"]["groups"] for key in ("size", "lifetime", "thread")}
    with Browser() as browser:
        browser.open(page_of(t, run))
        for chosen in (("npn", "heap"), ("npn",), ("heap",), ("npn", "heap")):
            browser.click(f"[name=domain][value={chosen[0] if len(chosen) == 1 else 'all'}] + span")
            for histogram, key, number in (("sizes", "size", "bytes"),
                                           ("lifetimes", "lifetime", "frees")):
                t.equal(bars(browser, histogram),
                        {memory: [g[number] for g in groups[key] if g["memory"] == memory]
                         for memory in chosen}, f"{chosen}: {histogram}")
                first = browser.find(f"#{histogram} .bar").get_attribute("aria-label")
                t.equal("NPN " in first and "heap " in first, len(chosen) == 2, first)
            t.equal([legend.is_displayed() for legend in browser.find_all(".domain-legend")],
                    [len(chosen) == 2] * 2, f"{chosen}: legends")
            t.equal(sorted(browser.script("""
                return [...document.querySelectorAll('#threads-body tr')].map((row) =>
                    [...row.children].map((cell) => cell.textContent).join(' '));""")),
                    sorted(" ".join([str(g["tid"]), *([g["memory"].replace("npn", "NPN")]
                                                      if len(chosen) == 2 else []),
                                     browser.script("return textOfBytes(arguments[0])", g["bytes"]),
                                     f"{g['allocs']:,}", f"{g['frees']:,}"])
                           for g in groups["thread"] if g["memory"] in chosen),
                    f"{chosen}: threads")
            notes = [note.is_displayed() for note in browser.find_all(".whole-note")]
            t.expect(not any(notes), f"{chosen}: numbers of the choice are called the whole's")


@case("html-one-file-without-addresses")
def one_file(t):
    run = record(t, heap=False)
    with open(page_of(t, run), encoding="utf-8") as file:
        text = file.read()
    for word in ("@DATA@", "@page.js@", "@page.css@", "@d3@", "@d3.licence@", "<link rel=\"styles",
                 "src=\"http", "href=\"http", "@import"):
        t.expect(word not in text, f"the page has {word}")
    t.expect("Mike Bostock" in text, "the page does not say whose D3 is")
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    t.equal(data["format"], "npntrace-page-1", "format")
    t.equal(data, data_of(run), "data in the page and with --json")


@case("html-sort-and-open")
def sort(t):
    run = record(t)
    with Browser() as browser:
        browser.open(page_of(t, run))
        tab(browser, "stack")
        for measure in ("allocs", "live", "temporary"):
            browser.click(f"[data-sort={measure}]")
            got = [row[1][measure] for row in rows(browser)]
            t.equal(got, sorted(got, reverse=True), f"descending by {measure}")
            browser.click(f"[data-sort={measure}]")
            got = [row[1][measure] for row in rows(browser)]
            t.equal(got, sorted(got), f"ascending by {measure}")
            t.equal(browser.find(f"th:has([data-sort={measure}])").get_attribute("aria-sort"),
                    "ascending", "what is said of the column")
        browser.press(Keys.ENTER)  # the header has kept the focus
        t.equal(browser.find("th:has([data-sort=temporary])").get_attribute("aria-sort"),
                "descending", "sorted with a key")
        browser.click("[data-sort=name]")
        names = [row[0].lower() for row in rows(browser)]
        t.equal(browser.script("return arguments[0].slice().sort((a, b) => a.localeCompare(b))",
                               names), names, "by name")
        browser.click("#table tbody .entry")
        stack = browser.texts("ol.stack li code")
        t.expect(any("main" == name for name in stack), f"main is not in the stack: {stack}")
        browser.press(Keys.ENTER)
        t.equal(browser.find_all("ol.stack"), [], "closed with a key")


@case("html-only-one-plugin")
def only(t):
    run = record(t)
    sample = run.report()["plugins"][0]
    with Browser() as browser:
        browser.open(page_of(t, run))
        for entry in browser.find_all("#table .entry"):
            if entry.text == "libnpsample.so":
                browser.click(entry)
                break
        expect_sums(t, cards(browser), (sample["npn"], sample["heap"]), "only the plug-in")
        t.equal([row[0] for row in rows(browser)], ["libnpsample.so"], "rows")
        browser.click("#chips button")
        t.equal(len(rows(browser)), 2, "rows after the choice was taken back")


@case("html-search")
def search(t):
    run = record(t)
    with Browser() as browser:
        browser.open(page_of(t, run))
        browser.click("[name=domain][value=npn] + span")
        tab(browser, "function")
        browser.click("#inclusive")
        everything = len(rows(browser))
        browser.script("document.activeElement.blur()")
        browser.press("/")  # goes to the search field
        browser.press("leak_odd")
        browser.wait(lambda: len(rows(browser)) < everything)
        t.equal([row[0] for row in rows(browser)], ["leak_odd"], "rows")
        found = rows(browser)[0][1]["bytes"]
        frames = browser.texts("g.frame.match text") or browser.script(
            "return [...document.querySelectorAll('g.frame.match')].map((f) => f.ariaLabel)")
        t.expect(frames, "no frame is marked")
        matched = browser.find("#flame-matched").text
        t.expect(matched.startswith("Matched: "), f"what was matched: {matched}")
        allocated = run.report()["totals"]["npn"]["bytes_allocated"]
        t.expect(f"({100 * found / allocated:.1f} %)" in matched, f"{found}: {matched}")
        browser.press(Keys.ESCAPE)
        browser.wait(lambda: len(rows(browser)) == everything)
        t.equal(browser.find_all("g.frame.match"), [], "frames that are still marked")
        browser.press("/^leak_(odd|even)$/")
        browser.wait(lambda: len(rows(browser)) < everything)
        t.equal(sorted(row[0] for row in rows(browser)), ["leak_even", "leak_odd"],
                "by an expression")
        browser.find("#search").send_keys(Keys.CONTROL, "a")
        browser.press("no such name at all")
        browser.wait(lambda: not rows(browser))
        t.expect(browser.find("#table-empty").is_displayed(), "an empty table is not explained")


def frame_at(browser, at):
    return browser.find(f"g.frame[data-at='{at}']")


@case("html-search-shows-a-match")
def search_scrolls(t):
    """A match below what is seen of the graph comes into sight; what goes on below fades out."""
    run = record(t)
    seen = """const box = document.getElementById('flame').getBoundingClientRect();
        return [...document.querySelectorAll('g.frame.match')].some((frame) => {
            const at = frame.getBoundingClientRect();
            return at.top >= box.top - 1 && at.bottom <= box.bottom + 1; });"""
    fades = "return document.getElementById('flame').classList.contains('more-below')"
    with Browser() as browser:
        browser.open(page_of(t, run))
        browser.click("#search")
        browser.press("leak_odd")
        browser.wait(lambda: browser.find("#flame-matched").text)
        t.equal("too narrow" in browser.find("#flame-matched").text,
                not browser.find_all("g.frame.match"), "what is said of frames not drawn")
        browser.press(Keys.ESCAPE)
        browser.click("[name=domain][value=npn] + span")
        browser.script("document.getElementById('flame').style.maxHeight = '70px'")
        browser.wait(lambda: browser.script(fades))
        browser.script("document.getElementById('search').focus()")
        browser.press("leak_odd")
        browser.wait(lambda: browser.find_all("g.frame.match"))
        t.expect(browser.script(seen), "no match can be seen")
        browser.script("const box = document.getElementById('flame');"
                       "box.scrollTop = box.scrollHeight")
        browser.wait(lambda: not browser.script(fades))


@case("html-flame-zoom")
def zoom(t):
    run = record(t)
    with Browser() as browser:
        browser.open(page_of(t, run))
        widest = browser.script("""
            return [...document.querySelectorAll('g.frame')].map((frame) => [
                Number(frame.dataset.at), frame.querySelector('rect').width.baseVal.value]);""")
        width = max(pair[1] for pair in widest)
        at = next(pair[0] for pair in widest[1:] if width * 0.2 < pair[1] < width * 0.9)
        browser.click(frame_at(browser, at))
        rect = frame_at(browser, at).find_element("css selector", "rect").rect
        t.expect(abs(rect["width"] - width) < 3, f"zoomed to {rect['width']}, not {width}")
        crumbs = browser.texts("#flame-trail .crumb")
        t.expect(len(crumbs) >= 2 and crumbs[0] == "all", f"the way to it: {crumbs}")
        focused = "return Number(document.activeElement.dataset.at)"
        browser.script("arguments[0].focus()", frame_at(browser, at))
        browser.press(Keys.ARROW_DOWN)
        child = browser.script(focused)
        t.expect(child != at and child > 0, f"arrow down went from {at} to {child}")
        browser.press(Keys.ENTER)
        t.equal(browser.script("return flame.focus"), child, "zoomed with a key")
        browser.press(Keys.ARROW_UP)
        t.equal(browser.script("return flame.focus"), at, "back to the caller")
        browser.press(Keys.ESCAPE)
        t.equal(browser.script("return flame.focus"), 0, "all of it")
        browser.click("[name=direction][value=up] + span")
        labels = browser.script("return flame.laid.filter((f) => f.depth === 1).map((f) => "
                                "frameName(f.data.at))")
        t.expect("main" not in labels and labels, f"upside down begins with {labels}")
        details = browser.find("#flame-details").text
        t.expect(details, "nothing is said of the frame")


def in_range(run, begin_ns, end_ns):
    """Bytes and calls of allocations in [begin, end), and bytes live at its end."""
    live, got = {}, {"bytes": 0, "allocs": 0}
    for line in run.viewer("events", "--json", "--no-symbols").splitlines():
        event = json.loads(line)
        if event["stamp_ns"] >= end_ns:
            break
        key = event.get("address")
        if event["type"] == "heap-alloc":
            live[key] = event["size"]
            if event["stamp_ns"] >= begin_ns:
                got["bytes"] += event["size"]
                got["allocs"] += 1
        elif event["type"] == "heap-free":
            live.pop(key, None)
    got["live"] = sum(live.values())
    return got


def expect_range(t, browser, run, data):
    first, end = browser.script("return choice.range")
    edges = [data["first_ns"] + sample * data["interval_ns"] for sample in (first, end)]
    expected, got = in_range(run, *edges), cards(browser)
    for measure, number in expected.items():
        t.equal(got[measure], number, f"{measure} from {edges[0]} to {edges[1]} ns")
    totals_then = json.loads(run.viewer("report", "--json", "--by=function", "--no-symbols",
                                        f"--from={edges[0]}ns", f"--to={edges[1] - 1}ns"))
    counters = totals_then["profile"]["totals"].values()
    for measure, key in (("bytes", "bytes_allocated"), ("allocs", "allocs")):
        t.equal(got[measure], sum(c[key] for c in counters), f"{measure} of report from {edges}")
    return expected


@case("html-time-range")
def time_range(t):
    """By dragging, by the fields and by keys: numbers are those of the events in the range."""
    script = "import time\nkept = []\nfor i in range(20):\n" \
             "    kept.append([bytes(2000 + i)] * 900); [bytes(j) for j in range(900)]\n" \
             "    time.sleep(0.01)"
    run = t.run("record", ["/usr/bin/python3", "-I", "-S", "-c", script],
                record_options=["--heap=all"])
    data = data_of(run)
    with Browser() as browser:
        browser.open(page_of(t, run))
        whole = cards(browser)
        browser.drag(browser.find("#timeline svg"), 0.25, 0.9)
        browser.wait(lambda: browser.script("return choice.range"))
        selected = expect_range(t, browser, run, data)
        t.expect(0 < selected["allocs"] < whole["allocs"], f"{selected} of {whole}")
        show_all_rows(browser)
        tab(browser, "function")  # all of its rows
        t.equal(sum(row[1]["bytes"] for row in rows(browser)), selected["bytes"], "the table")
        t.equal(browser.script("return flame.sums[0]"), selected["bytes"], "the graph")
        t.expect(browser.texts("#chips button"), "the range is not among the chips")
        for place in ("[data-sort=live]", "#card-live .card-name", "#measure [value=live]"):
            t.equal(browser.find(place).text, "Live after it", place)
        browser.click("#range-all")
        t.equal(cards(browser), whole, "the whole time again")
        last = data["first_ns"] + data["samples"] * data["interval_ns"]
        for field, share in (("from", 0.5), ("to", 1)):
            browser.find(f"#range-{field}").clear()
            browser.find(f"#range-{field}").send_keys(f"{share * last / 1e9:.6f}", Keys.ENTER)
        expect_range(t, browser, run, data)
        browser.click("#range-all")
        browser.script("document.getElementById('timeline').focus()")
        browser.press(Keys.HOME)
        browser.press_with_shift(Keys.PAGE_DOWN, Keys.PAGE_DOWN)
        t.equal(browser.script("return choice.range"), [0, 21], "by keys")
        expect_range(t, browser, run, data)
        browser.press(Keys.ESCAPE)
        t.equal(cards(browser), whole, "after Escape")


CONTRAST = """
    const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgb = (color) => {
        probe.clearRect(0, 0, 1, 1);
        probe.fillStyle = color;
        probe.fillRect(0, 0, 1, 1);
        return [...probe.getImageData(0, 0, 1, 1).data];
    };
    const light = (color) => {
        const [r, g, b] = color.map((c) => c / 255)
            .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const below = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const rect = at.matches('g') && at.querySelector('rect');
            const color = rgb(rect ? getComputedStyle(rect).fill
                : getComputedStyle(at).backgroundColor);
            if (color[3] > 200) return color;
        }
        return [255, 255, 255, 255];
    };
    return [...document.querySelectorAll(arguments[0])].filter((e) => e.getClientRects().length &&
        e.textContent.trim()).map((element) => {
        const style = getComputedStyle(element);
        const isSvg = element instanceof SVGElement;
        const ink = light(rgb(isSvg ? style.fill : style.color));
        const back = light(below(isSvg ? element.parentElement : element));
        return [(Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05),
            `${element.tagName}.${element.className.baseVal ?? element.className}`];
    });"""
TEXTS = "h1, h2, p, .card span, .faint, th button, td, .entry, .note, label span, [role=tab], " \
        "g.frame text, .band-name, .axis text, .crumb"


@case("html-light-dark-laptop-phone")
def looks(t):
    """No sideways scrolling, and text that can be read (a contrast of 4.5, as WCAG asks for)."""
    run = record(t)
    page = page_of(t, run)
    for size in (LAPTOP, PHONE):
        for dark in (False, True):
            what = f"{size[0]} pixels, {'dark' if dark else 'light'}"
            with Browser(size=size, dark=dark) as browser:
                browser.open(page)
                expect_fits(t, browser, what)
                pale = [pair for pair in browser.script(CONTRAST, TEXTS) if pair[0] < 4.5]
                t.equal(pale, [], f"{what}: hard to read")
                back = browser.script("return getComputedStyle(document.body).backgroundColor")
                is_dark = max(int(n) for n in back[4:-1].split(",")) < 100
                t.equal(is_dark, dark, f"{what}: {back}")
                browser.click("#theme")
                browser.click("#theme")  # auto, light, dark
                t.equal(browser.script("return document.documentElement.dataset.theme"), "dark",
                        "the theme that was chosen")
                browser.picture(t.path(f"{what}.png"))


@case("html-keyboard-alone")
def keyboard(t):
    """Everything that can be clicked is reached with Tab, and shows that it is."""
    run = record(t)
    with Browser() as browser:
        browser.open(page_of(t, run))
        seen = set()
        for _ in range(120):
            browser.press(Keys.TAB)
            seen.add(browser.script("""
                const e = document.activeElement;
                if (e.closest('#flame')) return 'flame';
                if (e.closest('#table thead')) return 'sort';
                if (e.closest('#table tbody')) return 'row';
                if (e.closest('#cards')) return 'card';
                return e.getAttribute('name') || e.id || e.getAttribute('class') ||
                    e.dataset.group || e.tagName;"""))
        for part in ("skip", "card", "curve", "timeline", "range-from", "range-to", "measure",
                     "domain", "search", "direction", "flame", "inclusive", "sort", "row",
                     "plugin", "theme", "help-open"):
            t.expect(part in seen or part == "inclusive", f"Tab does not reach {part}: {seen}")
        browser.script("document.querySelector('[role=tab]').focus()")
        browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        t.equal(browser.script("return choice.group"), "function", "tabs by arrow keys")
        browser.script("document.activeElement.blur()")
        browser.press("?")
        t.expect(browser.find("#help").is_displayed(), "? shows no help")
        browser.press(Keys.ESCAPE)
        t.expect(not browser.find("#help").is_displayed(), "Escape leaves the help there")


@case("html-hostile-names")
def hostile(t):
    """Names from files are texts, never parts of the page."""
    name = "libnp<img>&amp;.so"
    path = t.path(name)
    shutil.copy(plugin("sample"), path)
    run = t.host("record", [f"load a {path}", "new a 1", "invoke 1 leak 10"])
    with Browser() as browser:
        browser.open(page_of(t, run))
        t.equal([row[0] for row in rows(browser)], [name], "rows")
        tab(browser, "module")
        t.expect(name in [row[0] for row in rows(browser)], "the module's name")
        t.equal(browser.find_all("img"), [], "pictures that the name made")
    for verb in (("flame", "--no-symbols"), ("timeline", "--svg")):
        text = run.viewer(*verb)
        t.expect("<img" not in text and "&lt;img" in text, f"{verb}: the name is not quoted")


@case("html-empty-and-small")
def empty(t):
    """A recording in which nothing was allocated, and one with NPN memory alone."""
    for actions in (["load a @sample", "unload a"], ["load a @sample", "new a 1",
                                                     "invoke 1 leak 5"]):
        run = t.host("record", actions)
        report = run.report()
        with Browser() as browser:
            browser.open(page_of(t, run))
            t.equal(cards(browser)["bytes"], report["totals"]["npn"]["bytes_allocated"], "bytes")
            t.expect(not browser.find("#domain-box").is_displayed(), "a choice of one")
            is_empty = report["totals"]["npn"]["allocs"] == 0
            t.equal(browser.find("#sizes-readout").text == "Nothing to show here.", is_empty,
                    "an empty histogram says so")
            t.equal(len(browser.find_all(".peak")), 0 if is_empty else 1, "marks of the peak")
            length = float(browser.find("#range-to").get_attribute("value"))
            t.expect(abs(length * 1e9 - report["host"]["duration_ns"]) < 1e6, f"to {length} s")
        t.equal("Nothing was allocated." in run.viewer("timeline", "--svg"),
                is_empty, "a picture of nothing says so")
        t.finish(run)


@case("html-limit-puts-the-rest-together")
def limit(t):
    run = record(t)
    report = run.report()
    data = data_of(run, "--limit=3")
    t.expect(data["rows_left_out"] > 0, "nothing was left out")
    t.expect(len(data["rows"]["node"]) <= 3 + 4, "more rows than were asked for")
    with Browser() as browser:
        browser.open(page_of(t, run, "--limit=3"))
        expect_sums(t, cards(browser), report["totals"].values(), "with few rows")
        t.expect("put together" in browser.find("#notes").text, "it is not said")


main()
