/* viewer/source_trace_process.c - the blocks of which a trace file has one: PROCESS, STATE, END */
/* SPDX-License-Identifier: MIT */

#include "viewer/host_process.h"
#include "viewer/source_trace.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

static const char *own(struct trace_source *source, unsigned index, struct trace_text text)
{
    free(source->owned[index]);
    char *copy = xalloc_zeroed((size_t)text.length + 1, 1);
    if (text.length != 0)
        memcpy(copy, text.bytes, text.length);
    source->owned[index] = copy;
    return copy;
}

static void take_process(struct recording *recording, const struct trace_process *from)
{
    struct trace_source *source = trace_source_of(recording);

    source->has_process = true;
    recording->process = (struct recording_process){
        .exe = own(source, 0, from->exe),
        .args = own(source, 1, from->args),
        .args_bytes = from->args.length,
        .boot_id = own(source, 2, from->boot_id),
        .machine = own(source, 3, from->machine),
        .writer = own(source, 4, from->writer),
        .pid = from->pid,
        .outer_pid = from->outer_pid,
        .ppid = from->ppid,
        .policy = from->policy,
        .clock = from->clock,
        .origin = from->origin,
        .unwinder = from->unwinder,
        .heap = from->heap,
        .selfcheck = from->selfcheck,
        .state = RING_READY,
        .start_ticks = from->start_ticks,
        .start_stamp = from->start_stamp,
        .start_realtime_ns = from->start_realtime_ns,
        .process_start_stamp = from->process_start_stamp,
        .end_stamp = from->start_stamp,
    };
    recording->live =
        host_process_runs(from->outer_pid, from->start_ticks, recording->process.boot_id);
}

int source_trace_read_single(struct recording *recording, const struct trace_block *block,
                             const uint8_t *raw, struct trace_fault *fault)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_process process;
    int error;

    switch (block->type) {
    case TRACE_PROCESS:
        error = trace_process_decode(raw, block->raw_bytes, &process, fault);
        if (error == 0)
            take_process(recording, &process);
        return error;
    case TRACE_STATE:
        error = trace_state_decode(raw, block->raw_bytes, &source->state, fault);
        source->has_state = source->has_state || error == 0;
        return error;
    default:
        error = trace_end_decode(raw, block->raw_bytes, &source->end, fault);
        source->has_end = source->has_end || error == 0;
        return error;
    }
}
