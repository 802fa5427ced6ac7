/* tracer/writer.c - chunks, commits, and what happens when the pool is empty */
/* SPDX-License-Identifier: MIT */

#include "tracer/writer.h"

#include <linux/futex.h>

#include "format/ring_pool.h"
#include "tracer/clock.h"
#include "tracer/sys.h"

#define RETIRE_EVERY 1024 /* dropped events */
#define WAIT_NS 10000000u /* how long to sleep before looking whether the recorder still lives */

static void count(_Atomic uint64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static uint32_t chunk_count(const struct tracer *tracer)
{
    return ring_capacity(tracer->ring, RING_CHUNKS);
}

static bool claim(struct ring_chunk *chunk, uint32_t from)
{
    return atomic_compare_exchange_strong_explicit(&chunk->state, &from, RING_CHUNK_WRITING,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

static struct ring_chunk *take_free(struct tracer *tracer)
{
    struct ring_chunk *chunk = ring_pool_pop(tracer->ring);

    return chunk != NULL && claim(chunk, RING_CHUNK_FREE) ? chunk : NULL;
}

static struct ring_chunk *oldest_full(struct tracer *tracer)
{
    struct ring_chunk *oldest = NULL;
    uint64_t oldest_sequence = UINT64_MAX;

    for (uint32_t i = 0; i < chunk_count(tracer); i++) {
        struct ring_chunk *chunk = ring_chunk_at(tracer->ring, i);
        uint64_t sequence = atomic_load_explicit(&chunk->sequence, memory_order_relaxed);
        if (atomic_load_explicit(&chunk->state, memory_order_acquire) == RING_CHUNK_FULL &&
            sequence < oldest_sequence) {
            oldest = chunk;
            oldest_sequence = sequence;
        }
    }
    return oldest;
}

static struct ring_chunk *take_oldest(struct tracer *tracer)
{
    struct ring_chunk *chunk;

    while ((chunk = oldest_full(tracer)) != NULL)
        if (claim(chunk, RING_CHUNK_FULL)) {
            uint64_t events = atomic_load_explicit(&chunk->committed, memory_order_relaxed) >> 32;
            count(&tracer->ring->overwritten_events, events);
            return chunk;
        }
    return NULL;
}

/* The kernel marks a robust futex whose owner died; pthread_mutex_t begins with that word. */
static bool recorder_gone(const struct tracer *tracer)
{
    const _Atomic uint32_t *word = (const _Atomic uint32_t *)&tracer->ring->recorder_lock;
    uint32_t owner = atomic_load_explicit(word, memory_order_relaxed);

    return (owner & FUTEX_OWNER_DIED) != 0 || (owner & FUTEX_TID_MASK) == 0;
}

static void stop_blocking(struct tracer *tracer)
{
    uint32_t none = RING_STOP_NONE;

    atomic_store_explicit(&tracer->policy, RING_DROP, memory_order_relaxed);
    atomic_store_explicit(&tracer->ring->stop_stamp, clock_stamp(), memory_order_relaxed);
    atomic_compare_exchange_strong(&tracer->ring->stop_reason, &none, RING_STOP_RECORDER_GONE);
}

static struct ring_chunk *wait_for_free(struct tracer *tracer)
{
    struct ring_header *ring = tracer->ring;
    struct ring_chunk *chunk;

    for (;;) {
        uint32_t seen = atomic_load(&ring->pool_word);
        chunk = take_free(tracer);
        if (chunk != NULL)
            return chunk;
        if (recorder_gone(tracer)) {
            stop_blocking(tracer);
            return NULL;
        }
        atomic_fetch_add(&ring->pool_waiters, 1);
        sys_futex_wait(&ring->pool_word, seen, WAIT_NS, true);
        atomic_fetch_sub(&ring->pool_waiters, 1);
    }
}

static struct ring_chunk *take(struct tracer *tracer)
{
    struct ring_chunk *chunk = take_free(tracer);

    if (chunk != NULL)
        return chunk;
    switch (atomic_load_explicit(&tracer->policy, memory_order_relaxed)) {
    case RING_BLOCK: thread_retire_dead(tracer); return wait_for_free(tracer);
    case RING_OVERWRITE:
        chunk = take_oldest(tracer);
        if (chunk == NULL && thread_retire_dead(tracer))
            chunk = take_oldest(tracer);
        return chunk;
    default:
        /* Nobody may empty any chunk again: not at each call. */
        if (atomic_load_explicit(&tracer->ring->dropped_events, memory_order_relaxed) %
                RETIRE_EVERY ==
            0)
            thread_retire_dead(tracer);
        return take_free(tracer);
    }
}

/* A reader that copied the old content sees sequence change: first to 0, then to the new number. */
static void prepare(struct tracer *tracer, struct thread *thread, unsigned level,
                    struct ring_chunk *chunk, uint64_t stamp)
{
    struct thread_cursor *cursor = &thread->cursor[level];

    if (atomic_load_explicit(&chunk->sequence, memory_order_relaxed) == 0) /* never used */
        sys_populate(chunk, tracer->chunk_bytes);
    /* Acquire as well: none of the stores below may come before it. */
    atomic_exchange_explicit(&chunk->sequence, 0, memory_order_acq_rel);
    atomic_store_explicit(&chunk->committed, 0, memory_order_relaxed);
    chunk->thread = thread->slot;
    chunk->tid = thread->tid;
    chunk->level = level;
    chunk->base_stamp = stamp;
    chunk->dropped_before =
        atomic_load_explicit(&thread->shared->dropped_events, memory_order_relaxed);
    *cursor = (struct thread_cursor){
        .chunk = chunk,
        .base_stamp = stamp,
        .at = (uint64_t *)(chunk + 1),
        .end = (uint64_t *)((char *)chunk + tracer->chunk_bytes),
    };
    uint64_t sequence = atomic_fetch_add(&tracer->ring->next_sequence, 1);
    atomic_store_explicit(&chunk->sequence, sequence, memory_order_release);
}

static void hand_over(struct tracer *tracer, struct ring_chunk *chunk)
{
    uint64_t events = atomic_load_explicit(&chunk->committed, memory_order_relaxed) >> 32;

    count(&tracer->ring->committed_events, events);
    atomic_store_explicit(&chunk->state, RING_CHUNK_FULL, memory_order_release);
}

bool writer_reserve(struct tracer *tracer, struct thread *thread, unsigned level, size_t words,
                    uint64_t stamp)
{
    struct thread_cursor *cursor = &thread->cursor[level];

    if (cursor->chunk != NULL && writer_has_room(cursor, words, stamp))
        return true;
    if (words > (tracer->chunk_bytes - RING_CHUNK_HEADER_BYTES) / sizeof(uint64_t))
        return false;
    struct ring_chunk *full = cursor->chunk;
    *cursor = (struct thread_cursor){.chunk = NULL};
    if (full != NULL)
        hand_over(tracer, full);
    struct ring_chunk *chunk = take(tracer);
    if (chunk == NULL)
        return false;
    prepare(tracer, thread, level, chunk, stamp);
    tracer_note_time(tracer);
    return true;
}

void writer_drop(struct tracer *tracer, struct thread *thread, unsigned events)
{
    count(&thread->shared->dropped_events, events);
    count(&tracer->ring->dropped_events, events);
}

void writer_put(struct tracer *tracer, struct thread *thread, unsigned level,
                const struct event *events, unsigned count_of)
{
    struct thread_cursor *cursor = &thread->cursor[level];
    size_t words = 0;
    uint64_t earliest = UINT64_MAX;

    for (unsigned i = 0; i < count_of; i++) {
        words += event_words(&events[i]);
        earliest = events[i].stamp < earliest ? events[i].stamp : earliest;
    }
    if (!writer_reserve(tracer, thread, level, words, earliest)) {
        writer_drop(tracer, thread, count_of);
        return;
    }
    /* At the cursor: a handler that jumped out may have left a half-written event there. */
    uint64_t *at = cursor->at;
    for (unsigned i = 0; i < count_of; i++)
        at += event_encode(&events[i], cursor->base_stamp, at);
    writer_commit(cursor, at, count_of);
}

void writer_abandon(struct tracer *tracer, uint32_t slot)
{
    struct thread *dead = atomic_load_explicit(&tracer->threads[slot], memory_order_acquire);

    for (unsigned level = 0; dead != NULL && level < RING_NESTING; level++) {
        struct ring_chunk *chunk = dead->cursor[level].chunk;
        dead->cursor[level].chunk = NULL;
        if (chunk != NULL)
            hand_over(tracer, chunk);
    }
}
