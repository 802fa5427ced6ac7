/* format/trace_index.h - INDEX blocks of a trace file: blocks of events in short */
/* SPDX-License-Identifier: MIT */

/*
 * A block of events has to be unpacked before anything is known of it. An INDEX block has a summary
 * of each EVENTS and HEAP block that was written since the INDEX before it, so that a reader who
 * asks for a span of time, or for one plug-in, passes over the blocks that have nothing for it, and
 * has sums without reading any:
 *
 *   HEAP 17 | HEAP 18 | NODES 19 | HEAP 20 | ... | INDEX 273: summaries of 17, 18, 20, ...
 *
 * An index tells nothing that the blocks do not, so it may be missing: a file of an older recorder
 * has none, one whose recorder was killed lacks the last. Blocks without a summary are read.
 *
 * A part of format/trace.h, with its rules.
 */
#ifndef NPNTRACE_FORMAT_TRACE_INDEX_H
#define NPNTRACE_FORMAT_TRACE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "format/trace_bytes.h"

/* What one plug-in did in a HEAP block; plug-in 0: the host. Ascending plug-ins. */
struct trace_summary_plugin {
    uint32_t plugin;
    uint64_t allocs; /* without failed ones */
    uint64_t failed_allocs;
    uint64_t bytes; /* allocated */
    uint64_t frees; /* calls, whosever blocks they were of */
};

struct trace_summary {
    uint32_t sequence;     /* of the block */
    uint64_t first_stamp;  /* no event of it is older */
    uint64_t last_stamp;   /* or younger */
    uint64_t events;       /* EVENT_STACKs not counted */
    uint32_t plugin_count; /* 0 for EVENTS blocks */
    const struct trace_summary_plugin *plugins;
};

#define TRACE_INDEX_FULL 256u /* summaries: a writer ends its block */

struct trace_index_writer {
    struct trace_buffer body;
    uint32_t count;
    uint32_t last_sequence;
    uint64_t last_stamp;
};

/* All-zero is an empty writer. */
void trace_index_free(struct trace_index_writer *writer);
/* In the order of the file. */
void trace_index_add(struct trace_index_writer *writer, const struct trace_summary *summary);
int trace_index_is_full(const struct trace_index_writer *writer);
/* Appends the block's raw bytes to out and begins a new one. */
void trace_index_encode(struct trace_index_writer *writer, struct trace_buffer *out);

/* Calls `each` per summary and stops when it returns other than 0, passing that on. Sequences
 * ascend, a last stamp is not before the first. */
typedef int trace_summary_each(void *context, const struct trace_summary *summary);
int trace_index_decode(const void *bytes, size_t length, trace_summary_each *each, void *context,
                       struct trace_fault *ret_fault);

#endif
