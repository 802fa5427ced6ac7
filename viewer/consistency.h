/* viewer/consistency.h - do a recording's events, counters and live blocks say the same? */
/* SPDX-License-Identifier: MIT */

/*
 * Structure (checksums, indexes, lengths) is verified while a recording is read. This verifies what
 * is left: three accounts of the same memory, each kept by itself, against each other.
 *
 *   events    --sum-->  counters of plug-ins, instances, everybody
 *   counters  <------>  blocks in the side table of live blocks
 *
 * A process that dies inside a tracing operation, or a signal handler that jumps out of one, leaves
 * that operation half accounted for: each (ring_thread.operations, abandoned_operations) explains a
 * difference of one event and one block, and nothing else. The accounts of a running process move
 * while they are read: consistency_check() leaves them alone then.
 *
 * Threads: one. Findings go to the recording's problems.
 */
#ifndef NPNTRACE_VIEWER_CONSISTENCY_H
#define NPNTRACE_VIEWER_CONSISTENCY_H

#include "viewer/model.h"

struct consistency {
    bool compared;    /* false: there was nothing to compare with, or it moved */
    uint64_t allowed; /* operations that were left half done */
    uint64_t excused; /* differences that they explain */
};

/* moving: the process records while this is checked. */
struct consistency consistency_check(struct model *model, bool moving);

#endif
