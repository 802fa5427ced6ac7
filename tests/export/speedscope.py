#!/usr/bin/python3
# tests/export/speedscope.py: exported profiles in speedscope's own page, in headless Chromium
# SPDX-License-Identifier: MIT
"""The page of the npm package reads the exported file, and its table of functions has the numbers
of `report`."""
import http.server
import json
import os
import shutil
import threading
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from support.harness import BUILD, Failed, case, main
from export.exporting import Exporter

PAGE = os.path.join(BUILD, "tests/export/npm/node_modules/speedscope/dist/release")
DEADLINE_S = 90
BROWSER_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                   "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
                   "--window-size=1200,8000")


def handler_of(folder):
    class Handler(http.server.SimpleHTTPRequestHandler):
        """The page at /, what was exported below /exported/."""

        def translate_path(self, path):
            path = path.split("?")[0].split("#")[0]
            if path.startswith("/exported/"):
                return os.path.join(folder, os.path.basename(path))
            return os.path.join(PAGE, os.path.basename(path))

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass
    return Handler


class Page:
    def __init__(self, t):
        if not os.path.exists(os.path.join(PAGE, "index.html")):
            raise Failed("speedscope is not there; \"make tests/export/npm/stamp\" fetches it")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(t.folder))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        options = webdriver.ChromeOptions()
        for option in (*BROWSER_OPTIONS, f"--user-data-dir={t.path('chromium')}"):
            options.add_argument(option)
        options.binary_location = shutil.which("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")),
                                        options=options)

    def text(self):
        return self.browser.find_element(By.TAG_NAME, "body").text

    def wait_for(self, wanted):
        end = time.monotonic() + DEADLINE_S
        while wanted not in self.text():
            if time.monotonic() > end:
                raise Failed(f"no '{wanted}' on the page, but:\n{self.text()[:1000]}")
            time.sleep(0.2)

    def open(self, path):
        self.browser.get("about:blank")
        self.browser.get(f"http://127.0.0.1:{self.server.server_port}/index.html"
                         f"#profileURL=/exported/{os.path.basename(path)}")
        self.wait_for("Sandwich")

    def click(self, text):
        self.browser.find_elements(By.XPATH, f"//*[contains(text(), '{text}')]")[-1].click()

    def table(self):
        """{function: total as the page shows it}, by most first."""
        self.click("Sandwich")
        self.wait_for("Symbol Name")
        self.click("Total")
        self.wait_for("[heap]")
        lines = self.text().split("Symbol Name\n")[1].splitlines()
        return {name: total.split(" (")[0]
                for total, _, name in zip(lines[0::3], lines[1::3], lines[2::3])}

    def errors(self):
        return [entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"
                and "favicon" not in entry["message"]]

    def close(self):
        self.browser.quit()
        self.server.shutdown()


def as_bytes(number):
    """As speedscope shows bytes."""
    unit = 0
    while number >= 1024 and unit < 3:
        number /= 1024
        unit += 1
    return f"{number:.{2 if unit else 0}f} {('B', 'KB', 'MB', 'GB')[unit]}"


def expect_owners(t, table, owners, shown):
    for owner, number in owners.items():
        t.equal(table.get(owner), shown(number), owner)


@case("export-speedscope")
def speedscope(t):
    exporter = Exporter(t)
    path = exporter.export("speedscope")
    page = Page(t)
    try:
        page.open(path)
        t.expect("bytes allocated" in page.text(), page.text())
        expect_owners(t, page.table(), exporter.owners("bytes_allocated"), as_bytes)
        page.open(exporter.export("speedscope", "--value=allocs"))
        expect_owners(t, page.table(), exporter.owners("allocs"), "{:,}".format)
        page.open(exporter.export("folded", "--value=live-bytes"))
        expect_owners(t, page.table(), exporter.owners("live_bytes"), "{:,}".format)
        t.equal(page.errors(), [], "errors on the console")
    finally:
        page.close()


@case("export-speedscope-schema")
def speedscope_schema(t):
    """Numbers of frames exist, and each sample has its weight."""
    exporter = Exporter(t)
    with open(exporter.export("speedscope"), encoding="utf-8") as file:
        exported = json.load(file)
    frames = len(exported["shared"]["frames"])
    for profile in exported["profiles"]:
        t.equal(len(profile["samples"]), len(profile["weights"]), profile["name"])
        t.equal(sum(profile["weights"]), profile["endValue"], profile["name"])
        t.expect(all(0 <= frame < frames for sample in profile["samples"] for frame in sample),
                 f"{profile['name']}: a frame that is not there")
    t.equal(exported["profiles"][0]["endValue"], exporter.total("bytes_allocated"), "bytes")


main()
