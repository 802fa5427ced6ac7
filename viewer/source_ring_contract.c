/* viewer/source_ring_contract.c - a ring's objects and findings, copied while they may change */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_ring.h"
#include "viewer/xalloc.h"

#define COPY_TRIES 8 /* of a slot that changes under our hands */

/* As with live blocks: the same object before and after, or it is read again. False: the slot is
 * empty, or being filled or emptied all the time. */
static bool copy_object(const struct ring_object *slot, struct trace_object *ret_object)
{
    const volatile struct ring_object *fields = slot;

    for (unsigned i = 0; i < COPY_TRIES; i++) {
        uint64_t address = atomic_load_explicit(&slot->address, memory_order_acquire);
        uint32_t refs = atomic_load_explicit(&slot->refs, memory_order_acquire);
        if (address == 0 || refs == 0)
            return false;
        *ret_object = (struct trace_object){
            .address = address,
            .stamp = fields->stamp,
            .node = fields->node,
            .last_node = fields->last_node,
            .instance = fields->instance,
            .plugin = fields->plugin,
            .step = fields->step,
            .refs = refs,
            .most_refs = fields->most_refs,
        };
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&slot->address, memory_order_relaxed) == address &&
            atomic_load_explicit(&slot->refs, memory_order_relaxed) == refs &&
            fields->stamp == ret_object->stamp)
            return true;
    }
    return false;
}

static void copy_objects(struct recording *recording)
{
    const struct ring_object *slots = source_ring_area(recording, RING_OBJECTS);
    uint32_t count = source_ring_readable(recording, RING_OBJECTS);
    size_t capacity = 0;
    struct trace_object object;

    for (uint32_t i = 0; i < count; i++) {
        if (!copy_object(&slots[i], &object))
            continue;
        object.stamp = source_ring_ns(recording, object.stamp);
        recording->objects =
            xalloc_grown(recording->objects, recording->object_count, &capacity, sizeof(object));
        recording->objects[recording->object_count++] = object;
    }
}

/* False: not a whole entry, or of after the snapshot. Once it is there, only its last stamp and its
 * count change. */
static bool copy_finding(const struct recording *recording, const struct ring_finding *slot,
                         struct trace_finding *ret_finding)
{
    uint64_t newest = recording->snapshot_stamp != 0 ? recording->snapshot_stamp : UINT64_MAX;
    uint64_t count = atomic_load_explicit(&slot->count, memory_order_acquire);
    uint64_t last = atomic_load_explicit(&slot->last_stamp, memory_order_relaxed);

    if (count == 0 || slot->kind == 0)
        return false;
    *ret_finding = (struct trace_finding){
        .kind = slot->kind,
        .plugin = slot->plugin,
        .instance = slot->instance,
        .node = slot->node,
        .owner_node = slot->owner_node,
        .owner_plugin = slot->owner_plugin,
        .owner_flags = slot->owner_flags,
        .owner_instance = slot->owner_instance,
        .released_node = slot->released_node,
        .detail = slot->detail,
        .address = slot->address,
        .size = slot->size,
        .owner_stamp = source_ring_ns(recording, slot->owner_stamp),
        .first_stamp = source_ring_ns(recording, slot->first_stamp),
        .last_stamp = source_ring_ns(recording, last),
        .count = count,
    };
    if (ret_finding->last_stamp > newest)
        ret_finding->last_stamp = newest;
    return ret_finding->first_stamp <= newest;
}

static void copy_findings(struct recording *recording)
{
    const struct ring_finding *slots = source_ring_area(recording, RING_FINDINGS);
    uint32_t count = source_ring_readable(recording, RING_FINDINGS);
    size_t capacity = 0;
    struct trace_finding finding;

    for (uint32_t i = 0; i < count; i++) {
        if (!copy_finding(recording, &slots[i], &finding))
            continue;
        recording->findings =
            xalloc_grown(recording->findings, recording->finding_count, &capacity, sizeof(finding));
        recording->findings[recording->finding_count++] = finding;
    }
}

void source_ring_copy_contract(struct recording *recording)
{
    copy_objects(recording);
    copy_findings(recording);
    recording->has_contract = true;
}
