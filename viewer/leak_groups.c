/* viewer/leak_groups.c - what leaked, put together by where it came from */
/* SPDX-License-Identifier: MIT */

#include "viewer/leak_groups.h"
#include "viewer/xalloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* No padding: keys are compared as bytes. Groups whose keys begin alike are one leak. */
struct group_key {
    uint32_t plugin;
    uint32_t domain;
    uint32_t way;
    uint32_t kind;
    uint32_t while_false; /* this and the places are set last */
    uint32_t place;
    uint32_t last_place;
    uint32_t instance;
    uint32_t stack;
    uint32_t last_stack;
};
#define LEAK_KEY_BYTES offsetof(struct group_key, instance)

struct leak_group {
    struct group_key key;
    uint64_t blocks, bytes, objects, refs;
    uint64_t first_stamp, last_stamp;
    uint64_t parts[LEAK_PARTS];
    UT_hash_handle hh;
};

void leak_groups_add(struct leak_groups *groups, const struct leaked *leaked)
{
    struct group_key key = {.plugin = leaked->plugin,
                            .domain = leaked->domain,
                            .way = leaked->way,
                            .kind = leaked->kind,
                            .instance = leaked->instance,
                            .stack = leaked->stack,
                            .last_stack = leaked->last_stack};
    struct leak_group *group;

    HASH_FIND(hh, groups->list, &key, sizeof(key), group);
    if (group == NULL) {
        group = xalloc_zeroed(1, sizeof(*group));
        group->key = key;
        group->first_stamp = group->last_stamp = leaked->stamp;
        HASH_ADD(hh, groups->list, key, sizeof(group->key), group);
    }
    if (leaked->domain == LEAK_OBJECT)
        group->objects++;
    else
        group->blocks++;
    group->bytes += leaked->bytes;
    group->refs += leaked->refs;
    group->parts[leaked->part]++;
    if (leaked->stamp < group->first_stamp)
        group->first_stamp = leaked->stamp;
    if (leaked->stamp > group->last_stamp)
        group->last_stamp = leaked->stamp;
}

/* The key is not looked up any more. */
void leak_groups_mark(struct leak_groups *groups, uint32_t plugin, uint32_t stack)
{
    struct leak_group *group, *next;

    if (stack == 0)
        return;
    HASH_ITER(hh, groups->list, group, next)
    {
        const struct group_key *key = &group->key;
        if (key->domain == LEAK_NPN && key->plugin == plugin && key->stack == stack)
            group->key.while_false = true;
    }
}

void leak_groups_filter(struct leak_groups *groups, leak_groups_keep *keep, void *context)
{
    struct leak_group *group, *next;

    HASH_ITER(hh, groups->list, group, next)
    {
        const struct group_key *key = &group->key;
        struct leak_part part = {.plugin = key->plugin,
                                 .instance = key->instance,
                                 .stack = key->stack,
                                 .last_stack = key->last_stack,
                                 .domain = (enum leak_domain)key->domain,
                                 .blocks = group->blocks,
                                 .bytes = group->bytes,
                                 .objects = group->objects};
        if (keep(context, &part))
            continue;
        HASH_DEL(groups->list, group);
        free(group);
    }
}

static void find_places(struct leak_groups *groups, struct stacks *stacks)
{
    struct leak_group *group, *next;

    HASH_ITER(hh, groups->list, group, next)
    {
        struct group_key *key = &group->key;
        key->place = stacks != NULL ? stacks_place(stacks, key->stack, key->plugin) : key->stack;
        key->last_place =
            stacks != NULL ? stacks_place(stacks, key->last_stack, key->plugin) : key->last_stack;
    }
}

static int by_key(const void *left, const void *right)
{
    const struct leak_group *a = *(struct leak_group *const *)left,
                            *b = *(struct leak_group *const *)right;
    int compared = memcmp(&a->key, &b->key, LEAK_KEY_BYTES);

    if (compared != 0)
        return compared;
    return (a->key.instance > b->key.instance) - (a->key.instance < b->key.instance);
}

static int by_stack(const void *left, const void *right)
{
    const struct leak_group *a = *(struct leak_group *const *)left,
                            *b = *(struct leak_group *const *)right;

    if (a->key.stack != b->key.stack)
        return a->key.stack < b->key.stack ? -1 : 1;
    return (a->key.last_stack > b->key.last_stack) - (a->key.last_stack < b->key.last_stack);
}

