/* tracer/npn.h - what the shim tells the tracer of NPN_Mem* calls, plug-ins and instances */
/* SPDX-License-Identifier: MIT */

/*
 * Each function is one operation: it enters the thread's next nesting level, does its part of the
 * side table, the counters and the ring, and leaves. None calls the host. errno may change: the
 * wrapper keeps it. `plugin` is an id of RING_PLUGINS; the instance is that of the innermost entry
 * into the same plug-in code (tracer/thread.h), 0 if the thread came by another way.
 */
#ifndef NPNTRACE_TRACER_NPN_H
#define NPNTRACE_TRACER_NPN_H

#include <stdbool.h>
#include <stdint.h>

#include "format/event.h"
#include "tracer/live.h"

struct npn_caller {
    uint32_t plugin;
    uint64_t address;       /* return address of the wrapper: the plug-in's code */
    uint64_t stack_pointer; /* of the wrapper */
    uint16_t flags;         /* EVENT_PROVIDED */
};

/* Around the host's memalloc. A wrapper inside it (a plug-in that hands its table on) that recorded
 * the same block has counted it already. */
uint32_t npn_alloc_begin(const struct npn_caller *caller);
void npn_alloc_end(const struct npn_caller *caller, uint32_t token, void *block,
                   uint32_t size_bytes);

/* Around the host's memfree of a non-NULL block; begin removes it from the side table and records.
 */
uint32_t npn_free_begin(const struct npn_caller *caller, void *block);
void npn_free_end(const struct npn_caller *caller, uint32_t token);

/* npn_free_begin() that says whether it was this call that took the block out of the side table:
 * of several threads that free it one has done so. */
uint32_t npn_free_begin_known(const struct npn_caller *caller, void *block, bool *ret_taken);

/* A free of something that our NPN_MemAlloc never issued, and that nobody will free. */
void npn_free_refused(const struct npn_caller *caller, void *block);

/* The browser gave the plug-in a block, which the plug-in has to release. An older block of the
 * same address was freed elsewhere. instance: whom it was for, if no entry into the plug-in says
 * it; 0: unknown. */
void npn_received(const struct npn_caller *caller, uint32_t instance, const void *block,
                  uint32_t size_bytes, enum npn_origin origin);

/* Before the browser's NPN_ReleaseVariantValue of a string. */
void npn_released(const struct npn_caller *caller, const void *block);

/* The plug-in gives a block to the browser, which has not seen it yet. NULL is nothing. A block
 * that is not in the side table is a finding, unless empty (a string of length 0 may point
 * anywhere). */
void npn_handed_over(const struct npn_caller *caller, const void *block, bool empty,
                     enum npn_way way);

/* An NPClass function set a result and returned false. */
void npn_result_while_false(const struct npn_caller *caller, const void *block);

uint32_t npn_flush_begin(const struct npn_caller *caller);
void npn_flush_end(const struct npn_caller *caller, uint32_t token, uint32_t asked_bytes,
                   uint32_t returned_bytes);

/* Steps in lives; value is the NPError. */
void npn_plugin_step(uint32_t plugin, enum event_step step, int value);
void npn_instance_step(uint32_t plugin, uint32_t instance, enum event_step step, int value);

/* What is known of a live block. False: nothing, or tracing is not possible. */
bool npn_find(const void *block, struct live_block *ret_block);

/* free() and its family, by plug-in code: a finding if block is an NPN block. */
void npn_freed_by_heap(const struct npn_caller *caller, const void *block);

/* Has the host ever called a plug-in on this thread? Set by npn_entry_push(). A forked child's
 * thread is its parent's. Initial-exec: see tracer/thread.h. */
extern __thread bool npn_thread_entered
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Entries of the host into a plug-in, and their end. stack_pointer: of the wrapper. */
uint32_t npn_entry_push(uint32_t plugin, uint32_t instance, uint64_t stack_pointer);
void npn_entry_pop(uint32_t token);

/* The plug-in and instance that this thread is inside of; 0 for none. */
void npn_entry_current(uint64_t stack_pointer, uint32_t *ret_plugin, uint32_t *ret_instance);

#define NPN_NO_TOKEN UINT32_MAX

#endif
