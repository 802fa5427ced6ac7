#!/usr/bin/python3
# tests/export/tables.py: exported tables, read by sqlite3; every event, read by babeltrace2
# SPDX-License-Identifier: MIT
"""csv, sqlite and ctf: sums over what the consumer reads are the numbers of `report`."""
import itertools
import json
import os
import re

from support.harness import case, main
from export.exporting import Exporter, tool

KEYS = (("bytes", "bytes_allocated"), ("allocs", "allocs"), ("live_bytes", "live_bytes"),
        ("live_blocks", "live_blocks"))


def query(database, sql, *commands):
    """The rows of a query, as dictionaries."""
    text = tool(["sqlite3", database, "-json"], stdin="\n".join([*commands, sql]))
    return json.loads(text) if text.strip() else []


# ---- csv: sqlite3's import ---------------------------------------------------------------------

@case("export-csv")
def csv(t):
    exporter = Exporter(t)
    path = exporter.export("csv")
    load = (".mode csv", f".import {path} a", ".mode json")
    sums = ", ".join(f"sum(CAST({column} AS INTEGER)) AS {column}" for column, _ in KEYS)
    for memory in ("npn", "heap"):
        found = query(":memory:", f"SELECT {sums}, sum(frees) AS frees FROM a "
                                  f"WHERE memory = '{memory}';", *load)[0]
        for column, key in KEYS:
            t.equal(found[column], exporter.total(key, memory), f"{memory}: {column}")
        t.equal(found["frees"], found["allocs"] - found["live_blocks"], f"{memory}: frees")
    for plugin in ("libnpsample.so", "libnpsamplecpp.so"):
        found = query(":memory:", f"SELECT {sums} FROM a WHERE plugin = '{plugin}' "
                                  "AND memory = 'npn';", *load)[0]
        for column, key in KEYS:
            t.equal(found[column], exporter.plugin(plugin, "npn", key), f"{plugin}: {column}")
    found = query(":memory:", "SELECT * FROM a WHERE function = 'leak_odd';", *load)[0]
    t.expect(found["file"].endswith("sample_memory.c") and int(found["line"]) > 0, str(found))
    t.equal(found["stack"].split("\n")[0], "leak_odd", "the innermost frame")


# ---- sqlite ------------------------------------------------------------------------------------

@case("export-sqlite")
def sqlite(t):
    exporter = Exporter(t)
    path = exporter.export("sqlite")
    t.equal(query(path, "PRAGMA integrity_check;"), [{"integrity_check": "ok"}], "integrity")
    t.equal(query(path, "PRAGMA foreign_key_check;"), [], "references")
    totals = {row["memory"]: row for row in query(path, "SELECT * FROM totals;")}
    for memory in ("npn", "heap"):
        for column, key in KEYS:
            t.equal(totals[memory][column], exporter.total(key, memory), f"{memory}: {column}")
    rows = {(row["plugin"], row["memory"]): row for row in query(path, "SELECT * FROM by_plugin;")}
    for column, key in KEYS:
        for plugin in exporter.report["plugins"]:
            for memory in ("npn", "heap"):
                t.equal(rows[plugin["name"], memory][column], plugin[memory][key],
                        f"{plugin['name']}: {memory}: {column}")
        t.equal(rows["host", "heap"][column], exporter.report["host_heap"][key], f"host: {column}")
    rows = {(row["instance"], row["memory"]): row
            for row in query(path, "SELECT * FROM by_instance;")}
    for plugin in exporter.report["plugins"]:
        for instance in plugin["instances"]:
            t.equal(rows[instance["serial"], "npn"]["bytes"], instance["npn"]["bytes_allocated"],
                    f"instance {instance['serial']}")


