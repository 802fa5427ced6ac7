/* viewer/leak_growth.c - which leaks are the likeliest to be some */
/* SPDX-License-Identifier: MIT */

#include "viewer/leak_growth.h"

#include <stdlib.h>

static uint64_t end_of(const struct model *model)
{
    const struct recording *recording = model->recording;
    uint64_t end = recording->process.start_stamp + recording_duration_ns(recording);

    return end > model->last_stamp ? end : model->last_stamp;
}

uint64_t leak_growth_age(const struct model *model, uint64_t stamp)
{
    uint64_t end = end_of(model);

    return stamp < end ? end - stamp : 0;
}

unsigned leak_growth_part(const struct model *model, uint32_t plugin, uint64_t stamp)
{
    uint64_t begin = model->recording->process.start_stamp, end = end_of(model);

    if (plugin != 0) {
        const struct recording_plugin *entry = &model->recording->plugins[plugin - 1];
        if (entry->met_stamp > begin)
            begin = entry->met_stamp;
        if (entry->end_stamp != 0 && entry->end_stamp < end)
            end = entry->end_stamp;
    }
    if (stamp <= begin || end <= begin)
        return 0;
    if (stamp >= end)
        return LEAK_PARTS - 1;
    return (unsigned)((double)(stamp - begin) / (double)(end - begin) * LEAK_PARTS);
}

void leak_growth_find(const struct model *model, struct leak *leak)
{
    size_t parts = 0;

    leak->over_count = 0;
    for (size_t i = 0; i < leak->share_count; i++)
        leak->over_count +=
            leak->shares[i].instance != 0 && model_is_over(model, leak->shares[i].instance);
    for (size_t i = 0; i < LEAK_PARTS; i++)
        parts += leak->parts[i] != 0;
    leak->growth = leak->over_count >= 2        ? LEAK_GROWS_BY_INSTANCE
                   : parts >= LEAK_GROWTH_PARTS ? LEAK_GROWS_BY_TIME
                                                : LEAK_STEADY;
}

static unsigned innocence(const struct leak *leak)
{
    if (leak->growth != LEAK_STEADY)
        return 0;
    return leak->kind != LEAK_LIVE_AT_EXIT ? 1 : 2;
}

static int more_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int by_bytes(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    const int compared[] = {
        more_first(a->bytes, b->bytes),     more_first(a->blocks, b->blocks),
        more_first(a->objects, b->objects), more_first(b->first_stamp, a->first_stamp),
        more_first(b->plugin, a->plugin),   more_first(b->place, a->place)};

    for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++)
        if (compared[i] != 0)
            return compared[i];
    return 0;
}

static int by_suspicion(const void *left, const void *right)
{
    unsigned a = innocence(left), b = innocence(right);

    return a != b ? (a > b) - (a < b) : by_bytes(left, right);
}

static int by_blocks(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    int compared = more_first(a->blocks + a->objects, b->blocks + b->objects);

    return compared != 0 ? compared : by_bytes(left, right);
}

static int by_first(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    int compared = more_first(b->first_stamp, a->first_stamp);

    return compared != 0 ? compared : by_bytes(left, right);
}

static int by_last(const void *left, const void *right)
{
    const struct leak *a = left, *b = right;
    int compared = more_first(a->last_stamp, b->last_stamp);

    return compared != 0 ? compared : by_bytes(left, right);
}

void leaks_sort(struct leaks *leaks, enum leaks_order order)
{
    static int (*const orders[LEAKS_ORDERS])(const void *, const void *) = {
        [LEAKS_BY_SUSPICION] = by_suspicion, [LEAKS_BY_BYTES] = by_bytes,
        [LEAKS_BY_BLOCKS] = by_blocks,       [LEAKS_BY_FIRST] = by_first,
        [LEAKS_BY_LAST] = by_last,
    };

    if (leaks->count != 0)
        qsort(leaks->list, leaks->count, sizeof(*leaks->list), orders[order]);
}
