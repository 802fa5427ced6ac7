/* format/ring_pool.h - the chunks that wait for a writer */
/* SPDX-License-Identifier: MIT */

/*
 * A lock-free stack, so that the chunk used last, whose lines are still in the caches, is used
 * next, and pages of the others stay untouched. Chunks come into it when the recorder has consumed
 * them; those that were never used are counted by used[RING_CHUNKS] and taken when it is empty.
 *
 *   pool_head   tag << 32 | index + 1 of the first chunk, 0: empty
 *
 * The tag changes with every change, so a slow pop never puts back a head that was used in between.
 * A process that dies between taking a chunk out and marking it loses that chunk, nothing else. Any
 * thread and both processes; indices read here are checked.
 */
#ifndef NPNTRACE_FORMAT_RING_POOL_H
#define NPNTRACE_FORMAT_RING_POOL_H

#include "format/ring.h"

static inline void ring_pool_push(struct ring_header *header, uint32_t index)
{
    struct ring_chunk *chunk = ring_chunk_at(header, index);
    uint64_t head = atomic_load_explicit(&header->pool_head, memory_order_relaxed);
    uint64_t wanted;

    do {
        atomic_store_explicit(&chunk->next_free, (uint32_t)head, memory_order_relaxed);
        wanted = ((head >> 32) + 1) << 32 | (index + 1);
    } while (!atomic_compare_exchange_weak_explicit(&header->pool_head, &head, wanted,
                                                    memory_order_release, memory_order_relaxed));
}

/* A chunk in state FREE that nobody else gets, NULL: there is none. */
static inline struct ring_chunk *ring_pool_pop(struct ring_header *header)
{
    uint32_t count = ring_capacity(header, RING_CHUNKS);
    uint64_t head = atomic_load_explicit(&header->pool_head, memory_order_acquire);

    while ((uint32_t)head != 0 && (uint32_t)head <= count) {
        struct ring_chunk *chunk = ring_chunk_at(header, (uint32_t)head - 1);
        uint64_t next = atomic_load_explicit(&chunk->next_free, memory_order_relaxed);
        uint64_t wanted = ((head >> 32) + 1) << 32 | next;
        if (atomic_compare_exchange_weak_explicit(&header->pool_head, &head, wanted,
                                                  memory_order_acquire, memory_order_acquire))
            return chunk;
    }
    uint32_t used = atomic_load_explicit(&header->used[RING_CHUNKS], memory_order_relaxed);
    while (used < count)
        if (atomic_compare_exchange_weak_explicit(&header->used[RING_CHUNKS], &used, used + 1,
                                                  memory_order_relaxed, memory_order_relaxed))
            return ring_chunk_at(header, used);
    return NULL;
}

#endif
