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

/* Makes room for `words` at the cursor, in a new chunk if need be, for events stamped no earlier
 * than `stamp`. False: there is none; the caller counts with writer_drop(). */
bool writer_reserve(struct tracer *tracer, struct thread *thread, unsigned level, size_t words,
                    uint64_t stamp);
void writer_drop(struct tracer *tracer, struct thread *thread, unsigned events);

/* True if the cursor's chunk has room and can carry the stamp: nothing to reserve. */
static inline bool writer_has_room(const struct thread_cursor *cursor, size_t words, uint64_t stamp)
{
    return words <= (size_t)(cursor->end - cursor->at) &&
           stamp - cursor->base_stamp < EVENT_STAMP_LIMIT;
}

/* What was written from cursor->at on becomes visible. */
static inline void writer_commit(struct thread_cursor *cursor, uint64_t *end, unsigned events)
{
    cursor->committed += ((uint64_t)events << 32) + (uint64_t)(end - cursor->at) * sizeof(uint64_t);
    cursor->at = end;
    /* Pairs with the readers' acquire load of committed. */
    atomic_store_explicit(&cursor->chunk->committed, cursor->committed, memory_order_release);
}

/* Commits the events as one: all are seen by readers, or none. They are counted as dropped if there
 * is no room. At most RING_MIN chunk's worth of words; larger ones are dropped. */
void writer_put(struct tracer *tracer, struct thread *thread, unsigned level,
                const struct event *events, unsigned count);

/* Hands over what a dead thread's slot still owns. Under the table lock. */
void writer_abandon(struct tracer *tracer, uint32_t slot);

#endif
