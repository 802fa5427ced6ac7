/* recorder/drain_blocks.c - EVENTS and HEAP blocks in the making */
/* SPDX-License-Identifier: MIT */

#include "recorder/drain_blocks.h"

#include <errno.h>
#include <stdlib.h>

int drain_blocks_open(struct drain *drain)
{
    drain->heap_batch = malloc(DRAIN_HEAP_BATCH * sizeof(*drain->heap_batch));
    if (drain->heap_batch == NULL)
        return -ENOMEM;
    trace_events_reset(&drain->columns);
    return 0;
}

void drain_blocks_close(struct drain *drain)
{
    trace_events_free(&drain->columns);
    trace_heap_writer_free(drain->heap);
    free(drain->heap_batch);
    free(drain->gaps.items);
    trace_index_free(&drain->index);
    trace_buffer_free(&drain->raw);
}

static size_t heap_count(const struct drain *drain)
{
    return drain->heap != NULL ? trace_heap_count(drain->heap) : 0;
}

size_t drain_blocks_waiting(const struct drain *drain)
{
    return drain->columns.count + heap_count(drain) + drain->heap_batched;
}

int drain_index(struct drain *drain)
{
    if (drain->index.count == 0)
        return 0;
    trace_buffer_clear(&drain->raw);
    trace_index_encode(&drain->index, &drain->raw);
    return trace_writer_put(drain->out, TRACE_INDEX, &drain->raw);
}

/* Tables first: a block names only what stands before it. */
static int put_block(struct drain *drain, enum trace_block_type type,
                     struct trace_summary *summary)
{
    int error = drain->error != 0 ? drain->error : tables_flush(drain->tables);

    summary->sequence = drain->out->sequence;
    if (error == 0)
        error = trace_writer_put(drain->out, type, &drain->raw);
    if (error == 0) {
        drain->events += summary->events;
        if (summary->events != 0)
            trace_index_add(&drain->index, summary);
        if (trace_index_is_full(&drain->index))
            error = drain_index(drain);
    }
    if (error != 0 && drain->error == 0)
        drain->error = error;
    return error;
}

static int write_heap(struct drain *drain)
{
    struct trace_summary summary;

    if (heap_count(drain) == 0)
        return 0;
    trace_buffer_clear(&drain->raw);
    int error = trace_heap_summary(drain->heap, &summary);
    trace_heap_encode(drain->heap, &drain->raw);
    if (error == 0)
        error = put_block(drain, TRACE_HEAP, &summary);
    else if (drain->error == 0)
        drain->error = error;
    if (error == 0)
        drain->heap_events += summary.events;
    return error;
}

static int write_events(struct drain *drain)
{
    const struct ticks *ticks = &drain->segment->ticks;
    const struct trace_gap *gaps = drain->gaps.items;

    for (size_t i = 0; i < drain->gaps.count; i++) {
        struct trace_gap gap = gaps[i];
        gap.after_stamp = ticks_ns(ticks, gap.after_stamp);
        gap.before_stamp = ticks_ns(ticks, gap.before_stamp);
        trace_events_add_gap(&drain->columns, &gap);
    }
    drain->gaps.count = 0;
    if (drain->columns.count == 0 && drain->columns.gap_count == 0)
        return 0;
    trace_buffer_clear(&drain->raw);
    trace_events_encode(&drain->columns, &drain->raw);
    struct trace_summary summary = {
        .first_stamp = drain->first_stamp,
        .last_stamp = drain->last_stamp,
        .events = drain->column_events,
    };
    int error = put_block(drain, TRACE_EVENTS, &summary);
    drain->column_events = 0;
    trace_events_reset(&drain->columns);
    return error;
}

void drain_blocks_heap_batch(struct drain *drain)
{
    size_t count = drain->heap_batched;

    drain->heap_batched = 0;
    if (count == 0)
        return;
    if (drain->heap == NULL)
        drain->heap = trace_heap_writer_new();
    if (drain->heap == NULL) {
        drain->error = -ENOMEM;
        return;
    }
    if (trace_heap_count(drain->heap) + count > TRACE_HEAP_MAX)
        write_heap(drain);
    trace_heap_add(drain->heap, drain->heap_batch, count);
}

void drain_blocks_event(struct drain *drain, const struct trace_event *event)
{
    uint64_t stamp = event->event.stamp;

    trace_events_add(&drain->columns, event);
    if (event->event.type == EVENT_STACK)
        return;
    if (drain->column_events == 0 || stamp < drain->first_stamp)
        drain->first_stamp = stamp;
    if (drain->column_events == 0 || stamp > drain->last_stamp)
        drain->last_stamp = stamp;
    drain->column_events++;
}

void drain_blocks_part(struct drain *drain)
{
    if (trace_events_is_full(&drain->columns))
        write_events(drain);
}

int drain_blocks_write(struct drain *drain)
{
    drain_blocks_heap_batch(drain);
    int error = write_events(drain);
    return error != 0 ? error : write_heap(drain);
}

void drain_blocks_forget(struct drain *drain)
{
    drain->gaps.count = 0;
    drain->heap_batched = 0;
    drain->column_events = 0;
    trace_events_reset(&drain->columns);
    if (heap_count(drain) == 0)
        return;
    trace_buffer_clear(&drain->raw);
    trace_heap_encode(drain->heap, &drain->raw);
}
