/* viewer/source_trace_heap.c - the HEAP blocks of a trace file as batches of events */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_trace.h"
#include "viewer/trace_ahead.h"
#include "viewer/trace_pull.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>

struct trace_heap {
    struct trace_pull pull;
    struct trace_ahead *ahead; /* has the pull; NULL: it is ours */
    struct trace_batch batch;  /* without it */
    struct trace_heap_event events[TRACE_BATCH];
};

static void fail(struct recording *recording, const struct trace_run *run,
                 const struct trace_batch *batch)
{
    if (batch->fault_has_offset)
        problems_add(&recording->problems, PROBLEM_DAMAGE, run->offset,
                     "block %" PRIu32 " (HEAP): %s at its byte %zu", run->block.sequence,
                     batch->fault, batch->fault_offset);
    else
        problems_add(&recording->problems, PROBLEM_DAMAGE, run->offset,
                     "block %" PRIu32 " (HEAP): %s", run->block.sequence, batch->fault);
}

void source_trace_heap_begin(struct recording *recording, const struct recording_part *part)
{
    struct trace_source *source = trace_source_of(recording);

    if (source->heap == NULL)
        source->heap = xalloc_zeroed(1, sizeof(*source->heap));
    struct trace_heap *heap = source->heap;
    trace_ahead_free(heap->ahead);
    heap->ahead = NULL;
    trace_pull_begin(&heap->pull, &source->mapping, &source->heap_runs, &source->index, part,
                     recording->plugin_count);
    if (trace_ahead_is_of_use(source->heap_runs.count))
        heap->ahead = trace_ahead_new(&heap->pull);
    heap->batch = (struct trace_batch){.events = heap->events};
}

void source_trace_heap_free(struct trace_source *source)
{
    if (source->heap == NULL)
        return;
    trace_ahead_free(source->heap->ahead);
    trace_pull_free(&source->heap->pull);
    free(source->heap);
    source->heap = NULL;
}

static struct trace_batch *next_batch(struct trace_heap *heap)
{
    if (heap->ahead != NULL)
        return trace_ahead_next(heap->ahead);
    trace_pull_next(&heap->pull, &heap->batch);
    return &heap->batch;
}

/* Blocks that cannot be read are passed over. */
size_t source_trace_heap_batch(struct recording *recording, struct trace_heap_event **ret_events)
{
    struct trace_source *source = trace_source_of(recording);

    for (;;) {
        const struct trace_batch *batch = next_batch(source->heap);
        *ret_events = batch->events;
        if (batch->is_end) {
            recording->heap_parts_read = source->heap_runs.count;
            return 0;
        }
        const struct trace_run *run = &source->heap_runs.list[batch->run];
        recording->heap_parts_read = batch->run + 1;
        recording->event_offset = run->offset;
        if (batch->fault == NULL)
            return batch->count;
        fail(recording, run, batch);
    }
}
