/* tracer/writer.h - a thread's way into the ring */
/* SPDX-License-Identifier: MIT */

/*
 * One writer per thread and nesting level, each in a chunk of its own (format/ring.h). Reserve,
 * fill, commit: the commit is one release store, the only one that readers wait for. A writer
 * killed before it leaves nothing; killed after it leaves a whole event.
 *
 * When no chunk is free: RING_BLOCK waits for the recorder (and turns to RING_DROP when the
 * recorder is gone), RING_DROP counts, RING_OVERWRITE recycles the oldest full chunk.
 */
#ifndef NPNTRACE_TRACER_WRITER_H
#define NPNTRACE_TRACER_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "format/event.h"
#include "tracer/thread.h"

/* Commits the events as one: all are seen by readers, or none. They are counted as dropped if there
 * is no room. At most RING_MIN chunk's worth of words; larger ones are dropped. */
void writer_put(struct tracer *tracer, struct thread *thread, unsigned level,
                const struct event *events, unsigned count);

/* Hands over what a dead thread's slot still owns. Under the table lock. */
void writer_abandon(struct tracer *tracer, uint32_t slot);

#endif
