/* viewer/profile_rows.c - to which row of a profile an event belongs */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_reading.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define CELLS_MIN 1024u

struct row_key {
    uint32_t domain, plugin, instance, of; /* of: node of an alias, stack of a row */
};

struct seen_alias {
    struct row_key key;
    uint32_t alias;
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

static uint32_t *cell_of(struct reading_rows *rows, enum leak_domain domain, uint32_t node)
{
    struct reading_cells *cells = &rows->cells[domain][node >= OWN_NODES_FIRST];
    size_t at = node & ~OWN_NODES_FIRST, capacity = cells->capacity;

    if (at >= capacity) {
        capacity = capacity < CELLS_MIN ? CELLS_MIN : capacity;
        while (capacity <= at)
            capacity *= 2;
        cells->alias = xalloc_resized(cells->alias, capacity, sizeof(*cells->alias));
        memset(cells->alias + cells->capacity, 0,
               (capacity - cells->capacity) * sizeof(*cells->alias));
        cells->capacity = capacity;
    }
    return &cells->alias[at];
}

static uint32_t add_row(struct reading *reading, const struct profile_row *row)
{
    struct reading_rows *rows = &reading->rows;

    if (rows->count == 0)
        rows->count = ROW_FIRST;
    while (rows->count >= rows->capacity)
        rows->list = xalloc_grown(rows->list, rows->capacity, &rows->capacity, sizeof(*rows->list));
    rows->list[rows->count] = (struct reading_row){*row, reading->peak_number};
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
        charge_stack(session->recording, session->stacks, rule, key->plugin, stack);
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

static uint32_t alias_of(struct reading *reading, const struct row_key *key)
{
    struct reading_rows *rows = &reading->rows;
    struct seen_alias *seen;

    HASH_FIND(hh, rows->seen_aliases, key, sizeof(*key), seen);
    if (seen != NULL)
        return seen->alias;
    uint32_t row = decide(reading, key);
    if (rows->alias_count == 0)
        rows->alias_count = 1;
    while (rows->alias_count >= rows->alias_capacity)
        rows->aliases = xalloc_grown(rows->aliases, rows->alias_capacity, &rows->alias_capacity,
                                     sizeof(*rows->aliases));
    rows->aliases[rows->alias_count] =
        (struct reading_alias){key->of, key->plugin, key->instance, row};
    seen = xalloc_zeroed(1, sizeof(*seen));
    seen->key = *key;
    seen->alias = (uint32_t)rows->alias_count++;
    HASH_ADD(hh, rows->seen_aliases, key, sizeof(seen->key), seen);
    return seen->alias;
}

uint32_t reading_row_of(struct reading *reading, enum leak_domain domain, uint32_t plugin,
                        uint32_t instance, uint32_t node)
{
    uint32_t *cell = cell_of(&reading->rows, domain, node);

    if (*cell != 0) {
        const struct reading_alias *alias = &reading->rows.aliases[*cell];
        if (alias->plugin == plugin && alias->instance == instance)
            return alias->row;
    }
    const struct row_key key = {(uint32_t)domain, plugin, instance, node};
    *cell = alias_of(reading, &key);
    return reading->rows.aliases[*cell].row;
}

void reading_rows_free(struct reading_rows *rows)
{
    struct seen_alias *alias, *next_alias;
    struct seen_row *row, *next_row;

    HASH_ITER(hh, rows->seen_aliases, alias, next_alias)
    {
        HASH_DEL(rows->seen_aliases, alias);
        free(alias);
    }
    HASH_ITER(hh, rows->seen_rows, row, next_row)
    {
        HASH_DEL(rows->seen_rows, row);
        free(row);
    }
    for (size_t i = 0; i < PROFILE_DOMAINS; i++) {
        free(rows->cells[i][0].alias);
        free(rows->cells[i][1].alias);
    }
    free(rows->list);
    free(rows->aliases);
    filter_seen_free(&rows->seen_frames);
}

uint32_t reading_thread_of(struct reading *reading, uint32_t tid)
{
    struct seen_thread *seen;

    if (reading->thread_count != 0 && reading->threads[reading->last_thread].thread.tid == tid)
        return reading->last_thread;
    HASH_FIND(hh, reading->seen_threads, &tid, sizeof(tid), seen);
    if (seen == NULL) {
        reading->threads = xalloc_grown(reading->threads, reading->thread_count,
                                        &reading->thread_capacity, sizeof(*reading->threads));
        reading->threads[reading->thread_count] = (struct reading_thread){.thread.tid = tid};
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
