/* viewer/profile_rows.c - to which row of a profile an event belongs */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_reading.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define CELLS_MIN 1024u
#define FAR_AHEAD 24 /* events before their turn: see heap_sums.c */
#define NEAR_AHEAD 10
#define CACHE_LINE 64

struct row_key {
    uint32_t domain, plugin, instance, of; /* of: a node, of a row the stack */
};

struct seen_owner { /* of a node, as they were recorded */
    struct row_key key;
    uint32_t row;
    UT_hash_handle hh;
};

struct seen_row {
    struct row_key key;
    uint32_t row;
    UT_hash_handle hh;
};

struct seen_thread {
    uint32_t tid;
    uint32_t thread;
    UT_hash_handle hh;
};

static struct reading_cell *cell_of(struct reading_rows *rows, enum leak_domain domain,
                                    uint32_t node)
{
    struct reading_cells *cells = &rows->cells[domain][node >= OWN_NODES_FIRST];
    size_t at = node & ~OWN_NODES_FIRST, capacity = cells->capacity;

    if (at >= capacity) {
        capacity = capacity < CELLS_MIN ? CELLS_MIN : capacity;
        while (capacity <= at)
            capacity *= 2;
        cells->list = xalloc_resized(cells->list, capacity, sizeof(*cells->list));
        memset(cells->list + cells->capacity, 0,
               (capacity - cells->capacity) * sizeof(*cells->list));
        cells->capacity = capacity;
    }
    return &cells->list[at];
}

static uint32_t group_of(struct reading *reading, const struct profile_row *row)
{
    const struct profile_grouping *grouping = reading->grouping;
    uint32_t group = grouping != NULL ? grouping->group_of(grouping->context, row) : 0;

    while (group >= reading->group_count) {
        reading->groups = xalloc_grown(reading->groups, reading->group_count,
                                       &reading->group_capacity, sizeof(*reading->groups));
        reading->groups[reading->group_count++] = (struct reading_live){0};
    }
    return group;
}

static uint32_t add_row(struct reading *reading, const struct profile_row *row)
{
    struct reading_rows *rows = &reading->rows;

    if (rows->count == 0)
        rows->count = ROW_FIRST;
    while (rows->count >= rows->capacity)
        rows->list = xalloc_grown(rows->list, rows->capacity, &rows->capacity, sizeof(*rows->list));
    rows->list[rows->count] = (struct reading_row){*row, reading->peak_numbers[row->domain]};
    rows->list[rows->count].row.group = group_of(reading, row);
    return (uint32_t)rows->count++;
}

static uint32_t intern_row(struct reading *reading, const struct profile_row *row)
{
    struct row_key key = {(uint32_t)row->domain, row->plugin, row->instance, row->stack};
    struct seen_row *seen;

    HASH_FIND(hh, reading->rows.seen_rows, &key, sizeof(key), seen);
    if (seen == NULL) {
        seen = xalloc_zeroed(1, sizeof(*seen));
        seen->key = key;
        seen->row = add_row(reading, row);
        HASH_ADD(hh, reading->rows.seen_rows, key, sizeof(seen->key), seen);
    }
    return seen->row;
}

/* What the filter asks of owners and stacks is answered here, once. */
static uint32_t decide(struct reading *reading, const struct row_key *key)
{
    struct session *session = reading->session;
    enum charge rule = reading->filter != NULL ? reading->filter->charge : CHARGE_RECORDED;
    uint32_t stack = stacks_of(session->stacks, key->of);
    struct charged charged =
        charge_stack(session->recording, session->stacks, &reading->rows.seen_charges, rule,
                     key->plugin, stack);
    struct profile_row row = {
        .domain = (enum leak_domain)key->domain,
        .plugin = charged.plugin,
        .instance = charged.plugin == key->plugin ? key->instance : 0,
        .stack = stack,
        .charged = charged.frame,
    };

    if (!session->wanted[row.plugin] || !filter_takes_instance(reading->filter, row.instance) ||
        !filter_takes_stack(reading->filter, session, &reading->rows.seen_frames, stack))
        return ROW_NONE;
    return intern_row(reading, &row);
}

