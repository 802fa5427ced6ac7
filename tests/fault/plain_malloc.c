/* tests/fault/plain_malloc.c - an allocator that signal handlers may call at any instant */
/* SPDX-License-Identifier: MIT */

/*
 * Preloaded in the C library's place. Blocks are cut off one region one after the other, with one
 * atomic addition, and never used again; free does nothing. So a handler may allocate while it
 * interrupts an allocation, may jump out of it, and a child may allocate after any kind of fork.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define REGION_BYTES (UINT64_C(1) << 38)
#define LEAST_ALIGNMENT 16u

static _Atomic uintptr_t region, next;

/* Of two that are first at once, one's region stays unused. */
static uintptr_t begin(void)
{
    uintptr_t none = 0, start = atomic_load(&region);

    if (start != 0)
        return start;
    void *mapped = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return 0;
    if (atomic_compare_exchange_strong(&region, &none, (uintptr_t)mapped))
        return (uintptr_t)mapped;
    munmap(mapped, REGION_BYTES);
    return none;
}

/* Before each block its size. */
void *memalign(size_t alignment, size_t size)
{
    uintptr_t start = begin();
    size_t most = alignment > LEAST_ALIGNMENT ? alignment : LEAST_ALIGNMENT;

    if (start == 0 || size > REGION_BYTES / 2 || most > REGION_BYTES / 4) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t at = start + atomic_fetch_add(&next, size + 2 * most);
    if (at + size + 2 * most > start + REGION_BYTES) {
        errno = ENOMEM;
        return NULL;
    }
    uintptr_t block = (at + most + sizeof(size_t)) & ~(most - 1);
    ((size_t *)block)[-1] = size;
    return (void *)block;
}

void *malloc(size_t size)
{
    return memalign(LEAST_ALIGNMENT, size);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(LEAST_ALIGNMENT, bytes); /* never used before: zero */
}

void *realloc(void *block, size_t size)
{
    void *fresh = memalign(LEAST_ALIGNMENT, size);

    if (fresh != NULL && block != NULL) {
        size_t old = ((size_t *)block)[-1];
        memcpy(fresh, block, old < size ? old : size);
    }
    return fresh;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    void *block = memalign(alignment, size);

    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

void *valloc(size_t size)
{
    return memalign(4096, size);
}

void *pvalloc(size_t size)
{
    return memalign(4096, (size + 4095) & ~(size_t)4095);
}

size_t malloc_usable_size(void *block)
{
    return block != NULL ? ((size_t *)block)[-1] : 0;
}

void free(void *block)
{
    (void)block;
}
