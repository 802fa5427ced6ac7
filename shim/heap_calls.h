/* shim/heap_calls.h - calling a function of the malloc family and reporting the call */
/* SPDX-License-Identifier: MIT */

/*
 * The common part of the exported functions (shim/heap.c) and of the hooks of redirected calls
 * (shim/hook_calls.c). Inlined into each: HEAP_FRAME is theirs, and what they return they return
 * after reporting, so their frame is still there. `by`: HEAP_BY() the plug-in whose redirected call
 * it is, or 0. errno is as the real function left it.
 */
#ifndef NPNTRACE_SHIM_HEAP_CALLS_H
#define NPNTRACE_SHIM_HEAP_CALLS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include "format/event.h"
#include "shim/heap_next.h"
/* Not by the global offset table: the flag is read before the library is relocated. */
#pragma GCC visibility push(hidden)
#include "tracer/heap.h"
#pragma GCC visibility pop

#define HEAP_FRAME __builtin_frame_address(0)
#define HEAP_CALL static inline __attribute__((always_inline))

HEAP_CALL bool heap_is_traced(void)
{
    return __builtin_expect(atomic_load_explicit(&heap_tracing, memory_order_relaxed) != 0, 0);
}

/* What a call that failed for the product's sake asked for. */
HEAP_CALL size_t heap_product(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

HEAP_CALL void *heap_call_alloc(alloc_function *function, size_t size, const void *frame,
                                uint32_t how)
{
    void *block = function(size);

    heap_allocated(block, size, frame, how);
    return block;
}

HEAP_CALL void *heap_call_calloc(alloc_pair_function *function, size_t count, size_t size,
                                 const void *frame, uint32_t by)
{
    void *block = function(count, size);

    heap_allocated(block, heap_product(count, size), frame, by | EVENT_CALLOC);
    return block;
}

/* memalign, aligned_alloc and aligned operators. */
HEAP_CALL void *heap_call_aligned(alloc_pair_function *function, size_t alignment, size_t size,
                                  const void *frame, uint32_t how)
{
    void *block = function(alignment, size);

    heap_allocated(block, size, frame, how);
    return block;
}

HEAP_CALL int heap_call_posix_memalign(posix_memalign_function *function, void **ret_block,
                                       size_t alignment, size_t size, const void *frame,
                                       uint32_t by)
{
    int error = function(ret_block, alignment, size);

    heap_allocated(error == 0 ? *ret_block : NULL, size, frame, by | EVENT_POSIX_MEMALIGN);
    return error;
}

/* A call of realloc for a block, under way. */
struct heap_resize {
    uint64_t before; /* 0: not to be reported */
    int kept_errno;
};

HEAP_CALL struct heap_resize heap_resize_begin(void *block, size_t size, const void *frame,
                                               uint32_t how)
{
    struct heap_resize resize = {.before = heap_reallocating(block, frame, how)};

    if (size == 0) {
        resize.kept_errno = errno;
        errno = 0;
    }
    return resize;
}

/* In some allocators a size of 0 frees, and the result does not tell that from a failure; errno
 * does. */
HEAP_CALL void heap_resize_end(const struct heap_resize *resize, void *block, void *fresh,
                               size_t size, const void *frame, uint32_t how)
{
    bool freed = size == 0 && fresh == NULL && errno == 0;

    if (size == 0 && errno == 0)
        errno = resize->kept_errno;
    if (resize->before != 0)
        heap_reallocated(resize->before, block, fresh, size, freed, frame, how);
}

HEAP_CALL void *heap_call_realloc(realloc_function *function, void *block, size_t size,
                                  const void *frame, uint32_t by)
{
    uint32_t how = by | EVENT_REALLOC;
    void *fresh;

    if (block == NULL) {
        fresh = function(NULL, size);
        heap_allocated(fresh, size, frame, how);
        return fresh;
    }
    struct heap_resize resize = heap_resize_begin(block, size, frame, how);
    fresh = function(block, size);
    heap_resize_end(&resize, block, fresh, size, frame, how);
    return fresh;
}

HEAP_CALL void *heap_call_reallocarray(reallocarray_function *function, void *block, size_t count,
                                       size_t size, const void *frame, uint32_t by)
{
    uint32_t how = by | EVENT_REALLOCARRAY;
    size_t bytes = heap_product(count, size);
    void *fresh;

    if (block == NULL) {
        fresh = function(NULL, count, size);
        heap_allocated(fresh, bytes, frame, how);
        return fresh;
    }
    struct heap_resize resize = heap_resize_begin(block, bytes, frame, how);
    fresh = function(block, count, size);
    heap_resize_end(&resize, block, fresh, bytes, frame, how);
    return fresh;
}

HEAP_CALL void heap_call_free(free_function *function, void *block, const void *frame, uint32_t how)
{
    if (block != NULL)
        heap_freeing(block, frame, how);
    function(block);
}

#endif
