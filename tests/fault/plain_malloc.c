/* tests/fault/plain_malloc.c - an allocator that signal handlers may call at any instant */
/* SPDX-License-Identifier: MIT */

/*
 * Preloaded in the C library's place. Fresh blocks are cut off one region with an atomic addition;
 * freed ones wait in a lock-free stack for each power of two:
 *
 *   waiting[class]   tag << 48 | address of the first block, whose first word is the next one's
 *
 * The tag changes with every change, so that a block that was taken and put back in between is
 * noticed. A handler may allocate while it interrupts an allocation and may jump out of it, which
 * loses at most a block; a child may allocate after any kind of fork.
 *
 * The functions do not call each other: calls between exported functions would go through whoever
 * stands in front of this library.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REGION_BYTES (UINT64_C(1) << 40)
#define LEAST_ALIGNMENT 16u
#define LEAST_CLASS 4u  /* 16 bytes */
#define MOST_CLASS 20u  /* 1 MiB; larger ones are not used again */
#define UNCLASSED 0u    /* neither are those of larger alignment */
#define ADDRESS_MASK ((UINT64_C(1) << 48) - 1)
#define PAGE 4096u

struct head { /* before each block */
    uint64_t bytes;
    uint64_t class;
};
_Static_assert(sizeof(struct head) == LEAST_ALIGNMENT, "blocks stay aligned");

static _Atomic uint64_t region, next, waiting[MOST_CLASS + 1];

/* Of two that are first at once, one's region stays unused. */
static uint64_t begin(void)
{
    uint64_t none = 0, start = atomic_load(&region);

    if (start != 0)
        return start;
    void *mapped = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return 0;
    if (atomic_compare_exchange_strong(&region, &none, (uint64_t)(uintptr_t)mapped))
        return (uint64_t)(uintptr_t)mapped;
    munmap(mapped, REGION_BYTES);
    return none;
}

static unsigned class_of(size_t bytes)
{
    unsigned class = LEAST_CLASS;

    while (class <= MOST_CLASS && UINT64_C(1) << class < bytes)
        class++;
    return class <= MOST_CLASS ? class : UNCLASSED;
}

static _Atomic uint64_t *link_of(uint64_t block)
{
    return (_Atomic uint64_t *)(uintptr_t)block;
}

static uint64_t successor(uint64_t head, uint64_t block)
{
    return ((head >> 48) + 1) << 48 | block;
}

static uint64_t pop(unsigned class)
{
    uint64_t head = atomic_load(&waiting[class]);

    /* The link may be nonsense if the block was taken meanwhile: then the exchange fails. */
    while ((head & ADDRESS_MASK) != 0) {
        uint64_t block = head & ADDRESS_MASK, after = atomic_load(link_of(block)) & ADDRESS_MASK;
        if (atomic_compare_exchange_weak(&waiting[class], &head, successor(head, after)))
            return block;
    }
    return 0;
}

static void push(unsigned class, uint64_t block)
{
    uint64_t head = atomic_load(&waiting[class]);

    do
        atomic_store(link_of(block), head & ADDRESS_MASK);
    while (!atomic_compare_exchange_weak(&waiting[class], &head, successor(head, block)));
}

static struct head *head_of(uint64_t block)
{
    return (struct head *)(uintptr_t)block - 1;
}

/* 0: there is no room. */
static uint64_t cut(size_t alignment, size_t bytes)
{
    uint64_t start = begin();

    if (start == 0 || bytes > REGION_BYTES / 2 || alignment > REGION_BYTES / 4)
        return 0;
    uint64_t all = bytes + sizeof(struct head) + 2 * alignment;
    uint64_t at = atomic_fetch_add(&next, all);
    if (at + all > REGION_BYTES)
        return 0;
    return (start + at + sizeof(struct head) + alignment - 1) & ~(alignment - 1);
}

static void *take(size_t alignment, size_t bytes)
{
    unsigned class = alignment <= LEAST_ALIGNMENT ? class_of(bytes) : UNCLASSED;
    uint64_t block = class != UNCLASSED ? pop(class) : 0;

    if (block == 0)
        block = cut(alignment > LEAST_ALIGNMENT ? alignment : LEAST_ALIGNMENT,
                    class != UNCLASSED ? (size_t)1 << class : bytes);
    if (block == 0) {
        errno = ENOMEM;
        return NULL;
    }
    *head_of(block) = (struct head){.bytes = bytes, .class = class};
    return (void *)(uintptr_t)block;
}

static void give_back(void *block)
{
    if (block != NULL && head_of((uintptr_t)block)->class != UNCLASSED)
        push((unsigned)head_of((uintptr_t)block)->class, (uintptr_t)block);
}

void *malloc(size_t size)
{
    return take(LEAST_ALIGNMENT, size);
}

void free(void *block)
{
    give_back(block);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = take(LEAST_ALIGNMENT, bytes);
    if (block != NULL)
        memset(block, 0, bytes);
    return block;
}

void *realloc(void *block, size_t size)
{
    void *fresh = take(LEAST_ALIGNMENT, size);

    if (fresh != NULL && block != NULL) {
        size_t old = head_of((uintptr_t)block)->bytes;
        memcpy(fresh, block, old < size ? old : size);
        give_back(block);
    }
    return fresh;
}

void *memalign(size_t alignment, size_t size)
{
    return take(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return take(alignment, size);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    void *block = take(alignment, size);

    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

void *valloc(size_t size)
{
    return take(PAGE, size);
}

void *pvalloc(size_t size)
{
    return take(PAGE, (size + PAGE - 1) & ~(size_t)(PAGE - 1));
}

size_t malloc_usable_size(void *block)
{
    return block != NULL ? head_of((uintptr_t)block)->bytes : 0;
}
