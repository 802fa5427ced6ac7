/* viewer/source_ring.h - what the files that read a ring share */
/* SPDX-License-Identifier: MIT */

/*
 * source_ring.c opens, source_ring_tables.c copies the tables, source_ring_contract.c those of
 * objects and findings, source_ring_runs.c reads the chunks, source_ring_heap.c reads the heap
 * events in them, source_ring_verify.c checks what reading does not need.
 * The process may be writing while we read: words are loaded atomically, entries that can change
 * under our hands are compared after copying, and every loop is bounded by a count of the layout,
 * of which we have a copy.
 */
#ifndef NPNTRACE_VIEWER_SOURCE_RING_H
#define NPNTRACE_VIEWER_SOURCE_RING_H

#include "viewer/mapping.h"
#include "viewer/recording.h"

/* Where in a chunk reading begins, and whose the heap events are there. */
struct ring_place {
    uint32_t words, events;
    uint32_t instance;
    uint32_t plugin;
};

struct ring_run {
    uint64_t sequence;
    uint64_t base_stamp;
    uint32_t chunk;  /* index */
    uint32_t events; /* committed when it was listed */
    bool lost;       /* its unreadable events are counted in losses */
    struct ring_place heap, other; /* begin here; with `following` they move on as is read */
};

/* What was committed to a chunk, copied. */
struct ring_copy {
    char *bytes; /* room for a chunk */
    const uint64_t *words;
    size_t word_count;
    uint32_t events;
    uint64_t base_stamp; /* in the ring's clock */
    uint32_t tid;
};

struct ring_merge; /* source_ring_heap.c */

struct ring_source {
    struct mapping mapping;
    struct ring_layout layout; /* as it was checked; what the file says may change at any time */
    struct ring_clock_pair later; /* for all conversions alike */
    bool has_later;
    char *strings; /* copy of the used part, and a NUL */
    uint32_t string_bytes;
    struct ring_run *runs; /* by sequence */
    struct ring_copy copy; /* of the chunk that is being read */
    size_t word_at;
    uint32_t events_left;
    struct ring_run *run;  /* that is being read */
    uint32_t inline_count; /* of the last EVENT_STACK */
    const struct event_frame *inline_frames;
    bool reading;
    bool following; /* runs are read once, up to the snapshot and no further: see viewer/follow.h */
    struct ring_merge *merge; /* NULL until heap events are read */
};

static inline struct ring_source *ring_source_of(const struct recording *recording)
{
    return recording->source_data;
}

static inline const struct ring_header *ring_header_of(const struct recording *recording)
{
    return ring_source_of(recording)->mapping.base;
}

static inline const void *source_ring_area(const struct recording *recording, enum ring_area area)
{
    const struct ring_source *source = ring_source_of(recording);
    return (const char *)source->mapping.base + source->layout.area[area].offset;
}

static inline const struct ring_chunk *source_ring_chunk(const struct recording *recording,
                                                         uint32_t index)
{
    const char *chunks = source_ring_area(recording, RING_CHUNKS);
    return (const struct ring_chunk *)(chunks + (size_t)index *
                                                    ring_source_of(recording)->layout.chunk_bytes);
}

/* Entries of an area that the file really holds (all, unless it is cut short). */
uint32_t source_ring_readable(const struct recording *recording, enum ring_area area);

/* used[area], never more than readable. */
uint32_t source_ring_used(const struct recording *recording, enum ring_area area);

/* Offset in the file of an entry. */
uint64_t source_ring_offset(const struct recording *recording, enum ring_area area, uint64_t index);

/* A stamp of the ring in nanoseconds. */
uint64_t source_ring_ns(const struct recording *recording, uint64_t stamp);

/* With `following`: an event for the next time. */
bool source_ring_is_later(const struct recording *recording, const struct event *event);

void source_ring_copy_tables(struct recording *recording);

/* Objects and findings, with the ring's names: before the tables that they name are copied. */
void source_ring_copy_contract(struct recording *recording);

const char *source_ring_string(const struct recording *recording, uint32_t id);
const char *source_ring_text(const struct recording *recording, uint32_t id, uint32_t *ret_bytes);

void source_ring_list_runs(struct recording *recording);
uint64_t source_ring_run_stamp(const struct recording *recording, size_t run);
bool source_ring_run_open(struct recording *recording, size_t run);
bool source_ring_run_next(struct recording *recording, struct recorded_event *ret_event);

/* Copies a run's chunk; to->bytes is the caller's. False: it was recycled, which is noted once. */
bool source_ring_copy(struct recording *recording, struct ring_run *run, struct ring_copy *to);

void source_ring_heap_begin(struct recording *recording, const struct recording_part *part);
size_t source_ring_heap_batch(struct recording *recording, struct trace_heap_event **ret_events);
void source_ring_heap_free(struct ring_merge *merge); /* NULL is fine */

/* The newest stamp in any chunk that may hold the last event. */
uint64_t source_ring_last_stamp(struct recording *recording);

/* Reach of the side table, order of stamps in chunks, counts of events. */
void source_ring_verify(struct recording *recording);

#endif
