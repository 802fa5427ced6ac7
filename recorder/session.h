/* recorder/session.h - the loop that serves a command and its processes */
/* SPDX-License-Identifier: MIT */

/*
 * One thread waits for: clients of the hand-over socket, ends of processes (pidfds), and signals;
 * in between it lets every capture do a round, which says when the next one is due: while many
 * events come every half a millisecond, and with nothing new ever more rarely, up to every 50 ms.
 */
#ifndef NPNTRACE_RECORDER_SESSION_H
#define NPNTRACE_RECORDER_SESSION_H

#include "recorder/capture.h"
#include "recorder/handover.h"
#include "recorder/recorder.h"
#include "recorder/signals.h"

struct session {
    const struct recorder_options *options;
    struct recorder_report *report;
    struct output output;
    struct signals signals;
    struct segment_locks locks;
    struct handover handover;
    int epoll;
    struct capture *captures; /* not DONE yet */
    pid_t child;
    bool child_gone;
    bool child_was_gone; /* already when this round of the loop began */
    bool stopping; /* the user wants no more waiting */
    bool told_waiting;
};

/* 0 or -errno; nothing is left to close after an error. */
int session_open(struct session *session, const struct recorder_options *options,
                 struct recorder_report *report);

/* Serves until the child and all captures have ended. */
void session_run(struct session *session, pid_t child);

void session_close(struct session *session);

#endif
