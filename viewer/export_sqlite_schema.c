/* viewer/export_sqlite_schema.c - tables and views of an exported database */
/* SPDX-License-Identifier: MIT */

#include "viewer/export_sqlite.h"

#include <stddef.h>

/* What the views say of several rows. */
#define SUMS                                                                                      \
    "sum(allocs) AS allocs, sum(bytes) AS bytes, sum(frees) AS frees, "                           \
    "sum(live_blocks) AS live_blocks, sum(live_bytes) AS live_bytes, "                            \
    "sum(peak_blocks) AS peak_blocks, sum(peak_bytes) AS peak_bytes, "                            \
    "sum(temporary) AS temporary "

/* The innermost frame: the caller of the allocation function. */
#define INNERMOST                                                                                 \
    "FROM allocations LEFT JOIN stack_frames "                                                    \
    "ON stack_frames.stack_id = allocations.stack_id AND position = 0 "                           \
    "LEFT JOIN frames ON frames.id = frame_id LEFT JOIN functions ON functions.id = function_id "

const char *const export_sqlite_schema[] = {
    "CREATE TABLE recording (key TEXT PRIMARY KEY, value)",
    "CREATE TABLE plugins (id INTEGER PRIMARY KEY, name TEXT, path TEXT, build_id TEXT)",
    "CREATE TABLE instances (serial INTEGER PRIMARY KEY, plugin_id INTEGER REFERENCES plugins, "
    "mime TEXT, page TEXT, created_ns INTEGER, destroyed_ns INTEGER)",
    "CREATE TABLE functions (id INTEGER PRIMARY KEY, name TEXT, file TEXT, module TEXT)",
    "CREATE TABLE frames (id INTEGER PRIMARY KEY, function_id INTEGER REFERENCES functions, "
    "line INTEGER, address INTEGER, inlined INTEGER)",
    "CREATE TABLE stack_frames (stack_id INTEGER, position INTEGER, "
    "frame_id INTEGER REFERENCES frames, PRIMARY KEY (stack_id, position)) WITHOUT ROWID",
    "CREATE TABLE allocations (memory TEXT, plugin_id INTEGER REFERENCES plugins, "
    "instance INTEGER REFERENCES instances, stack_id INTEGER, bytes INTEGER, allocs INTEGER, "
    "frees INTEGER, live_bytes INTEGER, live_blocks INTEGER, peak_bytes INTEGER, "
    "peak_blocks INTEGER, temporary INTEGER, own_peak_bytes INTEGER, first_ns INTEGER, "
    "last_ns INTEGER)",
    "CREATE TABLE timeline (plugin_id INTEGER REFERENCES plugins, ns INTEGER, "
    "live_blocks INTEGER, live_bytes INTEGER, peak_bytes INTEGER, allocs INTEGER, bytes INTEGER, "
    "frees INTEGER)",
    "CREATE TABLE sizes (memory TEXT, least INTEGER, allocs INTEGER, bytes INTEGER, "
    "PRIMARY KEY (memory, least))",
    "CREATE TABLE lifetimes (memory TEXT, least_ns INTEGER, blocks INTEGER, bytes INTEGER, "
    "PRIMARY KEY (memory, least_ns))",
    "CREATE TABLE threads (memory TEXT, tid INTEGER, allocs INTEGER, bytes INTEGER, "
    "frees INTEGER, PRIMARY KEY (memory, tid))",
    "CREATE VIEW totals AS SELECT memory, " SUMS "FROM allocations GROUP BY memory",
    "CREATE VIEW by_plugin AS SELECT ifnull(plugins.name, iif(memory = 'heap', 'host', NULL)) "
    "AS plugin, memory, " SUMS "FROM allocations LEFT JOIN plugins ON plugins.id = plugin_id "
    "GROUP BY plugin_id, memory ORDER BY bytes DESC",
    "CREATE VIEW by_instance AS SELECT plugins.name AS plugin, instance, mime, page, memory, " SUMS
    "FROM allocations JOIN instances ON serial = instance "
    "LEFT JOIN plugins ON plugins.id = allocations.plugin_id "
    "GROUP BY instance, memory ORDER BY bytes DESC",
    "CREATE VIEW by_module AS SELECT module, memory, " SUMS INNERMOST
    "GROUP BY module, memory ORDER BY bytes DESC",
    "CREATE VIEW by_function AS SELECT functions.name AS function, file, module, memory, " SUMS
    INNERMOST "GROUP BY functions.id, memory ORDER BY bytes DESC",
    "CREATE VIEW by_line AS SELECT file, line, functions.name AS function, memory, " SUMS
    INNERMOST "GROUP BY functions.id, line, memory ORDER BY bytes DESC",
    /* With what the function called; a stack that has it twice counts once. */
    "CREATE VIEW by_function_inclusive AS SELECT functions.name AS function, file, module, "
    "memory, " SUMS "FROM (SELECT DISTINCT stack_id, function_id FROM stack_frames "
    "JOIN frames ON frames.id = frame_id) AS passed "
    "JOIN allocations ON allocations.stack_id = passed.stack_id "
    "JOIN functions ON functions.id = passed.function_id "
    "GROUP BY functions.id, memory ORDER BY bytes DESC",
    /* One text a stack, innermost first. */
    "CREATE VIEW stacks AS SELECT stack_id, group_concat(name, ' < ') AS stack FROM "
    "(SELECT stack_id, functions.name AS name FROM stack_frames "
    "JOIN frames ON frames.id = frame_id JOIN functions ON functions.id = function_id "
    "ORDER BY stack_id, position) GROUP BY stack_id",
    "CREATE VIEW live AS SELECT plugins.name AS plugin, memory, instance, live_blocks, "
    "live_bytes, first_ns, last_ns, stack FROM allocations "
    "LEFT JOIN plugins ON plugins.id = plugin_id "
    "LEFT JOIN stacks ON stacks.stack_id = allocations.stack_id "
    "WHERE live_blocks > 0 ORDER BY live_bytes DESC",
    NULL,
};
