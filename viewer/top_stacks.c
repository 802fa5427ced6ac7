/* viewer/top_stacks.c - which call stacks allocate most */
/* SPDX-License-Identifier: MIT */

#include "viewer/top_stacks.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <uthash.h>

struct group_key {
    uint32_t plugin;
    uint32_t stack;
};

struct group {
    struct group_key key;
    struct top_stack top;
    UT_hash_handle hh;
};

static void add(struct group **groups, const struct stack_sum *from, uint32_t stack)
{
    struct group_key key = {from->plugin, stack};
    struct group *group;

    HASH_FIND(hh, *groups, &key, sizeof(key), group);
    if (group == NULL) {
        group = xalloc_zeroed(1, sizeof(*group));
        group->key = key;
        group->top = (struct top_stack){.plugin = key.plugin, .stack = stack};
        HASH_ADD(hh, *groups, key, sizeof(group->key), group);
    }
    group->top.allocs += from->allocs;
    group->top.bytes += from->bytes;
    group->top.live_blocks += from->live_blocks;
    group->top.live_bytes += from->live_bytes;
    group->top.peak_is_bound |= group->top.peak_bytes != 0 && from->peak_bytes != 0;
    group->top.peak_bytes += from->peak_bytes;
    group->top.temporary += from->temporary;
}

struct top_stack *top_stacks_collect(const struct stack_sums *sums, struct stacks *stacks,
                                     const bool *wanted_plugins, size_t *ret_count)
{
    struct group *groups = NULL, *group, *next;
    struct top_stack *list;
    size_t count = 0;

    for (size_t i = 1; i < sums->count; i++) {
        const struct stack_sum *from = &sums->list[i];
        if (wanted_plugins == NULL || wanted_plugins[from->plugin])
            add(&groups, from, stacks_of(stacks, from->node));
    }
    list = xalloc_zeroed(HASH_COUNT(groups), sizeof(*list));
    HASH_ITER(hh, groups, group, next)
    {
        list[count++] = group->top;
        HASH_DEL(groups, group);
        free(group);
    }
    *ret_count = count;
    return list;
}

static int compare(const uint64_t *a, const uint64_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? 1 : -1;
    return 0;
}

static int by_bytes(const void *left, const void *right)
{
    const struct top_stack *a = left, *b = right;
    return compare((uint64_t[]){a->bytes, a->allocs, a->plugin, a->stack},
                   (uint64_t[]){b->bytes, b->allocs, b->plugin, b->stack}, 4);
}

static int by_allocs(const void *left, const void *right)
{
    const struct top_stack *a = left, *b = right;
    return compare((uint64_t[]){a->allocs, a->bytes, a->plugin, a->stack},
                   (uint64_t[]){b->allocs, b->bytes, b->plugin, b->stack}, 4);
}

static int by_live(const void *left, const void *right)
{
    const struct top_stack *a = left, *b = right;
    return compare((uint64_t[]){a->live_bytes, a->live_blocks, a->plugin, a->stack},
                   (uint64_t[]){b->live_bytes, b->live_blocks, b->plugin, b->stack}, 4);
}

static int by_peak(const void *left, const void *right)
{
    const struct top_stack *a = left, *b = right;
    return compare((uint64_t[]){a->peak_bytes, a->bytes, a->plugin, a->stack},
                   (uint64_t[]){b->peak_bytes, b->bytes, b->plugin, b->stack}, 4);
}

void top_stacks_sort(struct top_stack *list, size_t count, enum top_order order)
{
    static int (*const orders[])(const void *, const void *) = {
        [TOP_BY_BYTES] = by_bytes,
        [TOP_BY_ALLOCS] = by_allocs,
        [TOP_BY_LIVE] = by_live,
        [TOP_BY_PEAK] = by_peak,
    };

    if (count != 0)
        qsort(list, count, sizeof(*list), orders[order]);
}
