# tests/whatif/careless.py: how the tests of this folder run the careless plug-in
# SPDX-License-Identifier: MIT
"""The host and the plug-in print what they see; the recording says what was done to them."""
import json
import os

from support.harness import BUILD

CARELESS = os.path.join(BUILD, "tests", "whatif", ".libs", "libnpcareless.so")
LIFE = [f"load a {CARELESS}", "new a 1", "destroy 1", "unload a"]


def play(t, steps, record_options=(), options=(), actions=None, mode="record", env=None):
    """Runs the mini-host with the plug-in and these steps, which must end well."""
    run = t.host(mode, actions or LIFE, options, record_options=record_options,
                 env={"CARELESS_DO": steps, **(env or {})})
    t.equal(run.status, 0, f"{steps}: exit status\n{run.stdout.decode()}{run.stderr.decode()}")
    run.viewer("check")
    return run


def lines(run):
    """What the plug-in and the host printed."""
    return run.stdout.decode().splitlines()


def events(run, kind=None):
    text = run.viewer("events", "--json", "--no-symbols")
    found = [json.loads(line) for line in text.splitlines()]
    return [event for event in found if kind is None or event["type"] == kind]


def injected(run):
    return [event for event in events(run, "npn-alloc") if "injected" in event["flags"]]


def findings(run):
    """Kinds and counts."""
    found = run.json("findings")["findings"]
    return {finding["kind"]: finding["count"] for finding in found}