static uint32_t row_of_owner(struct reading *reading, const struct row_key *key)
{
    struct reading_rows *rows = &reading->rows;
    struct seen_owner *seen;

    HASH_FIND(hh, rows->seen_owners, key, sizeof(*key), seen);
    if (seen == NULL) {
        seen = xalloc_zeroed(1, sizeof(*seen));
        seen->key = *key;
        seen->row = decide(reading, key);
        HASH_ADD(hh, rows->seen_owners, key, sizeof(seen->key), seen);
    }
    return seen->row;
}

uint32_t reading_row_of(struct reading *reading, enum leak_domain domain, uint32_t plugin,
                        uint32_t instance, uint32_t node)
{
    struct reading_cell *cell = cell_of(&reading->rows, domain, node);

    if (cell->is_set && cell->plugin == plugin && cell->instance == instance)
        return cell->row;
    const struct row_key key = {(uint32_t)domain, plugin, instance, node};
    *cell = (struct reading_cell){plugin, instance, row_of_owner(reading, &key), true};
    return cell->row;
}

/* What an allocation needs and what a free needs, whichever it is, as heap_sums.c does. */
void reading_fetch(const struct reading *reading, const struct trace_heap_event *events,
                   size_t left)
{
    const struct heap_table *live = &reading->live[LEAK_HEAP];
    const struct reading_cells *cells = &reading->rows.cells[LEAK_HEAP][0];

    if (left <= FAR_AHEAD || live->slots == NULL || reading->rows.list == NULL)
        return;
    const struct trace_heap_event *far = &events[FAR_AHEAD], *near = &events[NEAR_AHEAD];
    heap_table_prefetch(live, far->address);
    if (far->node < cells->capacity)
        __builtin_prefetch(&cells->list[far->node]);
    uint32_t of_node = near->node < cells->capacity ? cells->list[near->node].row : ROW_NONE;
    const char *first = (const char *)&reading->rows.list[of_node],
               *second =
                   (const char *)&reading->rows.list[heap_table_peek(live, near->address)->sum];
    __builtin_prefetch(first, 1);
    __builtin_prefetch(first + CACHE_LINE, 1);
    __builtin_prefetch(second, 1);
    __builtin_prefetch(second + CACHE_LINE, 1);
}

void reading_rows_free(struct reading_rows *rows)
{
    struct seen_owner *owner, *next_owner;
    struct seen_row *row, *next_row;

    HASH_ITER(hh, rows->seen_owners, owner, next_owner)
    {
        HASH_DEL(rows->seen_owners, owner);
        free(owner);
    }
    HASH_ITER(hh, rows->seen_rows, row, next_row)
    {
        HASH_DEL(rows->seen_rows, row);
        free(row);
    }
    for (size_t i = 0; i < PROFILE_DOMAINS; i++) {
        free(rows->cells[i][0].list);
        free(rows->cells[i][1].list);
    }
    free(rows->list);
    filter_seen_free(&rows->seen_frames);
    charge_seen_free(&rows->seen_charges);
}

uint32_t reading_thread_of(struct reading *reading, uint32_t tid)
{
    struct seen_thread *seen;

    if (reading->thread_count != 0 && reading->threads[reading->last_thread].tid == tid)
        return reading->last_thread;
    HASH_FIND(hh, reading->seen_threads, &tid, sizeof(tid), seen);
    if (seen == NULL) {
        reading->threads = xalloc_grown(reading->threads, reading->thread_count,
                                        &reading->thread_capacity, sizeof(*reading->threads));
        reading->threads[reading->thread_count] = (struct reading_thread){.tid = tid};
        seen = xalloc_zeroed(1, sizeof(*seen));
        seen->tid = tid;
        seen->thread = (uint32_t)reading->thread_count++;
        HASH_ADD(hh, reading->seen_threads, tid, sizeof(seen->tid), seen);
    }
    reading->last_thread = seen->thread;
    return seen->thread;
}

void reading_threads_free(struct reading *reading)
{
    struct seen_thread *seen, *next;

    HASH_ITER(hh, reading->seen_threads, seen, next)
    {
        HASH_DEL(reading->seen_threads, seen);
        free(seen);
    }
    free(reading->threads);
}
