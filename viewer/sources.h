/* viewer/sources.h - the kinds of files that a recording can be */
/* SPDX-License-Identifier: MIT */

/*
 * Each fills a zeroed struct recording (see viewer/recording.h) from a mapped file that begins with
 * its magic. 0: recording->source is set and owns the mapping. -errno: nothing could be read, the
 * reason is the first damage in recording->problems, and the mapping is still the caller's.
 */
#ifndef NPNTRACE_VIEWER_SOURCES_H
#define NPNTRACE_VIEWER_SOURCES_H

#include "viewer/mapping.h"
#include "viewer/recording.h"

int source_ring_open(struct recording *recording, struct mapping *mapping);
int source_trace_open(struct recording *recording, struct mapping *mapping);

#endif
