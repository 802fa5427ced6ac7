/* tests/unit/scratch.h - a tracer that records into a directory of the test's own */
/* SPDX-License-Identifier: MIT */
#ifndef NPNTRACE_TESTS_UNIT_SCRATCH_H
#define NPNTRACE_TESTS_UNIT_SCRATCH_H

#include "format/event.h"
#include "tracer/tracer.h"

/* Starts the tracer as a flight recorder of size_bytes in a new directory. Once per process. Frames
 * of the program count: it is not the library. NULL: that failed. */
struct tracer *scratch_start(const char *size_bytes);

/* Ends a group of tests: removes the directory and its files. */
int scratch_end(void **state);

const char *scratch_directory(void);

typedef void scratch_visit(const struct event *event, void *argument);

/* Calls visit for every committed event of a chunk. False: one cannot be read, nor those behind. */
bool scratch_chunk_events(const struct ring_chunk *chunk, scratch_visit *visit, void *argument);

/* The same for the whole segment, chunk by chunk; aborts where events cannot be read. */
void scratch_events(const struct ring_header *ring, scratch_visit *visit, void *argument);

/* Registers a plug-in of this name; its id. */
uint32_t scratch_plugin(struct tracer *tracer, const char *path);

#endif
