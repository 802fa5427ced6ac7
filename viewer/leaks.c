/* viewer/leaks.c - live blocks and held objects, grouped into leaks */
/* SPDX-License-Identifier: MIT */

#include "viewer/leaks.h"
#include "format/finding.h"
#include "viewer/handed.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* A leak's part in one instance. No padding: it is compared as bytes. */
struct group_key {
    uint32_t plugin;
    uint32_t domain;
    uint32_t way;
    uint32_t stack;
    uint32_t last_stack;
    uint32_t kind;
    uint32_t instance;
};
#define LEAK_KEY_BYTES offsetof(struct group_key, instance)

/* What blocks and objects have in common. */
struct leaked {
    uint32_t plugin, instance, stack, last_stack, way;
    enum leak_domain domain;
    enum leak_kind kind;
    uint64_t bytes, stamp;
    uint64_t refs; /* objects */
};

struct group {
    struct group_key key;
    struct leak leak;
    UT_hash_handle hh;
};

const char *leak_domain_name(enum leak_domain domain)
{
    static const char *const names[] = {
        [LEAK_NPN] = "npn", [LEAK_HEAP] = "heap", [LEAK_OBJECT] = "object"};
    return names[domain];
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

const char *leak_way_name(const struct leak *leak)
{
    switch (leak->domain) {
    case LEAK_NPN: return npn_origin_name(leak->way);
    case LEAK_OBJECT: return object_step_name(leak->way);
    default: return npn_way_name(leak->way);
    }
}

char *leak_what(const struct leak *leak)
{
    static const char *const blocks[NPN_ORIGINS] = {
        [NPN_ORIGIN_ALLOC] = "block",
        [NPN_ORIGIN_IDENTIFIER] = "identifier string",
        [NPN_ORIGIN_ENUMERATE] = "identifier array",
        [NPN_ORIGIN_URL_VALUE] = "URL value",
        [NPN_ORIGIN_USER_NAME] = "user name",
        [NPN_ORIGIN_PASSWORD] = "password",
        [NPN_ORIGIN_DOCUMENT] = "document origin",
        [NPN_ORIGIN_VARIANT] = "result string",
        [NPN_ORIGIN_SAVED] = "block of saved data",
    };
    if (leak->domain == LEAK_OBJECT)
        return xalloc_string(text_plural(leak->objects, "object").chars);
    const char *one =
        leak->domain == LEAK_NPN && leak->way < NPN_ORIGINS ? blocks[leak->way] : "block";
    return xalloc_string(text_plural(leak->blocks, one).chars);
}

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

static struct leak leak_of(const struct leaked *leaked)
{
    return (struct leak){.plugin = leaked->plugin,
                         .domain = leaked->domain,
                         .way = leaked->way,
                         .stack = leaked->stack,
                         .last_stack = leaked->last_stack,
                         .kind = leaked->kind,
                         .first_stamp = leaked->stamp,
                         .last_stamp = leaked->stamp};
}

static void add(struct group **groups, const struct leaked *leaked)
{
    struct group_key key = {leaked->plugin,     leaked->domain, leaked->way,     leaked->stack,
                            leaked->last_stack, leaked->kind,   leaked->instance};
    struct group *group;

    HASH_FIND(hh, *groups, &key, sizeof(key), group);
    if (group == NULL) {
        group = xalloc_zeroed(1, sizeof(*group));
        group->key = key;
        group->leak = leak_of(leaked);
        HASH_ADD(hh, *groups, key, sizeof(group->key), group);
    }
    struct leak *leak = &group->leak;
    if (leaked->domain == LEAK_OBJECT)
        leak->objects++;
    else
        leak->blocks++;
    leak->bytes += leaked->bytes;
    leak->refs += leaked->refs;
    if (leaked->stamp < leak->first_stamp)
        leak->first_stamp = leaked->stamp;
    if (leaked->stamp > leak->last_stamp)
        leak->last_stamp = leaked->stamp;
}

static void add_npn(struct group **groups, const struct model *model, struct stacks *stacks,
                    const bool *wanted_plugins)
{
    for (size_t i = 0; i < model->live_count; i++) {
        const struct trace_live *block = &model->live[i];
        if (wanted_plugins != NULL && !wanted_plugins[block->plugin])
            continue;
        add(groups,
            &(struct leaked){.plugin = block->plugin,
                             .instance = block->instance,
                             .stack = stacks_of(stacks, block->node),
                             .way = EVENT_ORIGIN(block->flags),
                             .domain = LEAK_NPN,
                             .kind = leak_kind_of(model, block->plugin, block->instance,
                                                  block->stamp),
                             .bytes = block->size_bytes,
                             .stamp = block->stamp});
    }
}

static void add_objects(struct group **groups, const struct model *model, struct stacks *stacks,
                        const bool *wanted_plugins)
{
    for (size_t i = 0; i < model->recording->object_count; i++) {
        const struct trace_object *object = &model->recording->objects[i];
        if (object->refs == 0 || (wanted_plugins != NULL && !wanted_plugins[object->plugin]))
            continue;
        add(groups,
            &(struct leaked){.plugin = object->plugin,
                             .instance = object->instance,
                             .stack = stacks_of(stacks, object->node),
                             .last_stack = stacks_of(stacks, object->last_node),
                             .way = OBJECT_STEP(object->step),
                             .domain = LEAK_OBJECT,
                             .kind = kind_of_object(model, object),
                             .refs = object->refs,
                             .stamp = object->stamp});
    }
}

/* What was handed over is the host's, whoever's call it came by. */
static void add_heap(struct group **groups, const struct model *model, struct stacks *stacks,
                     const struct handed *handed, const bool *wanted_plugins, bool with_host)
{
    const struct heap_block *block;

    for (size_t at = 0; (block = heap_table_each(&model->heap.live, &at)) != NULL;) {
        const struct stack_sum *sum = &model->heap.stacks.list[block->sum];
        enum npn_way way = handed_way(handed, block->address);
        uint32_t plugin = way != NPN_WAY_NONE ? 0 : sum->plugin;
        if (plugin == 0 ? !with_host : wanted_plugins != NULL && !wanted_plugins[plugin])
            continue;
        uint32_t instance = plugin != 0 ? block->instance : 0;
        add(groups,
            &(struct leaked){.plugin = plugin,
                             .instance = instance,
                             .stack = stacks_of(stacks, sum->node),
                             .way = way,
                             .domain = LEAK_HEAP,
                             .kind = leak_kind_of(model, plugin, instance, block->stamp),
                             .bytes = block->size_bytes,
                             .stamp = block->stamp});
    }
}

static int by_key(const void *left, const void *right)
{
    const struct group *a = *(struct group *const *)left, *b = *(struct group *const *)right;
    int compared = memcmp(&a->key, &b->key, LEAK_KEY_BYTES);

    if (compared != 0)
        return compared;
    return (a->key.instance > b->key.instance) - (a->key.instance < b->key.instance);
}

/* One more instance's part. */
static void join(struct leak *leak, const struct leak *part)
{
    leak->blocks += part->blocks;
    leak->bytes += part->bytes;
    leak->objects += part->objects;
    leak->refs += part->refs;
    if (part->first_stamp < leak->first_stamp)
        leak->first_stamp = part->first_stamp;
    if (part->last_stamp > leak->last_stamp)
        leak->last_stamp = part->last_stamp;
}

/* Sorted groups that differ in their instances alone become one leak. */
static void join_groups(struct leaks *leaks, struct group *const *sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct leak *part = &sorted[i]->leak;
        bool first = i == 0 || memcmp(&sorted[i - 1]->key, &sorted[i]->key, LEAK_KEY_BYTES) != 0;
        struct leak *leak = &leaks->list[first ? leaks->count++ : leaks->count - 1];
        leaks->shares[i] =
            (struct leak_share){sorted[i]->key.instance, part->blocks + part->objects};
        if (first) {
            *leak = *part;
            leak->shares = &leaks->shares[i];
        } else {
            join(leak, part);
        }
        leak->share_count++;
    }
}

