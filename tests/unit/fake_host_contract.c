/* tests/unit/fake_host_contract.c - objects that a fake host's plug-in holds, and its misuse */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/fake_host.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

static void full(const char *what)
{
    fprintf(stderr, "fake host: %s\n", what);
    _exit(99);
}

struct ring_object *fake_object(struct ring_header *ring, uint64_t address, uint32_t refs,
                                uint32_t node, uint64_t stamp)
{
    struct ring_object *table = ring_area(ring, RING_OBJECTS);
    uint32_t mask = ring_capacity(ring, RING_OBJECTS) - 1, at = ring_live_home(address, mask);

    for (uint32_t i = 0; i <= mask; i++, at = (at + 1) & mask) {
        struct ring_object *slot = &table[at];
        if (atomic_load(&slot->address) != 0)
            continue;
        slot->stamp = stamp;
        slot->node = slot->last_node = node;
        slot->instance = 1;
        slot->plugin = 1;
        slot->step = OBJECT_CREATED;
        slot->most_refs = refs;
        atomic_store(&slot->refs, refs);
        atomic_store(&slot->address, address);
        return slot;
    }
    full("the table of objects is full");
    return NULL;
}

struct ring_finding *fake_finding(struct ring_header *ring, enum finding_kind kind,
                                  uint64_t address, uint32_t node, uint32_t owner_node,
                                  uint64_t stamp)
{
    uint32_t index = atomic_fetch_add(&ring->used[RING_FINDINGS], 1);
    struct ring_finding *finding = (struct ring_finding *)ring_area(ring, RING_FINDINGS) + index;

    if (index >= ring_capacity(ring, RING_FINDINGS))
        full("the table of findings is full");
    finding->kind = (uint16_t)kind;
    finding->plugin = finding->owner_plugin = 1;
    finding->instance = finding->owner_instance = 1;
    finding->node = node;
    finding->owner_node = owner_node;
    finding->address = address;
    finding->size = 16;
    finding->owner_stamp = stamp - 1;
    finding->first_stamp = stamp;
    atomic_store(&finding->last_stamp, stamp);
    atomic_store(&finding->count, 1);
    return finding;
}
