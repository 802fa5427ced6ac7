/* shim/heap_next.h - the functions behind the ones that we export */
/* SPDX-License-Identifier: MIT */

/*
 * A reference to malloc that finds ours would, without us, have found the next definition in the
 * order of the objects that the process started with: that of a preloaded allocator, of one that
 * the program is linked to, or the C library's. Name by name, as the loader would; a name that
 * nobody else defines is provided in terms of the others.
 *
 * They are looked up in the objects' symbol tables, without the loader: it may be in the middle of
 * something, and the caller may hold its locks. No system call, no allocation; a race finds the
 * same. A pointer is NULL until then, so that no call needs more than to look at it.
 */
#ifndef NPNTRACE_SHIM_HEAP_NEXT_H
#define NPNTRACE_SHIM_HEAP_NEXT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <threads.h>

#include "shim/nested.h"

typedef void *alloc_function(size_t size);
typedef void *alloc_pair_function(size_t first, size_t second);
typedef void *realloc_function(void *block, size_t size);
typedef void *reallocarray_function(void *block, size_t count, size_t size);
typedef void free_function(void *block);
typedef void free_sized_function(void *block, size_t size);
typedef void free_aligned_sized_function(void *block, size_t alignment, size_t size);
typedef int posix_memalign_function(void **ret_block, size_t alignment, size_t size);
typedef size_t usable_size_function(void *block);
typedef int pthread_create_function(pthread_t *thread, const pthread_attr_t *attributes,
                                    void *(*routine)(void *), void *argument);
typedef int thrd_create_function(thrd_t *thread, thrd_start_t routine, void *argument);

/* In the order of shim/hooks_pool.h, for the gates in assembler. */
struct heap_next {
    alloc_function *malloc;
    alloc_pair_function *calloc;
    realloc_function *realloc;
    reallocarray_function *reallocarray;
    free_function *free;
    free_function *cfree;
    alloc_pair_function *memalign;
    alloc_pair_function *aligned_alloc;
    posix_memalign_function *posix_memalign;
    alloc_function *valloc;
    alloc_function *pvalloc;
    free_sized_function *free_sized;
    free_aligned_sized_function *free_aligned_sized;
    pthread_create_function *pthread_create;
    thrd_create_function *thrd_create;
    usable_size_function *malloc_usable_size;
};

extern struct heap_next heap_next __attribute__((visibility("hidden")));

/* The code of the object that has `malloc`; NULL if that is the C library (shim/nested.h). */
extern const struct nested_code *heap_next_code __attribute__((visibility("hidden")));

/* Pairs with the release stores of heap_next_resolve(). */
#define HEAP_NEXT(function) __atomic_load_n(&heap_next.function, __ATOMIC_ACQUIRE)

/* The same, looked for if need be. NULL: too early (shim/heap_boot.h). */
#define HEAP_NEXT_RESOLVED(function)                                                               \
    __extension__({                                                                                \
        __typeof__(heap_next.function) next_ = HEAP_NEXT(function);                                \
        if (__builtin_expect(next_ == NULL, 0) && heap_next_resolve())                             \
            next_ = HEAP_NEXT(function);                                                           \
        next_;                                                                                     \
    })

/* False: this library is not relocated yet (shim/heap_boot.h); nothing else may be called. */
bool heap_next_resolve(void);

/* What to call in place of a function that some reference is bound to: for one that we export,
 * what is behind it; for one of the C library's that calls others by name, what those do. */
void *heap_next_behind(void *function);

/* The other way round: what we export in front of a function, or the function. */
void *heap_next_exported(void *function);

#endif
