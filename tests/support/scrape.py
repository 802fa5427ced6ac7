# tests/support/scrape.py: a running `npntrace serve`, and what it serves
# SPDX-License-Identifier: MIT
"""
    with Serving(t, folder) as serving:
        serving.value("npntrace_plugin_live_bytes", plugin="libnpsample.so")
"""
import re
import shutil
import subprocess
import urllib.error
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from support.harness import NPNTRACE, Failed, Skipped

DEADLINE_S = 60
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Serving:
    def __init__(self, t, *arguments, port=0, under=()):
        """under: a command that runs another and takes its place, such as `strace -D`."""
        self.t = t
        self.errors_path = t.path("serve-errors")
        with open(self.errors_path, "wb") as errors:
            self.process = subprocess.Popen(
                [*under, NPNTRACE, "serve", f"--port={port}", *arguments], cwd=t.folder, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        said = self.process.stdout.readline()
        found = re.fullmatch(r"serving (http://(\S+):(\d+)/metrics)\n", said)
        if found is None:
            self.process.kill()
            raise Failed(f"serve said: {said!r}; {self.errors()}")
        self.url, self.address, self.port = found[1], found[2], int(found[3])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            if self.process.wait(DEADLINE_S) != 0:
                raise Failed(f"serve ended with {self.process.returncode}: {self.errors()}")

    def errors(self):
        with open(self.errors_path, encoding="utf-8") as file:
            return file.read()

    def get(self, url=None, method="GET", **headers):
        """Status, headers and text."""
        request = urllib.request.Request(url or self.url, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read().decode()

    def samples(self):
        """By name and labels, read by Prometheus's own parser, which is strict."""
        status, headers, text = self.get(Accept=OPENMETRICS)
        self.t.equal(status, 200, "HTTP status")
        self.t.equal(headers["Content-Type"],
                     "application/openmetrics-text; version=1.0.0; charset=utf-8", "type")
        self.t.expect(text.endswith("# EOF\n"), "the end is marked")
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                self.t.expect(key not in found, f"twice: {key}")
                found[key] = sample.value
        return found

    def select(self, name, **labels):
        """The samples of that name that have those labels: {labels: value}."""
        return {key: value for (sample, key), value in self.samples().items()
                if sample == name and set(labels.items()) <= set(key)}

    def value(self, name, **labels):
        found = self.select(name, **labels)
        if len(found) != 1:
            raise Failed(f"{name} {labels}: {found}")
        return next(iter(found.values()))


def program(name, package):
    path = shutil.which(name)
    if path is None:
        raise Skipped(f"no {name} here (Debian package: {package})")
    return path
