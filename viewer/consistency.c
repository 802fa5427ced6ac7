/* viewer/consistency.c - do a recording's events, counters and live blocks say the same? */
/* SPDX-License-Identifier: MIT */

#include "viewer/consistency.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The counters, for loops over all of them. bytes: a difference of one event may be of any size. */
static const struct counter {
    const char *name;
    size_t offset;
    bool is_bytes;
} counters[] = {
    {"allocs", offsetof(struct trace_counters, allocs), false},
    {"failed allocs", offsetof(struct trace_counters, failed_allocs), false},
    {"frees", offsetof(struct trace_counters, frees), false},
    {"unknown frees", offsetof(struct trace_counters, unknown_frees), false},
    {"flushes", offsetof(struct trace_counters, flushes), false},
    {"bytes allocated", offsetof(struct trace_counters, bytes_allocated), true},
    {"live blocks", offsetof(struct trace_counters, live_blocks), false},
    {"live bytes", offsetof(struct trace_counters, live_bytes), true},
    {"blocks freed elsewhere", offsetof(struct trace_counters, freed_elsewhere), false},
    {"received blocks", offsetof(struct trace_counters, received_blocks), false},
    {"live received blocks", offsetof(struct trace_counters, received_live_blocks), false},
    {"blocks handed over", offsetof(struct trace_counters, handed_over), false},
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

struct comparison {
    struct model *model;
    struct consistency result;
    const char *left, *right; /* what is compared: "the events", "the counters" */
};

static uint64_t value_of(const struct trace_counters *from, size_t counter)
{
    uint64_t value;

    memcpy(&value, (const char *)from + counters[counter].offset, sizeof(value));
    return value;
}

/* The amount by which two sums differ; what passed zero counts as the small negative number it is.
 */
static uint64_t distance(uint64_t a, uint64_t b)
{
    uint64_t difference = a - b;
    return difference >> 63 != 0 ? -difference : difference;
}

static uint64_t slack_of(const struct comparison *comparison, size_t counter)
{
    return counters[counter].is_bytes ? comparison->result.allowed * UINT32_MAX
                                      : comparison->result.allowed;
}

static void complain(struct comparison *comparison, const char *who, uint64_t id, size_t counter,
                     uint64_t left, uint64_t right)
{
    char name[40];

    snprintf(name, sizeof(name), id == 0 ? "%s" : "%s %" PRIu64, who, id);
    problems_add(&comparison->model->recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                 "%s: %s %" PRId64 " by %s, %" PRId64 " by %s", name, counters[counter].name,
                 (int64_t)left, comparison->left, (int64_t)right, comparison->right);
}

/* One plug-in, instance, or everybody (id 0). *spent adds up differences per counter: all plug-ins
 * together may not differ by more than the operations that were under way. */
static void compare(struct comparison *comparison, const char *who, uint64_t id,
                    const struct trace_counters *left, const struct trace_counters *right,
                    uint64_t spent[COUNTERS])
{
    for (size_t i = 0; i < COUNTERS; i++) {
        uint64_t a = value_of(left, i), b = value_of(right, i), difference = distance(a, b);
        if (difference == 0)
            continue;
        comparison->result.excused++;
        if (difference > slack_of(comparison, i) - spent[i])
            complain(comparison, who, id, i, a, b);
        else
            spent[i] += difference;
    }
}

static void compare_sums(struct comparison *comparison, const struct model_sums *left,
                         const struct model_sums *right)
{
    const struct recording *recording = comparison->model->recording;
    uint64_t all[COUNTERS] = {0}, plugins[COUNTERS] = {0}, instances[COUNTERS] = {0};

    compare(comparison, "everybody", 0, &left->totals, &right->totals, all);
    for (size_t id = 1; id <= recording->plugin_count; id++)
        compare(comparison, "plug-in", id, &left->plugins[id], &right->plugins[id], plugins);
    for (size_t serial = 1; serial <= recording->instance_count; serial++)
        compare(comparison, "instance", serial, &left->instances[serial], &right->instances[serial],
                instances);
}

/* Live blocks alone; other counters are taken over so that they are equal. */
static void count_live(struct trace_counters *to, const struct trace_live *live)
{
    if (EVENT_ORIGIN(live->flags) != NPN_ORIGIN_ALLOC) {
        to->received_live_blocks++;
        return;
    }
    to->live_blocks++;
    to->live_bytes += live->size_bytes;
}

static void copy_all_but_live(struct trace_counters *to, const struct trace_counters *from)
{
    *to = *from;
    to->live_blocks = to->live_bytes = to->received_live_blocks = 0;
}

static void compare_table(struct comparison *comparison)
{
    const struct recording *recording = comparison->model->recording;
    const struct model_sums *state = &comparison->model->state_sums;
    struct model_sums table = {
        .plugins = xalloc_zeroed(recording->plugin_count + 1, sizeof(*table.plugins)),
        .instances = xalloc_zeroed(recording->instance_count + 1, sizeof(*table.instances)),
    };

    copy_all_but_live(&table.totals, &state->totals);
    for (size_t i = 0; i <= recording->plugin_count; i++)
        copy_all_but_live(&table.plugins[i], &state->plugins[i]);
    for (size_t i = 0; i <= recording->instance_count; i++)
        copy_all_but_live(&table.instances[i], &state->instances[i]);
    for (size_t i = 0; i < recording->live_count; i++) {
        const struct trace_live *live = &recording->live_blocks[i];
        count_live(&table.totals, live);
        count_live(&table.plugins[live->plugin], live);
        if (live->instance != 0)
            count_live(&table.instances[live->instance], live);
    }
    comparison->left = "the table of live blocks";
    comparison->right = "the counters";
    compare_sums(comparison, &table, state);
    free(table.plugins);
    free(table.instances);
}

static void check_peaks(struct comparison *comparison, const char *who, uint64_t id,
                        const struct trace_counters *of)
{
    uint64_t slack = comparison->result.allowed * UINT32_MAX;
    struct problems *problems = &comparison->model->recording->problems;

    if (of->live_bytes >> 63 == 0 && of->live_bytes > of->peak_bytes + slack)
        problems_add(problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "%s %" PRIu64 ": %" PRIu64 " bytes are live, but the peak is %" PRIu64, who,
                     id, of->live_bytes, of->peak_bytes);
    if (of->peak_bytes > of->bytes_allocated + slack)
        problems_add(problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "%s %" PRIu64 ": the peak is %" PRIu64 " bytes, but only %" PRIu64
                     " were allocated",
                     who, id, of->peak_bytes, of->bytes_allocated);
}

static void check_all_peaks(struct comparison *comparison)
{
    const struct recording *recording = comparison->model->recording;
    const struct model_sums *state = &comparison->model->state_sums;

    check_peaks(comparison, "everybody", 0, &state->totals);
    for (size_t i = 1; i <= recording->plugin_count; i++)
        check_peaks(comparison, "plug-in", i, &state->plugins[i]);
    for (size_t i = 1; i <= recording->instance_count; i++)
        check_peaks(comparison, "instance", i, &state->instances[i]);
}

static int by_address(const void *left, const void *right)
{
    const struct trace_live *a = left, *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

static void check_twice_live(struct recording *recording)
{
    if (recording->live_count != 0)
        qsort(recording->live_blocks, recording->live_count, sizeof(*recording->live_blocks),
              by_address);
    for (size_t i = 1; i < recording->live_count; i++)
        if (recording->live_blocks[i].address == recording->live_blocks[i - 1].address)
            problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                         "the block at 0x%" PRIx64 " is in the table of live blocks twice",
                         recording->live_blocks[i].address);
}

/* Block by block: which are live after all events, and which are in the table. */
static void compare_blocks(struct comparison *comparison)
{
    struct recording *recording = comparison->model->recording;
    uint64_t different = model_live_difference(comparison->model);

    comparison->result.excused += different;
    if (different > comparison->result.allowed)
        problems_add(
            &recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
            "%" PRIu64
            " blocks are live by the events or by the table of live blocks, but not by both",
            different);
}

/* Operations that never came to their end: their process died, or a signal handler jumped out. */
static uint64_t half_done(const struct recording *recording)
{
    return recording->operations + recording->losses.abandoned_operations;
}

struct consistency consistency_check(struct model *model, bool moving)
{
    struct recording *recording = model->recording;
    struct comparison comparison = {.model = model, .result.allowed = half_done(recording)};
    bool complete = recording_lost_events(recording) == 0;

    if (moving || !recording->has_counters)
        return comparison.result;
    comparison.result.compared = true;
    if (complete) {
        comparison.left = "the events";
        comparison.right = "the counters";
        compare_sums(&comparison, &model->event_sums, &model->state_sums);
    }
    check_all_peaks(&comparison);
    if (!recording->has_live)
        return comparison.result;
    check_twice_live(recording);
    if (recording->losses.untracked_blocks == 0)
        compare_table(&comparison);
    if (complete)
        compare_blocks(&comparison);
    return comparison.result;
}
