/* shim/memory.c - NPN_MemAlloc, NPN_MemFree and NPN_MemFlush through the table */
/* SPDX-License-Identifier: MIT */

#include "shim/memory.h"

#include <errno.h>

#include "shim/hostcalls.h"
#include "shim/table_gates.h"
#include "shim/whatif.h"

void *memory_alloc(const struct npn_caller *caller, NPN_MemAllocProcPtr host, uint32_t size)
{
    int kept_errno = errno;
    uint32_t token = npn_alloc_begin(caller);

    errno = kept_errno;
    if (whatif_on())
        return whatif_alloc(caller, token, host, size);
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
    if (whatif_on()) {
        whatif_free(caller, host, block);
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

/* These calls come by the million, so the common case is short: hostcalls_begin() would find
 * nothing to say. Inlined, so that addresses are those of the gate. */
static inline __attribute__((always_inline)) struct npn_caller caller_of(uintptr_t who, size_t slot,
                                                                         struct plugin **ret_plugin)
{
    if (__builtin_expect(who < PLUGIN_SHARED_SET, 1)) {
        struct plugin *plugin = *ret_plugin = plugin_of_set((uint32_t)who);
        if (!atomic_load_explicit(&plugin->ended, memory_order_relaxed)) {
            int kept_errno = errno;
            uint32_t id = plugin_id(plugin);
            errno = kept_errno;
            return (struct npn_caller){
                .plugin = id,
                .address = (uint64_t)(uintptr_t)__builtin_return_address(0),
                .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
            };
        }
    }
    struct hostcall call = hostcalls_begin(who, slot);
    *ret_plugin = call.plugin;
    return hostcalls_caller(&call);
}

#define CALLER_OF(slot) caller_of(who, offsetof(NPNetscapeFuncs, slot), &plugin)

void *gate_npn_memalloc(uintptr_t who, uint32_t size)
{
    struct plugin *plugin;
    struct npn_caller caller = CALLER_OF(memalloc);

    return memory_alloc(&caller, plugin->host.memalloc, size);
}

void gate_npn_memfree(uintptr_t who, void *block)
{
    struct plugin *plugin;
    struct npn_caller caller = CALLER_OF(memfree);

    memory_free(&caller, plugin->host.memfree, block);
}

uint32_t gate_npn_memflush(uintptr_t who, uint32_t size)
{
    struct plugin *plugin;
    struct npn_caller caller = CALLER_OF(memflush);

    return memory_flush(&caller, plugin->host.memflush, size);
}
