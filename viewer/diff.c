/* viewer/diff.c - what is different between two recordings */
/* SPDX-License-Identifier: MIT */

#include "viewer/diff.h"
#include "viewer/diff_key.h"
#include "viewer/diff_notes.h"
#include "viewer/profile.h"
#include "viewer/top_stacks.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

const char *const diff_measure_names[DIFF_MEASURES] = {
    [DIFF_LIVE_BYTES] = "live-bytes", [DIFF_LIVE_BLOCKS] = "live-blocks", [DIFF_BYTES] = "bytes",
    [DIFF_ALLOCS] = "allocs",         [DIFF_PEAK_BYTES] = "peak-bytes",
};

/* Rows by what they are the same by. */
struct keyed {
    char *key;
    size_t row;
    UT_hash_handle hh;
};

struct making {
    struct diff *diff;
    const struct diff_wanted *wanted;
    struct keyed *rows;
    struct keyed *plugins;
    enum diff_side side;
    struct session *session;
    struct diff_key *keys;
};

static const char *plugin_name(const struct session *session, uint32_t plugin)
{
    return plugin != 0 ? recording_base_name(session->recording->plugins[plugin - 1].path) : NULL;
}

static struct diff_row *row_of(struct keyed **index, char *key, struct diff_row **list,
                               size_t *count, size_t *capacity)
{
    size_t length = strlen(key);
    struct keyed *keyed;

    HASH_FIND(hh, *index, key, length, keyed);
    if (keyed != NULL) {
        free(key);
        return &(*list)[keyed->row];
    }
    *list = xalloc_grown(*list, *count, capacity, sizeof(**list));
    (*list)[*count] = (struct diff_row){0};
    keyed = xalloc_zeroed(1, sizeof(*keyed));
    keyed->key = key;
    keyed->row = (*count)++;
    HASH_ADD_KEYPTR(hh, *index, keyed->key, length, keyed);
    return &(*list)[keyed->row];
}

static void free_index(struct keyed *index)
{
    struct keyed *keyed, *next;

    HASH_ITER(hh, index, keyed, next)
    {
        HASH_DEL(index, keyed);
        free(keyed->key);
        free(keyed);
    }
}

static void add_amounts(struct diff_row *row, const struct making *making,
                        const struct diff_amounts *amounts)
{
    struct diff_amounts *to = &row->amounts[making->side];

    row->peak_is_bound[making->side] |=
        to->values[DIFF_PEAK_BYTES] != 0 && amounts->values[DIFF_PEAK_BYTES] != 0;
    for (size_t i = 0; i < DIFF_MEASURES; i++)
        to->values[i] += amounts->values[i];
    to->objects += amounts->objects;
    row->present[making->side] = true;
}

static void name(struct diff_row *row, const char *plugin, enum leak_domain domain, uint32_t way)
{
    if (row->plugin == NULL && plugin != NULL)
        row->plugin = xalloc_string(plugin);
    row->domain = domain;
    row->way = way;
}

static void add_row(struct making *making, uint32_t plugin, enum leak_domain domain, uint32_t way,
                    uint32_t stack, const struct diff_amounts *amounts)
{
    struct diff *diff = making->diff;
    const char *of = plugin_name(making->session, plugin);
    char *key = diff_key_of(making->keys, stack, of, domain, way);
    struct diff_row *row =
        row_of(&making->rows, key, &diff->rows, &diff->row_count, &diff->row_capacity);

    name(row, of, domain, way);
    if (row->stacks[making->side] == 0)
        row->stacks[making->side] = stack;
    add_amounts(row, making, amounts);
}

static void add_plugin(struct making *making, uint32_t plugin, enum leak_domain domain,
                       const struct diff_amounts *amounts)
{
    struct diff *diff = making->diff;
    const char *of = plugin_name(making->session, plugin);
    char *key = xalloc_format("%d %s", (int)domain, of != NULL ? of : "");
    struct diff_row *row =
        row_of(&making->plugins, key, &diff->plugins, &diff->plugin_count, &diff->plugin_capacity);

    name(row, of, domain, 0);
    add_amounts(row, making, amounts);
}

static bool is_wanted(const struct making *making, uint32_t plugin, enum leak_domain domain)
{
    return plugin == 0 && domain == LEAK_HEAP ? making->wanted->host
                                              : making->session->wanted[plugin];
}

