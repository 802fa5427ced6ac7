/* viewer/cursor.h - the events of all threads, in the order of their stamps */
/* SPDX-License-Identifier: MIT */

/*
 * Runs are opened in the order in which they were begun and merged through a heap. As long as the
 * runs that overlap in time hold no more than CURSOR_MAX_EVENTS, the order is exact; beyond that,
 * an event may come late, but never before an older one of its own thread's chunk. Memory is
 * bounded by that number.
 *
 * Threads: one; no other run of the recording may be read meanwhile. Frames of inline stacks are
 * copied and valid until the next call.
 */
#ifndef NPNTRACE_VIEWER_CURSOR_H
#define NPNTRACE_VIEWER_CURSOR_H

#include "viewer/recording.h"

#define CURSOR_MAX_EVENTS (1u << 20)

struct cursor;

struct cursor *cursor_open(struct recording *recording);
bool cursor_next(struct cursor *cursor, struct recorded_event *ret_event);
void cursor_close(struct cursor *cursor); /* NULL is fine */

#endif
