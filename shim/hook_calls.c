/* shim/hook_calls.c - redirected calls of the malloc family */
/* SPDX-License-Identifier: MIT */

/*
 * What stub `set` of each function jumps to (shim/hooks_*.S). It calls what the slot led to: of a
 * deeply bound plug-in, or in a namespace of its own, that is not what the host calls.
 */
#include "shim/hook_calls.h"

#include "shim/heap_calls.h"
#include "shim/hooks.h"
#include "shim/nested.h"

#define ORIGINAL(type, name)                                                                       \
    ((type *)atomic_load_explicit(&hooks_sets[set].original[HOOK_##name], memory_order_acquire))

#define IS_LEFT_ALONE (!heap_is_traced() || nested(HEAP_FRAME, __builtin_return_address(0)))

void *hook_malloc(size_t size, uint32_t set)
{
    alloc_function *original = ORIGINAL(alloc_function, malloc);

    if (IS_LEFT_ALONE)
        return original(size);
    return heap_call_alloc(original, size, HEAP_FRAME, hooks_by(set) | EVENT_MALLOC);
}

void *hook_calloc(size_t count, size_t size, uint32_t set)
{
    alloc_pair_function *original = ORIGINAL(alloc_pair_function, calloc);

    if (IS_LEFT_ALONE)
        return original(count, size);
    return heap_call_calloc(original, count, size, HEAP_FRAME, hooks_by(set));
}

void *hook_realloc(void *block, size_t size, uint32_t set)
{
    realloc_function *original = ORIGINAL(realloc_function, realloc);

    if (IS_LEFT_ALONE)
        return original(block, size);
    return heap_call_realloc(original, block, size, HEAP_FRAME, hooks_by(set));
}

void *hook_reallocarray(void *block, size_t count, size_t size, uint32_t set)
{
    reallocarray_function *original = ORIGINAL(reallocarray_function, reallocarray);

    if (IS_LEFT_ALONE)
        return original(block, count, size);
    return heap_call_reallocarray(original, block, count, size, HEAP_FRAME, hooks_by(set));
}

void hook_free(void *block, uint32_t set)
{
    free_function *original = ORIGINAL(free_function, free);

    if (IS_LEFT_ALONE)
        original(block);
    else
        heap_call_free(original, block, HEAP_FRAME, hooks_by(set) | EVENT_FREE);
}

void hook_cfree(void *block, uint32_t set)
{
    free_function *original = ORIGINAL(free_function, cfree);

    if (IS_LEFT_ALONE)
        original(block);
    else
        heap_call_free(original, block, HEAP_FRAME, hooks_by(set) | EVENT_CFREE);
}

void *hook_memalign(size_t alignment, size_t size, uint32_t set)
{
    alloc_pair_function *original = ORIGINAL(alloc_pair_function, memalign);

    if (IS_LEFT_ALONE)
        return original(alignment, size);
    return heap_call_aligned(original, alignment, size, HEAP_FRAME, hooks_by(set) | EVENT_MEMALIGN);
}

void *hook_aligned_alloc(size_t alignment, size_t size, uint32_t set)
{
    alloc_pair_function *original = ORIGINAL(alloc_pair_function, aligned_alloc);

    if (IS_LEFT_ALONE)
        return original(alignment, size);
    return heap_call_aligned(original, alignment, size, HEAP_FRAME,
                             hooks_by(set) | EVENT_ALIGNED_ALLOC);
}

int hook_posix_memalign(void **ret_block, size_t alignment, size_t size, uint32_t set)
{
    posix_memalign_function *original = ORIGINAL(posix_memalign_function, posix_memalign);

    if (IS_LEFT_ALONE)
        return original(ret_block, alignment, size);
    return heap_call_posix_memalign(original, ret_block, alignment, size, HEAP_FRAME,
                                    hooks_by(set));
}

void *hook_valloc(size_t size, uint32_t set)
{
    alloc_function *original = ORIGINAL(alloc_function, valloc);

    if (IS_LEFT_ALONE)
        return original(size);
    return heap_call_alloc(original, size, HEAP_FRAME, hooks_by(set) | EVENT_VALLOC);
}

void *hook_pvalloc(size_t size, uint32_t set)
{
    alloc_function *original = ORIGINAL(alloc_function, pvalloc);

    if (IS_LEFT_ALONE)
        return original(size);
    return heap_call_alloc(original, size, HEAP_FRAME, hooks_by(set) | EVENT_PVALLOC);
}

void hook_free_sized(void *block, size_t size, uint32_t set)
{
    if (!IS_LEFT_ALONE && block != NULL)
        heap_freeing(block, HEAP_FRAME, hooks_by(set) | EVENT_FREE_SIZED);
    ORIGINAL(free_sized_function, free_sized)(block, size);
}

void hook_free_aligned_sized(void *block, size_t alignment, size_t size, uint32_t set)
{
    if (!IS_LEFT_ALONE && block != NULL)
        heap_freeing(block, HEAP_FRAME, hooks_by(set) | EVENT_FREE_ALIGNED_SIZED);
    ORIGINAL(free_aligned_sized_function, free_aligned_sized)(block, alignment, size);
}
