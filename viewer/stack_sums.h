/* viewer/stack_sums.h - what was allocated by one plug-in with one stack */
/* SPDX-License-Identifier: MIT */

/*
 * Found by the node of the stack without a hash, since nodes are numbered from 1 on:
 *
 *   index[0]: nodes of the recording   index[1]: nodes from OWN_NODES_FIRST on
 *   node ->  0 | sum  ---->  list[sum]  --next-->  the same node, another plug-in
 *
 * A sum's name is its number in the list, which stays when the list moves; 0 is none.
 *
 * Threads: one. Memory: four bytes a node up to the highest, 64 a sum; until stack_sums_free().
 */
#ifndef NPNTRACE_VIEWER_STACK_SUMS_H
#define NPNTRACE_VIEWER_STACK_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "viewer/own_nodes.h"

struct stack_sum {
    uint32_t plugin; /* id */
    uint32_t node;
    uint32_t next; /* sum of the same node, 0: none */
    uint32_t reserved;
    uint64_t allocs, bytes;
    uint64_t live_blocks, live_bytes;
    uint64_t peak_bytes; /* heap only: NPN sums do not know the order of events */
    uint64_t temporary;  /* heap only: allocations freed before anything else was allocated */
};
_Static_assert(sizeof(struct stack_sum) == 64, "one cache line");

struct stack_sums_index {
    uint32_t *first;
    size_t capacity;
};

/* All-zero is empty. */
struct stack_sums {
    struct stack_sum *list; /* list[0] is unused */
    size_t count, capacity; /* count: with the unused one; 0 when empty */
    struct stack_sums_index index[2];
};

/* Slow path of the next. */
uint32_t stack_sums_find_slowly(struct stack_sums *sums, uint32_t plugin, uint32_t node);

static inline uint32_t stack_sums_find(struct stack_sums *sums, uint32_t plugin, uint32_t node)
{
    if (node < sums->index[0].capacity) {
        uint32_t sum = sums->index[0].first[node];
        if (sum != 0 && sums->list[sum].plugin == plugin)
            return sum;
    }
    return stack_sums_find_slowly(sums, plugin, node);
}

/* To have a sum at hand when it is looked for: its number first, then what that number may be. */
static inline __attribute__((always_inline)) void stack_sums_prefetch(const struct stack_sums *sums,
                                                                      uint32_t node)
{
    if (node < sums->index[0].capacity)
        __builtin_prefetch(&sums->index[0].first[node]);
}

static inline uint32_t stack_sums_peek(const struct stack_sums *sums, uint32_t node)
{
    return node < sums->index[0].capacity ? sums->index[0].first[node] : 0;
}

void stack_sums_free(struct stack_sums *sums);

#endif
