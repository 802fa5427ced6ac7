/* shim/nullcall.c - calls of functions that the browser does not have */
/* SPDX-License-Identifier: MIT */

#include "shim/nullcall.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/nullcall_code.h"
#include "shim/plugin.h"
#include "shim/stubs.h"
#include "shim/whatif.h"
#include "tracer/findings.h"
#include "tracer/sys.h"

#define FIRST_SLOT offsetof(NPNetscapeFuncs, geturl)
#define AROUND_BYTES (6 * sizeof(void *)) /* of a table, to know it by */

/* What the plug-in's table has at offset. */
static uint64_t given(const struct plugin *plugin, size_t offset)
{
    if (offset + sizeof(void *) > plugin->table->size)
        return 0;
    return (uint64_t)(uintptr_t)stubs_slot(plugin->table, offset);
}

/* Does memory around address look like the plug-in's table, or a copy of it, around offset? */
static bool is_table_at(const struct plugin *plugin, uint64_t address, size_t offset)
{
    size_t first = offset > FIRST_SLOT + AROUND_BYTES ? offset - AROUND_BYTES : FIRST_SLOT;
    unsigned functions = 0;
    uint64_t found;

    for (size_t at = first; at <= offset + AROUND_BYTES && at < sizeof(NPNetscapeFuncs);
         at += sizeof(void *)) {
        uint64_t wanted = given(plugin, at);
        if (at > offset && wanted == 0)
            continue; /* a copy may end, or hold anything there */
        if (!sys_read_memory(address - offset + at, &found, sizeof(found)) || found != wanted)
            return false;
        functions += wanted != 0;
    }
    return functions > 0;
}

/* The slot without a function that lies at address; 0: none. */
static size_t slot_at(const struct plugin *plugin, uint64_t address)
{
    size_t slot = 0;

    for (size_t offset = FIRST_SLOT; offset < sizeof(NPNetscapeFuncs); offset += sizeof(void *))
        if (given(plugin, offset) == 0 && is_table_at(plugin, address, offset)) {
            if (slot != 0)
                return 0; /* two are as good as none */
            slot = offset;
        }
    return slot;
}

static size_t slot_called(const struct plugin *plugin, const struct nullcall_fault *fault)
{
    uint64_t places[NULLCALL_PLACES];
    unsigned count = nullcall_places(fault, places);
    size_t slot = 0;

    for (unsigned i = 0; i < count && slot == 0; i++)
        slot = slot_at(plugin, places[i]);
    return slot;
}

static void look(const ucontext_t *context)
{
    struct nullcall_fault fault;

    if (!nullcall_read(context, &fault))
        return;
    struct plugin *plugin =
        plugin_find_code((const void *)(uintptr_t)(fault.return_address - 1));
    size_t slot = plugin != NULL && plugin->table != NULL ? slot_called(plugin, &fault) : 0;
    if (slot == 0)
        return;
    struct npn_caller caller = {
        .plugin = plugin_id(plugin),
        .address = fault.return_address,
        .stack_pointer = nullcall_frame(&fault),
    };
    finding_report_fault(&caller,
                         &(struct finding){.kind = FINDING_NULL_SLOT, .detail = (uint32_t)slot});
}

/* The default action is back when this is called. A fault happens again at once; a signal that was
 * sent is sent again, and waits until we have returned. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    int kept_errno = errno;

    if (info->si_code > 0)
        look(context);
    else
        syscall(SYS_rt_tgsigqueueinfo, getpid(), sys_gettid(), number, info);
    errno = kept_errno;
}

void nullcall_watch(void)
{
    struct sigaction now, ours = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    int kept_errno = errno;

    ours.sa_sigaction = on_fault;
    if ((whatif_modes & RING_WHATIF_CHECK) != 0 && sigaction(SIGSEGV, NULL, &now) == 0 &&
        (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL)
        sigaction(SIGSEGV, &ours, NULL);
    errno = kept_errno;
}
