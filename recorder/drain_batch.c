/* recorder/drain_batch.c - the events of a while: decoded, put in order, written */
/* SPDX-License-Identifier: MIT */

#include "recorder/drain_batch.h"

#include <errno.h>
#include <stdlib.h>

struct drain_key {
    uint64_t key;
    uint32_t index; /* in the batch */
};

/* The frames of an EVENT_STACK are moved into the batch: the chunk's copy is used again. */
static bool keep_frames(struct drain *drain, struct drain_event *to, const struct event *event)
{
    to->first_frame = drain->frames.count;
    for (uint32_t i = 0; i < event->frame_count; i++) {
        struct event_frame *frame = tables_array_add(&drain->frames, sizeof(*frame));
        if (frame == NULL)
            return false;
        *frame = event->frames[i];
    }
    return true;
}

static bool add_event(struct drain *drain, const struct event *event, uint64_t key, uint32_t tid)
{
    struct drain_event *to = tables_array_add(&drain->batch, sizeof(*to));

    if (to == NULL)
        return false;
    *to = (struct drain_event){.key = key, .trace = {.tid = tid, .event = *event}};
    to->trace.event.frames = NULL;
    if (event->type == EVENT_STACK && !keep_frames(drain, to, event)) {
        drain->batch.count--;
        return false;
    }
    return true;
}

uint32_t drain_batch_add(struct drain *drain, const uint64_t *words, size_t count,
                         uint64_t base_stamp, uint32_t tid, size_t *ret_words)
{
    uint32_t events = 0;
    uint64_t key = 0;
    bool has_stack = false;
    size_t at = 0, taken;
    struct event event;

    for (; at < count; at += taken, events++) {
        taken = event_decode(words + at, count - at, base_stamp, &event);
        if (taken == 0)
            break;
        /* A thread's own order holds, and what belongs to an inline stack stays behind it. */
        has_stack = event.type == EVENT_STACK || (has_stack && event.node == RING_NODE_INLINE);
        if (event.stamp > key && !(has_stack && event.type != EVENT_STACK))
            key = event.stamp;
        if (!add_event(drain, &event, key, tid))
            drain->error = -ENOMEM;
    }
    *ret_words = at;
    return events;
}

