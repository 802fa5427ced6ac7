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
#include "shim/nested.h"
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

/* In the function whose frame it is: nothing is to be recorded, or the call is a part of another.
 */
#define HEAP_IS_LEFT_ALONE (!heap_is_traced() || nested(HEAP_FRAME, __builtin_return_address(0)))

/* How a call is to be made and reported. */
struct heap_call {
    const void *frame;
    uint32_t by;
    const struct nested_code *code; /* shim/nested.h */
};

/* What a call that failed for the product's sake asked for. */
HEAP_CALL size_t heap_product(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

HEAP_CALL void *heap_call_alloc(const struct heap_call *call, alloc_function *function, size_t size,
                                enum event_function event)
{
    struct nested outer = nested_begin(call->code, call->frame);
    void *block;

    heap_expect(call->frame);
    block = function(size);

    nested_end(call->code, &outer);
    heap_allocated(block, size, call->frame, call->by | event);
    return block;
}

HEAP_CALL void *heap_call_calloc(const struct heap_call *call, alloc_pair_function *function,
                                 size_t count, size_t size)
{
    struct nested outer = nested_begin(call->code, call->frame);
    void *block;

    heap_expect(call->frame);
    block = function(count, size);

    nested_end(call->code, &outer);
    heap_allocated(block, heap_product(count, size), call->frame, call->by | EVENT_CALLOC);
    return block;
}

HEAP_CALL void *heap_call_aligned(const struct heap_call *call, alloc_pair_function *function,
                                  size_t alignment, size_t size, enum event_function event)
{
    struct nested outer = nested_begin(call->code, call->frame);
    void *block = function(alignment, size);

    nested_end(call->code, &outer);
    heap_allocated(block, size, call->frame, call->by | event);
    return block;
}

HEAP_CALL int heap_call_posix_memalign(const struct heap_call *call,
                                       posix_memalign_function *function, void **ret_block,
                                       size_t alignment, size_t size)
{
    struct nested outer = nested_begin(call->code, call->frame);
    int error = function(ret_block, alignment, size);

    nested_end(call->code, &outer);
    heap_allocated(error == 0 ? *ret_block : NULL, size, call->frame,
                   call->by | EVENT_POSIX_MEMALIGN);
    return error;
}

/* A call of realloc for a block, under way. */
struct heap_resize {
    uint64_t before; /* 0: not to be reported */
    int kept_errno;
    struct nested outer;
};

HEAP_CALL struct heap_resize heap_resize_begin(const struct heap_call *call, void *block,
                                               size_t size, enum event_function event)
{
    struct heap_resize resize = {
        .before = heap_reallocating(block, call->frame, call->by | event),
        .outer = nested_begin(call->code, call->frame),
    };

    if (size == 0) {
        resize.kept_errno = errno;
        errno = 0;
    }
    return resize;
}

/* In some allocators a size of 0 frees, and the result does not tell that from a failure; errno
 * does. */
HEAP_CALL void heap_resize_end(const struct heap_call *call, const struct heap_resize *resize,
                               void *block, void *fresh, size_t size, enum event_function event)
{
    bool freed = size == 0 && fresh == NULL && errno == 0;

    if (size == 0 && errno == 0)
        errno = resize->kept_errno;
    nested_end(call->code, &resize->outer);
    if (resize->before != 0)
        heap_reallocated(resize->before, block, fresh, size, freed, call->frame, call->by | event);
}

HEAP_CALL void *heap_call_realloc(const struct heap_call *call, realloc_function *function,
                                  void *block, size_t size)
{
    void *fresh;

    if (block == NULL) {
        struct nested outer = nested_begin(call->code, call->frame);
        fresh = function(NULL, size);
        nested_end(call->code, &outer);
        heap_allocated(fresh, size, call->frame, call->by | EVENT_REALLOC);
        return fresh;
    }
    struct heap_resize resize = heap_resize_begin(call, block, size, EVENT_REALLOC);
    fresh = function(block, size);
    heap_resize_end(call, &resize, block, fresh, size, EVENT_REALLOC);
    return fresh;
}

HEAP_CALL void *heap_call_reallocarray(const struct heap_call *call,
                                       reallocarray_function *function, void *block, size_t count,
                                       size_t size)
{
    size_t bytes = heap_product(count, size);
    void *fresh;

    if (block == NULL) {
        struct nested outer = nested_begin(call->code, call->frame);
        fresh = function(NULL, count, size);
        nested_end(call->code, &outer);
        heap_allocated(fresh, bytes, call->frame, call->by | EVENT_REALLOCARRAY);
        return fresh;
    }
    struct heap_resize resize = heap_resize_begin(call, block, bytes, EVENT_REALLOCARRAY);
    fresh = function(block, count, size);
    heap_resize_end(call, &resize, block, fresh, bytes, EVENT_REALLOCARRAY);
    return fresh;
}

/* A block's end is reported before it ends. */
HEAP_CALL void heap_call_free(const struct heap_call *call, free_function *function, void *block,
                              enum event_function event)
{
    if (block != NULL)
        heap_freeing(block, call->frame, call->by | event);
    struct nested outer = nested_begin(call->code, call->frame);
    function(block);
    nested_end(call->code, &outer);
}

HEAP_CALL void heap_call_free_sized(const struct heap_call *call, free_sized_function *function,
                                    void *block, size_t size)
{
    if (block != NULL)
        heap_freeing(block, call->frame, call->by | EVENT_FREE_SIZED);
    struct nested outer = nested_begin(call->code, call->frame);
    function(block, size);
    nested_end(call->code, &outer);
}

HEAP_CALL void heap_call_free_aligned_sized(const struct heap_call *call,
                                            free_aligned_sized_function *function, void *block,
                                            size_t alignment, size_t size)
{
    if (block != NULL)
        heap_freeing(block, call->frame, call->by | EVENT_FREE_ALIGNED_SIZED);
    struct nested outer = nested_begin(call->code, call->frame);
    function(block, alignment, size);
    nested_end(call->code, &outer);
}

#endif
