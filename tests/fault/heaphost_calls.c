/* tests/fault/heaphost_calls.c - the sequence of a thread's heap calls */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/heaphost.h"

#include <alloca.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/splitmix.h"

#define CALLS_AT_A_TIME 8
#define PAUSE_NS 100000
#define SIZES 401 /* a call's size is that of no call near it */

void heaphost_begin(struct heaphost *host, unsigned number, uint64_t seed)
{
    memset(host, 0, sizeof(*host));
    host->shared = &heaphost_page->threads[number];
    host->seed = splitmix(seed * HEAPHOST_THREADS + number);
    atomic_store(&host->shared->tid, (uint32_t)gettid());
}

static void *made(void **slot, uint64_t what, size_t size)
{
    switch (what) {
    case 0: return calloc(1, size);
    case 1: return memalign(64, size);
    case 2: return posix_memalign(slot, 32, size) == 0 ? *slot : NULL;
    default: return malloc(size);
    }
}

/* An empty slot gets a block; a full one gets a larger or smaller one or is emptied. What a handler
 * jumped out of has left the slot empty. */
static __attribute__((noinline)) void operate(struct heaphost *host, uint64_t random, size_t size)
{
    void **slot = &host->slots[random % HEAPHOST_SLOTS], *old = *slot;
    uint64_t what = random >> 40 & 7;

    *slot = NULL;
    if (old == NULL)
        *slot = made(slot, what, size);
    else if (what < 2)
        *slot = realloc(old, size);
    else
        free(old);
}

/* Call stacks of different depths, with and without frame pointers. */
static __attribute__((noinline)) void descend(struct heaphost *host, uint64_t random, size_t size,
                                              unsigned depth)
{
    if (depth == 0) {
        operate(host, random, size);
    } else if (depth % 3 == 0) {
        volatile char *room = alloca(depth * 16 + random % 64);
        room[0] = (char)depth;
        descend(host, random, size, depth - 1);
        if (room[0] != (char)depth)
            abort();
    } else {
        descend(host, random, size, depth - 1);
        __asm__ volatile("");
    }
}

static void call(struct heaphost *host)
{
    uint64_t number = host->next++, random = splitmix(host->seed + number);

    atomic_store(&host->shared->started, number + 1);
    host->in_call = 1;
    atomic_signal_fence(memory_order_seq_cst);
    descend(host, random, 1 + number % SIZES, random >> 20 & 15);
    atomic_signal_fence(memory_order_seq_cst);
    host->in_call = 0;
    atomic_store(&host->shared->completed, number + 1);
}

/* A handler has jumped out of the call before `next`. */
static void jumped_out(struct heaphost *host)
{
    struct heaphost_thread *shared = host->shared;
    uint32_t jumps = atomic_load(&shared->jumps);

    if (jumps == HEAPHOST_JUMPS)
        _exit(97);
    host->slots[splitmix(host->seed + host->next - 1) % HEAPHOST_SLOTS] = NULL;
    shared->jumped[jumps] = host->next - 1;
    atomic_store(&shared->jumps, jumps + 1);
    atomic_store(&shared->completed, host->next);
}

static void pause_now_and_then(const struct heaphost *host)
{
    const struct timespec moment = {0, PAUSE_NS};

    if (heaphost_pauses && host->next % CALLS_AT_A_TIME == 0)
        nanosleep(&moment, NULL);
}

void heaphost_run(struct heaphost *host, uint64_t count)
{
    if (sigsetjmp(host->back, 1) != 0)
        jumped_out(host);
    while (count > 0 ? host->next < count : !atomic_load(&heaphost_stop)) {
        pause_now_and_then(host);
        call(host);
    }
}
