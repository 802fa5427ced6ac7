/* shim/hostcalls.h - a call from a plug-in into its host */
/* SPDX-License-Identifier: MIT */

/*
 * What the gates of the browser's table (shim/table_gates.h) have in common:
 *
 *   whose       `who` is the stub set of the plug-in, or, from the stubs that plug-ins beyond the
 *               pool share, the return address: it lies in the plug-in's code
 *   allowed?    a call after NP_Shutdown, or on a thread that the host has never called a plug-in
 *               on, is a finding. It is forwarded all the same.
 *   the host's  what the host allocates meanwhile is its own, and the tracer is told so while heap
 *               calls are recorded
 *
 *   struct hostcall call = HOSTCALLS_ENTER(slot);
 *   returned = call.plugin->host.slot(...);
 *   hostcalls_leave(&call);
 *   ... what is to be noted, by the caller that hostcalls_caller() tells ...
 *
 * Any thread, any time. errno is kept by all of them. Nothing is allocated; no lock.
 */
#ifndef NPNTRACE_SHIM_HOSTCALLS_H
#define NPNTRACE_SHIM_HOSTCALLS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/npapi.h"
#include "shim/plugin.h"
#include "tracer/heap.h"
#include "tracer/npn.h"

#define HOSTCALLS_NO_TOKEN UINT32_MAX

struct hostcall {
    struct plugin *plugin;
    uint64_t address;       /* the plug-in's code, or a stub that it called */
    uint64_t stack_pointer; /* the gate's frame */
    uint32_t token;         /* while the host's heap calls are its own */
    bool guessed;           /* the plug-in is not certain */
    bool off_thread;
};

/* Some entries into plug-ins are not seen, so nothing can be said of threads. */
extern _Atomic bool hostcalls_entries_unseen __attribute__((visibility("hidden")));

/* What hosts allow on any thread. A constant for a constant slot. */
static inline __attribute__((always_inline)) bool hostcalls_any_thread(size_t slot)
{
    return slot == offsetof(NPNetscapeFuncs, memalloc) ||
           slot == offsetof(NPNetscapeFuncs, memfree) ||
           slot == offsetof(NPNetscapeFuncs, memflush) ||
           slot == offsetof(NPNetscapeFuncs, pluginthreadasynccall) ||
           slot == offsetof(NPNetscapeFuncs, utf8fromidentifier) ||
           slot == offsetof(NPNetscapeFuncs, identifierisstring) ||
           slot == offsetof(NPNetscapeFuncs, intfromidentifier);
}

/* Of the plug-ins that share stubs: who called. */
void hostcalls_find_sharer(struct hostcall *call, size_t slot);

/* The call may be one that is not allowed. */
void hostcalls_look(const struct hostcall *call, size_t slot);

/* Whose call it is, and whether it is allowed. Inlined, so that addresses are those of the gate. */
static inline __attribute__((always_inline)) struct hostcall hostcalls_begin(uintptr_t who,
                                                                             size_t slot)
{
    struct hostcall call = {
        .address = who > PLUGIN_SHARED_SET ? who : (uint64_t)(uintptr_t)__builtin_return_address(0),
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
        .token = HOSTCALLS_NO_TOKEN,
        .off_thread = !hostcalls_any_thread(slot) && !npn_thread_entered,
    };

    if (__builtin_expect(who < PLUGIN_SHARED_SET, 1))
        call.plugin = plugin_of_set((uint32_t)who);
    else
        hostcalls_find_sharer(&call, slot);
    if (__builtin_expect(
            call.off_thread || atomic_load_explicit(&call.plugin->ended, memory_order_relaxed), 0))
        hostcalls_look(&call, slot);
    return call;
}

/* From here to hostcalls_leave() it is the host that runs. */
static inline __attribute__((always_inline)) void hostcalls_go(struct hostcall *call)
{
    if (atomic_load_explicit(&heap_tracing, memory_order_relaxed) != 0) {
        int kept_errno = errno;
        call->token = heap_host_enter(call->stack_pointer);
        errno = kept_errno;
    }
}

static inline __attribute__((always_inline)) struct hostcall hostcalls_enter(uintptr_t who,
                                                                             size_t slot)
{
    struct hostcall call = hostcalls_begin(who, slot);

    hostcalls_go(&call);
    return call;
}

#define HOSTCALLS_BEGIN(slot) hostcalls_begin(who, offsetof(NPNetscapeFuncs, slot))
#define HOSTCALLS_ENTER(slot) hostcalls_enter(who, offsetof(NPNetscapeFuncs, slot))

static inline void hostcalls_leave(const struct hostcall *call)
{
    if (call->token != HOSTCALLS_NO_TOKEN)
        heap_host_leave(call->token);
    if (call->off_thread) /* what the host called here and now does not count */
        npn_thread_entered = false;
}

/* For the tracer. */
static inline struct npn_caller hostcalls_caller(const struct hostcall *call)
{
    int kept_errno = errno;
    struct npn_caller caller = {
        .plugin = plugin_id(call->plugin),
        .address = call->address,
        .stack_pointer = call->stack_pointer,
    };

    errno = kept_errno;
    return caller;
}

#endif
