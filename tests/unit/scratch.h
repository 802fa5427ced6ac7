/* tests/unit/scratch.h - a tracer that records into a directory of the test's own */
/* SPDX-License-Identifier: MIT */
#ifndef NPNTRACE_TESTS_UNIT_SCRATCH_H
#define NPNTRACE_TESTS_UNIT_SCRATCH_H

#include "format/event.h"
#include "tracer/tracer.h"

/* Starts the tracer as a flight recorder of size_bytes in a new directory. Once per process. */
struct tracer *scratch_start(const char *size_bytes);

/* Removes the directory and its files. */
void scratch_end(void);

const char *scratch_directory(void);

/* Calls visit for every committed event of the segment, chunk by chunk; the number of events. */
unsigned scratch_events(const struct ring_header *ring,
                        void (*visit)(const struct event *event, void *argument), void *argument);

/* Registers a plug-in of this name; its id. */
uint32_t scratch_plugin(struct tracer *tracer, const char *path);

#endif
