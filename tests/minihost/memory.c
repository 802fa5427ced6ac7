/* tests/minihost/memory.c: NPN_MemAlloc, NPN_MemFree and NPN_MemFlush of the mini-host. */
/* SPDX-License-Identifier: MIT */

#include "tests/minihost/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/minihost/host.h"
#include "tests/minihost/options.h"
#include "tests/plugins/tally.h"

/* ---- where blocks come from ------------------------------------------------------------------ */

/* Never freed, never used twice, no lock: good for signal handlers and double frees. */
static void *arena_alloc(size_t bytes)
{
    enum { ARENA_BYTES = 1 << 28 };
    static _Atomic(char *) arena;
    static atomic_size_t used;
    char *start = atomic_load(&arena);
    if (start == NULL) {
        char *fresh = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (fresh == MAP_FAILED)
            return NULL;
        if (atomic_compare_exchange_strong(&arena, &start, fresh))
            start = fresh;
        else
            munmap(fresh, ARENA_BYTES);
    }
    size_t at = atomic_fetch_add(&used, (bytes + 31) & ~(size_t)15);
    return at + bytes <= ARENA_BYTES ? start + at : NULL;
}

/* As one known host has it: 24 bytes before the block, which is then not the C library's. */
struct block_header {
    uint64_t magic;
    uint64_t bytes;
    uint64_t inverted_magic;
};

#define HEADER_MAGIC UINT64_C(0x6d696e69686f7374)

static void *header_alloc(size_t bytes)
{
    struct block_header *header = malloc(sizeof *header + bytes);
    if (header == NULL)
        return NULL;
    *header = (struct block_header){HEADER_MAGIC, bytes, ~HEADER_MAGIC};
    return header + 1;
}

static void header_free(void *block)
{
    struct block_header *header = (struct block_header *)block - 1;
    if (header->magic != HEADER_MAGIC || header->inverted_magic != ~HEADER_MAGIC) {
        say("  host: NPN_MemFree of a block that is not its own");
        return;
    }
    header->magic = 0;
    free(header);
}

void *memory_own_alloc(size_t bytes)
{
    switch (options.mem) {
    case MEM_HEADER:
        return header_alloc(bytes);
    case MEM_ARENA:
        return arena_alloc(bytes);
    default:
        return malloc(bytes);
    }
}

static void block_free(void *block)
{
    if (block == NULL || block == (void *)-1 || options.mem == MEM_ARENA)
        return;
    if (options.mem == MEM_HEADER)
        header_free(block);
    else
        free(block);
}

void memory_own_free(void *block)
{
    errno = TALLY_ERRNO_BEFORE;
    if (options.release_by_table)
        memory_sets[0].memfree(block);
    else
        block_free(block);
}

char *memory_own_string(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(memory_own_alloc(bytes), text, bytes);
}

/* ---- the functions of the table -------------------------------------------------------------- */

static struct counts {
    atomic_ullong allocs, bytes, failed, frees, null_frees, flushes;
} counts[MEMORY_SETS];

static atomic_ullong errno_kept, errno_lost;

/* The sample plug-ins set errno before each call; a layer in between must not change it. */
static void note_errno(int value)
{
    atomic_fetch_add(value == TALLY_ERRNO_BEFORE ? &errno_kept : &errno_lost, 1);
}

static bool alloc_is_to_fail(uint32_t size)
{
    static atomic_uint calls;
    if (size == UINT32_MAX || (size == 0 && options.alloc_zero_null))
        return true;
    return options.alloc_fail_every != 0 &&
           (atomic_fetch_add(&calls, 1) + 1) % options.alloc_fail_every == 0;
}

/* The handler may come back to NPN_MemAlloc, which does not raise a signal then. */
static void raise_if_asked(void)
{
    static _Thread_local volatile sig_atomic_t raising;
    if (!options.raise_in_memalloc || raising)
        return;
    raising = 1;
    raise(SIGUSR1);
    raising = 0;
}

static void *set_alloc(struct counts *c, uint32_t size)
{
    note_errno(errno);
    raise_if_asked();
    void *block = alloc_is_to_fail(size) ? NULL : memory_own_alloc(size);
    raise_if_asked();
    atomic_fetch_add(block != NULL ? &c->allocs : &c->failed, 1);
    atomic_fetch_add(&c->bytes, block != NULL ? size : 0);
    errno = block != NULL ? MEMORY_ERRNO : ENOMEM;
    return block;
}

static void set_free(struct counts *c, void *block)
{
    note_errno(errno);
    atomic_fetch_add(block != NULL ? &c->frees : &c->null_frees, 1);
    block_free(block);
    errno = MEMORY_ERRNO;
}

static uint32_t set_flush(struct counts *c, uint32_t size)
{
    static atomic_uint left = 5000;
    note_errno(errno);
    atomic_fetch_add(&c->flushes, 1);
    errno = MEMORY_ERRNO;
    if (options.flush != FLUSH_SOME)
        return options.flush == FLUSH_ECHO ? size : 0;
    uint32_t have = atomic_load(&left), give = size < have ? size : have;
    atomic_fetch_sub(&left, give);
    return give;
}

static void *memalloc_a(uint32_t size)
{
    return set_alloc(&counts[0], size);
}

static void memfree_a(void *block)
{
    set_free(&counts[0], block);
}

static uint32_t memflush_a(uint32_t size)
{
    return set_flush(&counts[0], size);
}

static void *memalloc_b(uint32_t size)
{
    return set_alloc(&counts[1], size);
}

static void memfree_b(void *block)
{
    set_free(&counts[1], block);
}

static uint32_t memflush_b(uint32_t size)
{
    return set_flush(&counts[1], size);
}

const struct memory_set memory_sets[MEMORY_SETS] = {
    {memalloc_a, memfree_a, memflush_a},
    {memalloc_b, memfree_b, memflush_b},
};

void memory_say_counts(void)
{
    for (int i = 0; i < MEMORY_SETS; i++) {
        struct counts *c = &counts[i];
        if (c->allocs + c->failed + c->frees + c->null_frees + c->flushes == 0)
            continue;
        say("host: set %c: %llu allocations of %llu bytes, %llu failed, %llu frees, %llu of NULL, "
            "%llu flushes",
            'A' + i, c->allocs, c->bytes, c->failed, c->frees, c->null_frees, c->flushes);
    }
    if (errno_kept + errno_lost != 0)
        say("host: errno came through in %llu calls, not in %llu", errno_kept, errno_lost);
}
