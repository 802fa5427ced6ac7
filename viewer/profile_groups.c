/* viewer/profile_groups.c - the rows of a profile by plug-in, function, line, ... */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_groups.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

const char *const profile_key_names[PROFILE_KEYS] = {
    [PROFILE_BY_PLUGIN] = "plugin", [PROFILE_BY_INSTANCE] = "instance",
    [PROFILE_BY_MODULE] = "module", [PROFILE_BY_FUNCTION] = "function",
    [PROFILE_BY_LINE] = "line",     [PROFILE_BY_THREAD] = "thread",
    [PROFILE_BY_SIZE] = "size",     [PROFILE_BY_LIFETIME] = "lifetime",
    [PROFILE_BY_STACK] = "stack",
};

struct seen_group {
    char *key;
    uint32_t group;
    UT_hash_handle hh;
};

struct building {
    struct session *session;
    struct profile_groups *groups;
    size_t capacity;
    struct seen_group *seen;
};

unsigned profile_key_columns(enum profile_key key)
{
    switch (key) {
    case PROFILE_BY_THREAD:
        return COLUMN_BIT(COLUMN_BYTES) | COLUMN_BIT(COLUMN_ALLOCS) | COLUMN_BIT(COLUMN_RATE) |
               COLUMN_BIT(COLUMN_FREES);
    case PROFILE_BY_SIZE:
        return COLUMN_BIT(COLUMN_BYTES) | COLUMN_BIT(COLUMN_ALLOCS) | COLUMN_BIT(COLUMN_RATE);
    case PROFILE_BY_LIFETIME: return COLUMN_BIT(COLUMN_BYTES) | COLUMN_BIT(COLUMN_FREES);
    default: return COLUMNS_ALL;
    }
}

/* The innermost function at a frame. */
static bool take_line(void *context, const struct names_line *line)
{
    struct profile_group *group = context;

    group->function = line->function;
    group->module = line->module;
    group->file = line->file;
    group->line = line->line;
    group->offset = line->offset;
    return false;
}

static void describe(const struct building *building, const struct profile_row *row,
                     struct profile_group *group)
{
    const struct session *session = building->session;
    enum profile_key key = building->groups->key;

    group->domain = row->domain;
    group->stack = row->stack;
    if (key == PROFILE_BY_PLUGIN || key == PROFILE_BY_INSTANCE || key == PROFILE_BY_STACK)
        group->plugin = row->plugin;
    if (key == PROFILE_BY_INSTANCE)
        group->instance = row->instance;
    if (key != PROFILE_BY_MODULE && key != PROFILE_BY_FUNCTION && key != PROFILE_BY_LINE)
        return;
    uint32_t module =
        row->charged != 0 ? stacks_frame(session->stacks, row->charged)->module : STACKS_NO_MODULE;
    if (key != PROFILE_BY_MODULE)
        names_stack(session->names, session->stacks, row->charged, take_line, group);
    else if (module != STACKS_NO_MODULE)
        group->module = session->recording->modules[module].path;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* The same text for the same group, and no other. */
static char *key_text(enum profile_key key, const struct profile_group *group)
{
    uint64_t offset = group->function == NULL ? group->offset : 0;

    switch (key) {
    case PROFILE_BY_PLUGIN: return xalloc_format("%d %" PRIu32, group->domain, group->plugin);
    case PROFILE_BY_INSTANCE:
        return xalloc_format("%d %" PRIu32 " %" PRIu32, group->domain, group->plugin,
                             group->instance);
    case PROFILE_BY_STACK:
        return xalloc_format("%d %" PRIu32 " %" PRIu32, group->domain, group->plugin, group->stack);
    case PROFILE_BY_MODULE: return xalloc_format("%d %s", group->domain, or_empty(group->module));
    case PROFILE_BY_FUNCTION:
        return xalloc_format("%d %s\n%s\n%" PRIx64, group->domain, or_empty(group->module),
                             or_empty(group->function), offset);
    default:
        return xalloc_format("%d %s\n%s\n%" PRIu32 "\n%s\n%" PRIx64, group->domain,
                             or_empty(group->module), or_empty(group->file), group->line,
                             or_empty(group->function), offset);
    }
}

static uint32_t add_group(struct building *building, const struct profile_group *group)
{
    struct profile_groups *groups = building->groups;

    groups->list =
        xalloc_grown(groups->list, groups->count, &building->capacity, sizeof(*groups->list));
    groups->list[groups->count] = *group;
    return (uint32_t)groups->count++;
}

static uint32_t group_of(void *context, const struct profile_row *row)
{
    struct building *building = context;
    struct profile_group group = {0};
    struct seen_group *seen;

    describe(building, row, &group);
    char *key = key_text(building->groups->key, &group);
    HASH_FIND_STR(building->seen, key, seen);
    if (seen != NULL) {
        free(key);
        return seen->group;
    }
    seen = xalloc_zeroed(1, sizeof(*seen));
    seen->key = key;
    seen->group = add_group(building, &group);
    HASH_ADD_KEYPTR(hh, building->seen, seen->key, strlen(seen->key), seen);
    return seen->group;
}

static void free_seen(struct building *building)
{
    struct seen_group *seen, *next;

    HASH_ITER(hh, building->seen, seen, next)
    {
        HASH_DEL(building->seen, seen);
        free(seen->key);
        free(seen);
    }
}

/* What became of no row that is shown is no group. */
static void drop_empty(struct profile_groups *groups)
{
    size_t kept = 0;

    for (size_t i = 0; i < groups->count; i++) {
        const struct profile_numbers *numbers = &groups->list[i].numbers;
        if (numbers->of[COLUMN_ALLOCS] + numbers->of[COLUMN_FREES] + numbers->of[COLUMN_BLOCKS] !=
            0)
            groups->list[kept++] = groups->list[i];
    }
    groups->count = kept;
}

static void take_rows(struct profile_groups *groups)
{
    const struct profile *profile = groups->profile;

    for (size_t i = 0; i < profile->row_count; i++)
        profile_numbers_add(&groups->list[profile->rows[i].group].numbers, &profile->rows[i]);
    for (size_t i = 0; i < groups->count; i++) {
        uint64_t *of = groups->list[i].numbers.of;
        uint64_t peak = i < profile->group_count ? profile->group_peaks[i] : 0;
        of[COLUMN_PEAK] = peak > of[COLUMN_LIVE] ? peak : of[COLUMN_LIVE];
    }
}

static void take_threads(struct building *building)
{
    const struct profile *profile = building->groups->profile;

    for (size_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        struct profile_group group = {.domain = thread->domain, .tid = thread->tid};
        group.numbers.of[COLUMN_BYTES] = thread->bytes;
        group.numbers.of[COLUMN_ALLOCS] = group.numbers.of[COLUMN_RATE] = thread->allocs;
        group.numbers.of[COLUMN_FREES] = thread->frees;
        add_group(building, &group);
    }
}

static void take_classes(struct building *building, enum leak_domain domain)
{
    const struct profile *profile = building->groups->profile;
    bool of_sizes = building->groups->key == PROFILE_BY_SIZE;
    const uint64_t *counts = of_sizes ? profile->sizes[domain] : profile->lifetimes[domain];
    const uint64_t *bytes =
        of_sizes ? profile->size_bytes[domain] : profile->lifetime_bytes[domain];

    for (unsigned class = 0; class < PROFILE_CLASSES; class ++) {
        struct profile_group group = {.domain = domain, .class = class};
        uint64_t *of = group.numbers.of;
        of[COLUMN_BYTES] = bytes[class];
        of[COLUMN_ALLOCS] = of[COLUMN_RATE] = of_sizes ? counts[class] : 0;
        of[COLUMN_FREES] = of_sizes ? 0 : counts[class];
        add_group(building, &group);
    }
}

struct profile_groups profile_groups_build(struct session *session, const struct filter *filter,
                                           enum profile_key key)
{
    bool by_rows = profile_key_columns(key) == COLUMNS_ALL;
    struct profile_groups groups = {.key = key, .columns = profile_key_columns(key)};
    struct building building = {.session = session, .groups = &groups};
    const struct profile_grouping grouping = {group_of, &building};

