#!/usr/bin/python3
# tests/cli/serve.py: `npntrace serve`, asked over HTTP
# SPDX-License-Identifier: MIT
"""What is served is what `report` says, as hosts come and go; and only this machine can ask."""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from contract.acting import ACTS, HOSTS
from fault import npt
from support.harness import NPNTRACE, WHEN_TRACED, case, main, plugin
from support.obedient import Obedient
from support.process import run_process
from support.scrape import Serving, program

DEADLINE_S = 60
COUNTERS = {"live_bytes": "live_bytes", "live_blocks": "live_blocks", "peak_bytes": "peak_bytes",
            "allocations_total": "allocs", "allocated_bytes_total": "bytes_allocated",
            "frees_total": "frees"}
# Some hundred thousand events.
MANY = "for i in range(200000): bytes(1000)"


def report(t, path):
    return json.loads(subprocess.run([NPNTRACE, "report", "--json", path], cwd=t.folder,
                                     check=True, text=True, stdout=subprocess.PIPE).stdout)


def same_as_report(t, serving, host):
    whole = report(t, host.recording)
    samples = serving.samples()

    def served(metric, **labels):
        labels = {"host": "minihost", "pid": str(host.pid), **labels}
        return samples.get((metric, tuple(sorted(labels.items()))))
    for one in whole["plugins"]:
        for memory in ("npn", "heap"):
            for metric, name in COUNTERS.items():
                if one[memory] is not None and any(one[memory].values()):
                    t.equal(served(f"npntrace_plugin_{metric}", plugin=one["name"], memory=memory),
                            float(one[memory][name]), f"{one['name']}, {memory}: {name}")
        there = [i for i in one["instances"] if not i["destroyed"]]
        t.equal(served("npntrace_plugin_instances", plugin=one["name"]), float(len(there)),
                "instances")
        t.equal(served("npntrace_plugin_created_instances_total", plugin=one["name"]),
                float(len(one["instances"])), "instances that were created")
        for instance in there:
            for metric in ("live_bytes", "live_blocks", "peak_bytes", "allocations_total",
                           "allocated_bytes_total"):
                t.equal(served(f"npntrace_instance_{metric}", plugin=one["name"], memory="npn",
                               instance=str(instance["serial"]), mime=instance["mime"]),
                        float(instance["npn"][COUNTERS[metric]]), f"instance: {metric}")
        gone = sum(i["npn"]["live_bytes"] for i in one["instances"] if i["destroyed"])
        t.equal(served("npntrace_plugin_outlived_bytes", plugin=one["name"], memory="npn"),
                float(gone), "of instances that are gone")
    return samples


def until(serving, condition):
    """What a recorder has not written yet comes within half a second, on a quiet machine."""
    end = time.monotonic() + DEADLINE_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@case("serve-numbers-are-the-reports")
def numbers(t):
    for mode, options in (("flight", ()), ("record", ("--heap=plugins",))):
        with Obedient(t, mode, name=mode, record_options=options) as host:
            host.do("new a 1", "invoke 1 leak 3", "new a 2", "invoke 2 leak 5", "destroy 2",
                    "new a 3", "invoke 3 churn 20")
            with Serving(t, host.folder) as serving:
                t.expect(until(serving, lambda: list(serving.select(
                    "npntrace_plugin_created_instances_total").values()) == [3]), "three instances")
                until(serving, lambda: any(value >= 20 for value in serving.select(
                    "npntrace_instance_allocations_total", instance="3", memory="npn").values()))
                samples = same_as_report(t, serving, host)
                stacks = [dict(labels) for (name, labels) in samples
                          if name == "npntrace_stack_live_bytes"]
                t.expect(any(labels["function"].startswith("leak_odd (sample_memory.c:")
                             for labels in stacks), f"call stacks: {stacks}")
                before = serving.value("npntrace_plugin_allocations_total", memory="npn")
                host.do("invoke 1 leak 7")
                t.expect(until(serving, lambda: serving.value(
                    "npntrace_plugin_allocations_total", memory="npn") == before + 7),
                    "allocations between two questions")
                same_as_report(t, serving, host)


