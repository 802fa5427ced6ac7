/* format/trace_heap.h - HEAP blocks of a trace file: heap events, many and small */
/* SPDX-License-Identifier: MIT */

/*
 * Heap events come by the million, so they have blocks and a code of their own. A block holds the
 * events of all threads of a span of time in the order of their stamps. Events name nodes of NODES
 * blocks, plug-ins and instances that stand before the block; there are no inline stacks: the
 * recorder makes nodes of them.
 *
 * The bytes are described in doc/FORMAT.md. Decoding trusts nothing, as in format/trace.h.
 * Thread-safe: no state but what is passed.
 */
#ifndef NPNTRACE_FORMAT_TRACE_HEAP_H
#define NPNTRACE_FORMAT_TRACE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "format/event.h"
#include "format/trace_bytes.h"
#include "format/trace_index.h"

struct trace_heap_event {
    uint64_t stamp; /* nanoseconds, CLOCK_MONOTONIC */
    uint64_t address; /* allocation: 0: it failed */
    uint64_t size;    /* allocation: as requested */
    uint32_t node;    /* allocation: of NODES; 0: no stack */
    uint32_t tid;
    uint32_t instance; /* whose call it was; 0, 0: the host's */
    uint16_t plugin;
    uint8_t type;     /* EVENT_HEAP_ALLOC or EVENT_HEAP_FREE */
    uint8_t function; /* enum event_function */
};

#define TRACE_HEAP_MAX (256u * 1024) /* events in a block */

struct trace_heap_writer; /* columns and predictors of the block being made */

/* NULL: no memory. */
struct trace_heap_writer *trace_heap_writer_new(void);
void trace_heap_writer_free(struct trace_heap_writer *writer); /* NULL is fine */

/* Adds events, ascending in stamp as a rule; at most TRACE_HEAP_MAX before _encode(). */
void trace_heap_add(struct trace_heap_writer *writer, const struct trace_heap_event *events,
                    size_t count);
size_t trace_heap_count(const struct trace_heap_writer *writer);

/* What an index says of the block, which has events, but for its sequence. Plug-ins are valid until
 * the next call for the same writer. 0 or -ENOMEM. */
int trace_heap_summary(struct trace_heap_writer *writer, struct trace_summary *ret_summary);

/* Appends the block's raw bytes to out and begins a new one. */
void trace_heap_encode(struct trace_heap_writer *writer, struct trace_buffer *out);

struct trace_heap_reader; /* a block being read */

struct trace_heap_reader *trace_heap_reader_new(void);
void trace_heap_reader_free(struct trace_heap_reader *reader); /* NULL is fine */

/* Begins a block, ending any other; borrows bytes until its end. 0, -EBADMSG or -ENOMEM.
 * *ret_count: events in it. */
int trace_heap_open(struct trace_heap_reader *reader, const void *bytes, size_t length,
                    uint64_t *ret_count, struct trace_fault *ret_fault);

/* Reads up to `capacity` events. Their number, 0 at the end, or -EBADMSG. */
long trace_heap_next(struct trace_heap_reader *reader, struct trace_heap_event *events,
                     size_t capacity, struct trace_fault *ret_fault);

#endif
