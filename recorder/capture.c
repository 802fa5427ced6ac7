/* recorder/capture.c - one traced process: from its segment into its file */
/* SPDX-License-Identifier: MIT */

#include "recorder/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/capture_file.h"
#include "recorder/contract.h"
#include "recorder/exit_status.h"

/* Events are written when the oldest is so old, then twice that, up to what a recorder that is
 * killed loses at most. */
#define FIRST_AGE_NS UINT64_C(20000000)
#define LAST_AGE_NS UINT64_C(500000000)
#define PACE_LEAST_NS UINT64_C(500000) /* between rounds */
#define PACE_MOST_NS UINT64_C(50000000)
#define PACE_SMALL_NS UINT64_C(10000000) /* the same for rings that fill quickly */
#define FINISH_NS UINT64_C(1000000) /* between steps of finishing that wait for something */
#define PACE_BYTES UINT64_C(524288) /* a round takes about as much, or less */
#define PACE_SHARE 16 /* and about such a part of the ring */
#define SMALL_RING_BYTES (UINT64_C(64) << 20)
#define STATUS_WAIT_NS UINT64_C(300000000) /* how long to wait for a stranger's exit status */

struct capture *capture_new(const struct recorder_options *options, struct output *output,
                            struct segment_locks *locks, pid_t pid, int pidfd, int *ret_error)
{
    struct capture *capture = calloc(1, sizeof(*capture));

    if (capture == NULL) {
        *ret_error = -ENOMEM;
        return NULL;
    }
    capture->options = options;
    capture->output = output;
    capture->pid = pid;
    capture->pidfd = pidfd;
    capture->writer.fd = -1;
    *ret_error = segment_create(&capture->segment, locks, options->ring_bytes, options->policy);
    if (*ret_error == 0)
        *ret_error = tables_open(&capture->tables, &capture->segment, &capture->writer);
    if (*ret_error == 0)
        *ret_error = drain_open(&capture->drain, &capture->segment, &capture->tables,
                                &capture->writer);
    capture->drain.rate_limit = options->test_events_per_second;
    if (*ret_error != 0) {
        capture->pidfd = -1;
        capture_free(capture);
        return NULL;
    }
    return capture;
}

static void close_all(struct capture *capture)
{
    symbolize_end(&capture->symbolize);
    drain_close(&capture->drain);
    tables_close(&capture->tables);
    segment_destroy(&capture->segment);
    if (capture->pidfd >= 0)
        close(capture->pidfd);
    capture->pidfd = -1;
}

void capture_free(struct capture *capture)
{
    close_all(capture);
    free(capture);
}

void capture_set_exit(struct capture *capture, enum trace_exit kind, uint32_t value)
{
    capture->exit_known = true;
    capture->result.exit_kind = kind;
    capture->result.exit_value = value;
}

/* The process has stored RING_READY: what it says of itself can be read. */
static void begin_if_ready(struct capture *capture)
{
    uint32_t state = atomic_load_explicit(&capture->segment.header->state, memory_order_acquire);

    if (capture->state != CAPTURE_GIVEN || state == RING_EMPTY)
        return;
    capture->state = CAPTURE_RUNNING;
    capture->pace_ns = PACE_LEAST_NS;
    capture->age_ns = FIRST_AGE_NS;
    capture->has_result = true;
    capture_file_begin(capture);
}

static void write_blocks(struct capture *capture, uint64_t horizon)
{
    int error = drain_flush(&capture->drain, horizon);

    capture->waiting_since_ns = 0;
    if (error == 0)
        error = contract_write_findings(&capture->tables, &capture->findings_written);
    if (error != 0)
        capture_file_fail(capture, error);
}

/* The time until the next round goes with what this one found, so that a busy process's ring never
 * fills and a quiet one costs nothing. */
static void adjust_pace(struct capture *capture)
{
    const struct ring_layout *layout = &capture->segment.layout;
    uint64_t wanted = layout->total_bytes / PACE_SHARE, taken = capture->drain.round_bytes;
    uint64_t most = layout->total_bytes < SMALL_RING_BYTES ? PACE_SMALL_NS : PACE_MOST_NS;
    uint64_t pace = capture->pace_ns;

    if (wanted > PACE_BYTES)
        wanted = PACE_BYTES;
    if (taken <= wanted / 2)
        pace *= 2;
    else
        pace = (uint64_t)((double)pace * (double)wanted / (double)taken);
    if (pace > most)
        pace = most;
    capture->pace_ns = pace > PACE_LEAST_NS ? pace : PACE_LEAST_NS;
}