@case("serve-hosts-come-and-go")
def come_and_go(t):
    folder = t.path("hosts")
    os.makedirs(folder)
    with Serving(t, folder, "--stacks=0") as serving:
        t.equal(serving.value("npntrace_processes"), 0.0, "no host")
        with Obedient(t, "flight", name="hosts") as first:
            first.do("new a 1", "invoke 1 leak 3")
            t.equal(serving.value("npntrace_plugin_live_bytes"), 50.0, "one host")
            with Obedient(t, "flight", name="hosts") as second:
                second.do("new a 1", "invoke 1 leak 2")
                t.equal(serving.value("npntrace_processes"), 2.0, "two hosts")
                t.equal(serving.value("npntrace_plugin_live_bytes", pid=str(first.pid)), 50.0,
                        "the first")
                t.equal(serving.value("npntrace_plugin_live_bytes", pid=str(second.pid)), 33.0,
                        "the second")
                first.kill()
                t.equal(serving.value("npntrace_plugin_live_bytes"), 33.0, "the second alone")
        t.equal(serving.value("npntrace_processes"), 0.0, "both have ended")
        t.equal(serving.select("npntrace_plugin_live_bytes"), {}, "nothing is left")
        t.equal(len(os.listdir(folder)), 2, "recordings that are left")
        with Obedient(t, "flight", name="hosts") as third:
            third.do("new a 1")
            t.equal(serving.value("npntrace_process_info", pid=str(third.pid)), 1.0, "the third")
        t.equal(serving.errors(), "", "messages")


def system_calls(strace, log, *command, serving=None):
    """What a command, or a server while it is asked three times, does with memory and threads:
    (call, whole line) by strace, and the answers."""
    def watched():
        with open(log, encoding="utf-8") as file:
            return file.read()
    under = [strace, *WHEN_TRACED, "-D", "-f", "-y", "-e", "trace=mmap,munmap,madvise,clone,clone3",
             "-e", "signal=none", "-o", log]
    answers = []
    if serving is None:
        subprocess.run([*under, *command], check=True, stdout=subprocess.DEVNULL,
                       timeout=DEADLINE_S)
    else:
        t, folder = serving
        with Serving(t, folder, "--stacks=0", under=under) as server:
            answers = [server.samples() for _ in range(3)]
    end = time.monotonic() + DEADLINE_S
    while not re.search(r"exited with 0 \+\+\+\n\Z", watched()) and time.monotonic() < end:
        time.sleep(0.01)
    return re.findall(r"^\d+ +((\w+)\(.*)$", watched(), re.MULTILINE), answers


def reading(calls, path):
    """Of those calls: how often a file was mapped, and how often pages of it were given back, as
    is done with each block that was read."""
    mapped = given_back = 0
    begin = end = 0
    for line, call in calls:
        if call == "mmap" and f"<{path}>" in line:
            begin = int(re.search(r"= (0x[0-9a-f]+)$", line)[1], 16)
            end = begin + int(line.split(", ")[1])
            mapped += 1
        elif call == "munmap" and int(re.match(r"munmap\((0x[0-9a-f]+)", line)[1], 16) == begin:
            begin = end = 0
        elif call == "madvise" and "MADV_DONTNEED" in line:
            given_back += begin <= int(re.match(r"madvise\((0x[0-9a-f]+)", line)[1], 16) < end
    return mapped, given_back


