/* viewer/source_trace_heap.c - the HEAP blocks of a trace file, one after the other */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_trace.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>

static void fail(struct recording *recording, const struct trace_run *run,
                 const struct trace_fault *fault)
{
    problems_add(&recording->problems, PROBLEM_DAMAGE, run->offset,
                 "block %" PRIu32 " (HEAP): %s at its byte %zu", run->block.sequence, fault->what,
                 fault->offset);
}

void source_trace_heap_begin(struct recording *recording)
{
    struct trace_source *source = trace_source_of(recording);

    source->heap_reading = false;
    if (source->heap_reader == NULL)
        source->heap_reader = xalloc_checked(trace_heap_reader_new());
}

/* False: it cannot be read, and the damage has been noted. */
static bool open_block(struct recording *recording, const struct trace_run *run)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_fault fault = {.what = "cannot be decoded"};
    const uint8_t *raw;
    uint64_t count;

    recording->event_offset = run->offset;
    if (!source_trace_unpack(recording, run->offset, &run->block, &source->heap_room, &raw))
        return false;
    int error = trace_heap_open(source->heap_reader, raw, run->block.raw_bytes, &count, &fault);
    if (error == -ENOMEM)
        fault.what = "there is no memory to read it";
    if (error != 0)
        fail(recording, run, &fault);
    return error == 0;
}

/* Blocks that cannot be read are passed over. */
size_t source_trace_heap_next(struct recording *recording, struct trace_heap_event *events,
                              size_t capacity)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_fault fault = {.what = "cannot be decoded"};

    for (;;) {
        const struct trace_run *run;
        if (!source->heap_reading) {
            if (recording->heap_parts_read == source->heap_runs.count)
                return 0;
            run = &source->heap_runs.list[recording->heap_parts_read++];
            source->heap_reading = open_block(recording, run);
            continue;
        }
        run = &source->heap_runs.list[recording->heap_parts_read - 1];
        recording->event_offset = run->offset;
        long count = trace_heap_next(source->heap_reader, events, capacity, &fault);
        if (count > 0)
            return (size_t)count;
        source->heap_reading = false;
        if (count < 0)
            fail(recording, run, &fault);
    }
}
