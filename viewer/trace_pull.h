/* viewer/trace_pull.h - the HEAP blocks of a trace file, one after the other, in batches */
/* SPDX-License-Identifier: MIT */

/*
 * Takes blocks out of a mapped file, checks and unpacks them and decodes their events. It touches
 * nothing of the recording, so that it can do so on any thread:
 *
 *   list of blocks --(those of the part)--> unpack --> decode --(stamps of the part)--> batch
 *
 * A block that cannot be read ends in a batch that says why; the next one is of the next block.
 *
 * Threads: one at a time. Memory: one block, and the caller's batches; until trace_pull_free().
 */
#ifndef NPNTRACE_VIEWER_TRACE_PULL_H
#define NPNTRACE_VIEWER_TRACE_PULL_H

#include "viewer/source_trace.h"

#define TRACE_BATCH 1024u /* events: few enough to stay in the caches */

struct trace_batch {
    struct trace_heap_event *events; /* room for TRACE_BATCH */
    size_t count;                    /* may be 0 */
    size_t run;                      /* number of the block they are from */
    bool is_end;                     /* there are no more blocks */
    const char *fault;               /* NULL, or what is wrong with the block, */
    size_t fault_offset;             /* at this byte of its raw content, if */
    bool fault_has_offset;
};

struct trace_pull {
    const struct mapping *mapping;
    const struct trace_runs *runs;
    const struct block_index *index;
    struct recording_part part; /* its plug-ins are a copy */
    size_t plugin_count;
    bool met; /* the part's plug-ins may have done something by now */
    size_t next_run;
    bool reading; /* a block, number next_run - 1 */
    bool cuts;    /* some of its events may lie outside of the part */
    ZSTD_DCtx *zstd;
    struct trace_room room;
    struct trace_heap_reader *reader;
};

/* mapping, runs and index outlive it. */
void trace_pull_begin(struct trace_pull *pull, const struct mapping *mapping,
                      const struct trace_runs *runs, const struct block_index *index,
                      const struct recording_part *part, size_t plugin_count);
void trace_pull_free(struct trace_pull *pull); /* all-zero is fine */

/* The next batch. */
void trace_pull_next(struct trace_pull *pull, struct trace_batch *batch);

#endif