@case("export-sqlite-views")
def sqlite_views(t):
    """Every view can be asked, and those that divide everything have everything."""
    exporter = Exporter(t)
    path = exporter.export("sqlite")
    views = [row["name"] for row in query(path, "SELECT name FROM sqlite_master "
                                                "WHERE type = 'view';")]
    for view in views:
        t.expect(query(path, f"SELECT * FROM {view};"), f"{view} is empty")
    for view in ("by_plugin", "by_module", "by_function", "by_line"):
        t.equal(query(path, f"SELECT sum(bytes) AS bytes FROM {view};")[0]["bytes"],
                exporter.total("bytes_allocated"), view)
    leak = query(path, "SELECT * FROM live WHERE stack LIKE 'leak_odd < %';")[0]
    t.equal((leak["plugin"], leak["memory"]), ("libnpsample.so", "npn"), "whose leak it is")
    allocated = query(path, "SELECT sum(allocs) AS allocs, sum(bytes) AS bytes, "
                            "sum(frees) AS frees FROM timeline;")[0]
    t.equal((allocated["allocs"], allocated["bytes"]),
            (exporter.total("allocs"), exporter.total("bytes_allocated")), "timeline")
    for table, memory in itertools.product(("sizes", "threads"), ("npn", "heap")):
        found = query(path, f"SELECT sum(allocs) AS allocs, sum(bytes) AS bytes FROM {table} "
                            f"WHERE memory = '{memory}';")[0]
        t.equal((found["allocs"], found["bytes"]),
                (exporter.total("allocs", memory), exporter.total("bytes_allocated", memory)),
                f"{table}: {memory}")
    t.equal(query(path, "SELECT sum(blocks) AS blocks FROM lifetimes;")[0]["blocks"],
            allocated["frees"], "lifetimes")


# ---- ctf: babeltrace2 --------------------------------------------------------------------------

def events(path):
    """(name, plug-in, size or None) of each event that babeltrace2 prints."""
    text = tool(["babeltrace2", "--no-delta", path])
    found = []
    for line in text.splitlines():
        match = re.match(r'\[[\d:.]+\] ([a-z-]+): \{ tid = \d+, plugin = \( "([^"]*)"', line)
        size = re.search(r"\bsize = (\d+)", line)
        found.append((match[1], match[2], int(size[1]) if size else None, line))
    return found


@case("export-ctf")
def ctf(t):
    exporter = Exporter(t)
    path = exporter.export("ctf")
    t.equal(sorted(os.listdir(path)), ["events", "metadata"], "files")
    found = events(path)
    for name, memory in (("npn-alloc", "npn"), ("heap-alloc", "heap")):
        sizes = [e[2] for e in found if e[0] == name and "address = 0x0," not in e[3]]
        t.equal(len(sizes), exporter.total("allocs", memory), name)
        t.equal(sum(sizes), exporter.total("bytes_allocated", memory), f"{name}: bytes")
    t.equal(sum(e[0] == "npn-free" for e in found), exporter.total("frees", "npn"), "npn-free")
    t.equal(sum(e[0] == "heap-free" for e in found), exporter.total("frees", "heap"), "heap-free")
    sizes = [e[2] for e in found if e[0] == "npn-alloc" and e[1] == "libnpsample.so"]
    t.equal(sum(sizes), exporter.plugin("libnpsample.so", "npn", "bytes_allocated"), "a plug-in's")
    named = {int(n) for e in found if e[0] == "stack"
             for n in re.findall(r"callstack = (\d+)", e[3])}
    used = {int(n) for e in found if e[0] != "stack"
            for n in re.findall(r"callstack = (\d+)", e[3])} - {0}
    t.equal(used - named, set(), "stacks without names")
    t.expect(any(e[0] == "stack" and '[0] = "leak_odd"' in e[3] for e in found), "leak_odd")


@case("export-ctf-filtered")
def ctf_filtered(t):
    exporter = Exporter(t)
    found = events(exporter.export("ctf", "--memory=npn", "--plugin=libnpsample.so"))
    t.equal({e[1] for e in found}, {"libnpsample.so"}, "plug-ins")
    t.expect(not any(e[0].startswith("heap") for e in found), "heap events")
    t.equal(sum(e[0] == "npn-alloc" for e in found),
            exporter.plugin("libnpsample.so", "npn", "allocs"), "npn-alloc")


main()
