/* format/trace_record.c - the blocks that hold one structure: PROCESS, STATE, END */
/* SPDX-License-Identifier: MIT */

/* Fields are varints and texts, in the order written here. */
#include "format/trace.h"
#include "format/trace_internal.h"

#include <errno.h>

static void put_text(struct trace_buffer *out, struct trace_text text)
{
    trace_put_text(out, text.bytes, text.length);
}

void trace_process_encode(const struct trace_process *process, struct trace_buffer *out)
{
    trace_put_varint(out, process->pid);
    trace_put_varint(out, process->outer_pid);
    trace_put_varint(out, process->ppid);
    trace_put_varint(out, process->policy);
    trace_put_varint(out, process->clock);
    trace_put_varint(out, process->origin);
    trace_put_varint(out, process->unwinder);
    trace_put_varint(out, process->heap);
    trace_put_varint(out, process->selfcheck);
    trace_put_varint(out, process->start_ticks);
    trace_put_varint(out, process->start_stamp);
    trace_put_varint(out, process->start_realtime_ns);
    trace_put_varint(out, process->process_start_stamp);
    trace_put_varint(out, process->ring_bytes);
    put_text(out, process->boot_id);
    put_text(out, process->exe);
    put_text(out, process->args);
    put_text(out, process->machine);
    put_text(out, process->writer);
}

int trace_process_decode(const void *bytes, size_t length, struct trace_process *ret_process,
                         struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);
    struct trace_process process = {0};

    process.pid = trace_get_u32(&in);
    process.outer_pid = trace_get_u32(&in);
    process.ppid = trace_get_u32(&in);
    process.policy = trace_get_u32(&in);
    process.clock = trace_get_u32(&in);
    process.origin = trace_get_u32(&in);
    process.unwinder = trace_get_u32(&in);
    process.heap = trace_get_u32(&in);
    process.selfcheck = trace_get_u32(&in);
    process.start_ticks = trace_get_varint(&in);
    process.start_stamp = trace_get_varint(&in);
    process.start_realtime_ns = trace_get_varint(&in);
    process.process_start_stamp = trace_get_varint(&in);
    process.ring_bytes = trace_get_varint(&in);
    process.boot_id = trace_get_text(&in);
    process.exe = trace_get_text(&in);
    process.args = trace_get_text(&in);
    process.machine = trace_get_text(&in);
    process.writer = trace_get_text(&in);
    if (trace_cursor_end(&in, ret_fault) != 0)
        return -EBADMSG;
    *ret_process = process;
    return 0;
}

void trace_put_counters(struct trace_buffer *out, const struct trace_counters *counters)
{
    trace_put_varint(out, counters->allocs);
    trace_put_varint(out, counters->failed_allocs);
    trace_put_varint(out, counters->frees);
    trace_put_varint(out, counters->unknown_frees);
    trace_put_varint(out, counters->flushes);
    trace_put_varint(out, counters->bytes_allocated);
    trace_put_varint(out, counters->live_blocks);
    trace_put_varint(out, counters->live_bytes);
    trace_put_varint(out, counters->peak_bytes);
    trace_put_varint(out, counters->freed_elsewhere);
    trace_put_varint(out, counters->received_blocks);
    trace_put_varint(out, counters->received_live_blocks);
    trace_put_varint(out, counters->handed_over);
}

struct trace_counters trace_get_counters(struct trace_cursor *in)
{
    struct trace_counters counters = {0};

    counters.allocs = trace_get_varint(in);
    counters.failed_allocs = trace_get_varint(in);
    counters.frees = trace_get_varint(in);
    counters.unknown_frees = trace_get_varint(in);
    counters.flushes = trace_get_varint(in);
    counters.bytes_allocated = trace_get_varint(in);
    counters.live_blocks = trace_get_varint(in);
    counters.live_bytes = trace_get_varint(in);
    counters.peak_bytes = trace_get_varint(in);
    counters.freed_elsewhere = trace_get_varint(in);
    counters.received_blocks = trace_get_varint(in);
    counters.received_live_blocks = trace_get_varint(in);
    counters.handed_over = trace_get_varint(in);
    return counters;
}