    groups.profile = profile_build_grouped(session, filter, 0, by_rows ? &grouping : NULL);
    if (by_rows)
        take_rows(&groups);
    else if (key == PROFILE_BY_THREAD)
        take_threads(&building);
    else
        for (unsigned i = 0; i < PROFILE_DOMAINS; i++)
            take_classes(&building, (enum leak_domain)i);
    drop_empty(&groups);
    free_seen(&building);
    return groups;
}

static int compare_names(const char *a, const char *b)
{
    return strcmp(or_empty(a), or_empty(b));
}

/* The same order each time, whatever the numbers. */
static int compare_identity(const struct profile_group *a, const struct profile_group *b)
{
    const uint32_t ids[][2] = {{(uint32_t)a->domain, (uint32_t)b->domain},
                               {a->plugin, b->plugin},
                               {a->instance, b->instance},
                               {a->tid, b->tid},
                               {a->line, b->line},
                               {a->stack, b->stack}};
    int order = compare_names(a->function, b->function);

    order = order != 0 ? order : compare_names(a->module, b->module);
    order = order != 0 ? order : compare_names(a->file, b->file);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && order == 0; i++)
        order = (ids[i][0] > ids[i][1]) - (ids[i][0] < ids[i][1]);
    return order;
}

static int by_column(const void *left, const void *right, void *column)
{
    const struct profile_group *a = left, *b = right;
    int order =
        profile_numbers_compare(&a->numbers, &b->numbers, *(const enum profile_column *)column);

    return order != 0 ? order : compare_identity(a, b);
}

/* Classes stay in their order: they are a histogram of each domain. */
void profile_groups_sort(struct profile_groups *groups, enum profile_column column)
{
    if (groups->count != 0 && groups->key != PROFILE_BY_SIZE && groups->key != PROFILE_BY_LIFETIME)
        qsort_r(groups->list, groups->count, sizeof(*groups->list), by_column, &column);
}

void profile_groups_free(struct profile_groups *groups)
{
    profile_free(groups->profile);
    free(groups->list);
    *groups = (struct profile_groups){0};
}

void profile_class_range(unsigned class, uint64_t *ret_least, uint64_t *ret_most)
{
    *ret_least = class == 0 ? 0 : UINT64_C(1) << (class - 1);
    *ret_most = class == 0 ? 0 : *ret_least + (*ret_least - 1);
}