@case("serve-ended-recordings-are-not-read")
def ended_are_not_read(t):
    """However long they are: only what opening one takes is done, and once."""
    strace, folder = program("strace", "strace"), t.path("hosts")
    os.makedirs(folder)
    long = os.path.join(os.path.realpath(folder), "long.npt")
    with Obedient(t, "flight", name="hosts") as host:
        host.do("new a 1", "invoke 1 leak 3")
        before, _ = system_calls(strace, t.path("before"), serving=(t, folder))
        subprocess.run([NPNTRACE, "record", "-q", "--heap=all", "-o", long, "--", sys.executable,
                        "-S", "-c", MANY], check=True, env={**os.environ, "PYTHONMALLOC": "malloc"})
        t.expect(report(t, long)["totals"]["heap"]["allocs"] > 200000, "it is long")
        whole, _ = system_calls(strace, t.path("whole"), NPNTRACE, "top", long)
        calls, answers = system_calls(strace, t.path("calls"), serving=(t, folder))
    for answer in answers:
        got = {key[0]: value for key, value in answer.items()}
        t.equal((got["npntrace_processes"], got["npntrace_plugin_live_bytes"]), (1.0, 50.0),
                "the live host")
        t.equal(got["npntrace_unreadable_recordings"], 0.0, "unreadable")
    threads = [sum(call.startswith("clone") for _, call in some)
               for some in (before, calls, whole)]
    t.equal(threads[1], threads[0], "threads, one of which reads heap events")
    t.expect(threads[2] > 0, "a thread reads the heap events of a recording")
    with open(long, "rb") as file:
        of_events = [block for block in npt.blocks(file.read())
                     if npt.TYPES[block.type] in ("EVENTS", "HEAP") and block.codec == npt.ZSTD]
    t.expect(len(of_events) > 0, "blocks of events")
    mapped, given_back = reading(whole, long)
    t.equal(mapped, 1, "how often `top` opens it")
    t.equal(reading(calls, long), (1, given_back - len(of_events)),
            f"how often it was opened, and blocks read: not the {len(of_events)} of events")


@case("serve-one-plug-in")
def one_plugin(t):
    with Obedient(t, "flight", options=HOSTS["never-again"]) as host:
        host.do(f"load b {ACTS}", "new a 1", "invoke 1 leak 3", "new b 2 do=free-twice")
        for options, found in (((), [1.0]), (("--plugin=libnpacts",), [1.0]),
                               (("--plugin=libnpsample",), [])):
            with Serving(t, *options, host.folder) as serving:
                t.equal(list(serving.select("npntrace_findings_total").values()), found,
                        f"findings of {options}")
                names = {dict(labels)["plugin"] for labels
                         in serving.select("npntrace_plugin_live_bytes")}
                t.equal(names, {"libnpacts.so", "libnpsample.so"} if not options
                        else {options[0].split("=")[1] + ".so"}, "plug-ins")


@case("serve-this-machine-alone")
def loopback(t):
    with Serving(t, t.folder) as serving:
        t.equal(serving.address, "127.0.0.1", "address")
        with open(f"/proc/{serving.process.pid}/net/tcp", encoding="ascii") as file:
            local = [line.split()[1] for line in file if line.split()[3] == "0A"]
        t.expect(f"0100007F:{serving.port:04X}" in local
                 and f"00000000:{serving.port:04X}" not in local, f"sockets: {local}")
        for name, status in (("evil.example", 403), (f"evil.example:{serving.port}", 403),
                             ("10.0.0.1", 403), ("localhost", 200), ("127.0.0.1:1", 200),
                             ("[::1]", 200)):
            t.equal(serving.get(Host=name)[0], status, f"asked as {name}")
        base = serving.url[:-len("/metrics")]
        t.equal(serving.get(base + "/")[0], 200, "/")
        t.equal(serving.get(base + "/nothing")[0], 404, "/nothing")
        status, headers, _ = serving.get(method="POST")
        t.equal((status, headers["Allow"]), (405, "GET, HEAD"), "POST")
        t.equal(serving.get(method="HEAD")[2], "", "HEAD")
    for arguments, wanted in (
            (["--port=0.0.0.0:9771"], "than this machine's loopback needs --listen"),
            (["--port=65536"], "--port=65536: give a number from 0 to 65535"),
            (["--listen=somewhere"], "--listen=somewhere: give a numeric address"),
            (["--listen=1.2.3.4.5:1"], "give a numeric address"),
            (["--stacks=x"], "--stacks=x: give a number"),
            (["--listen=192.0.2.1:0"], "cannot listen on 192.0.2.1:0"),
            (["./nowhere"], "./nowhere: No such file")):
        status, out, err = run_process([NPNTRACE, "serve", *arguments], cwd=t.folder,
                                       env=dict(os.environ), deadline_s=DEADLINE_S)
        t.equal((status, out), (2, b""), f"{arguments}")
        t.expect(wanted in err.decode(), f"{arguments}: {err.decode()}")


