/* shim/hook_calls.c - redirected calls of the malloc family */
/* SPDX-License-Identifier: MIT */

/*
 * What stub `set` of each function jumps to (shim/hooks_pool.S). It calls what the slot led to: of
 * a deeply bound plug-in, or in a namespace of its own, that is not what the host calls.
 */
#include "shim/hook_calls.h"

#include "shim/check.h"
#include "shim/heap_calls.h"
#include "shim/hooks.h"

#define ORIGINAL(type, name)                                                                       \
    ((type *)atomic_load_explicit(&hooks_sets[set].original[HOOK_##name], memory_order_acquire))

#define THIS_CALL(name)                                                                            \
    ((struct heap_call){                                                                           \
        .frame = HEAP_FRAME, .by = hooks_by(set), .code = hooks_code(set, HOOK_##name)})

void *hook_malloc(size_t size, uint32_t set)
{
    alloc_function *original = ORIGINAL(alloc_function, malloc);

    if (HEAP_IS_LEFT_ALONE)
        return original(size);
    return heap_call_alloc(&THIS_CALL(malloc), original, size, EVENT_MALLOC);
}

void *hook_calloc(size_t count, size_t size, uint32_t set)
{
    alloc_pair_function *original = ORIGINAL(alloc_pair_function, calloc);

    if (HEAP_IS_LEFT_ALONE)
        return original(count, size);
    return heap_call_calloc(&THIS_CALL(calloc), original, count, size);
}

void *hook_realloc(void *block, size_t size, uint32_t set)
{
    realloc_function *original = ORIGINAL(realloc_function, realloc);

    check_heap_free(block, set);
    if (HEAP_IS_LEFT_ALONE)
        return original(block, size);
    return heap_call_realloc(&THIS_CALL(realloc), original, block, size);
}

void *hook_reallocarray(void *block, size_t count, size_t size, uint32_t set)
{
    reallocarray_function *original = ORIGINAL(reallocarray_function, reallocarray);

    check_heap_free(block, set);
    if (HEAP_IS_LEFT_ALONE)
        return original(block, count, size);
    return heap_call_reallocarray(&THIS_CALL(reallocarray), original, block, count, size);
}

void hook_free(void *block, uint32_t set)
{
    free_function *original = ORIGINAL(free_function, free);

    check_heap_free(block, set);
    if (HEAP_IS_LEFT_ALONE)
        original(block);
    else
        heap_call_free(&THIS_CALL(free), original, block, EVENT_FREE);
}

void hook_cfree(void *block, uint32_t set)
{
    free_function *original = ORIGINAL(free_function, cfree);

    check_heap_free(block, set);
    if (HEAP_IS_LEFT_ALONE)
        original(block);
    else
        heap_call_free(&THIS_CALL(cfree), original, block, EVENT_CFREE);
}

void *hook_memalign(size_t alignment, size_t size, uint32_t set)
{
    alloc_pair_function *original = ORIGINAL(alloc_pair_function, memalign);

    if (HEAP_IS_LEFT_ALONE)
        return original(alignment, size);
    return heap_call_aligned(&THIS_CALL(memalign), original, alignment, size, EVENT_MEMALIGN);
}

void *hook_aligned_alloc(size_t alignment, size_t size, uint32_t set)
{
    alloc_pair_function *original = ORIGINAL(alloc_pair_function, aligned_alloc);

    if (HEAP_IS_LEFT_ALONE)
        return original(alignment, size);
    return heap_call_aligned(&THIS_CALL(aligned_alloc), original, alignment, size,
                             EVENT_ALIGNED_ALLOC);
}

int hook_posix_memalign(void **ret_block, size_t alignment, size_t size, uint32_t set)
{
    posix_memalign_function *original = ORIGINAL(posix_memalign_function, posix_memalign);

    if (HEAP_IS_LEFT_ALONE)
        return original(ret_block, alignment, size);
    return heap_call_posix_memalign(&THIS_CALL(posix_memalign), original, ret_block, alignment,
                                    size);
}

void *hook_valloc(size_t size, uint32_t set)
{
    alloc_function *original = ORIGINAL(alloc_function, valloc);

    if (HEAP_IS_LEFT_ALONE)
        return original(size);
    return heap_call_alloc(&THIS_CALL(valloc), original, size, EVENT_VALLOC);
}

void *hook_pvalloc(size_t size, uint32_t set)
{
    alloc_function *original = ORIGINAL(alloc_function, pvalloc);

    if (HEAP_IS_LEFT_ALONE)
        return original(size);
    return heap_call_alloc(&THIS_CALL(pvalloc), original, size, EVENT_PVALLOC);
}

void hook_free_sized(void *block, size_t size, uint32_t set)
{
    free_sized_function *original = ORIGINAL(free_sized_function, free_sized);

    check_heap_free(block, set);
    if (HEAP_IS_LEFT_ALONE)
        original(block, size);
    else
        heap_call_free_sized(&THIS_CALL(free_sized), original, block, size);
}

void hook_free_aligned_sized(void *block, size_t alignment, size_t size, uint32_t set)
{
    free_aligned_sized_function *original =
        ORIGINAL(free_aligned_sized_function, free_aligned_sized);

    check_heap_free(block, set);
    if (HEAP_IS_LEFT_ALONE)
        original(block, alignment, size);
    else
        heap_call_free_aligned_sized(&THIS_CALL(free_aligned_sized), original, block, alignment,
                                     size);
}
