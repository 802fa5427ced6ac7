/* viewer/stack_sums.c - what was allocated by one plug-in with one stack */
/* SPDX-License-Identifier: MIT */

#include "viewer/stack_sums.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_MIN 1024u

static uint32_t *first_of(struct stack_sums *sums, uint32_t node)
{
    struct stack_sums_index *index = &sums->index[node >= OWN_NODES_FIRST];
    size_t at = node & ~OWN_NODES_FIRST, capacity = index->capacity;

    if (at >= capacity) {
        capacity = capacity < INDEX_MIN ? INDEX_MIN : capacity;
        while (capacity <= at)
            capacity *= 2;
        index->first = xalloc_resized(index->first, capacity, sizeof(*index->first));
        memset(index->first + index->capacity, 0,
               (capacity - index->capacity) * sizeof(*index->first));
        index->capacity = capacity;
    }
    return &index->first[at];
}

static uint32_t add(struct stack_sums *sums, uint32_t plugin, uint32_t node, uint32_t next)
{
    if (sums->count == 0)
        sums->count = 1;
    while (sums->count >= sums->capacity)
        sums->list = xalloc_grown(sums->list, sums->capacity, &sums->capacity, sizeof(*sums->list));
    sums->list[sums->count] = (struct stack_sum){.plugin = plugin, .node = node, .next = next};
    return (uint32_t)sums->count++;
}

uint32_t stack_sums_find_slowly(struct stack_sums *sums, uint32_t plugin, uint32_t node)
{
    uint32_t *first = first_of(sums, node);

    for (uint32_t sum = *first; sum != 0; sum = sums->list[sum].next)
        if (sums->list[sum].plugin == plugin)
            return sum;
    return *first = add(sums, plugin, node, *first);
}

void stack_sums_free(struct stack_sums *sums)
{
    free(sums->list);
    free(sums->index[0].first);
    free(sums->index[1].first);
    *sums = (struct stack_sums){0};
}
