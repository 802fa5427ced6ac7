/* tests/unit/trace_reader.h - reads a whole trace file into memory, for assertions */
/* SPDX-License-Identifier: MIT */

/*
 * The viewer's reader is made for large and damaged files; this one is made to be plain: it checks
 * every rule of format/trace.h that a correct writer keeps, and stops at the first that is broken.
 */
#ifndef NPNTRACE_TESTS_UNIT_TRACE_READER_H
#define NPNTRACE_TESTS_UNIT_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "format/trace_heap.h"
#include "tests/unit/trace_summaries.h"

#define READ_MAX_TABLE 4096

struct read_symbol {
    uint32_t module;
    uint64_t address;
    uint32_t frame_count;
    struct trace_symbol_frame first; /* of its frames */
};

struct read_trace {
    const char
        *broken; /* NULL: every rule was kept up to the end of the file or its torn last block */
    uint64_t broken_at; /* offset of the block */
    bool torn;          /* ends inside a block */
    unsigned blocks;
    unsigned blocks_of[TRACE_BLOCK_TYPES];

    struct trace_process process;
    char exe[256];
    struct trace_state state;
    bool has_state;
    struct trace_end end;
    bool has_end;

    struct { uint32_t id; char *text; } strings[READ_MAX_TABLE];
    size_t string_count;
    struct trace_module modules[READ_MAX_TABLE];
    size_t module_count;
    struct trace_plugin plugins[256]; /* index id - 1 */
    size_t plugin_count;
    struct trace_instance instances[READ_MAX_TABLE]; /* index serial - 1 */
    size_t instance_count;
    struct trace_node *nodes; /* index id; 0 is empty */
    size_t node_count;        /* with the empty one */
    struct trace_event *events; /* frames are not kept */
    size_t event_count;
    size_t stack_events;
    struct trace_heap_event *heap;
    size_t heap_count;
    struct trace_gap gaps[READ_MAX_TABLE];
    size_t gap_count;
    struct trace_live *live;
    size_t live_count;
    struct trace_object *objects;
    size_t object_count;
    struct trace_finding *findings;
    size_t finding_count;
    struct read_symbol symbols[READ_MAX_TABLE];
    size_t symbol_count;
    struct summaries summaries;
};

/* Never NULL; read_trace_free() it. */
struct read_trace *read_trace(const char *path);
void read_trace_free(struct read_trace *trace);

const char *read_string(const struct read_trace *trace, uint32_t id); /* NULL: not in the file */

#endif
