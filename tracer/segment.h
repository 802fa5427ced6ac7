/* tracer/segment.h - where a process's segment comes from */
/* SPDX-License-Identifier: MIT */

/*
 * From the recorder (NPNTRACE_RECORDER names its socket; format/handover.h), or a file of our own
 * in NPNTRACE_DIR (flight recorder), or private memory when neither can be had. The host sees no
 * descriptor: all are closed when tracing has started.
 */
#ifndef NPNTRACE_TRACER_SEGMENT_H
#define NPNTRACE_TRACER_SEGMENT_H

#include <stdbool.h>

#include "format/ring.h"

struct segment {
    struct ring_header *ring; /* mapped, in state RING_EMPTY, not inherited by children */
    int nameless;             /* descriptor of a file that has no name yet, or -1 */
};

/* False: there is no memory at all. */
bool segment_open(struct segment *ret_segment);

/* Gives the file its name, once the segment is RING_READY, so that whoever finds one finds it
 * whole. 0 or -errno: then nobody will find it. */
int segment_publish(struct segment *segment);

/* Instead of publishing: nothing stays. */
void segment_discard(struct segment *segment);

/* A segment, over the recorder's socket. 0 or -errno. */
int handover_receive(const char *socket_name, struct ring_header **ret_ring);

#endif
