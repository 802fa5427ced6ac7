/* tests/unit/viewer_made_contract.c - objects held and findings of recordings made by hand */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/viewer_made.h"

#include <stddef.h>
#include <stdlib.h>

/* The slot of what a plug-in holds of an object, or a free one. */
static struct ring_object *slot_of(struct made *made, uint64_t address, uint32_t plugin)
{
    struct ring_object *slots = ring_area(made->base, RING_OBJECTS), *spare = NULL;

    for (uint32_t i = 0; i < ring_capacity(made->base, RING_OBJECTS); i++) {
        uint64_t there = atomic_load(&slots[i].address);
        if (there == address && slots[i].plugin == plugin)
            return &slots[i];
        if (there == 0 && spare == NULL)
            spare = &slots[i];
    }
    if (spare == NULL)
        abort();
    return spare;
}

static void take_reference(struct ring_object *slot, const struct event *event,
                           enum object_step step)
{
    if (atomic_load(&slot->address) == 0) {
        slot->stamp = event->stamp;
        slot->node = event->node;
        slot->instance = event->instance;
        slot->plugin = event->plugin;
        slot->step = (uint16_t)step;
        slot->most_refs = 0;
        atomic_store(&slot->refs, 0);
    }
    slot->last_node = event->node;
    if (atomic_fetch_add(&slot->refs, 1) + 1 > slot->most_refs)
        slot->most_refs = atomic_load(&slot->refs);
    atomic_store(&slot->address, event->address);
}

static void give_back(struct ring_object *slot, enum object_step step)
{
    if (atomic_load(&slot->address) == 0)
        return;
    if (step == OBJECT_GONE)
        atomic_store(&slot->refs, 0);
    else
        atomic_fetch_sub(&slot->refs, 1);
    if (atomic_load(&slot->refs) == 0)
        atomic_store(&slot->address, 0);
}

void made_object(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                 enum object_step step, uint64_t address, uint32_t node)
{
    struct ring_object *slot = slot_of(made, address, plugin);
    struct event event = {.type = EVENT_OBJECT,
                          .flags = (uint16_t)(step << EVENT_ORIGIN_SHIFT),
                          .stamp = made_tick(made),
                          .address = address,
                          .node = node,
                          .plugin = (uint16_t)plugin,
                          .instance = instance};

    if (step < OBJECT_RELEASED)
        take_reference(slot, &event, step);
    else
        give_back(slot, step);
    event.size = atomic_load(&slot->address) != 0 ? atomic_load(&slot->refs) : 0;
    made_commit(made, thread, &event, 1);
}

struct ring_finding *made_finding(struct made *made, enum finding_kind kind, uint32_t plugin,
                                  uint32_t instance, uint32_t node)
{
    uint32_t index = atomic_fetch_add(&made->header->used[RING_FINDINGS], 1);
    struct ring_finding *finding = ring_area(made->base, RING_FINDINGS);

    if (index >= ring_capacity(made->base, RING_FINDINGS))
        abort();
    finding += index;
    finding->kind = (uint16_t)kind;
    finding->plugin = (uint16_t)plugin;
    finding->instance = instance;
    finding->node = node;
    finding->first_stamp = made_tick(made);
    atomic_store(&finding->last_stamp, finding->first_stamp);
    atomic_store(&finding->count, 1);
    return finding;
}
