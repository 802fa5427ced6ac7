/* tests/unit/recorder_rig.c - a segment, a process that writes into it, and a recorder */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/recorder_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/contract.h"
#include "recorder/live.h"

static struct segment_locks locks;

int rig_begin(void)
{
    return segment_locks_install(&locks);
}

void rig_open_with(struct rig *rig, enum ring_policy policy, uint32_t clock, uint64_t bytes)
{
    struct trace_process process = {.pid = 1, .writer = {"test", 4}};
    struct trace_buffer raw = {0};

    strcpy(rig->path, "/tmp/npntrace-drain-XXXXXX");
    int fd = mkstemp(rig->path);
    assert_true(fd >= 0);
    assert_int_equal(segment_create(&rig->segment, &locks, bytes, policy), 0);
    assert_int_equal(trace_writer_open(&rig->out, fd), 0);
    trace_process_encode(&process, &raw);
    assert_int_equal(trace_writer_put(&rig->out, TRACE_PROCESS, &raw), 0);
    trace_buffer_free(&raw);
    assert_int_equal(tables_open(&rig->tables, &rig->segment, &rig->out), 0);
    assert_int_equal(drain_open(&rig->drain, &rig->segment, &rig->tables, &rig->out), 0);
    rig->segment.header->clock = clock;
    fake_host_begin(rig->segment.header);
    if (clock == RING_CLOCK_TSC)
        usleep(10000); /* as long as it takes a recorder to see that */
    ticks_begin(&rig->segment.ticks, clock);
}

void rig_open(struct rig *rig, enum ring_policy policy)
{
    rig_open_with(rig, policy, RING_CLOCK_MONOTONIC, RING_MIN_BYTES);
}

struct read_trace *rig_close(struct rig *rig)
{
    struct trace_state state = {0};
    struct trace_buffer raw = {0};
    drain_round(&rig->drain, true);
    assert_int_equal(drain_flush(&rig->drain, UINT64_MAX), 0);
    assert_int_equal(drain_index(&rig->drain), 0);
    assert_int_equal(tables_write_final(&rig->tables), 0);
    assert_int_equal(live_write(&rig->tables, &state.live_entries, &state.live_busy), 0);
    int error = contract_write(&rig->tables, &state.object_entries, &state.finding_entries);
    assert_int_equal(error, 0);
    trace_state_encode(&state, &raw);
    assert_int_equal(trace_writer_put(&rig->out, TRACE_STATE, &raw), 0);
    trace_buffer_free(&raw);
    drain_close(&rig->drain);
    tables_close(&rig->tables);
    segment_destroy(&rig->segment);
    assert_int_equal(trace_writer_close(&rig->out), 0);
    struct read_trace *trace = read_trace(rig->path);
    unlink(rig->path);
    if (trace->broken != NULL)
        fail_msg("the file breaks a rule at %llu: %s", (unsigned long long)trace->broken_at,
                 trace->broken);
    assert_false(trace->torn);
    assert_int_equal(trace->state.live_entries, trace->live_count);
    assert_int_equal(trace->object_count, state.object_entries);
    assert_int_equal(trace->finding_count, state.finding_entries);
    return trace;
}
