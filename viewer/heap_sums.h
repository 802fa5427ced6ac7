/* viewer/heap_sums.h - from heap events to numbers */
/* SPDX-License-Identifier: MIT */

/*
 * A free names no more than an address, so events are taken in the order of their stamps and frees
 * are paired with allocations here. Clocks of two processors differ by a little, and so an address
 * may seem to be allocated before the free that made it available:
 *
 *   as it happened    free(A)                malloc() = A
 *   by the stamps              malloc() = A  free(A)
 *
 * When a live address is allocated again, the block that was there is live no more but is
 * remembered. A free of the address that is stamped no later than HEAP_SUMS_SKEW_NS behind the new
 * allocation is the remembered block's, however late it comes. A later free is the new block's. A
 * block that is remembered to the end was freed elsewhere, by means that were not traced. A free of
 * an unknown address is of a block allocated before tracing began.
 *
 * Sums are kept where they cost least and put together by heap_sums_finish(): what a plug-in
 * allocated is the sum over its stacks.
 *
 * Threads: one. Memory: by live blocks and distinct stacks; until heap_sums_free().
 */
#ifndef NPNTRACE_VIEWER_HEAP_SUMS_H
#define NPNTRACE_VIEWER_HEAP_SUMS_H

#include "format/trace.h"
#include "format/trace_heap.h"
#include "viewer/heap_table.h"
#include "viewer/stack_sums.h"

#define HEAP_SUMS_SKEW_NS 10000u

struct heap_sums {
    struct trace_counters totals;     /* everybody, the host as well */
    struct trace_counters *plugins;   /* by id; 0: the host */
    struct trace_counters *instances; /* by serial */
    size_t plugin_count, instance_count;
    struct stack_sums stacks;
    struct heap_table live;
    struct heap_table remembered;
    uint64_t newest_address; /* of the allocation before */
    uint64_t allocs, frees;  /* events */
    uint64_t first_stamp, last_stamp;
};

void heap_sums_init(struct heap_sums *heap, size_t plugin_count, size_t instance_count);

/* Events in the order of their stamps, whose plug-ins and instances exist. */
void heap_sums_add(struct heap_sums *heap, const struct trace_heap_event *events, size_t count);

/* No more events follow; the counters are right after it. */
void heap_sums_finish(struct heap_sums *heap);

void heap_sums_free(struct heap_sums *heap);

/* Whose a block is: a plug-in's id, 0: the host. */
static inline uint32_t heap_sums_plugin(const struct heap_sums *heap,
                                        const struct heap_block *block)
{
    return heap->stacks.list[block->sum].plugin;
}

#endif
