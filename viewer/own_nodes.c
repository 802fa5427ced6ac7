/* viewer/own_nodes.c - stacks that stand beside their events, as nodes */
/* SPDX-License-Identifier: MIT */

#include "viewer/own_nodes.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

static uint32_t own_node(struct own_nodes *nodes, struct ring_node node)
{
    struct own_node *known;

    HASH_FIND(hh, nodes->index, &node, sizeof(node), known);
    if (known != NULL)
        return known->id;
    if (nodes->count == OWN_NODES_MAX)
        return RING_NODE_NONE;
    nodes->list = xalloc_grown(nodes->list, nodes->count, &nodes->capacity, sizeof(*nodes->list));
    known = xalloc_zeroed(1, sizeof(*known));
    known->node = node;
    known->id = OWN_NODES_FIRST + (uint32_t)nodes->count;
    nodes->list[nodes->count++] = node;
    HASH_ADD(hh, nodes->index, node, sizeof(known->node), known);
    return known->id;
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
    struct own_node *node, *next;

    HASH_ITER(hh, nodes->index, node, next)
    {
        HASH_DEL(nodes->index, node);
        free(node);
    }
    free(nodes->list);
    *nodes = (struct own_nodes){0};
}
