/* shim/classes.c - redirects the slots of NPClass structures, and puts them back */
/* SPDX-License-Identifier: MIT */

#include "shim/classes.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/stubs.h"
#include "tracer/contract.h"
#include "tracer/region.h"
#include "tracer/sys.h"
#include "tracer/tracer.h"

/* enumerate came with version 2 of the structure, construct with version 3. */
#define VERSION_ENUMERATE 2
#define VERSION_CONSTRUCT 3

struct watched {
    NPClass *type; /* NULL: nobody has the set */
    struct plugin *plugin;
    uint64_t place; /* start of the object that the class lies in, 0: none, heap memory */
    uint64_t home;  /* start of the object that the functions lie in, 0: none */
    bool restored;  /* its slots are as the plug-in made them, for the time of a dlclose */
    NPClass own;    /* the plug-in's functions */
};

static struct watched watched[STUBS_CLASS_SETS];
static _Atomic uint32_t watched_count;

const NPClass *classes_own(uint32_t set)
{
    return &watched[set].own;
}

struct plugin *classes_plugin(uint32_t set)
{
    return watched[set].plugin;
}

static size_t bytes_of(const NPClass *type)
{
    if (type->structVersion < VERSION_ENUMERATE)
        return offsetof(NPClass, enumerate);
    return type->structVersion < VERSION_CONSTRUCT ? offsetof(NPClass, construct) : sizeof(NPClass);
}

static uint64_t object_start(const void *address)
{
    struct object object;

    return address != NULL && object_at((uint64_t)(uintptr_t)address, &object) ? object.start : 0;
}

/* A class made by copying one that is watched already carries that one's stubs. */
static void *plugin_function(void *value, size_t offset)
{
    uint32_t set;

    while (stubs_is_class_stub(value, offset, &set))
        value = stubs_slot(&watched[set].own, offset);
    return value;
}

static bool is_redirected(const NPClass *type, uint32_t set)
{
    for (unsigned i = 0; i < stubs_class_count; i++) {
        size_t offset = stubs_class[i].offset;
        if (offset >= bytes_of(type))
            continue;
        void *value = stubs_slot(type, offset);
        if (value != NULL && value != stubs_class[i].stubs[set])
            return false;
    }
    return true;
}

/* ---- changing slots ---------------------------------------------------------------------- */

/* Notes the plug-in's functions, and puts the set's stubs in their place. */
static void redirect(NPClass *type, uint32_t set)
{
    struct watched *entry = &watched[set];

    entry->home = 0;
    for (unsigned i = 0; i < stubs_class_count; i++) {
        size_t offset = stubs_class[i].offset;
        void *value = offset < bytes_of(type) ? stubs_slot(type, offset) : NULL;
        if (value != stubs_class[i].stubs[set])
            stubs_slot_store(&entry->own, offset, plugin_function(value, offset));
        if (value != NULL)
            stubs_slot_store(type, offset, stubs_class[i].stubs[set]);
        if (entry->home == 0)
            entry->home = object_start(stubs_slot(&entry->own, offset));
    }
}

/* Only what is still as we left it: in memory that was given back others write. */
static void swap(NPClass *type, uint32_t set, bool to_own)
{
    for (unsigned i = 0; i < stubs_class_count; i++) {
        void *own = stubs_slot(&watched[set].own, stubs_class[i].offset);
        void *stub = stubs_class[i].stubs[set];
        void *expected = to_own ? stub : own;
        void **slot = (void **)((char *)type + stubs_class[i].offset);
        if (own != NULL)
            __atomic_compare_exchange_n(slot, &expected, to_own ? own : stub, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
}

static void restore(NPClass *type, uint32_t set)
{
    swap(type, set, true);
}

static void redirect_again(NPClass *type, uint32_t set)
{
    swap(type, set, false);
}

/* Does it with the pages of the class writable, and puts their protection back. False: the class is
 * not there, or cannot be made writable. */
static bool change(NPClass *type, uint32_t set, void (*how)(NPClass *, uint32_t))
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)type & ~(page - 1);
    uintptr_t end = ((uintptr_t)type + sizeof(*type) + page - 1) & ~(page - 1);
    struct region region;

    if (!region_find((uintptr_t)type, &region) || region.end < (uintptr_t)type + bytes_of(type))
        return false;
    if (region.writable) {
        how(type, set);
        return true;
    }
    int readable = PROT_READ | (region.executable ? PROT_EXEC : 0);
    if (end > region.end)
        end = region.end;
    if (mprotect((void *)start, end - start, readable | PROT_WRITE) != 0)
        return false;
    how(type, set);
    mprotect((void *)start, end - start, readable);
    return true;
}

/* ---- sets -------------------------------------------------------------------------------- */

