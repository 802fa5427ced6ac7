/* shim/heap.c - malloc and its family, when there is more to do than to go on */
/* SPDX-License-Identifier: MIT */

/*
 * What the gates in heap_*.S jump to when heap calls are recorded, and for the first calls of all,
 * which may come before the loader has relocated this library (shim/heap_boot.h).
 *
 * free_sized, free_aligned_sized and cfree may not exist in the C library; ours are then free, as
 * theirs would be. malloc_usable_size is here for the arena's blocks.
 */
#include "shim/heap_boot.h"
#include "shim/heap_calls.h"
#include "shim/heap_gates.h"

#define PAGE_BYTES 4096 /* for calls before anybody can be asked */
#define MUST_RESOLVE(next) __builtin_expect((next) == NULL, 0)
#define IS_LEFT_ALONE (!heap_is_traced() || nested(HEAP_FRAME, __builtin_return_address(0)))
#define THIS_CALL ((struct heap_call){.frame = HEAP_FRAME, .code = heap_next_code})

void *heap_malloc(size_t size)
{
    alloc_function *next = HEAP_NEXT(malloc);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_alloc(size, 0);
        next = HEAP_NEXT(malloc);
    }
    if (IS_LEFT_ALONE)
        return next(size);
    return heap_call_alloc(&THIS_CALL, next, size, EVENT_MALLOC);
}

void *heap_calloc(size_t count, size_t size)
{
    alloc_pair_function *next = HEAP_NEXT(calloc);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_calloc(count, size);
        next = HEAP_NEXT(calloc);
    }
    if (IS_LEFT_ALONE)
        return next(count, size);
    return heap_call_calloc(&THIS_CALL, next, count, size);
}

void *heap_realloc(void *block, size_t size)
{
    realloc_function *next = HEAP_NEXT(realloc);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_realloc(block, size);
        next = HEAP_NEXT(realloc);
    }
    if (IS_LEFT_ALONE)
        return next(block, size);
    return heap_call_realloc(&THIS_CALL, next, block, size);
}

void *heap_reallocarray(void *block, size_t count, size_t size)
{
    reallocarray_function *next = HEAP_NEXT(reallocarray);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_realloc(block, heap_product(count, size));
        next = HEAP_NEXT(reallocarray);
    }
    if (IS_LEFT_ALONE)
        return next(block, count, size);
    return heap_call_reallocarray(&THIS_CALL, next, block, count, size);
}

void heap_free(void *block)
{
    free_function *next = HEAP_NEXT(free);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return;
        next = HEAP_NEXT(free);
    }
    if (IS_LEFT_ALONE)
        next(block);
    else
        heap_call_free(&THIS_CALL, next, block, EVENT_FREE);
}

void heap_cfree(void *block)
{
    free_function *next = HEAP_NEXT(cfree);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return;
        next = HEAP_NEXT(cfree);
    }
    if (IS_LEFT_ALONE)
        next(block);
    else
        heap_call_free(&THIS_CALL, next, block, EVENT_CFREE);
}

void heap_free_sized(void *block, size_t size)
{
    free_sized_function *next = HEAP_NEXT(free_sized);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return;
        next = HEAP_NEXT(free_sized);
    }
    if (IS_LEFT_ALONE)
        next(block, size);
    else
        heap_call_free_sized(&THIS_CALL, next, block, size);
}

void heap_free_aligned_sized(void *block, size_t alignment, size_t size)
{
    free_aligned_sized_function *next = HEAP_NEXT(free_aligned_sized);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return;
        next = HEAP_NEXT(free_aligned_sized);
    }
    if (IS_LEFT_ALONE)
        next(block, alignment, size);
    else
        heap_call_free_aligned_sized(&THIS_CALL, next, block, alignment, size);
}

void *heap_memalign(size_t alignment, size_t size)
{
    alloc_pair_function *next = HEAP_NEXT(memalign);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_alloc(size, alignment);
        next = HEAP_NEXT(memalign);
    }
    if (IS_LEFT_ALONE)
        return next(alignment, size);
    return heap_call_aligned(&THIS_CALL, next, alignment, size, EVENT_MEMALIGN);
}

void *heap_aligned_alloc(size_t alignment, size_t size)
{
    alloc_pair_function *next = HEAP_NEXT(aligned_alloc);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_alloc(size, alignment);
        next = HEAP_NEXT(aligned_alloc);
    }
    if (IS_LEFT_ALONE)
        return next(alignment, size);
    return heap_call_aligned(&THIS_CALL, next, alignment, size, EVENT_ALIGNED_ALLOC);
}

int heap_posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    posix_memalign_function *next = HEAP_NEXT(posix_memalign);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return (*ret_block = heap_boot_alloc(size, alignment)) != NULL ? 0 : ENOMEM;
        next = HEAP_NEXT(posix_memalign);
    }
    if (IS_LEFT_ALONE)
        return next(ret_block, alignment, size);
    return heap_call_posix_memalign(&THIS_CALL, next, ret_block, alignment, size);
}

void *heap_valloc(size_t size)
{
    alloc_function *next = HEAP_NEXT(valloc);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_alloc(size, PAGE_BYTES);
        next = HEAP_NEXT(valloc);
    }
    if (IS_LEFT_ALONE)
        return next(size);
    return heap_call_alloc(&THIS_CALL, next, size, EVENT_VALLOC);
}

void *heap_pvalloc(size_t size)
{
    alloc_function *next = HEAP_NEXT(pvalloc);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return heap_boot_alloc((size + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1), PAGE_BYTES);
        next = HEAP_NEXT(pvalloc);
    }
    if (IS_LEFT_ALONE)
        return next(size);
    return heap_call_alloc(&THIS_CALL, next, size, EVENT_PVALLOC);
}

size_t heap_malloc_usable_size(void *block)
{
    usable_size_function *next = HEAP_NEXT(malloc_usable_size);

    if (MUST_RESOLVE(next)) {
        if (!heap_next_resolve())
            return block != NULL ? heap_boot_size(block) : 0;
        next = HEAP_NEXT(malloc_usable_size);
    }
    return next(block);
}
