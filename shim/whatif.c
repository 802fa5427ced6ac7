/* shim/whatif.c - NPN_Mem* calls that are made to fail, budgets, and checked blocks, on demand */
/* SPDX-License-Identifier: MIT */

#include "shim/whatif.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "format/whatif.h"
#include "shim/check.h"
#include "shim/exported.h"
#include "shim/plugin.h"
#include "shim/quarantine.h"
#include "tracer/debug.h"
#include "tracer/registry.h"
#include "tracer/sys.h"
#include "tracer/thread.h"

uint32_t whatif_modes;

static struct {
    struct whatif_fail fail;
    struct whatif_limit limit;
    uint64_t seed;
} wanted = {.seed = 1}; /* written with whatif_modes */

static _Atomic uint64_t calls; /* that fail.plugin fits */

/* Bytes of allocations under way: not live yet, but on their way there. */
static _Atomic uint64_t coming_bytes[PLUGIN_PLACES];

/* The call of memory_alloc() around one that comes from inside the host's memalloc: a plug-in that
 * gives another one a table of its own is such a host. Initial-exec for the reason in thread.c. */
static __thread struct passing {
    uint32_t size;  /* what the plug-in asked for */
    uint32_t asked; /* what its host was asked for */
    uint32_t plugin;
    bool counted;   /* among the calls that may fail */
} passing __attribute__((tls_model("initial-exec")));

/* ---- what is wanted ---------------------------------------------------------------------- */

static void load_fail(const char *text)
{
    const char *seed = getenv(WHATIF_SEED_ENVIRONMENT);

    if (!whatif_parse_fail(text, &wanted.fail))
        debug_say("NPNTRACE_FAIL_NPN is neither a number nor a rate", 0);
    else if (seed != NULL && !whatif_parse_number(seed, &wanted.seed))
        debug_say("NPNTRACE_FAIL_SEED is not a number", 0);
    else
        whatif_modes |= RING_WHATIF_FAIL;
}

static void load_limit(const char *text)
{
    if (whatif_parse_limit(text, &wanted.limit))
        whatif_modes |= RING_WHATIF_LIMIT;
    else
        debug_say("NPNTRACE_LIMIT is not a plug-in and a number of bytes", 0);
}

/* Without a way to look at the zones nothing would be found, and no wrong be said to be there. */
static void load_check(void)
{
    uint64_t here = 0, read;

    if (sys_read_memory((uint64_t)(uintptr_t)&here, &read, sizeof(read)))
        whatif_modes |= RING_WHATIF_CHECK;
    else
        debug_say("NPNTRACE_CHECK is off: process_vm_readv is not permitted here", 0);
}

__attribute__((constructor)) static void load(void)
{
    const char *fail = getenv(WHATIF_FAIL_ENVIRONMENT);
    const char *limit = getenv(WHATIF_LIMIT_ENVIRONMENT);
    const char *check = getenv(WHATIF_CHECK_ENVIRONMENT);
    int kept_errno = errno;

    if (fail != NULL && *fail != '\0')
        load_fail(fail);
    if (limit != NULL && *limit != '\0')
        load_limit(limit);
    if (check != NULL && *check != '\0')
        load_check();
    errno = kept_errno;
}

void whatif_note_modes(void)
{
    struct tracer *tracer = tracer_if_running();

    if (whatif_modes == 0 || tracer == NULL)
        return;
    if (atomic_load_explicit(&tracer->ring->whatif, memory_order_relaxed) != whatif_modes)
        atomic_store_explicit(&tracer->ring->whatif, whatif_modes, memory_order_relaxed);
}

/* ---- whom it concerns -------------------------------------------------------------------- */

/* What is known of a plug-in and a pattern. Two threads find the same. */
struct concerned {
    _Atomic uint8_t known[PLUGIN_PLACES]; /* 0: not yet; 1: no; 2: yes */
};

static bool concerns(struct concerned *concerned, const char *pattern, const struct plugin *plugin)
{
    if (*pattern == '\0')
        return true;
    if (plugin == NULL)
        return false;
    _Atomic uint8_t *known = &concerned->known[plugin->index];
    uint8_t is = atomic_load_explicit(known, memory_order_relaxed);
    if (is == 0) {
        const char *slash = strrchr(plugin->path, '/');
        is = fnmatch(pattern, slash != NULL ? slash + 1 : plugin->path, 0) == 0 ? 2 : 1;
        atomic_store_explicit(known, is, memory_order_relaxed);
    }
    return is == 2;
}

/* ---- failing calls ----------------------------------------------------------------------- */

/* Counts the call, unless *counted says that the one around it was counted for both. */
static bool is_to_fail(const struct plugin *plugin, bool *counted)
{
    static struct concerned concerned;

    if ((whatif_modes & RING_WHATIF_FAIL) == 0 || *counted ||
        !concerns(&concerned, wanted.fail.plugin, plugin))
        return false;
    *counted = true;
    uint64_t call = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    return whatif_fails(&wanted.fail, wanted.seed, call);
}

/* What fails is recorded as such, whoever else has recorded a block. */
static void *fail(const struct npn_caller *caller, uint32_t token, uint32_t size, uint16_t why,
                  int kept_errno)
{
    struct npn_caller injected = *caller;
    struct tracer *tracer = tracer_if_running();

    injected.flags |= EVENT_INJECTED | why;
    npn_alloc_end(&injected, token, NULL, size);
    if (tracer != NULL)
        atomic_fetch_add_explicit(&tracer->ring->injected_failures, 1, memory_order_relaxed);
    errno = kept_errno;
    return NULL;
}

/* ---- budgets ----------------------------------------------------------------------------- */

