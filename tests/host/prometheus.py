#!/usr/bin/python3
# tests/host/prometheus.py: Prometheus asks `npntrace serve` about a browser that runs
# SPDX-License-Identifier: MIT
"""CutyCapt stays on a page with plug-ins; Prometheus scrapes, and answers a query per plug-in."""
import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import realhost
from support.harness import LIBRARY, NPNTRACE, SOURCE, Failed, case, main
from support.scrape import Serving, program
from xvfb import display_for_script

PAGE = "file://" + os.path.abspath(os.path.join(SOURCE, "tests", "host", "page.html"))
DEADLINE_S = 120
CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: npntrace
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    def __init__(self, t, port):
        config = t.path("prometheus.yml")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(port=port))
        own = free_port()
        self.url = f"http://127.0.0.1:{own}/api/v1/query?query="
        self.log = t.path("prometheus.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program("prometheus", "prometheus"), f"--config.file={config}",
                 f"--storage.tsdb.path={t.path('tsdb')}", f"--web.listen-address=127.0.0.1:{own}"],
                cwd=t.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)

    def query(self, text):
        """{labels: value}; nothing as long as it does not answer."""
        try:
            with urllib.request.urlopen(self.url + urllib.parse.quote(text),
                                        timeout=DEADLINE_S) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:
            return {}
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in result}

    def wait(self, text, condition):
        end = time.monotonic() + DEADLINE_S
        while not condition(found := self.query(text)):
            if time.monotonic() > end or self.process.poll() is not None:
                with open(self.log, encoding="utf-8") as file:
                    raise Failed(f"{text}: {found}\n{file.read()[-2000:]}")
            time.sleep(0.2)
        return found


def by_plugin(found):
    return {dict(key)["plugin"]: value for key, value in found.items()}


def stated(t, path):
    out = subprocess.run([NPNTRACE, "report", "--json", path], cwd=t.folder, check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return {p["name"]: p["npn"] for p in json.loads(out)["plugins"]}


@case("prometheus-scrapes-a-live-browser")
def scrapes(t):
    folder = t.path("recordings")
    os.makedirs(folder)
    env = {"PATH": os.environ["PATH"], "HOME": t.folder, "TMPDIR": t.folder, "LC_ALL": "C.UTF-8",
           **realhost.environment(t, DISPLAY, ("sample", "sample2")),
           "LD_PRELOAD": LIBRARY, "NPNTRACE_DIR": folder}
    browser = [realhost.find("cutycapt", "cutycapt"), "--plugins=on", "--javascript=on",
               "--delay=600000", f"--url={PAGE}", "--out=shot.png"]
    with Serving(t, folder) as serving, Prometheus(t, serving.port) as prometheus:
        prometheus.wait('up{job="npntrace"}', lambda found: list(found.values()) == [1.0])
        with subprocess.Popen(browser, cwd=t.folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                live = "sum by (plugin) (npntrace_plugin_live_bytes{memory='npn'})"
                prometheus.wait("sum by (plugin) (npntrace_plugin_created_instances_total)",
                                lambda found: by_plugin(found) == {"libnpsample.so": 2,
                                                                   "libnpsample2.so": 1})
                path = os.path.join(folder, os.listdir(folder)[0])
                # The page's scripts have come to their end when two readings agree.
                numbers = None
                while numbers != (numbers := stated(t, path)):
                    time.sleep(1)
                prometheus.wait(live, lambda found: by_plugin(found) == {
                    name: one["live_bytes"] for name, one in numbers.items()})
                prometheus.wait("sum by (plugin) (npntrace_plugin_allocations_total)",
                                lambda found: by_plugin(found) == {
                                    name: one["allocs"] for name, one in numbers.items()})
                t.expect(all(one["allocs"] > 0 for one in numbers.values()), f"{numbers}")
                where = prometheus.query("npntrace_process_info")
                t.equal([dict(key)["host"] for key in where],
                        [os.path.basename(os.path.realpath(browser[0])).lower()]
                        if len(where) == 1 else None, "hosts")
            finally:
                process.kill()
        prometheus.wait("npntrace_processes", lambda found: list(found.values()) == [0.0])
        t.equal(prometheus.query(live), {}, "after the browser's end")


DISPLAY = display_for_script()
main()
