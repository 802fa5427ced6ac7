/* viewer/export_formats.c - the formats of npntrace export */
/* SPDX-License-Identifier: MIT */

#include "viewer/export.h"

const struct export_format export_formats[] = {
    {"folded", "folded stacks, for flamegraph.pl, inferno and speedscope", EXPORT_NEEDS_PROFILE,
     export_folded},
    {"pprof", "profile.proto, gzip, for pprof", EXPORT_NEEDS_PROFILE | EXPORT_BINARY, export_pprof},
    {"massif", "memory over time, for ms_print and Massif-Visualizer",
     EXPORT_NEEDS_PROFILE | EXPORT_NEEDS_SAMPLES, export_massif},
    {"callgrind", "functions and calls, for callgrind_annotate and KCachegrind",
     EXPORT_NEEDS_PROFILE, export_callgrind},
    {"speedscope", "JSON, for speedscope", EXPORT_NEEDS_PROFILE, export_speedscope},
    {"heaptrack", "every allocation, for heaptrack_print and heaptrack_gui", 0, export_heaptrack},
    {"ctf", "Common Trace Format 1.8, for babeltrace2 and Trace Compass",
     EXPORT_MAKES_DIRECTORY, export_ctf},
    {"openmetrics", "memory over time, for Prometheus", 0, export_openmetrics},
    {"sqlite", "a database with views, for sqlite3",
     EXPORT_NEEDS_PROFILE | EXPORT_NEEDS_SAMPLES | EXPORT_MAKES_FILE, export_sqlite},
    {"csv", "a line for each owner and stack, for spreadsheets", EXPORT_NEEDS_PROFILE, export_csv},
};
const size_t export_format_count = sizeof(export_formats) / sizeof(export_formats[0]);
