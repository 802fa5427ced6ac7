/* shim/redirect.c - a plug-in's own calls of the malloc family, and what else is its alone */
/* SPDX-License-Identifier: MIT */

#include "shim/redirect.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "shim/brought.h"
#include "shim/heap_next.h"
#include "shim/hooks.h"
#include "shim/loaded.h"
#include "shim/operators.h"
#include "shim/originals.h"
#include "shim/scope.h"
#include "shim/unseen.h"
#include "shim/whatif.h"
#include "tracer/dynsym.h"
#include "tracer/got.h"
#include "tracer/heap.h"
#include "tracer/tracer.h"

/* Objects with redirected slots, for the case that one outlives its plug-in. When the list is full
 * such an object keeps its hooks. */
#define REDIRECTED_MAX 1024

static struct {
    struct plugin *plugin; /* NULL: free */
    uint64_t start;
    uint64_t loads; /* when it was redirected, to tell it from another that is loaded there later */
} redirected[REDIRECTED_MAX];
static _Atomic bool redirected_ever;

struct job {
    struct plugin *plugin;
    bool operators; /* those alone, or all but those */
    const struct link_map *object;
    struct dynsym tables;
    struct object place; /* of the object */
};

static const struct {
    const char *name;
    void *exported;
} for_everybody[] = {
    {"dlsym", (void *)dlsym},
    {"dlvsym", (void *)dlvsym},
    {"dlclose", (void *)dlclose},
};

static void *exported_for_everybody(const char *name)
{
    for (size_t i = 0; i < sizeof(for_everybody) / sizeof(for_everybody[0]); i++)
        if (strcmp(name, for_everybody[i].name) == 0)
            return for_everybody[i].exported;
    return NULL;
}

/* An unbound slot leads back into its own object's linkage table. So does one that is bound to the
 * object's own definition, but to that. */
static bool is_unbound(const struct job *job, const struct got_slot *slot, const void *value)
{
    const ElfW(Sym) *symbol = &job->tables.symbols[slot->symbol];
    uintptr_t address = (uintptr_t)value;

    if (slot->kind != GOT_CALL || address < job->place.start || address >= job->place.end)
        return false;
    return symbol->st_shndx == SHN_UNDEF || address != job->object->l_addr + symbol->st_value;
}

/* Where the slot leads, or will when it is bound. NULL: nowhere, or where the program made it. */
static void *target_of(const struct job *job, const struct got_slot *slot, void *value)
{
    if (hooks_is_stub(value) || (slot->kind != GOT_POINTER && !is_unbound(job, slot, value)))
        return value;
    void *bound =
        scope_find(job->object, slot->name, dynsym_wanted_version(&job->tables, slot->symbol));
    return slot->kind == GOT_POINTER && bound != value ? NULL : bound;
}

/* Redirected already: for this plug-in, or another that the object came with. */
static bool is_taken(const void *value)
{
    return hooks_is_stub(value) && hooks_owner(value) != NULL;
}

static bool is_heap_traced(void)
{
    return atomic_load_explicit(&heap_tracing, memory_order_relaxed) != 0;
}

/* If heap calls are not recorded, these are redirected to see NPN blocks in them. */
static bool takes_a_block(enum hook hook)
{
    return hook == HOOK_free || hook == HOOK_realloc || hook == HOOK_reallocarray ||
           hook == HOOK_cfree || hook == HOOK_free_sized || hook == HOOK_free_aligned_sized ||
           (hook >= HOOK_delete && hook <= HOOK_array_delete_aligned_nothrow);
}

static void redirect_slot(const struct got_slot *slot, void *context)
{
    const struct job *job = context;
    enum hook hook = hooks_find(slot->name);
    bool all = is_heap_traced();
    void *exported = hook == HOOK_COUNT && all ? exported_for_everybody(slot->name) : NULL;

    if ((hook == HOOK_COUNT && exported == NULL) || hook_is_operator(hook) != job->operators ||
        (!all && !takes_a_block(hook)))
        return;
    void *value = __atomic_load_n(slot->at, __ATOMIC_ACQUIRE);
    if (value == NULL || value == exported || is_taken(value))
        return;
    void *target = target_of(job, slot, value);
    if (exported != NULL) {
        if (loaded_at(target) == loaded_libc())
            hooks_store(slot->at, exported);
        return;
    }
    if (target == NULL || (all && hook_is_operator(hook) && operators_end_in_malloc(target, hook)))
        return;
    void *stub = hooks_stub(hook, job->plugin, hooks_behind(target));
    if (stub != NULL)
        hooks_store(slot->at, stub);
}

