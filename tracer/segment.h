/* tracer/segment.h - where a process's segment comes from */
/* SPDX-License-Identifier: MIT */

/*
 * From the recorder (NPNTRACE_RECORDER names its socket; format/handover.h), or a file of our own
 * in NPNTRACE_DIR (flight recorder), or private memory when neither can be had. The host sees no
 * descriptor: all are closed before the functions return.
 */
#ifndef NPNTRACE_TRACER_SEGMENT_H
#define NPNTRACE_TRACER_SEGMENT_H

#include "format/ring.h"

/* A mapped segment in state RING_EMPTY, not inherited by children. NULL if there is no memory at
 * all. */
struct ring_header *segment_open(void);

/* The same, over the recorder's socket. 0 or -errno. */
int handover_receive(const char *socket_name, struct ring_header **ret_ring);

#endif
