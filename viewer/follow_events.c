/* viewer/follow_events.c - the new events of a ring and of a trace file */
/* SPDX-License-Identifier: MIT */

#include "viewer/follow.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

static uint32_t stack_node(uint32_t node)
{
    return node == RING_NODE_INLINE ? RING_NODE_NONE : node;
}

static bool is_gone(const struct event *event)
{
    return (event->type == EVENT_NPN_FREE || event->type == EVENT_NPN_ELSEWHERE ||
            event->type == EVENT_NPN_RELEASED || event->type == EVENT_NPN_HANDED) &&
           (event->flags & EVENT_KNOWN) != 0 &&
           EVENT_ORIGIN(event->owner_flags) == NPN_ORIGIN_ALLOC;
}

/* What each stack holds, by events: a free names its block's allocation. */
static void add_live(struct model *model, const struct event *event)
{
    struct stack_sum *sum;

    if (event->type == EVENT_NPN_ALLOC && event->address != 0) {
        sum = model_stack_of(model, event->plugin, stack_node(event->node));
        sum->live_blocks++;
        sum->live_bytes += event->size;
    } else if (is_gone(event)) {
        sum = model_stack_of(model, event->owner_plugin, stack_node(event->owner_node));
        sum->live_blocks--;
        sum->live_bytes -= event->size;
    }
}

static void read_run(struct follow *follow, struct recording *recording, size_t run, bool with_live)
{
    struct recorded_event event;

    if (!recording_run_open(recording, run))
        return;
    while (recording_run_next(recording, &event)) {
        model_add_event(follow->model, &event, true);
        if (with_live)
            add_live(follow->model, &event.event);
    }
}

/* The side table tells what each stack holds, whatever events are left. */
static void take_side_table(struct model *model)
{
    const struct recording *recording = model->recording;

    for (size_t i = 1; i < model->stacks.count; i++)
        model->stacks.list[i].live_blocks = model->stacks.list[i].live_bytes = 0;
    for (size_t i = 0; i < recording->live_count; i++) {
        const struct trace_live *live = &recording->live_blocks[i];
        if (EVENT_ORIGIN(live->flags) != NPN_ORIGIN_ALLOC)
            continue;
        struct stack_sum *sum = model_stack_of(model, live->plugin, stack_node(live->node));
        sum->live_blocks++;
        sum->live_bytes += live->size_bytes;
    }
}

/* Where the last reading of each chunk ended, if it still holds the same run. */
static void begin_runs(struct follow *follow, struct ring_source *source, size_t run_count)
{
    for (size_t i = 0; i < run_count; i++) {
        struct ring_run *run = &source->runs[i];
        const struct ring_run *before = &follow->chunks[run->chunk];
        if (before->sequence != run->sequence)
            continue;
        run->heap = before->heap;
        run->other = before->other;
    }
}

/* A chunk that holds another run now was overwritten, but what was read of it is not missed. The
 * process counts a run as overwritten a moment before that can be seen, hence the older count. */
static void end_runs(struct follow *follow, const struct recording *recording,
                     uint64_t overwritten_now)
{
    const struct ring_source *source = ring_source_of(recording);

    for (size_t i = 0; i < recording->run_count; i++) {
        const struct ring_run *run = &source->runs[i];
        struct ring_run *before = &follow->chunks[run->chunk];
        if (before->sequence != 0 && before->sequence != run->sequence)
            follow->overwritten_read += before->heap.events;
        *before = *run;
    }
    bool is_settled = follow->readings == 0 || !recording->live;
    uint64_t overwritten = is_settled ? overwritten_now : follow->overwritten_before;
    uint64_t missed =
        overwritten > follow->overwritten_read ? overwritten - follow->overwritten_read : 0;
    if (missed > follow->missed_events)
        follow->missed_events = missed;
    follow->overwritten_before = overwritten_now;
}

void follow_ring_read(struct follow *follow, struct recording *recording)
{
    struct ring_source *source = ring_source_of(recording);
    uint64_t overwritten = recording->losses.overwritten_events; /* reading may add to it */

    if (follow->chunks == NULL)
        follow->chunks =
            xalloc_zeroed(source_ring_readable(recording, RING_CHUNKS), sizeof(*follow->chunks));
    source->following = true;
    begin_runs(follow, source, recording->run_count);
    for (size_t i = 0; i < recording->run_count; i++)
        read_run(follow, recording, i, false);
    recording_heap_begin(recording);
    follow_heap_events(follow, recording);
    take_side_table(follow->model);
    end_runs(follow, recording, overwritten);
}

void follow_trace_read(struct follow *follow, struct recording *recording)
{
    struct recording_part part = RECORDING_WHOLE;

    for (; follow->runs_read < recording->run_count; follow->runs_read++)
        read_run(follow, recording, follow->runs_read, true);
    part.first = follow->heap_parts_read;
    recording_heap_begin_part(recording, &part);
    follow_heap_events(follow, recording);
    follow->heap_parts_read = recording->heap_parts_read;
}
