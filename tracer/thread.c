/* tracer/thread.c - per-thread blocks, slots, and the end of threads that are gone */
/* SPDX-License-Identifier: MIT */

#include "tracer/thread.h"

#include <errno.h>

#include "tracer/sys.h"
#include "tracer/writer.h"

__thread struct thread *thread_block
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

static void retire(struct tracer *tracer, uint32_t slot)
{
    struct ring_thread *shared = (struct ring_thread *)ring_area(tracer->ring, RING_THREADS) + slot;

    writer_abandon(tracer, slot);
    atomic_store_explicit(&shared->tid, 0, memory_order_release);
}

bool thread_retire_dead(struct tracer *tracer)
{
    struct ring_thread *shared = ring_area(tracer->ring, RING_THREADS);
    uint32_t used = atomic_load_explicit(&tracer->ring->used[RING_THREADS], memory_order_acquire);
    struct lock_mask mask;
    bool found = false;

    if (!lock_acquire(&tracer->table_lock, &mask))
        return false;
    for (uint32_t slot = 0; slot < used; slot++) {
        uint32_t tid = atomic_load_explicit(&shared[slot].tid, memory_order_acquire);
        if (tid != 0 && sys_thread_gone(tid)) {
            retire(tracer, slot);
            found = true;
        }
    }
    lock_release(&tracer->table_lock, &mask);
    return found;
}

/* A free slot, claimed for tid; a slot that still carries this tid belonged to a dead thread. */
static int claim_locked(struct tracer *tracer, uint32_t tid, uint32_t *ret_slot)
{
    struct ring_thread *shared = ring_area(tracer->ring, RING_THREADS);
    uint32_t capacity = ring_capacity(tracer->ring, RING_THREADS);
    uint32_t used = atomic_load_explicit(&tracer->ring->used[RING_THREADS], memory_order_relaxed);
    uint32_t chosen = UINT32_MAX;

    for (uint32_t slot = 0; slot < used; slot++) {
        uint32_t owner = atomic_load_explicit(&shared[slot].tid, memory_order_relaxed);
        if (owner == tid)
            retire(tracer, slot);
        if ((owner == 0 || owner == tid) && chosen == UINT32_MAX)
            chosen = slot;
    }
    if (chosen == UINT32_MAX && used < capacity)
        chosen = used;
    if (chosen == UINT32_MAX)
        return -1;
    atomic_store_explicit(&shared[chosen].operations, 0, memory_order_relaxed);
    atomic_store_explicit(&shared[chosen].tid, tid, memory_order_release);
    if (chosen == used)
        atomic_store_explicit(&tracer->ring->used[RING_THREADS], used + 1, memory_order_release);
    *ret_slot = chosen;
    return 0;
}

static int claim(struct tracer *tracer, uint32_t tid, uint32_t *ret_slot)
{
    struct lock_mask mask;

    if (!lock_acquire(&tracer->table_lock, &mask))
        return -1;
    int error = claim_locked(tracer, tid, ret_slot);
    lock_release(&tracer->table_lock, &mask);
    return error;
}

static struct thread *block_of(struct tracer *tracer, uint32_t slot)
{
    struct thread *block = atomic_load_explicit(&tracer->threads[slot], memory_order_acquire);

    if (block == NULL) {
        block = sys_map(sizeof(*block));
        atomic_store_explicit(&tracer->threads[slot], block, memory_order_release);
    }
    return block;
}

/* Only the head is cleared. What is known of frames holds for every thread. */
static void reset(struct thread *block)
{
    __builtin_memset(block, 0, offsetof(struct thread, segments));
    for (unsigned level = 0; level < RING_NESTING; level++)
        block->memo[level].valid = false;
}

static struct thread *enlist(struct tracer *tracer)
{
    uint32_t tid = sys_gettid();
    uint32_t slot;

    if (claim(tracer, tid, &slot) != 0 &&
        (!thread_retire_dead(tracer) || claim(tracer, tid, &slot) != 0))
        return NULL;
    struct thread *block = block_of(tracer, slot);
    if (block == NULL)
        return NULL;
    reset(block);
    block->tracer = tracer;
    block->slot = slot;
    block->tid = tid;
    block->shared = (struct ring_thread *)ring_area(tracer->ring, RING_THREADS) + slot;
    block->errno_at = &errno;
    thread_block = block;
    return block;
}

struct thread *thread_self(struct tracer *tracer)
{
    struct thread *block = thread_known(tracer);

    return block != NULL ? block : enlist(tracer);
}
