/* viewer/top_sort.c - the rows of a page in their order */
/* SPDX-License-Identifier: MIT */

#include "viewer/top.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* A row with what it is compared by. An owner's NPN row comes before its heap row, and a plug-in's
 * before its instances'. */
struct sorted {
    size_t index;
    const struct live_row *row;
    const char *name;
    double owner, plugin; /* of the row's owner and of its plug-in, NPN and heap together */
};

static double number_of(const struct live_row *row, enum top_column column)
{
    switch (column) {
    case TOP_LIVE: return (double)row->live_bytes;
    case TOP_GROWTH: return (double)row->growth_bytes;
    case TOP_RATE: return row->bytes_per_s;
    case TOP_PEAK: return (double)row->peak_bytes;
    case TOP_CALLS: return row->allocs_per_s;
    case TOP_BLOCKS: return (double)row->live_blocks;
    case TOP_ALLOCS: return (double)row->allocs;
    case TOP_BYTES: return (double)row->bytes;
    default: return 0;
    }
}

static const char *plugin_name(const struct live *live, uint32_t plugin)
{
    return plugin == 0 ? "(host)"
                       : recording_base_name(live->follow->recording->plugins[plugin - 1].path);
}

/* Largest first; equal ones and names in the order of the alphabet and of their ids. */
static int compare_owners(double a, double b, bool is_reversed)
{
    if (a == b)
        return 0;
    return (a > b) == is_reversed ? 1 : -1;
}

static int compare_tree(const struct sorted *a, const struct sorted *b,
                        const struct top_choice *choice)
{
    int result = compare_owners(a->plugin, b->plugin, choice->is_reversed);

    if (result == 0 && a->row->plugin != b->row->plugin) {
        result = strcmp(a->name, b->name);
        if (choice->sort == TOP_NAME && choice->is_reversed)
            result = -result;
        if (result == 0)
            result = a->row->plugin < b->row->plugin ? -1 : 1;
    }
    if (result != 0)
        return result;
    if (a->row->kind != b->row->kind)
        return a->row->kind < b->row->kind ? -1 : 1;
    result = compare_owners(a->owner, b->owner, choice->is_reversed);
    if (result != 0)
        return result;
    if (a->row->instance != b->row->instance)
        return (a->row->instance < b->row->instance) ==
                       (choice->sort == TOP_NAME && choice->is_reversed)
                   ? 1
                   : -1;
    return (int)a->row->is_heap - (int)b->row->is_heap;
}

static int compare_list(const struct sorted *a, const struct sorted *b,
                        const struct top_choice *choice)
{
    int result = compare_owners(a->owner, b->owner, choice->is_reversed);

    if (result == 0 && choice->sort == TOP_NAME) {
        result = strcmp(a->name, b->name);
        result = choice->is_reversed ? -result : result;
    }
    if (result == 0)
        result = compare_owners((double)a->row->bytes, (double)b->row->bytes, false);
    return result != 0 ? result : (a->index > b->index) - (a->index < b->index);
}

static int compare(const void *left, const void *right, void *context)
{
    const struct sorted *a = left, *b = right;

    return a->row->kind == LIVE_STACK ? compare_list(a, b, context) : compare_tree(a, b, context);
}

/* Rows of one owner stand side by side, those of a plug-in as well. */
static void add_up(struct sorted *list, size_t count, enum top_column column)
{
    for (size_t i = 0; i < count;) {
        double plugin = 0;
        size_t end = i;
        for (; end < count && list[end].row->plugin == list[i].row->plugin; end++) {
            const struct live_row *row = list[end].row;
            if (row->kind == LIVE_PLUGIN)
                plugin += number_of(row, column);
            list[end].owner = number_of(row, column);
            if (end > i && row->is_heap && list[end - 1].row->kind == row->kind &&
                list[end - 1].row->instance == row->instance)
                list[end].owner = list[end - 1].owner += list[end].owner;
        }
        for (; i < end; i++)
            list[i].plugin = plugin;
    }
}

static bool is_shown(const struct live_row *row, const struct top_choice *choice)
{
    return row->kind != LIVE_INSTANCE || !choice->without_instances;
}

static struct sorted *collect(const struct live *live, const struct top_choice *choice,
                              enum top_pane pane, size_t *ret_count)
{
    const struct live_row *rows = pane == TOP_PLUGINS ? live->rows : live->stack_rows;
    size_t row_count = pane == TOP_PLUGINS ? live->row_count : live->stack_row_count, count = 0;
    struct sorted *list = xalloc_zeroed(row_count, sizeof(*list));

    for (size_t i = 0; i < row_count; i++) {
        if (!is_shown(&rows[i], choice))
            continue;
        list[count++] = (struct sorted){.index = i,
                                        .row = &rows[i],
                                        .name = plugin_name(live, rows[i].plugin),
                                        .owner = number_of(&rows[i], choice->sort)};
    }
    *ret_count = count;
    return list;
}

size_t *top_sort(const struct live *live, const struct top_choice *choice, enum top_pane pane,
                 size_t *ret_count)
{
    struct sorted *list = collect(live, choice, pane, ret_count);
    size_t count = *ret_count;
    size_t *indices = xalloc_zeroed(count, sizeof(*indices));

    if (pane == TOP_PLUGINS)
        add_up(list, count, choice->sort);
    if (count != 0)
        qsort_r(list, count, sizeof(*list), compare, (void *)(uintptr_t)choice);
    for (size_t i = 0; i < count; i++)
        indices[i] = list[i].index;
    free(list);
    return indices;
}

uint32_t top_selected_stack(const struct live *live, const struct top_choice *choice)
{
    size_t count;
    size_t *order = top_sort(live, choice, TOP_STACKS, &count);
    uint32_t group = choice->selected[TOP_STACKS] < count
                         ? live->stack_rows[order[choice->selected[TOP_STACKS]]].group
                         : 0;

    free(order);
    return group;
}