/* Before the first slot is changed. */
static void remember(struct plugin *plugin, uint64_t start)
{
    struct lock *lock = tracer_shim_lock();
    uint64_t loads = brought_loads();
    struct lock_mask mask;
    unsigned place = REDIRECTED_MAX;

    if (lock == NULL || !lock_acquire(lock, &mask))
        return;
    for (unsigned i = REDIRECTED_MAX; i-- > 0;)
        if (redirected[i].plugin == NULL || redirected[i].start == start)
            place = i;
    if (place < REDIRECTED_MAX) {
        redirected[place].plugin = plugin;
        redirected[place].start = start;
        redirected[place].loads = loads;
        atomic_store_explicit(&redirected_ever, true, memory_order_relaxed);
    }
    lock_release(lock, &mask);
}

static void redirect_object(struct plugin *plugin, const struct link_map *object, bool operators)
{
    struct job job = {.plugin = plugin, .operators = operators, .object = object};

    if (!dynsym_open(object, &job.tables) ||
        !object_at((uint64_t)(uintptr_t)object->l_ld, &job.place))
        return;
    remember(plugin, job.place.start);
    got_each(object, redirect_slot, &job);
}

void redirect_opened(struct plugin *plugin, const struct link_map *object)
{
    struct brought brought;

    brought_find(object, &brought);
    for (unsigned i = 0; i < brought.count; i++)
        redirect_object(plugin, brought.objects[i], false);
    /* Now it can be told which of them end in a malloc that is seen. */
    for (unsigned i = 0; i < brought.count; i++)
        redirect_object(plugin, brought.objects[i], true);
    for (unsigned i = 0; is_heap_traced() && i < brought.count; i++)
        unseen_note(brought.objects[i]);
}

void redirect_plugin(struct plugin *plugin, const void *code)
{
    const struct link_map *object = loaded_at(code);
    int kept_errno = errno;

    if ((!is_heap_traced() && (whatif_modes & RING_WHATIF_CHECK) == 0) || object == NULL)
        return;
    if (__atomic_load_n(&originals.dlsym, __ATOMIC_ACQUIRE) == NULL)
        originals_resolve();
    if (is_heap_traced())
        operators_make_visible();
    redirect_opened(plugin, object);
    errno = kept_errno;
}

/* ---- undone ---------------------------------------------------------------------------------- */

/* Under the shim's lock. */
static void put_back(const struct got_slot *slot, void *context)
{
    void *value = __atomic_load_n(slot->at, __ATOMIC_ACQUIRE);

    if (hooks_is_stub(value) && hooks_owner(value) == context)
        got_store(slot->at, heap_next_exported(hooks_behind(value)));
}

/* Takes one object of the plug-in off the list. 0: there is none. */
static uint64_t take_locked(const struct plugin *plugin, uint64_t loads)
{
    for (unsigned i = 0; i < REDIRECTED_MAX; i++)
        if (redirected[i].plugin == plugin && redirected[i].loads <= loads) {
            redirected[i].plugin = NULL;
            return redirected[i].start;
        }
    return 0;
}

static bool is_listed_locked(uint64_t start)
{
    for (unsigned i = 0; i < REDIRECTED_MAX; i++)
        if (redirected[i].plugin != NULL && redirected[i].start == start)
            return true;
    return false;
}

struct leaving {
    struct plugin *plugin;
    uint64_t loads;
};

/* The loader's list stands still, so what is there stays. Another object may lie at the place: it
 * is listed again, or has no slots that lead to this plug-in's stubs. */
static void put_back_all(const struct link_map *head, uint64_t loads_now, void *context)
{
    const struct leaving *leaving = context;
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;
    uint64_t start;

    (void)head, (void)loads_now;
    if (lock == NULL || !lock_acquire(lock, &mask))
        return;
    while ((start = take_locked(leaving->plugin, leaving->loads)) != 0) {
        const struct link_map *object = loaded_at((void *)(uintptr_t)start);
        if (object != NULL && !is_listed_locked(start))
            got_each(object, put_back, leaving->plugin);
    }
    lock_release(lock, &mask);
}

uint64_t redirect_loads(void)
{
    return atomic_load_explicit(&redirected_ever, memory_order_relaxed) ? brought_loads() : 0;
}

void redirect_plugin_left(struct plugin *plugin, uint64_t loads)
{
    if (loads == 0)
        return;
    loaded_with_list(put_back_all, NULL, &(struct leaving){.plugin = plugin, .loads = loads});
    hooks_plugin_left(plugin);
}
