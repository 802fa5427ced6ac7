/* shim/hostcalls.h - calls from a plug-in into its host */
/* SPDX-License-Identifier: MIT */

/*
 * What a host allocates while a plug-in calls it is the host's. So when heap calls are recorded,
 * every function in the plug-in's copy of the host's table says so to the tracer while it runs:
 * those that shim/stubs.c stands in for do it themselves (for the memory functions the tracer knows
 * it anyway), and the others get a stub here. A stub only has to know the host's function, and
 * hosts give all plug-ins the same; so stubs belong to a table of the host's, of which there is
 * room for HOSTCALLS_TABLES (a plug-in that makes tables for others is a host too). The functions
 * of tables beyond are shown as they are.
 */
#ifndef NPNTRACE_SHIM_HOSTCALLS_H
#define NPNTRACE_SHIM_HOSTCALLS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/npapi.h"
#include "tracer/heap.h"

#define HOSTCALLS_TABLES 4
#define HOSTCALLS_NO_TABLE UINT32_MAX

struct hostcalls_call {
    bool entered;
    uint32_t token;
};

/* Around a call of a host's function, by the function that the plug-in called. errno is kept. */
static inline struct hostcalls_call hostcalls_enter(const void *frame)
{
    struct hostcalls_call call = {
        .entered = atomic_load_explicit(&heap_tracing, memory_order_relaxed) != 0,
    };

    if (call.entered) {
        int kept_errno = errno;
        call.token = heap_host_enter((uint64_t)(uintptr_t)frame);
        errno = kept_errno;
    }
    return call;
}

static inline void hostcalls_leave(const struct hostcalls_call *call)
{
    if (call->entered)
        heap_host_leave(call->token);
}

/* The number of the table that has the host's functions; HOSTCALLS_NO_TABLE: no room. */
uint32_t hostcalls_table(const NPNetscapeFuncs *host);

/* The stub for a slot; NULL: there is none. */
void *hostcalls_stub(size_t offset, uint32_t table);

/* The host's function behind a stub; any other value is returned as it is. */
void *hostcalls_behind(void *value, size_t offset, bool *nested);

#endif
