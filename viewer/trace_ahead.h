/* viewer/trace_ahead.h - HEAP blocks unpacked and decoded ahead, on a thread of their own */
/* SPDX-License-Identifier: MIT */

/*
 * Half of the work with heap events is to unpack and decode them, the other half to add them up.
 * Where there are two processors each half gets one:
 *
 *   thread: trace_pull_next() --> | batch | batch | ... | batch |  --> trace_ahead_next()
 *                                   a ring of AHEAD_BATCHES            the reader of the recording
 *
 * Batches come out in the order of the file. Who finds the ring full, or empty, sleeps until a part
 * of it is free, or filled, so that the two are not woken for each batch. The thread takes no
 * signals but those that its own faults raise, ends with the blocks, and waits while nobody reads.
 *
 * Threads: one reader. Memory: about 1.3 MiB, and what the pull has; until trace_ahead_free().
 */
#ifndef NPNTRACE_VIEWER_TRACE_AHEAD_H
#define NPNTRACE_VIEWER_TRACE_AHEAD_H

#include "viewer/trace_pull.h"

struct trace_ahead;

/* Worth while, and possible: for so many blocks, on the processors that this process may use. */
bool trace_ahead_is_of_use(size_t blocks);

/* Nobody else may use pull until trace_ahead_free(). NULL: there is no thread to be had. */
struct trace_ahead *trace_ahead_new(struct trace_pull *pull);
void trace_ahead_free(struct trace_ahead *ahead); /* ends the thread; NULL is fine */

/* The next batch, valid until the next call; after the end the end again. */
struct trace_batch *trace_ahead_next(struct trace_ahead *ahead);

#endif
