/* shim/hooks.c - the sets that stubs belong to */
/* SPDX-License-Identifier: MIT */

#include "shim/hooks.h"

#include <errno.h>
#include <string.h>

#include "shim/heap_next.h"
#include "shim/nested.h"
#include "tracer/got.h"
#include "tracer/heap.h"
#include "tracer/tracer.h"

/* The pool (hooks_pool.S). */
extern char hooks_stubs[] __attribute__((visibility("hidden")));
extern char hooks_stubs_end[] __attribute__((visibility("hidden")));

struct hooks_set hooks_sets[HOOKS_SETS];

static const char symbols[HOOK_COUNT][40] = {
#define HOOK(name, symbol, arguments) #symbol,
    HOOKS
#undef HOOK
};

const char *hooks_symbol(enum hook hook)
{
    return symbols[hook];
}

enum hook hooks_find(const char *symbol)
{
    enum hook hook = 0;

    /* Most symbols of a library are C++ names. */
    if (symbol[0] == '_' && (symbol[1] != 'Z' || (symbol[2] != 'n' && symbol[2] != 'd')))
        return HOOK_COUNT;
    while (hook < HOOK_COUNT && strcmp(symbols[hook], symbol) != 0)
        hook++;
    return hook;
}

static void *stub_at(enum hook hook, uint32_t set)
{
    return hooks_stubs + ((size_t)hook * HOOKS_SETS + set) * HOOKS_BYTES;
}

/* The guarded functions of a set are those of one object. */
static bool is_of_same_object(const struct hooks_set *set, const void *original)
{
    uintptr_t address = (uintptr_t)original;
    struct nested_code code;

    return set->code.end == 0 || !nested_code_of(original, &code) ||
           (address >= set->code.start && address < set->code.end);
}

/* The set is the plug-in's, and its place for this function is free. */
static bool fits(const struct hooks_set *set, enum hook hook, const struct plugin *plugin,
                 const void *original)
{
    bool is_free = set->stale[hook] ||
                   atomic_load_explicit(&set->original[hook], memory_order_relaxed) == NULL;

    return set->plugin == plugin && is_free && is_of_same_object(set, original);
}

static uint32_t find_set_locked(enum hook hook, struct plugin *plugin, void *original)
{
    uint32_t set = 0;

    for (; set < HOOKS_SETS && hooks_sets[set].taken; set++)
        if (hooks_sets[set].plugin == plugin &&
            atomic_load_explicit(&hooks_sets[set].original[hook], memory_order_relaxed) == original)
            return set;
    for (set = 0; set < HOOKS_SETS && hooks_sets[set].taken; set++)
        if (fits(&hooks_sets[set], hook, plugin, original))
            return set;
    return set;
}

static void claim_locked(struct hooks_set *set, enum hook hook, struct plugin *plugin,
                         void *original)
{
    set->plugin = plugin;
    set->stale[hook] = false;
    set->guarded[hook] = nested_code_of(original, &set->code);
    atomic_store_explicit(&set->original[hook], original, memory_order_release);
    set->taken = true;
}

void *hooks_stub(enum hook hook, struct plugin *plugin, void *original)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return NULL;
    uint32_t set = find_set_locked(hook, plugin, original);
    if (set < HOOKS_SETS)
        claim_locked(&hooks_sets[set], hook, plugin, original);
    lock_release(lock, &mask);
    return set < HOOKS_SETS ? stub_at(hook, set) : NULL;
}

bool hooks_is_stub(const void *function)
{
    return (const char *)function >= hooks_stubs && (const char *)function < hooks_stubs_end;
}

static uint32_t set_of(const void *stub)
{
    return (uint32_t)(((const char *)stub - hooks_stubs) / HOOKS_BYTES % HOOKS_SETS);
}

struct plugin *hooks_owner(const void *stub)
{
    return hooks_sets[set_of(stub)].plugin;
}

void hooks_store(void **slot, void *to)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return;
    got_store(slot, to);
    lock_release(lock, &mask);
}

void *hooks_behind(void *function)
{
    if (!hooks_is_stub(function))
        return heap_next_behind(function);
    size_t hook = (size_t)((char *)function - hooks_stubs) / HOOKS_BYTES / HOOKS_SETS;
    return atomic_load_explicit(&hooks_sets[set_of(function)].original[hook], memory_order_acquire);
}

void hooks_plugin_left(const struct plugin *plugin)
{
    struct object object;

    for (uint32_t set = 0; set < HOOKS_SETS && hooks_sets[set].taken; set++)
        for (enum hook hook = 0; hooks_sets[set].plugin == plugin && hook < HOOK_COUNT; hook++) {
            void *original =
                atomic_load_explicit(&hooks_sets[set].original[hook], memory_order_relaxed);
            if (original != NULL && !object_at((uint64_t)(uintptr_t)original, &object))
                hooks_sets[set].stale[hook] = true;
        }
}

static __attribute__((noinline)) uint32_t ask_id(struct plugin *plugin)
{
    int kept_errno = errno;
    uint32_t id = plugin_id(plugin);

    errno = kept_errno;
    return id;
}

/* A child that is not traced stays so: a call of a plug-in that its parent met does not start
 * tracing. */
uint32_t hooks_by(uint32_t set)
{
    struct plugin *plugin = hooks_sets[set].plugin;
    const struct tracer *tracer = tracer_if_running();

    if (plugin == NULL || tracer == NULL)
        return 0;
    uint64_t known = atomic_load_explicit(&plugin->id, memory_order_acquire);
    return HEAP_BY(known >> 32 == tracer->generation ? (uint32_t)known : ask_id(plugin));
}