static int compare_keys(const void *left, const void *right)
{
    const struct drain_key *a = left, *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Fills drain->keys in the order of time. */
static int sort_batch(struct drain *drain)
{
    const struct drain_event *batch = drain->batch.items;
    bool sorted = true;

    drain->keys.count = 0;
    for (size_t i = 0; i < drain->batch.count; i++) {
        struct drain_key *key = tables_array_add(&drain->keys, sizeof(*key));
        if (key == NULL)
            return -ENOMEM;
        *key = (struct drain_key){.key = batch[i].key, .index = (uint32_t)i};
        sorted = sorted && (i == 0 || batch[i - 1].key <= batch[i].key);
    }
    if (!sorted)
        qsort(drain->keys.items, drain->keys.count, sizeof(struct drain_key), compare_keys);
    return 0;
}

/* From the ring's names to the file's. */
static void rename_nodes(struct drain *drain, struct drain_event *of)
{
    const struct event_frame *frames = drain->frames.items;
    struct event *event = &of->trace.event;

    if (event->type == EVENT_STACK) {
        for (uint32_t i = 0; i < event->frame_count; i++)
            tables_want_pc(drain->tables, frames[of->first_frame + i].pc,
                           frames[of->first_frame + i].flags);
        return;
    }
    if (event->type == EVENT_INSTANCE && event->flags == EVENT_STEP_NEW_ENTER) {
        tables_want_string(drain->tables, event->node); /* the MIME type */
        return;
    }
    event->node = tables_want_node(drain->tables, event->node);
    event->owner_node = tables_want_node(drain->tables, event->owner_node);
}

/* events: how many of the block's are not EVENT_STACKs; set to 0 for the next block. */
static int put_block(struct drain *drain, uint32_t *events)
{
    struct trace_buffer raw = {0};

    trace_events_encode(&drain->columns, &raw);
    int error = trace_writer_put(drain->out, TRACE_EVENTS, &raw);
    if (error == 0)
        drain->events += *events;
    *events = 0;
    trace_buffer_free(&raw);
    trace_events_reset(&drain->columns);
    return error;
}

/* An inline stack and the events that it belongs to are not parted. */
static bool may_part(const struct event *before)
{
    return before->type != EVENT_STACK && before->node != RING_NODE_INLINE;
}

/* Writes the events of the first `count` keys, and all gaps. */
static int put_events(struct drain *drain, size_t count)
{
    struct drain_event *batch = drain->batch.items;
    const struct drain_key *keys = drain->keys.items;
    const struct trace_gap *gaps = drain->gaps.items;
    struct event_frame *frames = drain->frames.items;
    uint32_t events = 0;
    int error = 0;

    trace_events_reset(&drain->columns);
    for (size_t i = 0; i < drain->gaps.count; i++)
        trace_events_add_gap(&drain->columns, &gaps[i]);
    for (size_t i = 0; error == 0 && i < count; i++) {
        struct drain_event *next = &batch[keys[i].index];

        if (next->trace.event.type == EVENT_STACK)
            next->trace.event.frames = frames + next->first_frame;
        else
            events++;
        trace_events_add(&drain->columns, &next->trace);
        if (trace_events_is_full(&drain->columns) && may_part(&next->trace.event))
            error = put_block(drain, &events);
    }
    if (error == 0 && (drain->columns.count > 0 || drain->columns.gap_count > 0))
        error = put_block(drain, &events);
    return error;
}

/* How many keys are at or before the horizon. An inline stack and its events have the same key. */
static size_t count_due(const struct drain *drain, uint64_t horizon)
{
    const struct drain_key *keys = drain->keys.items;
    size_t low = 0, high = drain->keys.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys[middle].key <= horizon)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Writes what is due, with the tables that it names. */
static int write_due(struct drain *drain, size_t due)
{
    struct drain_event *batch = drain->batch.items;
    const struct drain_key *keys = drain->keys.items;

    for (size_t i = 0; i < due; i++)
        rename_nodes(drain, &batch[keys[i].index]);
    int error = tables_flush(drain->tables);
    return error ? error : put_events(drain, due);
}

/* The batch becomes what the keys from `due` on name, in that order, with their frames. */
static int keep_rest(struct drain *drain, size_t due)
{
    const struct drain_event *old = drain->batch.items;
    const struct event_frame *old_frames = drain->frames.items;
    const struct drain_key *keys = drain->keys.items;
    struct tables_array batch = {0}, frames = {0};
    int error = 0;

    for (size_t i = due; error == 0 && i < drain->keys.count; i++) {
        const struct drain_event *from = &old[keys[i].index];
        struct drain_event *to = tables_array_add(&batch, sizeof(*to));

        if (to == NULL) {
            error = -ENOMEM;
            break;
        }
        *to = *from;
        to->first_frame = frames.count;
        for (uint32_t j = 0; error == 0 && j < from->trace.event.frame_count; j++) {
            struct event_frame *frame = tables_array_add(&frames, sizeof(*frame));
            if (frame == NULL)
                error = -ENOMEM;
            else
                *frame = old_frames[from->first_frame + j];
        }
    }
    free(drain->batch.items);
    free(drain->frames.items);
    drain->batch = batch;
    drain->frames = frames;
    drain->flush_at = batch.count + DRAIN_BATCH_EVENTS; /* the rest is not sorted at once */
    return error;
}

static void forget(struct drain *drain)
{
    drain->flush_at = DRAIN_BATCH_EVENTS;
    drain->batch.count = 0;
    drain->frames.count = 0;
    drain->gaps.count = 0;
}

int drain_flush(struct drain *drain, uint64_t horizon)
{
    int error = drain->out->error ? drain->out->error : drain->error;

    if (error == 0 && drain_waiting(drain) > 0)
        error = sort_batch(drain);
    if (error != 0 || drain_waiting(drain) == 0) {
        forget(drain);
        return error;
    }
    size_t due = count_due(drain, horizon);
    if (drain->batch.count - due > DRAIN_BATCH_EVENTS)
        due = drain->batch.count; /* stamps from the future: memory has its bounds */
    error = write_due(drain, due);
    drain->gaps.count = 0;
    if (error == 0 && due < drain->batch.count)
        error = keep_rest(drain, due);
    else
        forget(drain);
    if (error != 0)
        drain->error = error;
    return error;
}
