/* recorder/capture.h - one traced process: from its segment into its file */
/* SPDX-License-Identifier: MIT */

/*
 *   GIVEN ----> RUNNING ----> ENDED ------> NAMING ------> DONE
 *   segment     file made,    final drain,  symbols,       file closed,
 *   handed out  rounds        STATE         step by step   result known
 *      \_ the process died without recording: DONE, no file, no result
 *
 * A failure of the file (full disk) does not end a capture: it goes on draining into nothing, so
 * that the process is never held up, and its result carries the error. For one thread.
 */
#ifndef NPNTRACE_RECORDER_CAPTURE_H
#define NPNTRACE_RECORDER_CAPTURE_H

#include <sys/types.h>

#include "recorder/drain.h"
#include "recorder/output.h"
#include "recorder/recorder.h"
#include "recorder/segment.h"
#include "recorder/symbolize.h"

enum capture_state {
    CAPTURE_GIVEN,
    CAPTURE_RUNNING,
    CAPTURE_ENDED,
    CAPTURE_NAMING,
    CAPTURE_DONE,
};

struct capture {
    struct capture *next; /* of the session's list */
    const struct recorder_options *options;
    struct output *output;
    enum capture_state state;
    pid_t pid;  /* as we see it */
    int pidfd;  /* readable when the process has ended */
    struct segment segment;
    struct trace_writer writer;
    struct tables tables;
    struct drain drain;
    struct symbolize symbolize;
    uint64_t waiting_since_ns; /* age of what is not in the file yet, 0: nothing */
    uint64_t age_ns;           /* at which it is written */
    uint64_t pace_ns;          /* between rounds */
    uint64_t due_ns;           /* when the next round is due */
    uint32_t findings_written; /* so many slots were in use when findings were last written */
    uint64_t ended_ns;       /* when its end was seen */
    bool exit_known;
    struct recorder_result result;
    bool has_result;         /* the process recorded something */
};

/* A new capture with a segment to hand out. Takes over pidfd on success. NULL: *ret_error. */
struct capture *capture_new(const struct recorder_options *options, struct output *output,
                            struct segment_locks *locks, pid_t pid, int pidfd, int *ret_error);

/* The process recorded nothing, or everything is written: frees it. Its result belongs to the
 * caller. */
void capture_free(struct capture *capture);

/* How the process ended, if somebody found out; before capture_end(). */
void capture_set_exit(struct capture *capture, enum trace_exit kind, uint32_t value);

/* The process will write no more, for this reason. */
void capture_end(struct capture *capture, enum trace_end_reason reason);

/* One round, or one step of finishing. Returns how long the next may wait, in nanoseconds. */
uint64_t capture_step(struct capture *capture, uint64_t now_ns);

#endif
