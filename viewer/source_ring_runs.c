/* viewer/source_ring_runs.c - a ring's chunks, oldest first, as runs of events */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_ring.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LAST_CHUNKS 16 /* newest ones that may hold the last event besides those being written */

static uint64_t chunk_sequence(const struct ring_chunk *chunk)
{
    return atomic_load_explicit(&chunk->sequence, memory_order_acquire);
}

static int compare_runs(const void *left, const void *right)
{
    const struct ring_run *a = left, *b = right;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void list_chunk(struct recording *recording, uint32_t index, uint64_t next_sequence)
{
    struct ring_source *source = ring_source_of(recording);
    const struct ring_chunk *chunk = source_ring_chunk(recording, index);
    uint32_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);
    uint64_t sequence = chunk_sequence(chunk);
    uint64_t offset = source_ring_offset(recording, RING_CHUNKS, index);

    if (state > RING_CHUNK_FULL) {
        problems_add(&recording->problems, PROBLEM_DAMAGE, offset,
                     "chunk %" PRIu32 " is in state %" PRIu32 ", which does not exist", index,
                     state);
        return;
    }
    if (state == RING_CHUNK_FREE || sequence == 0)
        return;
    if (sequence >= next_sequence && !recording->live) {
        problems_add(&recording->problems, PROBLEM_DAMAGE, offset,
                     "chunk %" PRIu32 " has sequence %" PRIu64 ", but the next one is %" PRIu64,
                     index, sequence, next_sequence);
        return;
    }
    source->runs[recording->run_count++] = (struct ring_run){
        .sequence = sequence,
        .base_stamp = chunk->base_stamp,
        .chunk = index,
        .events = (uint32_t)(atomic_load_explicit(&chunk->committed, memory_order_relaxed) >> 32),
    };
}

static void check_sequences(struct recording *recording)
{
    const struct ring_run *runs = ring_source_of(recording)->runs;

    for (size_t i = 1; i < recording->run_count; i++)
        if (runs[i].sequence == runs[i - 1].sequence && !recording->live)
            problems_add(&recording->problems, PROBLEM_DAMAGE,
                         source_ring_offset(recording, RING_CHUNKS, runs[i].chunk),
                         "chunks %" PRIu32 " and %" PRIu32 " have the same sequence",
                         runs[i - 1].chunk, runs[i].chunk);
}

void source_ring_list_runs(struct recording *recording)
{
    struct ring_source *source = ring_source_of(recording);
    uint32_t chunks = source_ring_readable(recording, RING_CHUNKS);
    uint64_t next_sequence =
        atomic_load_explicit(&ring_header_of(recording)->next_sequence, memory_order_relaxed);

    source->runs = xalloc_zeroed(chunks, sizeof(*source->runs));
    source->copy.bytes = xalloc_zeroed(ring_source_of(recording)->layout.chunk_bytes, 1);
    for (uint32_t i = 0; i < chunks; i++)
        list_chunk(recording, i, next_sequence);
    if (recording->run_count != 0)
        qsort(source->runs, recording->run_count, sizeof(*source->runs), compare_runs);
    check_sequences(recording);
}

uint64_t source_ring_run_stamp(const struct recording *recording, size_t run)
{
    return source_ring_ns(recording, ring_source_of(recording)->runs[run].base_stamp);
}

/* Copies what is committed; true if it was not recycled meanwhile. */
static bool copy_chunk(struct recording *recording, const struct ring_run *run,
                       struct ring_copy *to)
{
    const struct ring_chunk *chunk = source_ring_chunk(recording, run->chunk);
    uint32_t room = ring_source_of(recording)->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;

    if (chunk_sequence(chunk) != run->sequence)
        return false;
    uint64_t committed = atomic_load_explicit(&chunk->committed, memory_order_acquire);
    uint32_t bytes = (uint32_t)committed;
    if (bytes > room || bytes % sizeof(uint64_t) != 0) {
        if (chunk_sequence(chunk) != run->sequence)
            return false;
        problems_add(&recording->problems, PROBLEM_DAMAGE, recording->event_offset,
                     "chunk %" PRIu32 " claims %" PRIu32 " bytes of events", run->chunk, bytes);
        bytes = bytes > room ? room : bytes - bytes % (uint32_t)sizeof(uint64_t);
    }
    memcpy(to->bytes, (const char *)chunk + RING_CHUNK_HEADER_BYTES, bytes);
    to->words = (const uint64_t *)(const void *)to->bytes;
    to->word_count = bytes / sizeof(uint64_t);
    to->events = (uint32_t)(committed >> 32);
    to->tid = chunk->tid;
    to->base_stamp = chunk->base_stamp;
    atomic_thread_fence(
        memory_order_acquire); /* pairs with the writer's fence after sequence = 0 */
    return atomic_load_explicit(&chunk->sequence, memory_order_relaxed) == run->sequence;
}

