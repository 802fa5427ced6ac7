/* tests/exact/exact_calls.h - what the leaves of the allocation program need, in C and in C++ */
/* SPDX-License-Identifier: MIT */

/*
 * A leaf is a function that calls the allocator. It enters and leaves the walk like every other
 * function on the way (exact_walk.h), and notes what it got or is about to free.
 */
#ifndef NPNTRACE_TESTS_EXACT_CALLS_H
#define NPNTRACE_TESTS_EXACT_CALLS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In the order of heaplog.FUNCTIONS. */
enum exact_function {
    EXACT_NONE,
    EXACT_MALLOC,
    EXACT_CALLOC,
    EXACT_REALLOC,
    EXACT_REALLOCARRAY,
    EXACT_MEMALIGN,
    EXACT_ALIGNED_ALLOC,
    EXACT_POSIX_MEMALIGN,
    EXACT_VALLOC,
    EXACT_PVALLOC,
    EXACT_FREE,
    EXACT_FREE_SIZED,
    EXACT_FREE_ALIGNED_SIZED,
    EXACT_NEW,
    EXACT_NEW_ARRAY,
    EXACT_DELETE,
    EXACT_DELETE_ARRAY,
    EXACT_FUNCTIONS
};

struct walk;

/* At the entry of every function on the way, with __builtin_return_address(0), and at its end. */
void walk_enter(struct walk *walk, const void *return_address);
void walk_leave(struct walk *walk);

size_t walk_size(struct walk *walk);

/* Notes an allocation and puts the block into a slot; what was there is freed. NULL is noted as a
 * failure. alignment: that was asked for, 0: none. */
void walk_allocated(struct walk *walk, enum exact_function function, void *block, size_t size,
                    size_t alignment);

void leaf_new(struct walk *walk);
void leaf_new_array(struct walk *walk);

/* Calls the C++ operator that belongs to EXACT_NEW or EXACT_NEW_ARRAY; with its size or without. */
void exact_delete(enum exact_function how, void *block, size_t size, int sized);

#ifdef __cplusplus
}
#endif

#endif
