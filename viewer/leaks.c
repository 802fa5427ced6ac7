/* viewer/leaks.c - live blocks and held objects, grouped into leaks */
/* SPDX-License-Identifier: MIT */

#include "viewer/leaks.h"
#include "format/finding.h"
#include "viewer/handed.h"
#include "viewer/leak_filter.h"
#include "viewer/leak_groups.h"
#include "viewer/leak_growth.h"

#include <stdlib.h>

static bool outlived_plugin(const struct model *model, uint32_t plugin, uint64_t stamp)
{
    uint64_t end_stamp = plugin != 0 ? model->recording->plugins[plugin - 1].end_stamp : 0;

    return end_stamp != 0 && stamp < end_stamp;
}

enum leak_kind leak_kind_of(const struct model *model, uint32_t plugin, uint32_t instance,
                            uint64_t stamp)
{
    if (outlived_plugin(model, plugin, stamp))
        return LEAK_OUTLIVED_PLUGIN;
    if (instance != 0 && model_is_over(model, instance))
        return LEAK_OUTLIVED_INSTANCE;
    return LEAK_LIVE_AT_EXIT;
}

static enum leak_kind kind_of_object(const struct model *model, const struct trace_object *object)
{
    if (outlived_plugin(model, object->plugin, object->stamp))
        return LEAK_OUTLIVED_PLUGIN;
    return model_is_kept(model, object) ? LEAK_OUTLIVED_INSTANCE : LEAK_LIVE_AT_EXIT;
}

static void add_npn(struct leak_groups *groups, const struct model *model, struct stacks *stacks,
                    const bool *wanted_plugins)
{
    for (size_t i = 0; i < model->live_count; i++) {
        const struct trace_live *block = &model->live[i];
        if (wanted_plugins != NULL && !wanted_plugins[block->plugin])
            continue;
        leak_groups_add(
            groups, &(struct leaked){
                        .plugin = block->plugin,
                        .instance = block->instance,
                        .stack = stacks_of(stacks, block->node),
                        .way = EVENT_ORIGIN(block->flags),
                        .domain = LEAK_NPN,
                        .kind = leak_kind_of(model, block->plugin, block->instance, block->stamp),
                        .bytes = block->size_bytes,
                        .stamp = block->stamp,
                        .part = leak_growth_part(model, block->plugin, block->stamp)});
    }
}

static void add_objects(struct leak_groups *groups, const struct model *model,
                        struct stacks *stacks, const bool *wanted_plugins)
{
    for (size_t i = 0; i < model->recording->object_count; i++) {
        const struct trace_object *object = &model->recording->objects[i];
        if (object->refs == 0 || (wanted_plugins != NULL && !wanted_plugins[object->plugin]))
            continue;
        leak_groups_add(groups, &(struct leaked){.plugin = object->plugin,
                                                 .instance = object->instance,
                                                 .stack = stacks_of(stacks, object->node),
                                                 .last_stack = stacks_of(stacks, object->last_node),
                                                 .way = OBJECT_STEP(object->step),
                                                 .domain = LEAK_OBJECT,
                                                 .kind = kind_of_object(model, object),
                                                 .refs = object->refs,
                                                 .stamp = object->stamp,
                                                 .part = leak_growth_part(model, object->plugin,
                                                                          object->stamp)});
    }
}

/* What was handed over is the host's, whoever's call it came by. */
static void add_heap(struct leak_groups *groups, const struct model *model, struct stacks *stacks,
                     const struct handed *handed, const struct leaks_wanted *wanted)
{
    const struct heap_block *block;

    for (size_t at = 0; (block = heap_table_each(&model->heap.live, &at)) != NULL;) {
        const struct stack_sum *sum = &model->heap.stacks.list[block->sum];
        enum npn_way way = handed_way(handed, block->address);
        uint32_t plugin = way != NPN_WAY_NONE ? 0 : sum->plugin;
        if (plugin == 0 ? !wanted->host : wanted->plugins != NULL && !wanted->plugins[plugin])
            continue;
        uint32_t instance = plugin != 0 ? block->instance : 0;
        leak_groups_add(
            groups, &(struct leaked){.plugin = plugin,
                                     .instance = instance,
                                     .stack = stacks_of(stacks, sum->node),
                                     .way = way,
                                     .domain = LEAK_HEAP,
                                     .kind = leak_kind_of(model, plugin, instance, block->stamp),
                                     .bytes = block->size_bytes,
                                     .stamp = block->stamp,
                                     .part = leak_growth_part(model, plugin, block->stamp)});
    }
}

/* Results that were set by functions that returned false are leaks of their own. */
static void mark_while_false(struct leak_groups *groups, const struct model *model,
                             struct stacks *stacks)
{
    const struct recording *recording = model->recording;

    for (size_t i = 0; i < recording->finding_count; i++) {
        const struct trace_finding *finding = &recording->findings[i];
        if (finding->kind == FINDING_RESULT_WHILE_FALSE)
            leak_groups_mark(groups, finding->owner_plugin, stacks_of(stacks, finding->owner_node));
    }
}

static void sum_up(struct leaks *leaks)
{
    for (size_t i = 0; i < leaks->count; i++) {
        const struct leak *leak = &leaks->list[i];
        bool received = leak->domain == LEAK_NPN && leak->way != NPN_ORIGIN_ALLOC;
        leaks->blocks += leak->blocks;
        leaks->bytes += leak->bytes;
        leaks->objects += leak->objects;
        leaks->refs += leak->refs;
        leaks->received += received ? leak->blocks : 0;
    }
}

struct leaks leaks_find(const struct model *model, struct stacks *stacks,
                        const struct leaks_wanted *wanted)
{
    struct leak_groups groups = {0};
    struct handed handed = handed_find(model);

    add_npn(&groups, model, stacks, wanted->plugins);
    add_objects(&groups, model, stacks, wanted->plugins);
    add_heap(&groups, model, stacks, &handed, wanted);
    mark_while_false(&groups, model, stacks);
    if (wanted->filter != NULL)
        leak_filter_apply(wanted->filter, &groups, stacks);
    struct leaks leaks = leak_groups_join(&groups, wanted->whole_stacks ? NULL : stacks);
    leaks.handed = handed.count;
    leaks.handed_bytes = handed.bytes;
    handed_free(&handed);
    sum_up(&leaks);
    for (size_t i = 0; i < leaks.count; i++)
        leak_growth_find(model, &leaks.list[i]);
    leaks_sort(&leaks, LEAKS_BY_SUSPICION);
    return leaks;
}

void leaks_free(struct leaks *leaks)
{
    free(leaks->list);
    free(leaks->shares);
    free(leaks->stacks);
    *leaks = (struct leaks){0};
}
