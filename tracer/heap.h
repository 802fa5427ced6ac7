/* tracer/heap.h - calls of malloc and its family become events */
/* SPDX-License-Identifier: MIT */

/*
 * shim/ gets between callers and the allocator and reports here: an allocation after the real
 * function returned, a free before it runs, a realloc on both sides. Which calls are recorded, and
 * whose they are, is decided here:
 *
 *   whose?   the plug-in that the shim names, because the call came through one of its redirected
 *            relocations; else that of the innermost entry that the thread is in (context.c), or,
 *            for threads that a plug-in started, that plug-in's; else the host's
 *   record?  RING_HEAP_ALL: always. RING_HEAP_PLUGINS: calls that are a plug-in's, and frees of
 *            blocks that are (a set of their addresses is kept for that)
 *
 * All functions: any thread, signal handlers, errno kept, no allocation, no lock unless a table has
 * to grow. They never fail; what could not be recorded is counted in the segment's header.
 */
#ifndef NPNTRACE_TRACER_HEAP_H
#define NPNTRACE_TRACER_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/event.h"

/* 0 until heap calls are to be recorded: the only thing that the shim looks at before it calls. */
extern _Atomic uint32_t heap_tracing; /* enum ring_heap */

/* `how`: enum event_function, with HEAP_BY(id) the plug-in whose redirected call it was. */
#define HEAP_BY(plugin) ((uint32_t)(plugin) << 8)

/* At load: begins tracing if NPNTRACE_HEAP=all and this program is one to follow. */
void heap_load(void);

/* What the environment asks for in this program: enum ring_heap. */
uint32_t heap_wanted(void);

/* Before the real function runs, if one likes: fetches into the cache what the backtrace of the
 * call will probably need. */
void heap_expect(const void *frame);

/* `frame`: __builtin_frame_address(0) of the function that the caller called in place of the
 * allocator's, which must keep a frame pointer: return address and caller's frame are found there.
 */
void heap_allocated(void *block, size_t size, const void *frame, uint32_t how);
void heap_freeing(void *block, const void *frame, uint32_t how);

/* Before the real realloc runs: what to pass to heap_reallocated(); 0: do not call it. */
uint64_t heap_reallocating(void *old, const void *frame, uint32_t how);

/* fresh NULL: it failed, or it was a free (size 0), which `freed` tells. */
void heap_reallocated(uint64_t before, void *old, void *fresh, size_t size, bool freed,
                      const void *frame, uint32_t how);

/* Around a call from a plug-in into its host: what is allocated meanwhile is the host's. */
uint32_t heap_host_enter(uint64_t stack_pointer);
void heap_host_leave(uint32_t token);

/* This thread was started by a plug-in: outside of all entries it works for it. */
void heap_thread_of(uint32_t plugin);

/* Whom this thread works for now: a plug-in's id, 0: the host. For pthread_create. */
uint32_t heap_current_plugin(uint64_t stack_pointer);

#endif
