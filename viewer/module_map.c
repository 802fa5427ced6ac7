/* viewer/module_map.c - which module an address belonged to, at a time */
/* SPDX-License-Identifier: MIT */

#include "viewer/module_map.h"
#include "viewer/recording.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

struct entry { /* of a list */
    uint32_t epoch;
    uint32_t module;
};

struct module_map {
    uint64_t *bounds; /* ascending, each once; leaf i is from bounds[i] to bounds[i + 1] */
    size_t bound_count;
    size_t *lists; /* by node of the tree: where its list begins; leaf i is node bound_count + i */
    struct entry *entries;
};

static int compare_bounds(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->epoch != b->epoch)
        return a->epoch > b->epoch ? 1 : -1;
    return (a->module > b->module) - (a->module < b->module);
}

/* How many bounds are not greater than the address. */
static size_t bounds_upto(const struct module_map *map, uint64_t address)
{
    size_t low = 0, high = map->bound_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->bounds[middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void find_bounds(struct module_map *map, const struct recording_module *modules,
                        size_t count)
{
    size_t unique = 0;

    map->bounds = xalloc_zeroed(2 * count, sizeof(*map->bounds));
    for (size_t i = 0; i < count; i++) {
        map->bounds[map->bound_count++] = modules[i].start;
        map->bounds[map->bound_count++] = modules[i].end;
    }
    if (map->bound_count != 0)
        qsort(map->bounds, map->bound_count, sizeof(*map->bounds), compare_bounds);
    for (size_t i = 0; i < map->bound_count; i++)
        if (unique == 0 || map->bounds[unique - 1] != map->bounds[i])
            map->bounds[unique++] = map->bounds[i];
    map->bound_count = unique;
}

/* Counts one up for each node that makes up the module; with an entry, that is put there, too. */
static void cover(struct module_map *map, const struct recording_module *module,
                  const struct entry *entry, size_t *numbers)
{
    if (module->start >= module->end)
        return;
    size_t low = bounds_upto(map, module->start) - 1 + map->bound_count;
    size_t high = bounds_upto(map, module->end) - 1 + map->bound_count;

    for (; low < high; low /= 2, high /= 2) {
        size_t nodes[2], count = 0;
        if (low % 2 != 0)
            nodes[count++] = low++;
        if (high % 2 != 0)
            nodes[count++] = --high;
        while (count-- > 0) {
            size_t number = numbers[nodes[count]]++;
            if (entry != NULL)
                map->entries[number] = *entry;
        }
    }
}

/* Counts, then makes of the counts where lists begin, then fills them. */
static void make_lists(struct module_map *map, const struct recording_module *modules,
                       const struct entry *order, size_t count)
{
    size_t nodes = 2 * map->bound_count + 1, total = 0;
    size_t *ends = xalloc_zeroed(nodes, sizeof(*ends));

    map->lists = xalloc_zeroed(nodes, sizeof(*map->lists));
    for (size_t i = 0; i < count; i++)
        cover(map, &modules[i], NULL, ends);
    for (size_t node = 0; node < nodes; node++) {
        size_t entries = ends[node];
        map->lists[node] = ends[node] = total;
        total += entries;
    }
    map->entries = xalloc_zeroed(total, sizeof(*map->entries));
    for (size_t i = 0; i < count; i++)
        cover(map, &modules[order[i].module], &order[i], ends);
    free(ends);
}

struct module_map *module_map_new(const struct recording_module *modules, size_t count)
{
    struct module_map *map = xalloc_zeroed(1, sizeof(*map));
    struct entry *order = xalloc_zeroed(count, sizeof(*order));

    for (size_t i = 0; i < count; i++)
        order[i] = (struct entry){.epoch = modules[i].first_epoch, .module = (uint32_t)i};
    if (count != 0)
        qsort(order, count, sizeof(*order), compare_entries);
    find_bounds(map, modules, count);
    make_lists(map, modules, order, count);
    free(order);
    return map;
}

void module_map_free(struct module_map *map)
{
    if (map == NULL)
        return;
    free(map->bounds);
    free(map->lists);
    free(map->entries);
    free(map);
}

/* The last entry of a node's list that is not of a later epoch; NULL: there is none. */
static const struct entry *latest(const struct module_map *map, size_t node, uint64_t epoch)
{
    size_t begin = map->lists[node], low = begin, high = map->lists[node + 1];

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->entries[middle].epoch <= epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low == begin ? NULL : &map->entries[low - 1];
}

ptrdiff_t module_map_at(const struct module_map *map, uint64_t pc, uint64_t epoch)
{
    const struct entry *best = NULL;
    size_t leaf = bounds_upto(map, pc);

    if (leaf == 0 || leaf == map->bound_count)
        return -1;
    for (size_t node = leaf - 1 + map->bound_count; node > 0; node /= 2) {
        const struct entry *entry = latest(map, node, epoch);
        if (entry != NULL && (best == NULL || compare_entries(entry, best) > 0))
            best = entry;
    }
    return best != NULL ? (ptrdiff_t)best->module : -1;
}
