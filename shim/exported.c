/* shim/exported.c - NPN_MemAlloc, NPN_MemFree and NPN_MemFlush by name */
/* SPDX-License-Identifier: MIT */

/*
 * Who calls the exported names? A plug-in whose own gates of these names ours interpose: it has a
 * host's table, and its host's functions are called. Code that a plug-in brought with it: the
 * plug-in whose entry the thread is in. Code under a host that exports the functions itself, in a
 * library: that one's. Everybody else has no host, and gets ours.
 */
#include "shim/exported.h"

#include <dlfcn.h>
#include <errno.h>

#include "shim/hostcalls.h"
#include "shim/memory.h"
#include "shim/originals.h"
#include "shim/plugin.h"
#include "shim/provided.h"
#include "shim/redirect.h"

struct host {
    NPN_MemAllocProcPtr memalloc;
    NPN_MemFreeProcPtr memfree;
    NPN_MemFlushProcPtr memflush;
};

static const struct host provided = {provided_alloc, provided_free, provided_flush};

/* The next definitions in the global scope. A race looks twice, and finds the same. */
static void look_for_next(struct host *ret_next)
{
    if (__atomic_load_n(&originals.dlsym, __ATOMIC_ACQUIRE) == NULL)
        originals_resolve();
    ret_next->memalloc = (NPN_MemAllocProcPtr)originals.dlsym(RTLD_NEXT, "NPN_MemAlloc");
    ret_next->memfree = (NPN_MemFreeProcPtr)originals.dlsym(RTLD_NEXT, "NPN_MemFree");
    ret_next->memflush = (NPN_MemFlushProcPtr)originals.dlsym(RTLD_NEXT, "NPN_MemFlush");
}

static const struct host *next_host(void)
{
    static struct host next;
    static _Atomic enum { UNKNOWN, NONE, FOUND } known;

    if (known == UNKNOWN) {
        look_for_next(&next);
        bool found = next.memalloc != NULL && next.memfree != NULL && next.memflush != NULL;
        if (!found)
            dlerror(); /* our question, not the host's */
        known = found ? FOUND : NONE;
    }
    return known == FOUND ? &next : NULL;
}

void *exported_behind(void *function)
{
    const struct host *next = NULL;

    if (function == (void *)NPN_MemAlloc || function == (void *)NPN_MemFree ||
        function == (void *)NPN_MemFlush)
        next = next_host();
    if (function == (void *)NPN_MemAlloc)
        return next != NULL ? (void *)next->memalloc : (void *)provided_alloc;
    if (function == (void *)NPN_MemFree)
        return next != NULL ? (void *)next->memfree : (void *)provided_free;
    if (function == (void *)NPN_MemFlush)
        return next != NULL ? (void *)next->memflush : (void *)provided_flush;
    return function;
}

static bool has_memory(const struct plugin *plugin)
{
    return plugin != NULL && plugin->host.memalloc != NULL && plugin->host.memfree != NULL &&
           plugin->host.memflush != NULL;
}

/* The plug-in may have been shut down. */
static void look(struct plugin *plugin, const void *address, uint64_t stack_pointer, size_t slot)
{
    const struct hostcall call = {
        .plugin = plugin,
        .address = (uint64_t)(uintptr_t)address,
        .stack_pointer = stack_pointer,
    };

    if (__builtin_expect(atomic_load_explicit(&plugin->ended, memory_order_relaxed), 0))
        hostcalls_look(&call, slot);
}

/* Whose function to call, and the caller to record. */
static struct host choose(const void *address, uint64_t stack_pointer, size_t slot,
                          struct npn_caller *ret_caller)
{
    struct plugin *plugin = plugin_find_code(address);
    uint32_t id, instance;

    if (plugin == NULL) {
        plugin = plugin_of_code(address);
        if (plugin != NULL && plugin_id(plugin) != 0)
            redirect_plugin(plugin, address);
    }

    if (!has_memory(plugin)) {
        npn_entry_current(stack_pointer, &id, &instance);
        struct plugin *entered = plugin_of_id(id);
        if (has_memory(entered))
            plugin = entered;
    }
    *ret_caller = (struct npn_caller){
        .address = (uint64_t)(uintptr_t)address,
        .stack_pointer = stack_pointer,
    };
    if (has_memory(plugin)) {
        ret_caller->plugin = plugin_id(plugin);
        look(plugin, address, stack_pointer, slot);
        return (struct host){plugin->host.memalloc, plugin->host.memfree, plugin->host.memflush};
    }
    if (plugin != NULL && plugin->table == NULL)
        plugin->flags |= RING_PLUGIN_PROVIDED;
    ret_caller->plugin = plugin != NULL ? plugin_id(plugin) : 0;
    const struct host *next = next_host();
    if (next == NULL)
        ret_caller->flags = EVENT_PROVIDED;
    return next != NULL ? *next : provided;
}

/* Inlined, so that the addresses are those of the exported function. */
static inline __attribute__((always_inline)) struct host
choose_here(size_t slot, struct npn_caller *ret_caller)
{
    int kept_errno = errno;
    struct host host = choose(__builtin_return_address(0),
                              (uint64_t)(uintptr_t)__builtin_frame_address(0), slot, ret_caller);

    errno = kept_errno;
    return host;
}

void *NPN_MemAlloc(uint32_t size)
{
    struct npn_caller caller;
    struct host host = choose_here(offsetof(NPNetscapeFuncs, memalloc), &caller);

    return memory_alloc(&caller, host.memalloc, size);
}

void NPN_MemFree(void *ptr)
{
    struct npn_caller caller;
    struct host host = choose_here(offsetof(NPNetscapeFuncs, memfree), &caller);
    int kept_errno = errno;
    bool refused = ptr != NULL && host.memfree == provided_free && !provided_issued(ptr);

    if (refused)
        npn_free_refused(&caller, ptr);
    errno = kept_errno;
    if (!refused)
        memory_free(&caller, host.memfree, ptr);
}

uint32_t NPN_MemFlush(uint32_t size)
{
    struct npn_caller caller;
    struct host host = choose_here(offsetof(NPNetscapeFuncs, memflush), &caller);

    return memory_flush(&caller, host.memflush, size);
}
