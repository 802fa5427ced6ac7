/* shim/hostcalls.c - a call from a plug-in into its host */
/* SPDX-License-Identifier: MIT */

#include "shim/hostcalls.h"

#include "shim/stubs.h"
#include "tracer/findings.h"

_Atomic bool hostcalls_entries_unseen;

static bool has_slot(const struct plugin *plugin, size_t slot)
{
    return plugin != NULL && plugin->table != NULL && stubs_slot(&plugin->host, slot) != NULL;
}

/* The one whose code called, or the one whose entry this thread is in, or any: they share stubs
 * only where their host's functions are the same (shim/table.c). */
void hostcalls_find_sharer(struct hostcall *call, size_t slot)
{
    int kept_errno = errno;
    uint32_t id, instance;

    call->plugin = plugin_find_code((const void *)(uintptr_t)call->address);
    if (!has_slot(call->plugin, slot)) {
        call->guessed = true;
        npn_entry_current(call->stack_pointer, &id, &instance);
        call->plugin = plugin_of_id(id);
    }
    if (!has_slot(call->plugin, slot))
        call->plugin = plugin_of_set(PLUGIN_SHARED_SET);
    errno = kept_errno;
}

/* A host may call into a plug-in that it has shut down, to deallocate an object, say. What the
 * plug-in does then is not its own doing. */
static bool is_after_shutdown(const struct hostcall *call)
{
    uint32_t id, instance;

    if (call->guessed || !atomic_load_explicit(&call->plugin->ended, memory_order_relaxed))
        return false;
    npn_entry_current(call->stack_pointer, &id, &instance);
    return id == 0;
}

/* If the plug-in's entries could not be wrapped, the host may have called it on any thread. */
static bool is_off_thread(const struct hostcall *call)
{
    return call->off_thread && !call->guessed && call->plugin->own.newp != NULL &&
           !atomic_load_explicit(&hostcalls_entries_unseen, memory_order_relaxed);
}

__attribute__((cold)) void hostcalls_look(const struct hostcall *call, size_t slot)
{
    int kept_errno = errno;
    struct npn_caller caller = hostcalls_caller(call);
    struct finding finding = {.detail = (uint32_t)slot};

    if (is_after_shutdown(call))
        finding.kind = FINDING_AFTER_SHUTDOWN;
    else if (is_off_thread(call))
        finding.kind = FINDING_OFF_THREAD;
    if (finding.kind != FINDING_NONE)
        finding_report(&caller, &finding);
    errno = kept_errno;
}