void trace_state_encode(const struct trace_state *state, struct trace_buffer *out)
{
    trace_put_varint(out, state->stamp);
    trace_put_varint(out, state->ring_state);
    trace_put_varint(out, state->stop_reason);
    trace_put_varint(out, state->stop_stamp);
    trace_put_varint(out, state->overwritten_events);
    trace_put_varint(out, state->dropped_events);
    trace_put_varint(out, state->missed_calls);
    trace_put_varint(out, state->untracked_blocks);
    trace_put_varint(out, state->unlisted_plugins);
    trace_put_varint(out, state->unlisted_instances);
    trace_put_varint(out, state->unlisted_modules);
    trace_put_varint(out, state->lost_stacks);
    trace_put_varint(out, state->truncated_stacks);
    trace_put_varint(out, state->abandoned_operations);
    trace_put_varint(out, state->selfchecks);
    trace_put_varint(out, state->selfcheck_mismatches);
    trace_put_varint(out, state->guessed_stacks);
    trace_put_varint(out, state->heap_untracked);
    trace_put_varint(out, state->unlisted_objects);
    trace_put_varint(out, state->unlisted_findings);
    trace_put_varint(out, state->injected_failures);
    trace_put_varint(out, state->whatif);
    trace_put_varint(out, state->operations);
    trace_put_varint(out, state->live_entries);
    trace_put_varint(out, state->object_entries);
    trace_put_varint(out, state->finding_entries);
    trace_put_varint(out, state->live_busy);
    trace_put_counters(out, &state->totals);
}

int trace_state_decode(const void *bytes, size_t length, struct trace_state *ret_state,
                       struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);
    struct trace_state state = {0};

    state.stamp = trace_get_varint(&in);
    state.ring_state = trace_get_u32(&in);
    state.stop_reason = trace_get_u32(&in);
    state.stop_stamp = trace_get_varint(&in);
    state.overwritten_events = trace_get_varint(&in);
    state.dropped_events = trace_get_varint(&in);
    state.missed_calls = trace_get_varint(&in);
    state.untracked_blocks = trace_get_varint(&in);
    state.unlisted_plugins = trace_get_varint(&in);
    state.unlisted_instances = trace_get_varint(&in);
    state.unlisted_modules = trace_get_varint(&in);
    state.lost_stacks = trace_get_varint(&in);
    state.truncated_stacks = trace_get_varint(&in);
    state.abandoned_operations = trace_get_varint(&in);
    state.selfchecks = trace_get_varint(&in);
    state.selfcheck_mismatches = trace_get_varint(&in);
    state.guessed_stacks = trace_get_varint(&in);
    state.heap_untracked = trace_get_varint(&in);
    state.unlisted_objects = trace_get_varint(&in);
    state.unlisted_findings = trace_get_varint(&in);
    state.injected_failures = trace_get_varint(&in);
    state.whatif = trace_get_u32(&in);
    state.operations = trace_get_varint(&in);
    state.live_entries = trace_get_varint(&in);
    state.object_entries = trace_get_varint(&in);
    state.finding_entries = trace_get_varint(&in);
    state.live_busy = trace_get_varint(&in);
    state.totals = trace_get_counters(&in);
    if (trace_cursor_end(&in, ret_fault) != 0)
        return -EBADMSG;
    *ret_state = state;
    return 0;
}

void trace_end_encode(const struct trace_end *end, struct trace_buffer *out)
{
    trace_put_varint(out, end->reason);
    trace_put_varint(out, end->exit_kind);
    trace_put_varint(out, end->exit_value);
    trace_put_varint(out, end->stamp);
    trace_put_varint(out, end->events);
    trace_put_varint(out, end->lost_events);
    trace_put_varint(out, end->damaged_chunks);
}

int trace_end_decode(const void *bytes, size_t length, struct trace_end *ret_end,
                     struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);
    struct trace_end end = {0};

    end.reason = (uint32_t)trace_get_limited(&in, TRACE_END_REASONS - 1);
    end.exit_kind = (uint32_t)trace_get_limited(&in, TRACE_EXITS - 1);
    end.exit_value = trace_get_u32(&in);
    end.stamp = trace_get_varint(&in);
    end.events = trace_get_varint(&in);
    end.lost_events = trace_get_varint(&in);
    end.damaged_chunks = trace_get_varint(&in);
    if (trace_cursor_end(&in, ret_fault) != 0)
        return -EBADMSG;
    *ret_end = end;
    return 0;
}
