/* shim/hook_calls.h - what the stubs of redirected calls jump to */
/* SPDX-License-Identifier: MIT */

/*
 * The real function's parameters, and behind them the stub's number, which names a set of
 * shim/hooks.h. The return address is the caller's. Value, errno and exceptions are the real
 * function's. (hook_dlopen and hook_dlmopen are in hooks_pool.S.)
 */
#ifndef NPNTRACE_SHIM_HOOK_CALLS_H
#define NPNTRACE_SHIM_HOOK_CALLS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <threads.h>

/* ---- the malloc family ---- */

void *hook_malloc(size_t size, uint32_t set);
void *hook_calloc(size_t count, size_t size, uint32_t set);
void *hook_realloc(void *block, size_t size, uint32_t set);
void *hook_reallocarray(void *block, size_t count, size_t size, uint32_t set);
void hook_free(void *block, uint32_t set);
void hook_cfree(void *block, uint32_t set);
void *hook_memalign(size_t alignment, size_t size, uint32_t set);
void *hook_aligned_alloc(size_t alignment, size_t size, uint32_t set);
int hook_posix_memalign(void **ret_block, size_t alignment, size_t size, uint32_t set);
void *hook_valloc(size_t size, uint32_t set);
void *hook_pvalloc(size_t size, uint32_t set);
void hook_free_sized(void *block, size_t size, uint32_t set);
void hook_free_aligned_sized(void *block, size_t alignment, size_t size, uint32_t set);

/* ---- operators; `second` and `third`: a size, an alignment or std::nothrow ---- */

void *hook_new(size_t size, uint32_t set);
void *hook_new_nothrow(size_t size, size_t second, uint32_t set);
void *hook_new_aligned(size_t size, size_t second, uint32_t set);
void *hook_new_aligned_nothrow(size_t size, size_t second, size_t third, uint32_t set);
void *hook_array_new(size_t size, uint32_t set);
void *hook_array_new_nothrow(size_t size, size_t second, uint32_t set);
void *hook_array_new_aligned(size_t size, size_t second, uint32_t set);
void *hook_array_new_aligned_nothrow(size_t size, size_t second, size_t third, uint32_t set);
void hook_delete(void *block, uint32_t set);
void hook_delete_sized(void *block, size_t second, uint32_t set);
void hook_delete_nothrow(void *block, size_t second, uint32_t set);
void hook_delete_aligned(void *block, size_t second, uint32_t set);
void hook_delete_sized_aligned(void *block, size_t second, size_t third, uint32_t set);
void hook_delete_aligned_nothrow(void *block, size_t second, size_t third, uint32_t set);
void hook_array_delete(void *block, uint32_t set);
void hook_array_delete_sized(void *block, size_t second, uint32_t set);
void hook_array_delete_nothrow(void *block, size_t second, uint32_t set);
void hook_array_delete_aligned(void *block, size_t second, uint32_t set);
void hook_array_delete_sized_aligned(void *block, size_t second, size_t third, uint32_t set);
void hook_array_delete_aligned_nothrow(void *block, size_t second, size_t third, uint32_t set);

/* ---- threads ---- */

int hook_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*routine)(void *), void *argument, uint32_t set);
int hook_thrd_create(thrd_t *thread, thrd_start_t routine, void *argument, uint32_t set);

#endif
