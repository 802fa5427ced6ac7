/* shim/memory.c - NPN_MemAlloc, NPN_MemFree and NPN_MemFlush through the table */
/* SPDX-License-Identifier: MIT */

#include "shim/memory.h"

#include <errno.h>

#include "shim/plugin.h"

void *memory_alloc(const struct npn_caller *caller, NPN_MemAllocProcPtr host, uint32_t size)
{
    int kept_errno = errno;
    uint32_t token = npn_alloc_begin(caller);

    errno = kept_errno;
    void *block = host(size);
    kept_errno = errno;
    npn_alloc_end(caller, token, block, size);
    errno = kept_errno;
    return block;
}

void memory_free(const struct npn_caller *caller, NPN_MemFreeProcPtr host, void *block)
{
    int kept_errno = errno;

    if (block == NULL) {
        host(block);
        return;
    }
    uint32_t token = npn_free_begin(caller, block);
    errno = kept_errno;
    host(block);
    kept_errno = errno;
    npn_free_end(caller, token);
    errno = kept_errno;
}

uint32_t memory_flush(const struct npn_caller *caller, NPN_MemFlushProcPtr host, uint32_t size)
{
    int kept_errno = errno;
    uint32_t token = npn_flush_begin(caller);

    errno = kept_errno;
    uint32_t flushed = host(size);
    kept_errno = errno;
    npn_flush_end(caller, token, size, flushed);
    errno = kept_errno;
    return flushed;
}

/* The plug-in behind a stub: its set's, or in the shared set the one whose code called, or the one
 * whose entry this thread is in, or any: their hosts are one (plugin_share_stubs). */
static struct plugin *plugin_of_call(uint32_t set, const void *caller, uint64_t stack_pointer)
{
    uint32_t id, instance;

    if (set != PLUGIN_SHARED_SET)
        return plugin_of_set(set);
    struct plugin *plugin = plugin_find_code(caller);
    if (plugin == NULL) {
        npn_entry_current(stack_pointer, &id, &instance);
        plugin = plugin_of_id(id);
    }
    return plugin != NULL && plugin->table != NULL ? plugin : plugin_of_set(set);
}

/* Inlined, so that addresses are those of the gate. */
static inline __attribute__((always_inline)) struct npn_caller caller_of(uint32_t set,
                                                                         struct plugin **ret_plugin)
{
    const void *address = __builtin_return_address(0);
    uint64_t stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    int kept_errno = errno;

    *ret_plugin = plugin_of_call(set, address, stack_pointer);
    struct npn_caller caller = {
        .plugin = plugin_id(*ret_plugin),
        .address = (uint64_t)(uintptr_t)address,
        .stack_pointer = stack_pointer,
    };
    errno = kept_errno;
    return caller;
}

void *gate_memalloc(uint32_t set, uint32_t size)
{
    struct plugin *plugin;
    struct npn_caller caller = caller_of(set, &plugin);

    return memory_alloc(&caller, plugin->host.memalloc, size);
}

void gate_memfree(uint32_t set, void *block)
{
    struct plugin *plugin;
    struct npn_caller caller = caller_of(set, &plugin);

    memory_free(&caller, plugin->host.memfree, block);
}

uint32_t gate_memflush(uint32_t set, uint32_t size)
{
    struct plugin *plugin;
    struct npn_caller caller = caller_of(set, &plugin);

    return memory_flush(&caller, plugin->host.memflush, size);
}
