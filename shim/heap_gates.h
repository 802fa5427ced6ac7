/* shim/heap_gates.h - what the gates of the malloc family jump to */
/* SPDX-License-Identifier: MIT */

/*
 * Each has the caller's return address and arguments. Any thread, signal handlers too where the
 * real function allows it; before this library is relocated as well.
 */
#ifndef NPNTRACE_SHIM_HEAP_GATES_H
#define NPNTRACE_SHIM_HEAP_GATES_H

#include <pthread.h>
#include <stddef.h>
#include <threads.h>

void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);
void *heap_realloc(void *block, size_t size);
void *heap_reallocarray(void *block, size_t count, size_t size);
void heap_free(void *block);
void heap_cfree(void *block);
void *heap_memalign(size_t alignment, size_t size);
void *heap_aligned_alloc(size_t alignment, size_t size);
int heap_posix_memalign(void **ret_block, size_t alignment, size_t size);
void *heap_valloc(size_t size);
void *heap_pvalloc(size_t size);
void heap_free_sized(void *block, size_t size);
void heap_free_aligned_sized(void *block, size_t alignment, size_t size);
size_t heap_malloc_usable_size(void *block);
int heap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*routine)(void *), void *argument);
int heap_thrd_create(thrd_t *thread, thrd_start_t routine, void *argument);

#endif