static void record_round(struct capture *capture, uint64_t now_ns)
{
    struct drain *drain = &capture->drain;

    drain_round(drain, false);
    adjust_pace(capture);
    int error = drain_merge(drain, drain_horizon(drain));
    if (error != 0)
        capture_file_fail(capture, error);
    if (drain_waiting(drain) == 0)
        capture->waiting_since_ns = 0;
    else if (capture->waiting_since_ns == 0)
        capture->waiting_since_ns = now_ns;
    else if (now_ns - capture->waiting_since_ns >= capture->age_ns) {
        write_blocks(capture, drain_horizon(drain));
        capture->age_ns = 2 * capture->age_ns < LAST_AGE_NS ? 2 * capture->age_ns : LAST_AGE_NS;
    }
    if (capture->writer.error != 0)
        capture_file_fail(capture, capture->writer.error);
}

void capture_end(struct capture *capture, enum trace_end_reason reason)
{
    if (capture->state > CAPTURE_RUNNING)
        return;
    begin_if_ready(capture);
    if (capture->state == CAPTURE_GIVEN) {
        capture->state = CAPTURE_DONE;
        return;
    }
    capture->state = CAPTURE_ENDED;
    capture->ended_ns = ticks_clock_ns();
    capture->result.end_reason = segment_is_intact(&capture->segment) ? reason : TRACE_END_DAMAGED;
    drain_round(&capture->drain, true);
    write_blocks(capture, UINT64_MAX);
    capture_file_state(capture);
    segment_abandon(&capture->segment); /* storing symbols may take a while: nobody is to wait */
}

/* Of processes that are not ours to wait for, newer kernels tell once the parent has waited for
 * them. */
static bool learn_exit(struct capture *capture, uint64_t now_ns)
{
    enum trace_exit kind;
    uint32_t value;

    if (capture->exit_known || capture->result.end_reason == TRACE_END_EXEC ||
        capture->result.end_reason == TRACE_END_RECORDER)
        return true;
    int error = exit_status_of(capture->pidfd, &kind, &value);
    if (error == 0)
        capture_set_exit(capture, kind, value);
    return error != -EAGAIN || now_ns - capture->ended_ns >= STATUS_WAIT_NS;
}

static bool name_addresses(struct capture *capture)
{
    int more = capture->writer.error != 0 ? 0 : symbolize_step(&capture->symbolize);

    if (more < 0)
        capture_file_fail(capture, more);
    return more == 1;
}

/* The next step towards the end of the file. */
static void finish_step(struct capture *capture, uint64_t now_ns)
{
    if (capture->state == CAPTURE_ENDED) {
        capture->state = CAPTURE_NAMING;
        if (capture->options->lookup == NULL || capture->writer.error != 0)
            return;
        int error =
            symbolize_begin(&capture->symbolize, capture->options->lookup, &capture->tables);
        if (error != 0)
            capture_file_fail(capture, error);
        return;
    }
    if (capture->symbolize.lookup != NULL && name_addresses(capture))
        return;
    if (!learn_exit(capture, now_ns))
        return;
    capture_file_end(capture);
    close_all(capture);
    capture->state = CAPTURE_DONE;
}

uint64_t capture_step(struct capture *capture, uint64_t now_ns)
{
    if (capture->state == CAPTURE_DONE)
        return 0;
    segment_beat(&capture->segment);
    begin_if_ready(capture);
    if (capture->state == CAPTURE_GIVEN)
        return PACE_SMALL_NS;
    if (capture->state == CAPTURE_RUNNING) {
        if (now_ns < capture->due_ns)
            return capture->due_ns - now_ns; /* others' pace is not ours */
        record_round(capture, now_ns);
        uint64_t pace_ns = capture->drain.left_some ? PACE_LEAST_NS : capture->pace_ns;
        capture->due_ns = ticks_clock_ns() + pace_ns;
        return pace_ns;
    }
    bool naming = capture->state == CAPTURE_NAMING && capture->symbolize.lookup != NULL;
    finish_step(capture, now_ns);
    return naming ? 0 : FINISH_NS;
}
