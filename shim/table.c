/* shim/table.c - the private copy of the host's function table */
/* SPDX-License-Identifier: MIT */

#include "shim/table.h"

#include <stddef.h>
#include <string.h>

#include "shim/exported.h"
#include "shim/hostcalls.h"
#include "shim/stubs.h"
#include "tracer/contract.h"
#include "tracer/sys.h"

#define FIRST_SLOT offsetof(NPNetscapeFuncs, geturl)

/* The host's function behind a slot: a plug-in that hands on its own table, which is one of our
 * copies, offers its host's functions, not our stubs for it. */
static void *host_function(void *value, size_t offset, bool *nested)
{
    uint32_t set;

    while (stubs_is_table_stub(value, offset, &set)) {
        *nested = true;
        value = stubs_slot(&plugin_of_set(set)->host, offset);
    }
    return exported_behind(value);
}

/* Its own functions stay unwrapped: what they give to the host is not seen, nor by which threads
 * they are called. */
static void note_unwrapped(void)
{
    struct tracer *tracer = tracer_if_running();

    atomic_store_explicit(&hostcalls_entries_unseen, true, memory_order_relaxed);
    if (tracer != NULL)
        contract_hand_over_unseen(tracer);
}

/* Nor do its calls come to us. */
static uint32_t no_stubs(struct plugin *plugin)
{
    struct tracer *tracer = tracer_if_running();

    plugin->flags |= RING_PLUGIN_UNSEEN;
    if (tracer != NULL)
        contract_blocks_unseen(tracer);
    return PLUGIN_NO_STUBS;
}

/* A plug-in beyond the pool shares a set with others like it, so their hosts must be one. */
static uint32_t usable_set(struct plugin *plugin)
{
    if (plugin_take_stubs(plugin))
        return atomic_load_explicit(&plugin->stub_set, memory_order_acquire);
    plugin->flags |= RING_PLUGIN_BY_CALLER;
    note_unwrapped();
    return plugin_share_stubs(plugin) ? PLUGIN_SHARED_SET : no_stubs(plugin);
}

/* Keeps the host's functions, as far as they are known, for the stubs. */
static void keep_host(struct plugin *plugin, const NPNetscapeFuncs *table, size_t known)
{
    bool nested = false;

    plugin->host.size = table->size;
    plugin->host.version = table->version;
    for (size_t offset = FIRST_SLOT; offset < sizeof(plugin->host); offset += sizeof(void *)) {
        void *value = offset + sizeof(void *) <= known ? stubs_slot(table, offset) : NULL;
        /* A shorter table later does not take away what the plug-in was given before. */
        if (value != NULL)
            stubs_slot_store(&plugin->host, offset, host_function(value, offset, &nested));
    }
    if (nested)
        plugin->flags |= RING_PLUGIN_NESTED;
}

/* What is behind the stub for offset: of a shared one, what it is for the first that shares it. */
static void *behind(const struct plugin *plugin, size_t offset, uint32_t set)
{
    const struct plugin *owner = set == PLUGIN_SHARED_SET ? plugin_of_set(set) : plugin;

    return stubs_slot(&owner->host, offset);
}

/* What the plug-in is to see at offset. */
static void *shown(const struct plugin *plugin, const void *table, size_t offset, uint32_t set)
{
    void *value = stubs_slot(table, offset);

    if (offset < FIRST_SLOT || offset >= sizeof(plugin->host) || value == NULL)
        return value;
    void *host = stubs_slot(&plugin->host, offset);
    void *stub = set != PLUGIN_NO_STUBS ? stubs_table_stub(offset, set) : NULL;
    return stub != NULL && behind(plugin, offset, set) == host ? stub : host;
}

NPNetscapeFuncs *table_copy(struct plugin *plugin, NPNetscapeFuncs *table)
{
    uint16_t size = table->size;

    if (plugin->table == NULL)
        plugin->table = sys_map(TABLE_BYTES);
    if (plugin->table == NULL)
        return table;
    keep_host(plugin, table, size);
    uint32_t set = usable_set(plugin);
    size_t offset = 0;
    for (; offset + sizeof(void *) <= size; offset += sizeof(void *))
        stubs_slot_store(plugin->table, offset, shown(plugin, table, offset, set));
    memcpy((char *)plugin->table + offset, (const char *)table + offset, size - offset);
    return plugin->table;
}
