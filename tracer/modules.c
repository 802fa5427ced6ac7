/* tracer/modules.c - names for addresses, kept for when the object is gone */
/* SPDX-License-Identifier: MIT */

#include "tracer/modules.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>

#include "tracer/allocators.h"
#include "tracer/heap.h"
#include "tracer/object.h"
#include "tracer/registry.h"

static struct ring_module *table(struct tracer *tracer)
{
    return ring_area(tracer->ring, RING_MODULES);
}

/* The latest entry that covers pc, or UINT32_MAX. */
static uint32_t latest(struct tracer *tracer, uint64_t pc)
{
    const struct ring_module *modules = table(tracer);
    uint32_t index = atomic_load_explicit(&tracer->ring->used[RING_MODULES], memory_order_acquire);

    while (index-- > 0)
        if (pc >= modules[index].start && pc < modules[index].end)
            return index;
    return UINT32_MAX;
}

/* FNV-1a of the link map's name: it stays the same while the object is loaded, as the path made of
 * it does not when the directory changes. */
static uint64_t name_sum(const struct object *object)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (const char *at = object->name; *at != '\0'; at++)
        sum = (sum ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return sum;
}

static bool same_object(struct tracer *tracer, uint32_t index, const struct object *object,
                        const struct build_id *id)
{
    const struct ring_module *entry = table(tracer) + index;

    return entry->start == object->start && entry->end == object->end &&
           entry->bias == object->bias && entry->build_id_bytes == id->count &&
           memcmp(entry->build_id, id->bytes, id->count) == 0 &&
           tracer->module_names[index] == name_sum(object);
}

/* With heap calls not recorded nobody asks. */
static bool has_unseen_allocator(const struct object *object)
{
    struct dl_find_object found;

    return atomic_load_explicit(&heap_tracing, memory_order_relaxed) != RING_HEAP_OFF &&
           _dl_find_object((void *)(uintptr_t)object->start, &found) == 0 &&
           allocators_unseen(found.dlfo_link_map) != ALLOCATORS_SEEN;
}

static uint32_t flags_of(struct tracer *tracer, const struct object *object)
{
    return (has_unseen_allocator(object) ? RING_MODULE_UNSEEN_ALLOCATOR : 0u) |
           (object->is_main ? RING_MODULE_MAIN : 0u) | (object->is_vdso ? RING_MODULE_VDSO : 0u) |
           (object->start == tracer->own_start ? RING_MODULE_TRACER : 0u);
}

static void append_locked(struct tracer *tracer, const struct object *object,
                          const struct build_id *id, uint32_t epoch)
{
    static char path[PATH_MAX]; /* under the lock; too much for a signal handler's stack */
    uint32_t index = atomic_load_explicit(&tracer->ring->used[RING_MODULES], memory_order_relaxed);

    if (index == ring_capacity(tracer->ring, RING_MODULES)) {
        atomic_fetch_add_explicit(&tracer->ring->unlisted_modules, 1, memory_order_relaxed);
        return;
    }
    struct ring_module *entry = table(tracer) + index;
    unsigned length = object_path(object, path, sizeof(path));
    entry->path = registry_string_locked(tracer, path, length);
    entry->first_epoch = epoch;
    entry->bias = object->bias;
    entry->start = object->start;
    entry->end = object->end;
    entry->flags = flags_of(tracer, object);
    entry->build_id_bytes = id->count;
    memcpy(entry->build_id, id->bytes, sizeof(entry->build_id));
    atomic_store_explicit(&tracer->module_seen[index], epoch + 1, memory_order_relaxed);
    tracer->module_names[index] = name_sum(object);
    atomic_store_explicit(&tracer->ring->used[RING_MODULES], index + 1, memory_order_release);
}

void modules_note(struct tracer *tracer, uint64_t pc, uint32_t epoch)
{
    uint32_t index = latest(tracer, pc);
    struct lock_mask mask;
    struct object object;
    struct build_id id;

    if (index != UINT32_MAX &&
        atomic_load_explicit(&tracer->module_seen[index], memory_order_relaxed) == epoch + 1)
        return;
    if (!object_at(pc, &object))
        return;
    object_build_id(&object, &id);
    if (!lock_acquire(&tracer->table_lock, &mask))
        return;
    index = latest(tracer, pc);
    if (index != UINT32_MAX && same_object(tracer, index, &object, &id))
        atomic_store_explicit(&tracer->module_seen[index], epoch + 1, memory_order_relaxed);
    else
        append_locked(tracer, &object, &id, epoch);
    lock_release(&tracer->table_lock, &mask);
}

bool modules_agree(struct tracer *tracer, uint64_t pc)
{
    uint32_t index = latest(tracer, pc);
    struct object object;
    struct build_id id;

    if (index == UINT32_MAX || !object_at(pc, &object))
        return true; /* nothing contradicts it */
    object_build_id(&object, &id);
    return same_object(tracer, index, &object, &id);
}
