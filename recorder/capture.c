/* recorder/capture.c - one traced process: from its segment into its file */
/* SPDX-License-Identifier: MIT */

#include "recorder/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "recorder/capture_file.h"
#include "recorder/exit_status.h"

#define BATCH_AGE_NS UINT64_C(500000000)  /* what is lost at most when the recorder is killed */
#define COMMIT_NS UINT64_C(2000000) /* how long after its stamp an event is usually committed */
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
    capture->has_result = true;
    capture_file_begin(capture);
}

static void write_batch(struct capture *capture, uint64_t horizon)
{
    int error = drain_flush(&capture->drain, horizon);

    capture->batch_since_ns = 0;
    if (error != 0)
        capture_file_fail(capture, error);
}

/* Returns whether there was anything new. */
static bool record_round(struct capture *capture, uint64_t now_ns)
{
    bool news = drain_round(&capture->drain, false);

    if (drain_waiting(&capture->drain) == 0)
        capture->batch_since_ns = 0;
    else if (capture->batch_since_ns == 0)
        capture->batch_since_ns = now_ns;
    else if (now_ns - capture->batch_since_ns >= BATCH_AGE_NS || drain_is_full(&capture->drain))
        write_batch(capture, now_ns - COMMIT_NS);
    if (capture->writer.error != 0)
        capture_file_fail(capture, capture->writer.error);
    return news;
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
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
    capture->ended_ns = now();
    capture->result.end_reason = segment_is_intact(&capture->segment) ? reason : TRACE_END_DAMAGED;
    drain_round(&capture->drain, true);
    write_batch(capture, UINT64_MAX);
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

bool capture_step(struct capture *capture, uint64_t now_ns)
{
    if (capture->state == CAPTURE_DONE)
        return false;
    segment_beat(&capture->segment);
    begin_if_ready(capture);
    if (capture->state == CAPTURE_RUNNING)
        return record_round(capture, now_ns);
    if (capture->state == CAPTURE_GIVEN)
        return false;
    finish_step(capture, now_ns);
    return capture->state != CAPTURE_DONE;
}
