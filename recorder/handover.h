/* recorder/handover.h - the recorder's side of format/handover.h: giving out segments */
/* SPDX-License-Identifier: MIT */

/*
 * A listening abstract socket with a random name, and the clients that have connected but not said
 * hello yet. Nothing here blocks and nobody can make it wait: a client that says nothing is dropped
 * after a while, one that says anything else at once; there are never more than HANDOVER_CLIENTS.
 *
 * Who asks is known from the kernel (SO_PEERCRED, SO_PEERPIDFD), not from what the client says: it
 * has to be a process of our user. For one thread.
 */
#ifndef NPNTRACE_RECORDER_HANDOVER_H
#define NPNTRACE_RECORDER_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "format/handover.h"
#include "recorder/segment.h"

#define HANDOVER_CLIENTS 64
#define HANDOVER_PATIENCE_NS UINT64_C(3000000000)

struct handover_client {
    int fd; /* -1: free */
    uint64_t since_ns;
};

struct handover {
    int fd; /* listening, non-blocking */
    char name[48]; /* for the environment */
    struct handover_client clients[HANDOVER_CLIENTS];
};

int handover_open(struct handover *handover);
void handover_close(struct handover *handover);

/* The next client's descriptor, to be watched for input; -EAGAIN: none; other -errno: try later. */
int handover_accept(struct handover *handover, uint64_t now_ns);

bool handover_is_client(const struct handover *handover, int fd);

/* Reads the hello of a client that has input. 0: *ret_pid and *ret_pidfd (the caller's) are who
 * asks, an answer is due. Otherwise -errno, and the client has been dropped. */
int handover_hear(struct handover *handover, int fd, pid_t *ret_pid, int *ret_pidfd);

/* Answers with the segment, or with the error if segment is NULL, and drops the client. 0 or
 * -errno: the client is gone. */
int handover_answer(struct handover *handover, int fd, const struct segment *segment, int error);

/* Drops clients that were silent for too long. Returns whether any are left. */
bool handover_expire(struct handover *handover, uint64_t now_ns);

#endif