@case("serve-elsewhere-when-told")
def elsewhere(t):
    for address in ("0.0.0.0", "[::]"):
        with Serving(t, f"--listen={address}:0", t.folder) as serving:
            t.equal(serving.address, address, "address")
            t.expect("there is no password" in serving.errors(), serving.errors())
            t.equal(serving.get(f"http://127.0.0.1:{serving.port}/metrics",
                                Host="kiosk.example")[0], 200, "by any name")
    with Serving(t, "--listen=[::1]:0", t.folder) as serving:
        t.equal((serving.address, serving.errors()), ("[::1]", ""), "loopback of IPv6")
        t.equal(serving.get()[0], 200, "status")


@case("serve-odd-names-and-broken-files")
def odd_names(t):
    folder = t.path("hosts")
    os.makedirs(folder)
    odd = t.path('libnp "quo\\ted" {a="b"}.so')
    shutil.copy2(plugin("sample"), odd)
    with open(os.path.join(folder, "broken.ring"), "wb") as file:
        file.write(b"npnring\n" + bytes(5000))
    with open(os.path.join(folder, "empty.npt"), "wb"):
        pass
    os.mkfifo(os.path.join(folder, "pipe.ring"))
    with Obedient(t, "flight", name="hosts", plugin_path=odd) as host:
        host.do("new a 1", "invoke 1 leak 3")
        with Serving(t, folder) as serving:
            for _ in range(2):
                t.equal(serving.value("npntrace_unreadable_recordings"), 2.0, "broken files")
                t.equal(serving.value("npntrace_plugin_live_bytes"), 50.0, "live bytes")
            labels = dict(next(iter(serving.select("npntrace_plugin_live_bytes"))))
            t.equal(labels["plugin"], os.path.basename(odd), "the plug-in's name")
            t.equal(len(serving.errors().splitlines()), 2, "each is said once")
            promtool = program("promtool", "prometheus")
            checked = subprocess.run([promtool, "check", "metrics"], input=serving.get()[2],
                                     text=True, capture_output=True, check=False)
            t.equal((checked.returncode, checked.stdout + checked.stderr), (0, ""), "promtool")


@case("serve-broken-files-that-are-written")
def broken_and_written(t):
    """Looked at again at each question, and said once; again when something else is wrong."""
    folder = t.path("hosts")
    os.makedirs(folder)
    path = os.path.join(folder, "broken.ring")

    def write(content):
        with open(path, "wb") as file:
            file.write(content)
        write.times += 1
        os.utime(path, ns=(write.times * 10**9, write.times * 10**9))
    write.times = 0
    with Serving(t, folder) as serving:
        for content, messages in ((b"nonsense" * 100, 1), (b"", 2), (b"nonsense" * 200, 3)):
            for _ in range(5):
                write(content)
                for _ in range(2):
                    t.equal(serving.value("npntrace_unreadable_recordings"), 1.0, "unreadable")
            t.equal(len(serving.errors().splitlines()), messages, serving.errors())
        os.unlink(path)
        t.equal(serving.value("npntrace_unreadable_recordings"), 0.0, "removed")
        write(b"nonsense" * 200)
        t.equal(serving.value("npntrace_unreadable_recordings"), 1.0, "it is there again")
        t.equal(len(serving.errors().splitlines()), 4, "what was removed is forgotten")


