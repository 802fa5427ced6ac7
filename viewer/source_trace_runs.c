/* viewer/source_trace_runs.c - the EVENTS blocks of a trace file as runs of events */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_trace.h"

#include <inttypes.h>
#include <string.h>

static bool fail(struct recording *recording, const struct trace_fault *fault)
{
    struct trace_source *source = trace_source_of(recording);

    problems_add(&recording->problems, PROBLEM_DAMAGE, source->run->offset,
                 "block %" PRIu32 " (EVENTS): %s at its byte %zu", source->run->block.sequence,
                 fault->what, fault->offset);
    source->reading = false;
    return false;
}

bool source_trace_run_open(struct recording *recording, size_t index)
{
    struct trace_source *source = trace_source_of(recording);
    const struct trace_run *run = &source->runs.list[index];
    struct trace_fault fault = {.what = "cannot be decoded"};
    const uint8_t *raw;

    recording->event_offset = run->offset;
    source->run = run;
    source->inline_count = 0;
    source->reading = source_trace_unpack(recording, run->offset, &run->block, &source->room, &raw);
    if (source->reading &&
        trace_events_open(&source->reader, raw, run->block.raw_bytes, &fault) != 0)
        return fail(recording, &fault);
    return source->reading;
}

static void keep_stack(struct trace_source *source, const struct event *stack)
{
    source->inline_count = stack->frame_count;
    source->inline_frames = source->frames;
    if (stack->frame_count != 0)
        memcpy(source->frames, stack->frames, stack->frame_count * sizeof(source->frames[0]));
}

bool source_trace_run_next(struct recording *recording, struct recorded_event *ret_event)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_fault fault = {.what = "cannot be decoded"};
    struct trace_event event;

    while (source->reading) {
        int found = trace_events_next(&source->reader, &event, &fault);
        if (found < 0)
            return fail(recording, &fault);
        if (found == 0) {
            source->reading = false;
            return false;
        }
        if (event.event.type == EVENT_STACK) {
            keep_stack(source, &event.event);
            continue;
        }
        ret_event->event = event.event;
        ret_event->tid = event.tid;
        ret_event->frames = source->frames;
        ret_event->frame_count = event.event.node == RING_NODE_INLINE ? source->inline_count : 0;
        return true;
    }
    return false;
}

static void count_gap(struct recording_losses *losses, const struct trace_gap *gap)
{
    switch (gap->kind) {
    case TRACE_GAP_DROPPED: losses->dropped_events += gap->events; break;
    case TRACE_GAP_OVERWRITTEN: losses->overwritten_events += gap->events; break;
    default: losses->damaged_events += gap->events;
    }
}

void source_trace_count_gaps(struct recording *recording)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_fault fault = {.what = "cannot be decoded"};
    struct trace_gap gap;

    for (size_t i = 0; i < recording->run_count; i++) {
        if (!source_trace_run_open(recording, i))
            continue;
        int found;
        while ((found = trace_events_next_gap(&source->reader, &gap, &fault)) > 0)
            count_gap(&recording->losses, &gap);
        if (found < 0)
            fail(recording, &fault);
    }
    source->reading = false;
}
