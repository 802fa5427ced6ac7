/* tracer/tree.h - the tree of stacks in the segment */
/* SPDX-License-Identifier: MIT */

/*
 * Append-only (RING_NODES), shared by all threads, lock-free. A node is written before the slot of
 * the index that names it, and that before any committed record. One root per epoch, so that an
 * address that another object took over never gets the old one's node.
 *
 * The index is a hash table of node ids in private memory, as only the writers need it. It begins
 * small and doubles, because a small one stays in the caches:
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

struct tracer;

struct tree_index;

struct tree {
    struct tree_index *_Atomic index; /* NULL: no memory */
    _Atomic uint32_t growing;
};

void tree_open(struct tree *tree);

/* The root of an epoch. RING_NODE_NONE: the tree is full. */
uint32_t tree_root(struct tracer *tracer, uint32_t epoch);

/* The frame's node below parent, made if it is new. RING_NODE_NONE: the tree is full. */
uint32_t tree_node(struct tracer *tracer, uint32_t parent, uint64_t pc, uint32_t flags,
                   uint32_t epoch);

#endif