static int commonest_first(const void *left, const void *right)
{
    const struct leak_stack *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static struct leak leak_of(const struct leak_group *group)
{
    const struct group_key *key = &group->key;

    return (struct leak){.plugin = key->plugin,
                         .domain = key->domain,
                         .way = key->way,
                         .place = key->place,
                         .last_place = key->last_place,
                         .kind = key->kind,
                         .while_false = key->while_false,
                         .first_stamp = group->first_stamp,
                         .last_stamp = group->last_stamp};
}

static void add_sums(struct leak *leak, const struct leak_group *group)
{
    leak->blocks += group->blocks;
    leak->bytes += group->bytes;
    leak->objects += group->objects;
    leak->refs += group->refs;
    for (size_t i = 0; i < LEAK_PARTS; i++)
        leak->parts[i] += group->parts[i];
    if (group->first_stamp < leak->first_stamp)
        leak->first_stamp = group->first_stamp;
    if (group->last_stamp > leak->last_stamp)
        leak->last_stamp = group->last_stamp;
}

/* Of groups in the order of their instances. */
static void add_share(struct leak *leak, const struct leak_group *group)
{
    struct leak_share *last = leak->share_count != 0 ? &leak->shares[leak->share_count - 1] : NULL;

    if (last == NULL || last->instance != group->key.instance) {
        last = &leak->shares[leak->share_count++];
        *last = (struct leak_share){.instance = group->key.instance};
    }
    last->count += group->blocks + group->objects;
}

/* Of groups in the order of their stacks. */
static void add_stack(struct leak *leak, const struct leak_group *group)
{
    const struct group_key *key = &group->key;
    struct leak_stack *last = leak->stack_count != 0 ? &leak->stacks[leak->stack_count - 1] : NULL;

    if (last == NULL || last->stack != key->stack || last->last_stack != key->last_stack) {
        last = &leak->stacks[leak->stack_count++];
        *last = (struct leak_stack){.stack = key->stack, .last_stack = key->last_stack};
    }
    last->count += group->blocks + group->objects;
    last->bytes += group->bytes;
}

/* One leak of groups that are sorted by instance; its shares and stacks have room for one each. */
static struct leak join(struct leak_group **groups, size_t count, struct leak_share *shares,
                        struct leak_stack *stacks)
{
    struct leak leak = leak_of(groups[0]);

    leak.shares = shares;
    leak.stacks = stacks;
    for (size_t i = 0; i < count; i++) {
        add_sums(&leak, groups[i]);
        add_share(&leak, groups[i]);
    }
    qsort(groups, count, sizeof(struct leak_group *), by_stack);
    for (size_t i = 0; i < count; i++)
        add_stack(&leak, groups[i]);
    qsort(stacks, leak.stack_count, sizeof(*stacks), commonest_first);
    return leak;
}

static bool is_same_leak(const struct leak_group *a, const struct leak_group *b)
{
    return memcmp(&a->key, &b->key, LEAK_KEY_BYTES) == 0;
}

/* Empties groups. The caller frees the list. */
static struct leak_group **take_sorted(struct leak_groups *groups, size_t *ret_count)
{
    struct leak_group *group, *next;
    size_t count = HASH_COUNT(groups->list), at = 0;
    struct leak_group **sorted = xalloc_zeroed(count, sizeof(struct leak_group *));

    HASH_ITER(hh, groups->list, group, next) sorted[at++] = group;
    HASH_CLEAR(hh, groups->list);
    if (count != 0)
        qsort(sorted, count, sizeof(struct leak_group *), by_key);
    *ret_count = count;
    return sorted;
}

struct leaks leak_groups_join(struct leak_groups *groups, struct stacks *stacks)
{
    size_t count;

    find_places(groups, stacks);
    struct leak_group **sorted = take_sorted(groups, &count);
    struct leaks leaks = {
        .list = xalloc_zeroed(count, sizeof(*leaks.list)),
        .shares = xalloc_zeroed(count, sizeof(*leaks.shares)),
        .stacks = xalloc_zeroed(count, sizeof(*leaks.stacks)),
    };
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && is_same_leak(sorted[i], sorted[end]);)
            end++;
        leaks.list[leaks.count++] = join(&sorted[i], end - i, &leaks.shares[i], &leaks.stacks[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(sorted[i]);
    free(sorted);
    return leaks;
}
