/* tests/bench/twin_stamp.c: a preload library that stamps and records, without backtraces. */
/* SPDX-License-Identifier: MIT */

/*
 * What no tracer of this kind can do without: read the clock, write a record (24 bytes for an
 * allocation, 16 for a free), publish it with a release store. Each thread has a ring of its own,
 * which it overwrites: nobody reads it, and it stays in the second-level cache, as chunks do that a
 * quick reader hands back.
 */

#include "tests/bench/twin.c"

#include <stdatomic.h>
#include <sys/mman.h>

enum { RING_BYTES = 1 << 20, ALLOC_BYTES = 24, FREE_BYTES = 16 };

struct ring {
    _Atomic uint64_t position; /* bytes ever written; release by the writer */
    _Atomic uint64_t events;
    struct ring *next;
    uint64_t words[RING_BYTES / sizeof(uint64_t) + 4];
};

static _Atomic(struct ring *) rings;

/* initial-exec: no call into the loader, which may allocate. */
static __thread __attribute__((tls_model("initial-exec"))) struct ring *own;

static __attribute__((noinline, cold)) struct ring *make_ring(void)
{
    struct ring *ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (ring == MAP_FAILED)
        abort();
    ring->next = atomic_load(&rings);
    while (!atomic_compare_exchange_weak(&rings, &ring->next, ring))
        ;
    own = ring;
    return ring;
}

#if defined(__x86_64__)
static inline uint64_t stamp(void)
{
    return __builtin_ia32_rdtsc();
}
#else
static inline uint64_t stamp(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#endif

static inline uint64_t *record(struct ring *ring)
{
    uint64_t position = atomic_load_explicit(&ring->position, memory_order_relaxed);

    return ring->words + position % RING_BYTES / sizeof(uint64_t);
}

static inline void commit(struct ring *ring, unsigned bytes)
{
    uint64_t position = atomic_load_explicit(&ring->position, memory_order_relaxed);
    uint64_t events = atomic_load_explicit(&ring->events, memory_order_relaxed);

    atomic_store_explicit(&ring->events, events + 1, memory_order_relaxed);
    atomic_store_explicit(&ring->position, position + bytes, memory_order_release);
}

inline void twin_freeing(void *block)
{
    struct ring *ring = own != NULL ? own : make_ring();
    uint64_t *words = record(ring);

    words[0] = stamp();
    words[1] = (uint64_t)block;
    commit(ring, FREE_BYTES);
}

inline void twin_allocated(void *block, size_t bytes)
{
    struct ring *ring = own != NULL ? own : make_ring();
    uint64_t *words = record(ring);

    words[0] = stamp();
    words[1] = (uint64_t)block;
    words[2] = bytes;
    commit(ring, ALLOC_BYTES);
}

uint64_t bench_twin_events(void)
{
    uint64_t events = 0;

    for (struct ring *ring = atomic_load(&rings); ring != NULL; ring = ring->next)
        events += atomic_load_explicit(&ring->events, memory_order_relaxed);
    return events;
}
