/* recorder/drain_blocks.h - EVENTS and HEAP blocks in the making */
/* SPDX-License-Identifier: MIT */

/*
 * A part of recorder/drain.c: same thread, same memory, same errors. Full blocks are written at
 * once, behind the tables that they name; errors stick in drain->out and drain->error.
 */
#ifndef NPNTRACE_RECORDER_DRAIN_BLOCKS_H
#define NPNTRACE_RECORDER_DRAIN_BLOCKS_H

#include "recorder/drain.h"

int drain_blocks_open(struct drain *drain);
void drain_blocks_close(struct drain *drain);

/* How many events are in blocks that were not written. */
size_t drain_blocks_waiting(const struct drain *drain);

/* The events in drain->heap_batch become part of the HEAP block; it is empty then. */
void drain_blocks_heap_batch(struct drain *drain);

/* An event of any other type, in the file's names and stamps. */
void drain_blocks_event(struct drain *drain, const struct trace_event *event);

/* Here the EVENTS block may end: between events that belong together it must not. */
void drain_blocks_part(struct drain *drain);

/* Writes what there is, and all gaps. 0 or -errno. */
int drain_blocks_write(struct drain *drain);

/* Forgets all of it. */
void drain_blocks_forget(struct drain *drain);

#endif
