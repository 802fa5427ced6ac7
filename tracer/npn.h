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

/* A free of something that our NPN_MemAlloc never issued, and that nobody will free. */
void npn_free_refused(const struct npn_caller *caller, void *block);

uint32_t npn_flush_begin(const struct npn_caller *caller);
void npn_flush_end(const struct npn_caller *caller, uint32_t token, uint32_t asked_bytes,
                   uint32_t returned_bytes);

/* Steps in lives; value is the NPError. */
void npn_plugin_step(uint32_t plugin, enum event_step step, int value);
void npn_instance_step(uint32_t plugin, uint32_t instance, enum event_step step, int value);

/* What is known of a live block. False: nothing, or tracing is not possible. */
bool npn_find(const void *block, struct live_block *ret_block);

/* Entries of the host into a plug-in, and their end. stack_pointer: of the wrapper. */
uint32_t npn_entry_push(uint32_t plugin, uint32_t instance, uint64_t stack_pointer);
void npn_entry_pop(uint32_t token);

/* The plug-in and instance that this thread is inside of; 0 for none. */
void npn_entry_current(uint64_t stack_pointer, uint32_t *ret_plugin, uint32_t *ret_instance);

#define NPN_NO_TOKEN UINT32_MAX

#endif
