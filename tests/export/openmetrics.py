#!/usr/bin/python3
# tests/export/openmetrics.py: exported metrics, read by Prometheus
# SPDX-License-Identifier: MIT
"""promtool makes blocks of the history; a Prometheus opens them, scrapes the numbers of the end,
and answers queries per plug-in about both."""
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from support.harness import NPNTRACE, Failed, case, main, plugin
from support.obedient import Obedient
from support.scrape import OPENMETRICS, Serving
from export.exporting import Exporter, tool

DEADLINE_S = 100
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
METRICS = (("npntrace_plugin_live_bytes", "live_bytes"),
           ("npntrace_plugin_live_blocks", "live_blocks"),
           ("npntrace_plugin_allocated_bytes_total", "bytes_allocated"),
           ("npntrace_plugin_allocations_total", "allocs"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Target(http.server.BaseHTTPRequestHandler):
    """Serves `text` as a program with metrics does."""
    text = b""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Prometheus:
    def __init__(self, t, data, target_port):
        config = t.path("prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("scrape_configs:\n- job_name: end\n  scrape_interval: 1s\n"
                       f"  static_configs:\n  - targets: ['127.0.0.1:{target_port}']\n")
        self.port = free_port()
        with open(t.path("prometheus.log"), "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def query(self, expression, at=None):
        """{(plugin, memory): number}"""
        asked = {"query": expression, **({"time": at} if at else {})}
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            result = json.load(answer)["data"]["result"]
        return {(row["metric"]["plugin"], row["metric"]["memory"]): int(float(row["value"][1]))
                for row in result}

    def wait_for(self, expression):
        """Scraping begins some time after the start."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                found = self.query(expression)
                if found:
                    return found
            except OSError:
                pass
            time.sleep(0.2)
        raise Failed(f"Prometheus has no answer to {expression}")

    def stop(self):
        self.process.kill()
        self.process.wait()


def expected(exporter, key):
    found = {("(host)", "heap"): exporter.report["host_heap"][key]}
    for counters in exporter.report["plugins"]:
        for memory in ("npn", "heap"):
            if counters[memory]["allocs"] != 0:
                found[counters["name"], memory] = counters[memory][key]
    return found


def names(text):
    return set(re.findall(r"^# TYPE (npntrace_plugin_\S+) (\S+)$", text, re.M))


@case("export-openmetrics-as-served")
def as_served(t):
    """A query of Prometheus answers for what is served and for what was exported."""
    with Obedient(t, "record", record_options=("--heap=plugins",)) as host:
        host.do("new a 1", "invoke 1 leak 3")
        with Serving(t, host.folder) as serving:
            end = time.monotonic() + DEADLINE_S
            while not serving.select("npntrace_plugin_live_bytes") and time.monotonic() < end:
                time.sleep(0.1)
            served = serving.samples()
            types = names(serving.get(Accept=OPENMETRICS)[2])
        recording = host.recording
    text = subprocess.run([NPNTRACE, "export", "--format=openmetrics", "--samples=0", recording],
                          check=True, capture_output=True, text=True).stdout
    t.equal({name for name, _ in names(text) - types},
            {"npntrace_plugin_interval_peak_bytes", "npntrace_plugin_freed_blocks"},
            "what is not served")
    found = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
             for family in text_string_to_metric_families(text) for sample in family.samples}
    key = next(key for key in found
               if key[0] == "npntrace_plugin_live_bytes" and ("memory", "npn") in key[1])
    t.equal((found[key], served.get(key)), (50.0, 50.0), f"{key}")


def exported(recording, *options):
    text = subprocess.run([NPNTRACE, "export", "--format=openmetrics", *options, recording],
                          check=True, capture_output=True, text=True).stdout
    return [sample for family in text_string_to_metric_families(text)
            for sample in family.samples]


@case("export-openmetrics-of-a-short-run")
def short(t):
    """Many intervals in a millisecond: the greatest peak of them is the point's."""
    run = t.host("record", ["load a @sample", "new a 1", "invoke 1 churn 400", "invoke 1 leak 3"],
                 record_options=["--heap=all"])
    plugins = {counters["name"]: counters for counters in run.report()["plugins"]}
    for samples in (1, 100, 5000):
        peaks = [sample.value for sample in exported(run.recording, f"--samples={samples}")
                 if sample.name == "npntrace_plugin_interval_peak_bytes"
                 and sample.labels["plugin"] == "libnpsample.so"
                 and sample.labels["memory"] == "npn"]
        t.equal(max(peaks), plugins["libnpsample.so"]["npn"]["peak_bytes"], f"{samples} samples")


@case("export-plugins-of-one-name")
def one_name(t):
    """Two files of the same name are two series, as they are when served."""
    for folder in ("one", "two"):
        os.makedirs(t.path(folder))
        shutil.copy2(plugin("sample"), t.path(f"{folder}/libnpsample.so"))
    run = t.host("record", [f"load a {t.path('one/libnpsample.so')}", "new a 1", "invoke 1 leak 3",
                            f"load b {t.path('two/libnpsample.so')}", "new b 2",
                            "invoke 2 leak 5"])
    live = {sample.labels["plugin"]: sample.value
            for sample in exported(run.recording, "--samples=0")
            if sample.name == "npntrace_plugin_live_bytes" and sample.labels["memory"] == "npn"}
    t.equal(live, {t.path("one/libnpsample.so"): 50, t.path("two/libnpsample.so"): 83}, "live")


@case("export-openmetrics")
def openmetrics(t):
    exporter = Exporter(t)
    with open(exporter.export("openmetrics", "--samples=0"), "rb") as file:
        Target.text = file.read()
    history = exporter.export("openmetrics")
    with open(history, encoding="utf-8") as file:
        end = max(re.findall(r" (\d+\.\d{3})$", file.read(), re.M))
    data = t.path("data")
    tool(["promtool", "tsdb", "create-blocks-from", "openmetrics", history, data])
    t.expect(os.listdir(data), "promtool made no blocks")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    prometheus = Prometheus(t, data, server.server_port)
    try:
        for metric, key in METRICS:
            t.equal(prometheus.wait_for(f'{metric}{{job="end"}}'), expected(exporter, key),
                    f"{metric}, scraped")
            t.equal(prometheus.query(f'{metric}{{job=""}}', end), expected(exporter, key),
                    f"{metric}, of the past")
        peak = prometheus.query(
            'max_over_time(npntrace_plugin_interval_peak_bytes{job=""}[1h])', end)
        t.equal(peak["libnpsample.so", "npn"],
                exporter.plugin("libnpsample.so", "npn", "peak_bytes"), "peak")
    finally:
        prometheus.stop()
        server.shutdown()


main()
