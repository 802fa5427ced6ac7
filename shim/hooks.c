/* shim/hooks.c - the sets that stubs belong to */
/* SPDX-License-Identifier: MIT */

#include "shim/hooks.h"

#include <errno.h>
#include <string.h>

#include "shim/heap_next.h"
#include "shim/nested.h"
#include "tracer/heap.h"
#include "tracer/tracer.h"

/* The pool (hooks_*.S). */
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

    while (hook < HOOK_COUNT && strcmp(symbols[hook], symbol) != 0)
        hook++;
    return hook;
}

static void *stub_at(enum hook hook, uint32_t set)
{
    return hooks_stubs + ((size_t)hook * HOOKS_SETS + set) * HOOKS_BYTES;
}

/* The operators of a set are those of one object, for the sake of nested calls (shim/nested.h). */
static bool is_of_same_object(const struct hooks_set *set, enum hook hook, const void *original)
{
    uintptr_t address = (uintptr_t)original;

    return !hook_is_operator(hook) || set->operators_end == 0 ||
           (address >= set->operators_start && address < set->operators_end);
}

/* The set is the plug-in's, and its place for this function is free. */
static bool fits(const struct hooks_set *set, enum hook hook, const struct plugin *plugin,
                 const void *original)
{
    bool is_free = set->stale[hook] ||
                   atomic_load_explicit(&set->original[hook], memory_order_relaxed) == NULL;

    return set->plugin == plugin && is_free && is_of_same_object(set, hook, original);
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
    struct object object;

    set->plugin = plugin;
    set->stale[hook] = false;
    if (hook_is_operator(hook) && object_at((uint64_t)(uintptr_t)original, &object)) {
        set->operators_start = object.start;
        set->operators_end = object.end;
        nested_possible = true;
    }
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

bool hooks_is_stub_of(const void *function, const struct plugin *plugin)
{
    return hooks_is_stub(function) && hooks_sets[set_of(function)].plugin == plugin;
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

/* A child that is not traced stays so: a call of a plug-in that its parent met does not start it.
 */
uint32_t hooks_by(uint32_t set)
{
    struct plugin *plugin = hooks_sets[set].plugin;
    int kept_errno = errno;

    if (plugin == NULL || tracer_if_running() == NULL)
        return 0;
    uint32_t id = plugin_id(plugin);
    errno = kept_errno;
    return HEAP_BY(id);
}
