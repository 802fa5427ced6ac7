/* viewer/live.c - what plug-ins hold and do now, from one look to the next */
/* SPDX-License-Identifier: MIT */

#include "viewer/live.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9

struct live_row *live_add_row(struct live_row **rows, size_t *count, size_t *capacity)
{
    *rows = xalloc_grown(*rows, *count, capacity, sizeof(**rows));
    struct live_row *row = &(*rows)[(*count)++];
    memset(row, 0, sizeof(*row));
    return row;
}

static struct live_past *past_of(struct live_pasts *pasts, size_t index)
{
    if (index >= pasts->count) {
        size_t count = index + 16;
        pasts->list = xalloc_resized(pasts->list, count, sizeof(*pasts->list));
        memset(pasts->list + pasts->count, 0, (count - pasts->count) * sizeof(*pasts->list));
        pasts->count = count;
    }
    return &pasts->list[index];
}

/* What appeared after the first look began with nothing. */
void live_rate(const struct live *live, struct live_row *row, struct live_past *past)
{
    bool is_first_look = live->before_stamp == 0;

    if (!past->is_known)
        *past = (struct live_past){.is_known = true,
                                   .allocs = is_first_look ? row->allocs : 0,
                                   .bytes = is_first_look ? row->bytes : 0,
                                   .first_live = is_first_look ? row->live_bytes : 0};
    row->growth_bytes = (int64_t)(row->live_bytes - past->first_live);
    row->has_rate = live->seconds > 0;
    if (row->has_rate && row->allocs >= past->allocs && row->bytes >= past->bytes) {
        row->allocs_per_s = (double)(row->allocs - past->allocs) / live->seconds;
        row->bytes_per_s = (double)(row->bytes - past->bytes) / live->seconds;
    }
    past->allocs = row->allocs;
    past->bytes = row->bytes;
}

/* Differences of events that were read out of order. */
static uint64_t clipped(uint64_t number)
{
    return number >> 63 != 0 ? 0 : number;
}

static void take_counters(struct live_row *row, const struct trace_counters *counters)
{
    row->allocs = counters->allocs;
    row->bytes = counters->bytes_allocated;
    row->frees = counters->frees;
    row->live_blocks = clipped(counters->live_blocks);
    row->live_bytes = clipped(counters->live_bytes);
    row->peak_bytes =
        counters->peak_bytes > row->live_bytes ? counters->peak_bytes : row->live_bytes;
}

static struct live_row *add(struct live *live, const struct live_row *what,
                            const struct trace_counters *counters, struct live_past *past)
{
    struct live_row *row = live_add_row(&live->rows, &live->row_count, &live->row_capacity);

    *row = *what;
    take_counters(row, counters);
    live_rate(live, row, past);
    return row;
}

static void add_instances(struct live *live, uint32_t plugin)
{
    const struct follow *follow = live->follow;
    const struct recording *recording = follow->recording;
    const struct model *model = follow->model;

    for (uint32_t serial = 1; serial <= recording->instance_count; serial++) {
        const struct recording_instance *instance = &recording->instances[serial - 1];
        struct live_row row = {.kind = LIVE_INSTANCE, .plugin = plugin, .instance = serial};
        if (instance->plugin != plugin)
            continue;
        row.is_over = (instance->flags & RING_INSTANCE_DESTROYED) != 0;
        add(live, &row, &model->sums->instances[serial], past_of(&live->instance_pasts[0], serial));
        row.is_heap = true;
        if (model->has_heap && !model_is_idle(&model->heap.instances[serial]))
            add(live, &row, &model->heap.instances[serial],
                past_of(&live->instance_pasts[1], serial));
    }
}

/* The host has heap memory only; NPN memory of nobody known is a row if there is some. */
static void add_plugin(struct live *live, uint32_t id)
{
    const struct follow *follow = live->follow;
    const struct model *model = follow->model;
    struct live_row row = {.kind = LIVE_PLUGIN, .plugin = id};

    if (id != 0)
        row.is_over = follow->recording->plugins[id - 1].end_stamp != 0;
    if (id != 0 || !model_is_idle(&model->sums->plugins[0]))
        add(live, &row, &model->sums->plugins[id], past_of(&live->plugin_pasts[0], id));
    row.is_heap = true;
    if (model->has_heap && !model_is_idle(&follow->heap_plugins[id]))
        add(live, &row, &follow->heap_plugins[id], past_of(&live->plugin_pasts[1], id));
    if (id != 0)
        add_instances(live, id);
}

/* Of the plug-ins that are wanted, which have rows. Peaks of several were not at one time. */
static struct live_row sum_of_rows(const struct live *live, bool is_heap)
{
    struct live_row sum = {.kind = LIVE_TOTAL, .is_heap = is_heap};
    size_t count = 0;

