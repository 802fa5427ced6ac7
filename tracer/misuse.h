/* tracer/misuse.h - which rule a free breaks */
/* SPDX-License-Identifier: MIT */

/*
 * Inside the operation that records the call, after its event. Only what is certain becomes a
 * finding (tracer/findings.h). Where a plug-in runs others inside of it (RING_PLUGIN_NESTED) one of
 * them frees what another got, in its place: then only what one and the same plug-in did counts.
 * Any thread; slow, since all is right mostly.
 */
#ifndef NPNTRACE_TRACER_MISUSE_H
#define NPNTRACE_TRACER_MISUSE_H

#include "tracer/findings.h"

/* NPN_MemFree of a block that was known, and is the plug-in's own or not. */
void misuse_known_free(const struct operation *operation, const struct event *event,
                       const struct live_block *block);

/* NPN_MemFree of a block that was not. */
void misuse_unknown_free(const struct operation *operation, const struct npn_caller *caller,
                         const struct event *event);

/* NPN_ReleaseVariantValue of a string that was not known. */
void misuse_unknown_release(const struct operation *operation, const struct npn_caller *caller,
                            const struct event *event);

/* A result that is no block we know. */
void misuse_unknown_result(const struct operation *operation, const struct event *event,
                           enum npn_way way);

/* free(), realloc() and the like, by plug-in code. The frame is the caller's, as for
 * heap_freeing(); `owner`: instance << 32 | plug-in. */
void misuse_heap_free(const struct operation *operation, const void *frame, uint64_t owner,
                      uint64_t address);

/* The host frees an NPN block that was not seen coming to it. */
void misuse_host_free(const struct operation *operation, const void *frame, uint64_t address);

/* The plug-in got the address from malloc: an NPN block there has been freed unseen. */
void misuse_heap_alloc(const struct operation *operation, const void *frame, uint64_t owner,
                       uint64_t address);

/* A plug-in runs others inside of it. */
bool misuse_any_nested(struct tracer *tracer);

#endif