static void mark_while_false(const struct model *model, struct stacks *stacks, struct leaks *leaks)
{
    for (size_t i = 0; i < model->recording->finding_count; i++) {
        const struct trace_finding *finding = &model->recording->findings[i];
        if (finding->kind != FINDING_RESULT_WHILE_FALSE)
            continue;
        uint32_t stack = stacks_of(stacks, finding->owner_node);
        for (size_t j = 0; j < leaks->count; j++)
            leaks->list[j].while_false |= leaks->list[j].domain == LEAK_NPN && stack != 0 &&
                                          leaks->list[j].stack == stack &&
                                          leaks->list[j].plugin == finding->owner_plugin;
    }
}

static int biggest_first(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    const uint64_t pairs[][2] = {
        {a->bytes, b->bytes}, {a->blocks, b->blocks}, {a->objects, b->objects}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? 1 : -1;
    return (a->first_stamp > b->first_stamp) - (a->first_stamp < b->first_stamp);
}

static void finish(struct leaks *leaks, struct group *groups)
{
    size_t count = HASH_COUNT(groups), at = 0;
    struct group **sorted = xalloc_zeroed(count, sizeof(struct group *)), *group, *next;

    leaks->list = xalloc_zeroed(count, sizeof(*leaks->list));
    leaks->shares = xalloc_zeroed(count, sizeof(*leaks->shares));
    HASH_ITER(hh, groups, group, next) sorted[at++] = group;
    if (count != 0)
        qsort(sorted, count, sizeof(struct group *), by_key);
    join_groups(leaks, sorted, count);
    HASH_CLEAR(hh, groups);
    for (size_t i = 0; i < count; i++)
        free(sorted[i]);
    free(sorted);
}

struct leaks leaks_find(const struct model *model, struct stacks *stacks,
                        const bool *wanted_plugins, bool with_host)
{
    struct group *groups = NULL;
    struct handed handed = handed_find(model);
    struct leaks leaks = {.handed = handed.count, .handed_bytes = handed.bytes};

    add_npn(&groups, model, stacks, wanted_plugins);
    add_objects(&groups, model, stacks, wanted_plugins);
    add_heap(&groups, model, stacks, &handed, wanted_plugins, with_host);
    handed_free(&handed);
    finish(&leaks, groups);
    mark_while_false(model, stacks, &leaks);
    for (size_t i = 0; i < leaks.count; i++) {
        const struct leak *leak = &leaks.list[i];
        leaks.blocks += leak->blocks;
        leaks.bytes += leak->bytes;
        leaks.objects += leak->objects;
        leaks.refs += leak->refs;
        leaks.received +=
            leak->domain == LEAK_NPN && leak->way != NPN_ORIGIN_ALLOC ? leak->blocks : 0;
    }
    if (leaks.count != 0)
        qsort(leaks.list, leaks.count, sizeof(*leaks.list), biggest_first);
    return leaks;
}

void leaks_free(struct leaks *leaks)
{
    free(leaks->list);
    free(leaks->shares);
    *leaks = (struct leaks){0};
}
