/* shim/classes.c - callbacks of the plug-in's objects */
/* SPDX-License-Identifier: MIT */

#include "shim/classes.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/instances.h"
#include "shim/stubs.h"
#include "tracer/npn.h"
#include "tracer/region.h"

/* enumerate came with version 2 of the structure, construct with version 3. */
#define VERSION_ENUMERATE 2
#define VERSION_CONSTRUCT 3

struct watched {
    NPClass *type; /* a set is never given up: a class of the same address takes it again */
    struct plugin *plugin;
    NPClass own; /* the plug-in's functions */
};

static struct watched watched[STUBS_CLASS_SETS];
static _Atomic uint32_t watched_count;

static size_t bytes_of(const NPClass *type)
{
    if (type->structVersion < VERSION_ENUMERATE)
        return offsetof(NPClass, enumerate);
    return type->structVersion < VERSION_CONSTRUCT ? offsetof(NPClass, construct) : sizeof(NPClass);
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

static void redirect(NPClass *type, uint32_t set)
{
    for (unsigned i = 0; i < stubs_class_count; i++) {
        size_t offset = stubs_class[i].offset;
        void **slot = (void **)((char *)type + offset);
        if (offset >= bytes_of(type) || *slot == NULL || *slot == stubs_class[i].stubs[set])
            continue;
        void **own = (void **)((char *)&watched[set].own + offset);
        *own = plugin_function(*slot, offset);
        __atomic_store_n(slot, stubs_class[i].stubs[set], __ATOMIC_RELEASE);
    }
}

/* Runs redirect with the pages of the class writable, and puts their protection back. */
static void redirect_anywhere(NPClass *type, uint32_t set)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)type & ~(page - 1);
    uintptr_t end = ((uintptr_t)type + sizeof(*type) + page - 1) & ~(page - 1);
    struct region region;

    if (!region_find((uintptr_t)type, &region) || region.end < (uintptr_t)type + bytes_of(type))
        return;
    if (region.writable) {
        redirect(type, set);
        return;
    }
    int readable = PROT_READ | (region.executable ? PROT_EXEC : 0);
    if (end > region.end)
        end = region.end;
    if (mprotect((void *)start, end - start, readable | PROT_WRITE) != 0)
        return;
    redirect(type, set);
    mprotect((void *)start, end - start, readable);
}

/* The class's set, or a new one; STUBS_CLASS_SETS if there is none left. */
static uint32_t set_of_locked(struct plugin *plugin, NPClass *type)
{
    uint32_t count = atomic_load_explicit(&watched_count, memory_order_relaxed);
    uint32_t set = 0;

    while (set < count && watched[set].type != type)
        set++;
    if (set == STUBS_CLASS_SETS)
        return set;
    watched[set].type = type;
    watched[set].plugin = plugin;
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
        if (watched[set].type == type && is_redirected(type, set))
            return;
    if (lock == NULL || !lock_acquire(lock, &mask))
        return;
    uint32_t set = set_of_locked(plugin, type);
    if (set < STUBS_CLASS_SETS)
        redirect_anywhere(type, set);
    lock_release(lock, &mask);
}

/* One callback of the host. */
struct call {
    const NPClass *own;
    uint32_t token;
};

static inline __attribute__((always_inline)) struct call enter(uint32_t set, struct plugin *plugin,
                                                               uint32_t instance)
{
    struct call call = {
        .own = &watched[set].own,
        .token = npn_entry_push(plugin_id(plugin), instance,
                                (uint64_t)(uintptr_t)__builtin_frame_address(0)),
    };
    return call;
}

/* The object's maker; a class may be shared by several plug-ins. */
static inline __attribute__((always_inline)) struct call enter_object(uint32_t set,
                                                                      const NPObject *object)
{
    int kept_errno = errno;
    struct plugin *plugin = watched[set].plugin;
    uint32_t instance = instances_find_owner(object, &plugin);
    struct call call = enter(set, plugin, instance);

    errno = kept_errno;
    return call;
}

static void leave(const struct call *call)
{
    int kept_errno = errno;

    npn_entry_pop(call->token);
    errno = kept_errno;
}

NPObject *class_allocate(uint32_t set, NPP npp, NPClass *type)
{
    int kept_errno = errno;
    struct plugin *plugin = watched[set].plugin;
    struct call call = enter(set, plugin, instances_find(plugin, npp));

    errno = kept_errno;
    NPObject *object = call.own->allocate(npp, type);
    leave(&call);
    return object;
}

/* After it the address may be another object's at once. */
void class_deallocate(uint32_t set, NPObject *object)
{
    struct call call = enter_object(set, object);
    int kept_errno = errno;

    instances_disown(object);
    errno = kept_errno;
    call.own->deallocate(object);
    leave(&call);
}

void class_invalidate(uint32_t set, NPObject *object)
{
    struct call call = enter_object(set, object);
    call.own->invalidate(object);
    leave(&call);
}

bool class_hasMethod(uint32_t set, NPObject *object, NPIdentifier name)
{
    struct call call = enter_object(set, object);
    bool has = call.own->hasMethod(object, name);
    leave(&call);
    return has;
}

bool class_invoke(uint32_t set, NPObject *object, NPIdentifier name, const NPVariant *args,
                  uint32_t count, NPVariant *result)
{
    struct call call = enter_object(set, object);
    bool done = call.own->invoke(object, name, args, count, result);
    leave(&call);
    return done;
}

bool class_invokeDefault(uint32_t set, NPObject *object, const NPVariant *args, uint32_t count,
                         NPVariant *result)
{
    struct call call = enter_object(set, object);
    bool done = call.own->invokeDefault(object, args, count, result);
    leave(&call);
    return done;
}

bool class_hasProperty(uint32_t set, NPObject *object, NPIdentifier name)
{
    struct call call = enter_object(set, object);
    bool has = call.own->hasProperty(object, name);
    leave(&call);
    return has;
}

bool class_getProperty(uint32_t set, NPObject *object, NPIdentifier name, NPVariant *result)
{
    struct call call = enter_object(set, object);
    bool done = call.own->getProperty(object, name, result);
    leave(&call);
    return done;
}

bool class_setProperty(uint32_t set, NPObject *object, NPIdentifier name, const NPVariant *value)
{
    struct call call = enter_object(set, object);
    bool done = call.own->setProperty(object, name, value);
    leave(&call);
    return done;
}

bool class_removeProperty(uint32_t set, NPObject *object, NPIdentifier name)
{
    struct call call = enter_object(set, object);
    bool done = call.own->removeProperty(object, name);
    leave(&call);
    return done;
}

bool class_enumerate(uint32_t set, NPObject *object, NPIdentifier **names, uint32_t *count)
{
    struct call call = enter_object(set, object);
    bool done = call.own->enumerate(object, names, count);
    leave(&call);
    return done;
}

bool class_construct(uint32_t set, NPObject *object, const NPVariant *args, uint32_t count,
                     NPVariant *result)
{
    struct call call = enter_object(set, object);
    bool done = call.own->construct(object, args, count, result);
    leave(&call);
    return done;
}
