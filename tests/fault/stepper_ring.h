/* tests/fault/stepper_ring.h - looks into the segment of a process that is being traced */
/* SPDX-License-Identifier: MIT */

/*
 * Reads the segment (format/ring.h) through the other process's memory, to see after which
 * instruction an event was committed. One thread; nothing is allocated.
 */
#ifndef NPNTRACE_TESTS_FAULT_STEPPER_RING_H
#define NPNTRACE_TESTS_FAULT_STEPPER_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stepper_ring {
    pid_t pid;
    uint64_t base;          /* where the segment lies in the process */
    uint64_t chunks;        /* where its chunks begin */
    uint64_t used;          /* where it says how many of them have been used so far */
    uint32_t chunk_bytes;
    uint64_t chunk;         /* that the first thread writes to, 0: not known */
};

/* false: the process has no segment. */
bool stepper_ring_find(struct stepper_ring *ring, pid_t pid);

/* Bytes and events that the process's first thread has committed in its present chunk, as the word
 * stands there; 0 if it has no chunk. */
uint64_t stepper_ring_committed(struct stepper_ring *ring);

#endif