    for (size_t i = 0; i < live->row_count; i++) {
        const struct live_row *row = &live->rows[i];
        if (row->kind != LIVE_PLUGIN || row->is_heap != is_heap)
            continue;
        sum.allocs += row->allocs;
        sum.bytes += row->bytes;
        sum.frees += row->frees;
        sum.live_blocks += row->live_blocks;
        sum.live_bytes += row->live_bytes;
        sum.peak_bytes = row->peak_bytes;
        count++;
    }
    sum.lacks_peak = count > 1;
    return sum;
}

static void take_whole_totals(struct live *live)
{
    const struct follow *follow = live->follow;
    const struct model *model = follow->model;
    struct trace_counters heap = model->heap.totals;

    for (size_t id = 0; id <= follow->plugin_room; id++) {
        heap.allocs += follow->heap_plugins[id].allocs;
        heap.bytes_allocated += follow->heap_plugins[id].bytes_allocated;
        heap.frees += follow->heap_plugins[id].frees;
    }
    live->totals[0] = (struct live_row){.kind = LIVE_TOTAL};
    live->totals[1] = (struct live_row){.kind = LIVE_TOTAL, .is_heap = true};
    take_counters(&live->totals[0], &model->sums->totals);
    take_counters(&live->totals[1], &heap);
}

static void take_totals(struct live *live)
{
    if (live->options->plugin_count == 0)
        take_whole_totals(live);
    for (size_t i = 0; i < 2; i++) {
        if (live->options->plugin_count != 0)
            live->totals[i] = sum_of_rows(live, i == 1);
        live_rate(live, &live->totals[i], &live->total_pasts[i]);
    }
}

bool live_wants(const struct live *live, uint32_t plugin)
{
    if (plugin == 0)
        return live->options->plugin_count == 0;
    return options_wants_plugin(live->options, live->follow->recording->plugins[plugin - 1].path);
}

bool *live_wanted(const struct live *live)
{
    size_t count = live->follow->recording->plugin_count + 1;
    bool *wanted = xalloc_zeroed(count, sizeof(*wanted));

    for (uint32_t id = 0; id < count; id++)
        wanted[id] = live_wants(live, id);
    return wanted;
}

static void make_rows(struct live *live)
{
    live->row_count = 0;
    for (uint32_t id = 1; id <= live->follow->recording->plugin_count; id++)
        if (live_wants(live, id))
            add_plugin(live, id);
    if (live_wants(live, 0))
        add_plugin(live, 0);
    take_totals(live);
    live_stacks_look(live);
}

struct live *live_begin(struct follow *follow, const struct options *options)
{
    struct live *live = xalloc_zeroed(1, sizeof(*live));

    live->follow = follow;
    live->options = options;
    live->stacks = stacks_new(follow->model);
    make_rows(live);
    live->before_stamp = follow->stamp;
    return live;
}

/* What was a rate at the last look is none now. */
static void forget_rates(struct live *live)
{
    for (size_t i = 0; i < 2; i++)
        live->totals[i].has_rate = false;
    for (size_t i = 0; i < live->row_count; i++)
        live->rows[i].has_rate = false;
    for (size_t i = 0; i < live->stack_row_count; i++)
        live->stack_rows[i].has_rate = false;
}

bool live_look(struct live *live, struct problem *ret_problem)
{
    if (!follow_read(live->follow, ret_problem)) {
        forget_rates(live);
        return false;
    }
    if (live->follow->stamp <= live->before_stamp)
        return true;
    live->seconds = (double)(live->follow->stamp - live->before_stamp) / NS_PER_S;
    stacks_follow(live->stacks);
    make_rows(live);
    live->before_stamp = live->follow->stamp;
    return true;
}

/* Modules that a stack goes through are in the recording before the stack is. */
struct names *live_names(struct live *live)
{
    const struct recording *recording = live->follow->recording;

    if (live->names != NULL && live->names_modules == recording->module_count &&
        (live->follow->pinned->symbol_count != 0 || recording->symbol_count == 0))
        return live->names;
    names_free(live->names);
    live->names = names_new(follow_pin(live->follow), live->options->without_symbols);
    live->names_modules = recording->module_count;
    return live->names;
}

void live_close(struct live *live)
{
    if (live == NULL)
        return;
    names_free(live->names);
    live_stacks_free(live);
    stacks_free(live->stacks);
    for (size_t i = 0; i < 2; i++) {
        free(live->plugin_pasts[i].list);
        free(live->instance_pasts[i].list);
    }
    free(live->rows);
    free(live->stack_rows);
    follow_close(live->follow);
    free(live);
}
