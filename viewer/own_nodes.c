/* viewer/own_nodes.c - stacks that stand beside their events, as nodes */
/* SPDX-License-Identifier: MIT */

#include "viewer/own_nodes.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

#define SLOTS_MIN 1024u

static uint64_t mixed(uint64_t bits)
{
    bits = (bits ^ (bits >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return bits ^ (bits >> 29);
}

static bool is_same(const struct ring_node *a, const struct ring_node *b)
{
    return a->pc == b->pc && a->parent == b->parent && a->flags == b->flags;
}

/* The slot that has the node, or the free one for it. */
static uint32_t *slot_of(const struct own_nodes *nodes, const struct ring_node *node)
{
    uint64_t caller = (uint64_t)node->parent << 32 | node->flags;
    size_t at = (size_t)mixed(mixed(node->pc) + caller);

    for (;; at++) {
        uint32_t *slot = &nodes->slots[at & (nodes->slot_count - 1)];
        if (*slot == 0 || is_same(&nodes->list[*slot - 1], node))
            return slot;
    }
}

/* Half of the slots are free at least. */
static void grow(struct own_nodes *nodes)
{
    free(nodes->slots);
    nodes->slot_count = nodes->slot_count == 0 ? SLOTS_MIN : 2 * nodes->slot_count;
    nodes->slots = xalloc_zeroed(nodes->slot_count, sizeof(*nodes->slots));
    for (size_t i = 0; i < nodes->count; i++)
        *slot_of(nodes, &nodes->list[i]) = (uint32_t)i + 1;
}

static uint32_t own_node(struct own_nodes *nodes, struct ring_node node)
{
    if (2 * nodes->count >= nodes->slot_count)
        grow(nodes);
    uint32_t *slot = slot_of(nodes, &node);
    if (*slot == 0) {
        if (nodes->count == OWN_NODES_MAX)
            return RING_NODE_NONE;
        nodes->list =
            xalloc_grown(nodes->list, nodes->count, &nodes->capacity, sizeof(*nodes->list));
        nodes->list[nodes->count++] = node;
        *slot = (uint32_t)nodes->count;
    }
    return OWN_NODES_FIRST + *slot - 1;
}

/* Such a stack has no root: its pcs belong to the latest epoch. */
uint32_t own_nodes_stack(struct own_nodes *nodes, const struct event_frame *frames, uint32_t count)
{
    uint32_t id = own_node(nodes, (struct ring_node){.flags = RING_NODE_ROOT, .pc = UINT64_MAX});

    for (uint32_t i = count; i-- > 0 && id != RING_NODE_NONE;)
        id = own_node(nodes, (struct ring_node){.parent = id,
                                                .flags = (uint32_t)frames[i].flags &
                                                         ~(uint32_t)RING_NODE_ROOT,
                                                .pc = frames[i].pc});
    return count == 0 ? RING_NODE_NONE : id;
}

bool own_nodes_get(const struct own_nodes *nodes, uint32_t id, struct ring_node *ret_node)
{
    if (id < OWN_NODES_FIRST || id - OWN_NODES_FIRST >= nodes->count)
        return false;
    *ret_node = nodes->list[id - OWN_NODES_FIRST];
    return true;
}

void own_nodes_free(struct own_nodes *nodes)
{
    free(nodes->slots);
    free(nodes->list);
    *nodes = (struct own_nodes){0};
}