static uint32_t place_of(const struct making *making, uint32_t stack, uint32_t plugin)
{
    return making->wanted->whole_stacks ? stack
                                        : stacks_place(making->session->stacks, stack, plugin);
}

static void add_stacks(struct making *making, const struct stack_sums *sums,
                       enum leak_domain domain)
{
    size_t count;
    struct top_stack *list = top_stacks_collect(sums, making->session->stacks, NULL, &count);

    for (size_t i = 0; i < count; i++) {
        const struct top_stack *top = &list[i];
        if (!is_wanted(making, top->plugin, domain))
            continue;
        struct diff_amounts amounts = {.values = {[DIFF_LIVE_BYTES] = top->live_bytes,
                                                  [DIFF_LIVE_BLOCKS] = top->live_blocks,
                                                  [DIFF_BYTES] = top->bytes,
                                                  [DIFF_ALLOCS] = top->allocs}};
        add_row(making, top->plugin, domain, 0, place_of(making, top->stack, top->plugin),
                &amounts);
    }
    free(list);
}

/* The row of an allocation. What is in none is in a group of its own, behind theirs. */
static uint32_t group_of(void *context, const struct profile_row *from)
{
    const struct making *making = context;
    char *key = diff_key_of(making->keys, place_of(making, from->stack, from->plugin),
                            plugin_name(making->session, from->plugin), LEAK_HEAP, 0);
    struct keyed *keyed;

    HASH_FIND(hh, making->rows, key, strlen(key), keyed);
    free(key);
    return (uint32_t)(keyed != NULL ? keyed->row : making->diff->row_count);
}

/* Stacks do not have their peaks at one time: what is live of a row is followed by the events. */
static void add_peaks(struct making *making)
{
    const struct filter filter = {.memory = FILTER_MEMORY_HEAP};
    const struct profile_grouping grouping = {group_of, making};
    bool *host = &making->session->wanted[0], was_wanted = *host;

    *host = making->wanted->host;
    struct profile *profile = profile_build_grouped(making->session, &filter, 0, &grouping);
    *host = was_wanted;
    for (size_t i = 0; i < making->diff->row_count && i < profile->group_count; i++)
        making->diff->rows[i].amounts[making->side].values[DIFF_PEAK_BYTES] =
            profile->group_peaks[i];
    profile_free(profile);
}

/* What browsers gave, and objects: only what is left of them is known. */
static void add_left(struct making *making)
{
    struct session *session = making->session;
    struct leaks_wanted wanted = {.plugins = session->wanted,
                                  .whole_stacks = making->wanted->whole_stacks};
    struct leaks leaks = leaks_find(session->model, session->stacks, &wanted);

    for (size_t i = 0; i < leaks.count; i++) {
        const struct leak *leak = &leaks.list[i];
        if (leak->domain == LEAK_HEAP ||
            (leak->domain == LEAK_NPN && leak->way == NPN_ORIGIN_ALLOC))
            continue;
        struct diff_amounts amounts = {
            .values = {[DIFF_LIVE_BYTES] = leak->bytes, [DIFF_LIVE_BLOCKS] = leak->blocks},
            .objects = leak->objects};
        add_row(making, leak->plugin, leak->domain, leak->way, leak->place, &amounts);
        if (leak->domain == LEAK_OBJECT)
            add_plugin(making, leak->plugin, LEAK_NPN,
                       &(struct diff_amounts){.objects = leak->objects});
    }
    leaks_free(&leaks);
}

static void add_counters(struct making *making, const struct trace_counters *counters,
                         enum leak_domain domain)
{
    for (uint32_t id = 0; id <= making->session->recording->plugin_count; id++) {
        const struct trace_counters *from = &counters[id];
        if (!is_wanted(making, id, domain) || (id == 0 && model_is_idle(from)) ||
            (domain == LEAK_HEAP && model_is_idle(from)))
            continue;
        add_plugin(making, id, domain,
                   &(struct diff_amounts){.values = {[DIFF_LIVE_BYTES] = from->live_bytes,
                                                     [DIFF_LIVE_BLOCKS] = from->live_blocks,
                                                     [DIFF_BYTES] = from->bytes_allocated,
                                                     [DIFF_ALLOCS] = from->allocs,
                                                     [DIFF_PEAK_BYTES] = from->peak_bytes}});
    }
}

