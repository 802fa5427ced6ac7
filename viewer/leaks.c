/* viewer/leaks.c - live blocks grouped into leaks */
/* SPDX-License-Identifier: MIT */

#include "viewer/leaks.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <uthash.h>

struct group_key {
    uint32_t plugin;
    uint32_t stack;
    uint32_t kind;
    uint32_t domain;
};

/* What NPN and heap blocks have in common. */
struct leaked {
    uint32_t plugin, instance, stack;
    enum leak_domain domain;
    uint64_t bytes, stamp;
};

struct group {
    struct group_key key;
    struct leak leak;
    UT_hash_handle hh;
};

const char *leak_domain_name(enum leak_domain domain)
{
    return domain == LEAK_HEAP ? "heap" : "npn";
}

const char *leak_kind_name(enum leak_kind kind)
{
    static const char *const names[LEAK_KINDS] = {
        [LEAK_LIVE_AT_EXIT] = "live-at-exit",
        [LEAK_OUTLIVED_INSTANCE] = "outlived-instance",
        [LEAK_OUTLIVED_PLUGIN] = "outlived-plugin",
    };
    return names[kind];
}

const char *leak_kind_text(enum leak_kind kind, bool live)
{
    static const char *const texts[LEAK_KINDS] = {
        [LEAK_LIVE_AT_EXIT] = "live at exit",
        [LEAK_OUTLIVED_INSTANCE] = "outlived its instance",
        [LEAK_OUTLIVED_PLUGIN] = "outlived its plug-in",
    };
    return live && kind == LEAK_LIVE_AT_EXIT ? "live now" : texts[kind];
}

enum leak_kind leak_kind_of(const struct recording *recording, uint32_t plugin, uint32_t instance,
                            uint64_t stamp)
{
    if (plugin != 0) {
        uint64_t end_stamp = recording->plugins[plugin - 1].end_stamp;
        if (end_stamp != 0 && stamp < end_stamp)
            return LEAK_OUTLIVED_PLUGIN;
    }
    if (instance != 0 && (recording->instances[instance - 1].flags & RING_INSTANCE_DESTROYED) != 0)
        return LEAK_OUTLIVED_INSTANCE;
    return LEAK_LIVE_AT_EXIT;
}

static void add(struct group **groups, const struct recording *recording,
                const struct leaked *block)
{
    enum leak_kind kind = leak_kind_of(recording, block->plugin, block->instance, block->stamp);
    struct group_key key = {block->plugin, block->stack, kind, block->domain};
    struct group *group;

    HASH_FIND(hh, *groups, &key, sizeof(key), group);
    if (group == NULL) {
        group = xalloc_zeroed(1, sizeof(*group));
        group->key = key;
        group->leak = (struct leak){.plugin = block->plugin,
                                    .domain = block->domain,
                                    .stack = block->stack,
                                    .kind = kind,
                                    .first_stamp = block->stamp,
                                    .last_stamp = block->stamp};
        HASH_ADD(hh, *groups, key, sizeof(group->key), group);
    }
    group->leak.blocks++;
    group->leak.bytes += block->bytes;
    if (block->stamp < group->leak.first_stamp)
        group->leak.first_stamp = block->stamp;
    if (block->stamp > group->leak.last_stamp)
        group->leak.last_stamp = block->stamp;
}

static int biggest_first(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;

    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    if (a->blocks != b->blocks)
        return a->blocks < b->blocks ? 1 : -1;
    return (a->first_stamp > b->first_stamp) - (a->first_stamp < b->first_stamp);
}

static void add_npn(struct group **groups, const struct model *model, struct stacks *stacks,
                    const bool *wanted_plugins)
{
    for (size_t i = 0; i < model->live_count; i++) {
        const struct trace_live *block = &model->live[i];
        if (wanted_plugins != NULL && !wanted_plugins[block->plugin])
            continue;
        add(groups, model->recording,
            &(struct leaked){.plugin = block->plugin,
                             .instance = block->instance,
                             .stack = stacks_of(stacks, block->node),
                             .domain = LEAK_NPN,
                             .bytes = block->size_bytes,
                             .stamp = block->stamp});
    }
}

static void add_heap(struct group **groups, const struct model *model, struct stacks *stacks,
                     const bool *wanted_plugins, bool with_host)
{
    const struct heap_block *block;

    for (size_t at = 0; (block = heap_table_each(&model->heap.live, &at)) != NULL;) {
        const struct stack_sum *sum = &model->heap.stacks.list[block->sum];
        bool wanted =
            sum->plugin == 0 ? with_host : wanted_plugins == NULL || wanted_plugins[sum->plugin];
        if (!wanted)
            continue;
        add(groups, model->recording,
            &(struct leaked){.plugin = sum->plugin,
                             .instance = block->instance,
                             .stack = stacks_of(stacks, sum->node),
                             .domain = LEAK_HEAP,
                             .bytes = block->size_bytes,
                             .stamp = block->stamp});
    }
}

struct leaks leaks_find(const struct model *model, struct stacks *stacks,
                        const bool *wanted_plugins, bool with_host)
{
    struct group *groups = NULL, *group, *next;
    struct leaks leaks = {0};

    add_npn(&groups, model, stacks, wanted_plugins);
    add_heap(&groups, model, stacks, wanted_plugins, with_host);
    leaks.list = xalloc_zeroed(HASH_COUNT(groups), sizeof(*leaks.list));
    HASH_ITER(hh, groups, group, next)
    {
        leaks.list[leaks.count++] = group->leak;
        leaks.blocks += group->leak.blocks;
        leaks.bytes += group->leak.bytes;
        HASH_DEL(groups, group);
        free(group);
    }
    if (leaks.count != 0)
        qsort(leaks.list, leaks.count, sizeof(*leaks.list), biggest_first);
    return leaks;
}

void leaks_free(struct leaks *leaks)
{
    free(leaks->list);
    *leaks = (struct leaks){0};
}
