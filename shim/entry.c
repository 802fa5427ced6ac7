/* shim/entry.c - NP_Initialize and NP_Shutdown */
/* SPDX-License-Identifier: MIT */

#include "shim/entry.h"

#include <errno.h>

#include "shim/check.h"
#include "shim/nullcall.h"
#include "shim/opened.h"
#include "shim/pfuncs.h"
#include "shim/plugin.h"
#include "shim/redirect.h"
#include "shim/stubs.h"
#include "shim/table.h"
#include "tracer/clock.h"
#include "tracer/npn.h"
#include "tracer/registry.h"

/* A trampoline as "real" function: a plug-in that hands on another one's NP_Initialize. */
static bool is_trampoline(const void *address)
{
    struct object here, there;

    return object_at((uint64_t)(uintptr_t)is_trampoline, &here) &&
           object_at((uint64_t)(uintptr_t)address, &there) && here.start == there.start;
}

static void count_unlisted(void)
{
    struct tracer *tracer = tracer_start();

    if (tracer != NULL)
        atomic_fetch_add_explicit(&tracer->ring->unlisted_plugins, 1, memory_order_relaxed);
}

void *entry_initialize(void *real)
{
    struct plugin *plugin = is_trampoline(real) ? NULL : plugin_of_code(real);

    if (plugin == NULL) {
        if (!is_trampoline(real))
            count_unlisted();
        return real;
    }
    plugin->initialize = (NPError(*)(NPNetscapeFuncs *, NPPluginFuncs *, void *))real;
    return stubs_initialize(plugin->index);
}

void *entry_shutdown(void *real)
{
    struct plugin *plugin = is_trampoline(real) ? NULL : plugin_of_code(real);

    if (plugin == NULL)
        return real;
    plugin->shutdown = (NPError(*)(void))real;
    return stubs_shutdown(plugin->index);
}

static struct ring_plugin *listed(uint32_t id)
{
    struct tracer *tracer = tracer_if_running();

    return tracer != NULL ? registry_plugin(tracer, id) : NULL;
}

static void note_initialize(uint32_t id, uint32_t flags)
{
    struct ring_plugin *entry = listed(id);

    if (entry != NULL) {
        entry->flags = flags;
        atomic_fetch_add(&entry->initialize_calls, 1);
        atomic_store(&entry->end_stamp, 0);
    }
    npn_plugin_step(id, EVENT_STEP_INITIALIZE_ENTER, 0);
}

NPError gate_NP_Initialize(uint32_t place, NPNetscapeFuncs *table, NPPluginFuncs *functions,
                           void *rest)
{
    struct plugin *plugin = plugin_at(place);
    int kept_errno = errno;

    /* Nothing to trace with: the plug-in itself says what it thinks of that. */
    if (table == NULL || table->size == 0)
        return plugin->initialize(table, functions, rest);
    uint16_t functions_size = functions != NULL ? functions->size : 0;
    uint32_t id = plugin_id(plugin); /* tracing begins here, and with it that of heap calls */
    if (whatif_on()) {
        whatif_note_modes();
        nullcall_watch();
    }
    NPNetscapeFuncs *copy = table_copy(plugin, table);
    plugin_beginning(plugin);
    redirect_plugin(plugin, (void *)plugin->initialize);
    plugin->flags &= ~(uint32_t)RING_PLUGIN_PROVIDED;
    note_initialize(id, plugin->flags);
    uint32_t token = npn_entry_push(id, 0, (uint64_t)(uintptr_t)__builtin_frame_address(0));
    errno = kept_errno;
    NPError error = plugin->initialize(copy, functions, rest);
    kept_errno = errno;
    npn_entry_pop(token);
    opened_entry_ends();
    plugin_begun(plugin, error);
    if (error == NPERR_NO_ERROR && functions != NULL)
        pfuncs_wrap(plugin, functions, functions_size);
    npn_plugin_step(id, EVENT_STEP_INITIALIZE_RETURN, error);
    errno = kept_errno;
    return error;
}

static void note_shutdown(uint32_t id, NPError error)
{
    struct ring_plugin *entry = listed(id);

    if (entry != NULL) {
        atomic_fetch_add(&entry->shutdown_calls, 1);
        atomic_store(&entry->end_stamp, clock_stamp());
    }
    npn_plugin_step(id, EVENT_STEP_SHUTDOWN_RETURN, error);
}

NPError gate_NP_Shutdown(uint32_t place)
{
    struct plugin *plugin = plugin_at(place);
    int kept_errno = errno;

    /* A plug-in that was never initialised through us has not been met. */
    if (plugin->table == NULL)
        return plugin->shutdown();
    uint32_t id = plugin_id(plugin);
    npn_plugin_step(id, EVENT_STEP_SHUTDOWN_ENTER, 0);
    uint32_t token = npn_entry_push(id, 0, (uint64_t)(uintptr_t)__builtin_frame_address(0));
    errno = kept_errno;
    NPError error = plugin->shutdown();
    kept_errno = errno;
    npn_entry_pop(token);
    if (whatif_on())
        check_plugin_ends(id); /* may free through the plug-in's own host, a plug-in itself */
    plugin_shut_down(plugin);
    note_shutdown(id, error);
    errno = kept_errno;
    return error;
}