static void add_side(struct making *making, enum diff_side side, bool with_heap)
{
    const struct session *other = &making->diff->sessions[side == DIFF_A ? DIFF_B : DIFF_A];
    struct session *session = &making->diff->sessions[side];
    const struct model *model = session->model;

    making->side = side;
    making->session = session;
    making->keys = diff_key_new(session, other->recording);
    add_counters(making, model->sums->plugins, LEAK_NPN);
    add_stacks(making, &model->stacks, LEAK_NPN);
    add_left(making);
    if (with_heap) {
        add_counters(making, model->heap.plugins, LEAK_HEAP);
        add_stacks(making, &model->heap.stacks, LEAK_HEAP);
        if (making->wanted->peaks)
            add_peaks(making);
    }
    diff_key_free(making->keys);
}

bool diff_is_comparable(const struct diff_row *row, enum diff_measure measure)
{
    return measure != DIFF_PEAK_BYTES ||
           (!row->peak_is_bound[DIFF_A] && !row->peak_is_bound[DIFF_B]);
}

int64_t diff_change(const struct diff_row *row, enum diff_measure measure)
{
    uint64_t a = row->amounts[DIFF_A].values[measure], b = row->amounts[DIFF_B].values[measure];
    uint64_t size = a < b ? b - a : a - b;

    if (!diff_is_comparable(row, measure))
        return 0;
    if (size > INT64_MAX)
        size = INT64_MAX;
    return a < b ? (int64_t)size : -(int64_t)size;
}

int64_t diff_change_of_objects(const struct diff_row *row)
{
    return (int64_t)row->amounts[DIFF_B].objects - (int64_t)row->amounts[DIFF_A].objects;
}

int diff_direction(const struct diff_row *row, enum diff_measure measure)
{
    int64_t change = diff_change(row, measure);

    if (change == 0)
        change = diff_change_of_objects(row);
    return (change > 0) - (change < 0);
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct diff_row *a = left, *b = right;
    const enum diff_measure *measure = context;
    const int64_t pairs[][2] = {
        {diff_change(a, *measure), diff_change(b, *measure)},
        {diff_change_of_objects(a), diff_change_of_objects(b)},
        {diff_change(a, DIFF_LIVE_BLOCKS), diff_change(b, DIFF_LIVE_BLOCKS)},
        {diff_change(a, DIFF_BYTES), diff_change(b, DIFF_BYTES)},
        {diff_change(a, DIFF_ALLOCS), diff_change(b, DIFF_ALLOCS)},
        {b->stacks[DIFF_B], a->stacks[DIFF_B]},
        {b->stacks[DIFF_A], a->stacks[DIFF_A]},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? 1 : -1;
    return 0;
}

static int compare_plugins(const void *left, const void *right)
{
    const struct diff_row *a = left, *b = right;
    int named = (a->plugin == NULL) - (b->plugin == NULL);
    int compared = named != 0 ? named : a->plugin != NULL ? strcmp(a->plugin, b->plugin) : 0;

    return compared != 0 ? compared : (int)a->domain - (int)b->domain;
}

static void sort(struct diff *diff, enum diff_measure measure)
{
    if (diff->row_count != 0)
        qsort_r(diff->rows, diff->row_count, sizeof(*diff->rows), compare_rows, &measure);
    if (diff->plugin_count != 0)
        qsort(diff->plugins, diff->plugin_count, sizeof(*diff->plugins), compare_plugins);
}

char *diff_make(struct diff *diff, struct session sessions[DIFF_SIDES],
                const struct diff_wanted *wanted)
{
    struct making making = {.diff = diff, .wanted = wanted};

    *diff = (struct diff){.sessions = sessions};
    char *reason = diff_notes_reason(sessions, wanted);
    if (reason != NULL)
        return reason;
    bool with_heap = diff_notes_add(diff, wanted);
    for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++)
        add_side(&making, side, with_heap);
    free_index(making.rows);
    free_index(making.plugins);
    sort(diff, wanted->measure);
    return NULL;
}

static void free_rows(struct diff_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(rows[i].plugin);
    free(rows);
}

void diff_free(struct diff *diff)
{
    free_rows(diff->rows, diff->row_count);
    free_rows(diff->plugins, diff->plugin_count);
    for (size_t i = 0; i < diff->note_count; i++)
        free(diff->notes[i]);
    free(diff->notes);
    *diff = (struct diff){0};
}
