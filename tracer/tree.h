/* tracer/tree.h - the tree of stacks in the segment */
/* SPDX-License-Identifier: MIT */

/*
 * Append-only (RING_NODES), shared by all threads, lock-free. A node is written before the slot of
 * the index that names it, and that before any committed record. One root per epoch, so that an
 * address that another object took over never gets the old one's node.
 *
 * The index is a hash table of node ids in private memory, as only the writers need it. A node's
 * place follows from its path: the hash of the frames from the root to it, which is known before
 * its parent's node is. So the places of several frames are fetched at a time, and the hash only
 * says where to look: what stands there is compared by parent and pc.
 *
 * The index begins small and doubles, because a small one stays in the caches:
 *
 *   one thread makes the larger index, publishes it with `older` pointing to the smaller one,
 * copies, and clears `older`. Meanwhile nodes are looked for in both and added to the larger one. A
 * thread that added to the smaller one finds that it is no longer the index, and adds to the larger
 * one; if the same frame was added there by another thread, that node is taken. So two committed
 *   records never name the same stack by two nodes.
 */
#ifndef NPNTRACE_TRACER_TREE_H
#define NPNTRACE_TRACER_TREE_H

#include <stdatomic.h>
#include <stdint.h>

#include "format/ring.h"

#define TREE_FLAGS_SHIFT 56 /* flags lie in the topmost byte of a pc, where it is a key */

struct tracer;

struct tree_index;

struct tree {
    struct tree_index *_Atomic index; /* NULL: no memory */
    uint32_t *path;                   /* by node */
    _Atomic uint32_t growing;
};

/* The path of a frame below one with that path. */
static inline uint32_t tree_path(uint32_t outer, uint64_t pc, uint64_t flags)
{
    uint64_t mixed = (pc ^ flags << TREE_FLAGS_SHIFT) + outer * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(mixed * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

static inline uint32_t tree_root_path(uint32_t epoch)
{
    return tree_path(0, epoch, RING_NODE_ROOT);
}

void tree_open(struct tree *tree, uint32_t node_capacity);

/* Such a node will be asked for. */
void tree_expect(struct tree *tree, uint32_t path);

/* The root of an epoch. RING_NODE_NONE: the tree is full. */
uint32_t tree_root(struct tracer *tracer, uint32_t epoch);

/* The frame's node below parent, made if it is new. `path`: its own. RING_NODE_NONE: the tree is
 * full. */
uint32_t tree_node(struct tracer *tracer, uint32_t parent, uint32_t path, uint64_t pc,
                   uint32_t flags, uint32_t epoch);

#endif