static uint64_t live_bytes(struct plugin *plugin)
{
    struct tracer *tracer = tracer_if_running();
    struct ring_plugin *entry =
        tracer != NULL ? registry_plugin(tracer, plugin_id(plugin)) : NULL;

    return entry != NULL ? atomic_load_explicit(&entry->npn.live_bytes, memory_order_relaxed) : 0;
}

/* Threads that allocate at one moment may count another's bytes twice, as coming and as live: one
 * may be refused a little early, none is ever granted too much. */
static bool reserve(struct plugin *plugin, uint32_t size)
{
    _Atomic uint64_t *coming = &coming_bytes[plugin->index];
    uint64_t others = atomic_fetch_add_explicit(coming, size, memory_order_acq_rel);

    if (live_bytes(plugin) + others + size <= wanted.limit.bytes)
        return true;
    atomic_fetch_sub_explicit(coming, size, memory_order_acq_rel);
    return false;
}

static void have_flushed(const struct plugin *plugin, uint32_t size, int kept_errno)
{
    NPN_MemFlushProcPtr flush = plugin->table != NULL
                                    ? plugin->host.memflush
                                    : (NPN_MemFlushProcPtr)exported_behind((void *)NPN_MemFlush);

    errno = kept_errno;
    if (flush != NULL)
        flush(size);
}

/* False: that is beyond the plug-in's budget. *ret_reserved: whose bytes are to be given back. */
static bool is_within_limit(struct plugin *plugin, uint32_t size, int kept_errno,
                            const struct plugin **ret_reserved)
{
    static struct concerned concerned;

    *ret_reserved = NULL;
    if ((whatif_modes & RING_WHATIF_LIMIT) == 0 || plugin == NULL ||
        !concerns(&concerned, wanted.limit.plugin, plugin))
        return true;
    if (!reserve(plugin, size)) {
        have_flushed(plugin, size, kept_errno);
        if (!reserve(plugin, size))
            return false;
    }
    *ret_reserved = plugin;
    return true;
}

/* ---- calls ------------------------------------------------------------------------------- */

/* Is the call with this token made from inside the host's memalloc? */
static bool is_nested(uint32_t token)
{
    struct tracer *tracer = tracer_if_running();
    const struct thread *thread = tracer != NULL ? thread_known(tracer) : NULL;

    return thread != NULL && token != NPN_NO_TOKEN && token > 0 && token < thread->context_count &&
           thread->context[token - 1].kind == CONTEXT_ALLOCATING;
}

/* Has the host allocate, and puts a zone behind the block unless the call around this one does.
 * *size becomes what the plug-in asked for, whichever it was. */
static void *allocate(NPN_MemAllocProcPtr host, uint32_t *size, uint32_t plugin, bool nested,
                      bool counted, int kept_errno)
{
    struct passing outer = passing;
    /* A signal handler of the same plug-in's may come in between, and ask for anything. */
    bool passed_on = nested && outer.plugin != plugin && outer.asked != outer.size &&
                     *size == outer.asked;
    bool checked = (whatif_modes & RING_WHATIF_CHECK) != 0 && !passed_on;
    uint32_t asked = checked ? check_asked_bytes(*size) : *size;

    passing = (struct passing){
        .size = *size, .asked = asked, .plugin = plugin, .counted = counted};
    errno = kept_errno;
    void *block = host(asked);
    passing = outer;
    if (passed_on)
        *size = outer.size;
    if (block != NULL && asked != *size) {
        kept_errno = errno;
        check_new_block(block, *size);
        errno = kept_errno;
    }
    return block;
}

void *whatif_alloc(const struct npn_caller *caller, uint32_t token, NPN_MemAllocProcPtr host,
                   uint32_t size)
{
    int kept_errno = errno;
    const struct plugin *reserved;

    whatif_note_modes();
    bool nested = is_nested(token), counted = nested && passing.counted;
    struct plugin *plugin = caller->plugin != 0 ? plugin_of_id(caller->plugin) : NULL;
    if (is_to_fail(plugin, &counted))
        return fail(caller, token, size, 0, kept_errno);
    if (!is_within_limit(plugin, size, kept_errno, &reserved))
        return fail(caller, token, size, EVENT_OVER_LIMIT, kept_errno);
    uint32_t recorded = size;
    void *block = allocate(host, &recorded, caller->plugin, nested, counted, kept_errno);
    kept_errno = errno;
    npn_alloc_end(caller, token, block, recorded);
    if (reserved != NULL)
        atomic_fetch_sub_explicit(&coming_bytes[reserved->index], size, memory_order_acq_rel);
    errno = kept_errno;
    return block;
}

/* A plug-in's host may go when it was shut down: what it frees later is not kept. */
static bool is_over(const struct npn_caller *caller)
{
    struct plugin *plugin = caller->plugin != 0 ? plugin_of_id(caller->plugin) : NULL;

    return plugin != NULL && atomic_load_explicit(&plugin->ended, memory_order_relaxed);
}

void whatif_free(const struct npn_caller *caller, NPN_MemFreeProcPtr host, void *block)
{
    int kept_errno = errno;
    struct live_block known;
    bool taken;

    whatif_note_modes();
    bool intact = check_examine(caller, block, &known);
    uint32_t token = npn_free_begin_known(caller, block, &taken);
    if (taken ? intact && !is_over(caller) && quarantine_keep(&known, caller->plugin, host)
              : quarantine_has(block)) {
        npn_free_end(caller, token);
        errno = kept_errno;
        return;
    }
    errno = kept_errno;
    host(block);
    kept_errno = errno;
    npn_free_end(caller, token);
    errno = kept_errno;
}
