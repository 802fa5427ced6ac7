/* shim/heap.c - malloc and its family, when there is more to do than to go on */
/* SPDX-License-Identifier: MIT */

/*
 * What the gates in heap_gates.S jump to when heap calls are recorded, and for the first calls of
 * all, which may come before the loader has relocated this library (shim/heap_boot.h).
 *
 * free_sized, free_aligned_sized and cfree may not exist in the C library; ours are then free, as
 * theirs would be. malloc_usable_size is here for the arena's blocks.
 */
#include "shim/heap_boot.h"
#include "shim/heap_calls.h"
#include "shim/heap_gates.h"

#define PAGE_BYTES 4096 /* for calls before anybody can be asked */
#define IS_TOO_EARLY(next) __builtin_expect((next) == NULL, 0)
#define THIS_CALL ((struct heap_call){.frame = HEAP_FRAME, .code = heap_next_code})

void *heap_malloc(size_t size)
{
    alloc_function *next = HEAP_NEXT_RESOLVED(malloc);

    if (IS_TOO_EARLY(next))
        return heap_boot_alloc(size, 0);
    if (HEAP_IS_LEFT_ALONE)
        return next(size);
    return heap_call_alloc(&THIS_CALL, next, size, EVENT_MALLOC);
}

void *heap_calloc(size_t count, size_t size)
{
    alloc_pair_function *next = HEAP_NEXT_RESOLVED(calloc);

    if (IS_TOO_EARLY(next))
        return heap_boot_calloc(count, size);
    if (HEAP_IS_LEFT_ALONE)
        return next(count, size);
    return heap_call_calloc(&THIS_CALL, next, count, size);
}

void *heap_realloc(void *block, size_t size)
{
    realloc_function *next = HEAP_NEXT_RESOLVED(realloc);

    if (IS_TOO_EARLY(next))
        return heap_boot_realloc(block, size);
    if (HEAP_IS_LEFT_ALONE)
        return next(block, size);
    return heap_call_realloc(&THIS_CALL, next, block, size);
}

void *heap_reallocarray(void *block, size_t count, size_t size)
{
    reallocarray_function *next = HEAP_NEXT_RESOLVED(reallocarray);

    if (IS_TOO_EARLY(next))
        return heap_boot_realloc(block, heap_product(count, size));
    if (HEAP_IS_LEFT_ALONE)
        return next(block, count, size);
    return heap_call_reallocarray(&THIS_CALL, next, block, count, size);
}

void heap_free(void *block)
{
    free_function *next = HEAP_NEXT_RESOLVED(free);

    if (IS_TOO_EARLY(next))
        return;
    if (HEAP_IS_LEFT_ALONE)
        next(block);
    else
        heap_call_free(&THIS_CALL, next, block, EVENT_FREE);
}

void heap_cfree(void *block)
{
    free_function *next = HEAP_NEXT_RESOLVED(cfree);

    if (IS_TOO_EARLY(next))
        return;
    if (HEAP_IS_LEFT_ALONE)
        next(block);
    else
        heap_call_free(&THIS_CALL, next, block, EVENT_CFREE);
}

void heap_free_sized(void *block, size_t size)
{
    free_sized_function *next = HEAP_NEXT_RESOLVED(free_sized);

    if (IS_TOO_EARLY(next))
        return;
    if (HEAP_IS_LEFT_ALONE)
        next(block, size);
    else
        heap_call_free_sized(&THIS_CALL, next, block, size);
}

void heap_free_aligned_sized(void *block, size_t alignment, size_t size)
{
    free_aligned_sized_function *next = HEAP_NEXT_RESOLVED(free_aligned_sized);

    if (IS_TOO_EARLY(next))
        return;
    if (HEAP_IS_LEFT_ALONE)
        next(block, alignment, size);
    else
        heap_call_free_aligned_sized(&THIS_CALL, next, block, alignment, size);
}

void *heap_memalign(size_t alignment, size_t size)
{
    alloc_pair_function *next = HEAP_NEXT_RESOLVED(memalign);

    if (IS_TOO_EARLY(next))
        return heap_boot_alloc(size, alignment);
    if (HEAP_IS_LEFT_ALONE)
        return next(alignment, size);
    return heap_call_aligned(&THIS_CALL, next, alignment, size, EVENT_MEMALIGN);
}

void *heap_aligned_alloc(size_t alignment, size_t size)
{
    alloc_pair_function *next = HEAP_NEXT_RESOLVED(aligned_alloc);

    if (IS_TOO_EARLY(next))
        return heap_boot_alloc(size, alignment);
    if (HEAP_IS_LEFT_ALONE)
        return next(alignment, size);
    return heap_call_aligned(&THIS_CALL, next, alignment, size, EVENT_ALIGNED_ALLOC);
}

int heap_posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    posix_memalign_function *next = HEAP_NEXT_RESOLVED(posix_memalign);

    if (IS_TOO_EARLY(next))
        return (*ret_block = heap_boot_alloc(size, alignment)) != NULL ? 0 : ENOMEM;
    if (HEAP_IS_LEFT_ALONE)
        return next(ret_block, alignment, size);
    return heap_call_posix_memalign(&THIS_CALL, next, ret_block, alignment, size);
}

void *heap_valloc(size_t size)
{
    alloc_function *next = HEAP_NEXT_RESOLVED(valloc);

    if (IS_TOO_EARLY(next))
        return heap_boot_alloc(size, PAGE_BYTES);
    if (HEAP_IS_LEFT_ALONE)
        return next(size);
    return heap_call_alloc(&THIS_CALL, next, size, EVENT_VALLOC);
}

void *heap_pvalloc(size_t size)
{
    alloc_function *next = HEAP_NEXT_RESOLVED(pvalloc);

    if (IS_TOO_EARLY(next))
        return heap_boot_alloc((size + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1), PAGE_BYTES);
    if (HEAP_IS_LEFT_ALONE)
        return next(size);
    return heap_call_alloc(&THIS_CALL, next, size, EVENT_PVALLOC);
}

size_t heap_malloc_usable_size(void *block)
{
    usable_size_function *next = HEAP_NEXT_RESOLVED(malloc_usable_size);

    if (IS_TOO_EARLY(next))
        return block != NULL ? heap_boot_size(block) : 0;
    return next(block);
}