bool source_ring_copy(struct recording *recording, struct ring_run *run, struct ring_copy *to)
{
    recording->event_offset = source_ring_offset(recording, RING_CHUNKS, run->chunk);
    if (copy_chunk(recording, run, to))
        return true;
    if (!run->lost)
        recording->losses.overwritten_events += run->events;
    run->lost = true;
    return false;
}

bool source_ring_run_open(struct recording *recording, size_t index)
{
    struct ring_source *source = ring_source_of(recording);

    source->run = &source->runs[index];
    source->reading = source_ring_copy(recording, source->run, &source->copy);
    source->word_at = source->run->other.words;
    source->events_left = source->reading ? source->copy.events - source->run->other.events : 0;
    source->inline_count = 0;
    return source->reading;
}

static bool end_run(struct recording *recording, const char *what)
{
    struct ring_source *source = ring_source_of(recording);

    source->reading = false;
    if (what == NULL)
        return false;
    problems_add(&recording->problems, PROBLEM_DAMAGE,
                 recording->event_offset + RING_CHUNK_HEADER_BYTES +
                     source->word_at * sizeof(uint64_t),
                 "%s", what);
    recording->losses.damaged_events += source->run->lost ? 0 : source->events_left;
    source->run->lost = true;
    return false;
}

static void hand_out(const struct recording *recording, struct recorded_event *recorded)
{
    const struct ring_source *source = ring_source_of(recording);
    struct event *event = &recorded->event;

    event->stamp = source_ring_ns(recording, event->stamp);
    event->owner_stamp = source_ring_ns(recording, event->owner_stamp);
    recorded->tid = source->copy.tid;
    recorded->frames = source->inline_frames;
    recorded->frame_count = event->node == RING_NODE_INLINE ? source->inline_count : 0;
}

bool source_ring_run_next(struct recording *recording, struct recorded_event *ret_event)
{
    struct ring_source *source = ring_source_of(recording);
    const struct ring_copy *copy = &source->copy;

    while (source->reading) {
        if (source->word_at == copy->word_count)
            return end_run(recording, source->events_left != 0
                                          ? "a chunk claims more events than it holds"
                                          : NULL);
        size_t words =
            event_decode(copy->words + source->word_at, copy->word_count - source->word_at,
                         copy->base_stamp, &ret_event->event);
        if (words == 0)
            return end_run(recording, "an event is of no known kind or does not fit its chunk");
        if (source->events_left == 0)
            return end_run(recording, "a chunk holds more events than it claims");
        if (source_ring_is_later(recording, &ret_event->event))
            return end_run(recording, NULL);
        source->word_at += words;
        source->events_left--;
        if (source->following && ret_event->event.type != EVENT_STACK)
            source->run->other = (struct ring_place){
                .words = (uint32_t)source->word_at,
                .events = source->copy.events - source->events_left,
            };
        if (ret_event->event.type == EVENT_STACK) {
            source->inline_count = ret_event->event.frame_count;
            source->inline_frames = ret_event->event.frames;
            continue;
        }
        if (recording_is_heap(&ret_event->event))
            continue; /* source_ring_heap.c */
        hand_out(recording, ret_event);
        return true;
    }
    return false;
}

static uint64_t last_stamp_of(struct recording *recording, size_t run)
{
    struct ring_source *source = ring_source_of(recording);
    uint64_t last = 0;
    struct event event;

    if (!source_ring_run_open(recording, run))
        return 0;
    while (source->word_at < source->copy.word_count) {
        size_t words = event_decode(source->copy.words + source->word_at,
                                    source->copy.word_count - source->word_at,
                                    source->copy.base_stamp, &event);
        if (words == 0)
            break;
        if (event.type != EVENT_STACK && event.stamp > last)
            last = event.stamp;
        source->word_at += words;
    }
    source->reading = false;
    return source_ring_ns(recording, last);
}

/* A thread's newest events are in the chunk that it is writing, or was when it was retired. */
uint64_t source_ring_last_stamp(struct recording *recording)
{
    const struct ring_source *source = ring_source_of(recording);
    uint64_t last = recording->process.start_stamp;

    for (size_t i = recording->run_count; i > 0; i--) {
        const struct ring_chunk *chunk =
            source_ring_chunk(recording, source->runs[i - 1].chunk);
        if (recording->run_count - i >= LAST_CHUNKS &&
            atomic_load_explicit(&chunk->state, memory_order_relaxed) != RING_CHUNK_WRITING)
            continue;
        uint64_t stamp = last_stamp_of(recording, i - 1);
        last = stamp > last ? stamp : last;
    }
    for (size_t i = 0; i < recording->plugin_count; i++)
        if (recording->plugins[i].end_stamp > last)
            last = recording->plugins[i].end_stamp;
    return last;
}