/* A class in heap memory that was given back leaves no trace but this: nothing leads to the set's
 * stubs any more. */
static bool is_overwritten(uint32_t set)
{
    NPClass now;

    if (!sys_read_memory((uint64_t)(uintptr_t)watched[set].type, &now, sizeof(now)))
        return true;
    for (unsigned i = 0; i < stubs_class_count; i++)
        if (stubs_slot(&now, stubs_class[i].offset) == stubs_class[i].stubs[set])
            return false;
    return true;
}

/* A set that nobody has; STUBS_CLASS_SETS if there is none. */
static uint32_t free_set_locked(void)
{
    uint32_t count = atomic_load_explicit(&watched_count, memory_order_relaxed);

    for (uint32_t set = 0; set < count; set++)
        if (watched[set].type == NULL)
            return set;
    if (count < STUBS_CLASS_SETS)
        return count;
    for (uint32_t set = 0; set < count; set++)
        if (watched[set].place == 0 && !watched[set].restored && is_overwritten(set))
            return set;
    return STUBS_CLASS_SETS;
}

/* The class's set, or a new one; STUBS_CLASS_SETS if there is none left. */
static uint32_t set_of_locked(struct plugin *plugin, NPClass *type)
{
    uint32_t count = atomic_load_explicit(&watched_count, memory_order_relaxed);
    uint32_t set = 0;

    while (set < count && watched[set].type != type)
        set++;
    if (set == count)
        set = free_set_locked();
    if (set == STUBS_CLASS_SETS)
        return set;
    watched[set].plugin = plugin;
    watched[set].place = object_start(type);
    watched[set].restored = false;
    __atomic_store_n(&watched[set].type, type, __ATOMIC_RELEASE);
    if (set == count)
        atomic_store_explicit(&watched_count, count + 1, memory_order_release);
    return set;
}

void classes_watch(struct plugin *plugin, NPClass *type)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;
    uint32_t count = atomic_load_explicit(&watched_count, memory_order_acquire);

    for (uint32_t set = 0; set < count; set++)
        if (__atomic_load_n(&watched[set].type, __ATOMIC_ACQUIRE) == type &&
            is_redirected(type, set))
            return;
    bool seen = lock != NULL && lock_acquire(lock, &mask);
    if (seen) {
        uint32_t set = set_of_locked(plugin, type);
        seen = set < STUBS_CLASS_SETS && change(type, set, redirect);
        lock_release(lock, &mask);
    }
    struct tracer *tracer = tracer_if_running();
    if (!seen && tracer != NULL)
        contract_hand_over_unseen(tracer);
}

/* ---- around dlclose ---------------------------------------------------------------------- */

/* Heap memory may have been given back, and be unreadable. */
static bool change_later(const struct watched *entry, uint32_t set,
                         void (*how)(NPClass *, uint32_t))
{
    struct region region;

    return (entry->place != 0 ||
            (region_find((uintptr_t)entry->type, &region) && region.writable)) &&
           change(entry->type, set, how);
}

void classes_closing(const struct object *object)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;
    uint32_t count = atomic_load_explicit(&watched_count, memory_order_acquire);

    if (count == 0 || lock == NULL || !lock_acquire(lock, &mask))
        return;
    for (uint32_t set = 0; set < count; set++) {
        struct watched *entry = &watched[set];
        if (entry->type != NULL && (entry->place == object->start || entry->home == object->start))
            entry->restored = change_later(entry, set, restore);
    }
    lock_release(lock, &mask);
}

/* Its functions or itself; nothing is left of it then but perhaps heap memory. */
static bool has_left(const struct watched *entry)
{
    return (entry->place != 0 && object_start(entry->type) != entry->place) ||
           (entry->home != 0 && object_start((void *)(uintptr_t)entry->home) != entry->home);
}

static void forget_locked(uint32_t set)
{
    struct watched *entry = &watched[set];

    if (!entry->restored && object_start(entry->type) == entry->place)
        change_later(entry, set, restore);
    /* Its functions stay noted until another class takes the set: a copy of the class that nobody
     * made an object of has its stubs, and calls what it would have called without us. */
    __atomic_store_n(&entry->type, NULL, __ATOMIC_RELEASE);
}

void classes_closed(void)
{
    struct lock *lock = tracer_shim_lock();
    struct lock_mask mask;
    uint32_t count = atomic_load_explicit(&watched_count, memory_order_acquire);

    if (count == 0 || lock == NULL || !lock_acquire(lock, &mask))
        return;
    for (uint32_t set = 0; set < count; set++) {
        struct watched *entry = &watched[set];
        if (entry->type == NULL)
            continue;
        if (has_left(entry))
            forget_locked(set);
        else if (entry->restored)
            change_later(entry, set, redirect_again);
        entry->restored = false;
    }
    lock_release(lock, &mask);
}