@case("serve-recordings-that-are-cut-or-removed")
def cut(t):
    """A copy of a running host's recording is as good as the recording, and may be cut."""
    cuts = (0, 1, 100, 5000, 70000)
    with Obedient(t, "flight", name="whole") as host:
        host.do("new a 1", "invoke 1 leak 3")
        with Obedient(t, "flight", name="hosts") as other:
            other.do("new a 1", "invoke 1 leak 2")
            for number, size in enumerate(cuts):
                copy = os.path.join(other.folder, f"copy-{number}.ring")
                with Serving(t, other.folder) as serving:
                    shutil.copy2(host.recording, copy)
                    t.equal(serving.value("npntrace_plugin_live_bytes", pid=str(host.pid)), 50.0,
                            "the copy")
                    os.truncate(copy, size)
                    for _ in range(3):
                        serving.samples()
                    t.equal(serving.select("npntrace_plugin_live_bytes", pid=str(host.pid)), {},
                            f"cut to {size}")
                    t.equal(serving.value("npntrace_unreadable_recordings"), 1.0, "unreadable")
                    t.equal(serving.value("npntrace_plugin_live_bytes"), 33.0, "the other")
                    t.expect(copy in serving.errors(), serving.errors())
                    t.equal(len(serving.errors().splitlines()), 1, "said once")
                    os.unlink(copy)
                    t.equal(serving.value("npntrace_unreadable_recordings"), 0.0, "removed")


@case("serve-recordings-cut-while-they-are-read")
def cut_while_read(t):
    """Cut and made whole again, over and over, at the worst moments."""
    with Obedient(t, "flight", name="whole", env={"NPNTRACE_SIZE": "1M"}) as host:
        host.do("new a 1", "invoke 1 leak 3", "invoke 1 churn 3000")
        with open(host.recording, "rb") as file:
            content = file.read()
        with Obedient(t, "flight", name="hosts") as other:
            other.do("new a 1", "invoke 1 leak 2")
            copy = os.path.join(other.folder, "copy.ring")
            over = threading.Event()

            def cutting():
                while not over.is_set():
                    with open(copy, "r+b") as file:
                        file.write(content)
                    time.sleep(random.uniform(0, 0.004))
                    os.truncate(copy, random.choice((100, len(content) // 3)))
            shutil.copy2(host.recording, copy)
            with Serving(t, other.folder) as serving:
                thread = threading.Thread(target=cutting)
                thread.start()
                try:
                    for _ in range(200):
                        values = serving.select("npntrace_plugin_live_bytes", memory="npn")
                        t.equal([value for key, value in values.items()
                                 if ("pid", str(other.pid)) in key], [33.0], "the other")
                        t.expect(all(value in (33.0, 50.0) for value in values.values()),
                                 f"what is served of a cut file: {values}")
                finally:
                    over.set()
                    thread.join()


@case("serve-rests-when-nobody-asks")
def rests(t):
    with Obedient(t, "flight") as host:
        host.do("new a 1", "invoke 1 leak 3")
        with Serving(t, host.folder) as serving:
            serving.samples()

            def work():
                threads = f"/proc/{serving.process.pid}/task"
                found = {}
                for thread in sorted(os.listdir(threads)):
                    with open(f"{threads}/{thread}/schedstat", encoding="ascii") as file:
                        found[thread] = file.read().split()[2]  # times it was run
                return found
            end = time.monotonic() + DEADLINE_S
            while time.monotonic() < end:  # the connection before may still be on its way out
                before = work()
                time.sleep(1)
                if work() == before:
                    break
            time.sleep(2)
            t.equal(work(), before, "how often its threads ran")


@case("serve-ends")
def ends(t):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Serving(t, t.folder) as serving:
            # Somebody who says nothing does not keep it.
            with socket.create_connection(("127.0.0.1", serving.port)):
                serving.process.send_signal(number)
                t.equal(serving.process.wait(DEADLINE_S), 0, f"status after {number}")
    with Serving(t, t.folder) as serving:
        status, _, err = run_process([NPNTRACE, "serve", f"--port={serving.port}"], cwd=t.folder,
                                     env=dict(os.environ), deadline_s=DEADLINE_S)
        t.equal(status, 2, "the port is taken")
        t.expect("Address already in use" in err.decode(), err.decode())


main()
