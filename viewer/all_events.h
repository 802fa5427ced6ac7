/* viewer/all_events.h - NPN, plug-in, instance and heap events, in the order of their stamps */
/* SPDX-License-Identifier: MIT */

/*
 * Merges the cursor (viewer/cursor.h) with the recording's heap events, and has its bounds on order
 * and memory. Threads: one; the recording's events may not be read in another way meanwhile. Frames
 * of inline stacks are valid until the next call.
 */
#ifndef NPNTRACE_VIEWER_ALL_EVENTS_H
#define NPNTRACE_VIEWER_ALL_EVENTS_H

#include "viewer/recording.h"

struct all_events;

struct all_events *all_events_open(struct recording *recording, bool with_heap);
bool all_events_next(struct all_events *all, struct recorded_event *ret_event);
void all_events_close(struct all_events *all); /* NULL is fine */

#endif
