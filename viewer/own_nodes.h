/* viewer/own_nodes.h - stacks that stand beside their events, as nodes */
/* SPDX-License-Identifier: MIT */

/*
 * A stack that found no room in a recording's tree was written in front of its event. Here it
 * becomes nodes like the tree's, with ids that no tree has. Equal frames under equal callers are
 * one node.
 *
 * Threads: one. Memory: by distinct frames, until own_nodes_free().
 */
#ifndef NPNTRACE_VIEWER_OWN_NODES_H
#define NPNTRACE_VIEWER_OWN_NODES_H

#include <stdbool.h>

#include "format/event.h"
#include "format/ring.h"

#define OWN_NODES_FIRST UINT32_C(0x80000000)
#define OWN_NODES_MAX (UINT32_C(1) << 24)

/* All-zero is empty. */
struct own_nodes {
    struct ring_node *list; /* by id - OWN_NODES_FIRST */
    size_t count, capacity;
    uint32_t *slots; /* 1 + a node's place in the list, by its content; 0: free */
    size_t slot_count;
};

/* The node of a stack, innermost frame first; RING_NODE_NONE without frames or room. */
uint32_t own_nodes_stack(struct own_nodes *nodes, const struct event_frame *frames, uint32_t count);

/* False: there is no such node. */
bool own_nodes_get(const struct own_nodes *nodes, uint32_t id, struct ring_node *ret_node);

void own_nodes_free(struct own_nodes *nodes);

#endif
