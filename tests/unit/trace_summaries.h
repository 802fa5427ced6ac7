/* tests/unit/trace_summaries.h - is an index what its blocks are? */
/* SPDX-License-Identifier: MIT */

/*
 * A reader tells of each event of each block; when INDEX blocks come they are compared with what it
 * told. One thread; what cannot happen ends the process with status 99.
 */
#ifndef NPNTRACE_TESTS_UNIT_TRACE_SUMMARIES_H
#define NPNTRACE_TESTS_UNIT_TRACE_SUMMARIES_H

#include <stdbool.h>

#include "format/trace.h"
#include "format/trace_heap.h"

#define SUMMARIES_PLUGINS 257 /* ids below */

struct met_block {
    uint32_t sequence;
    bool is_indexed;
    uint64_t first_stamp, last_stamp, events;
    struct trace_summary_plugin *plugins; /* by id; NULL: of an EVENTS block */
};

/* All-zero is empty. */
struct summaries {
    struct met_block *blocks;
    size_t count;
};

void summaries_begin(struct summaries *summaries, uint32_t sequence, bool is_heap);
void summaries_event(struct summaries *summaries, uint64_t stamp);
void summaries_heap(struct summaries *summaries, const struct trace_heap_event *event);

/* 0, or -EBADMSG: it cannot be decoded, or something in it is not true. */
int summaries_compare(struct summaries *summaries, const void *raw, size_t bytes);

/* All blocks that hold events were in an index. */
bool summaries_are_complete(const struct summaries *summaries);

void summaries_free(struct summaries *summaries);

#endif
