/* viewer/profile_columns.h - the numbers of a profile as columns of a table */
/* SPDX-License-Identifier: MIT */

/*
 * Rows, groups of rows and nodes of a tree have the same numbers, by enum profile_column; what a
 * column is called for people, for --sort and in JSON stands in one table. Threads: any. Memory:
 * none.
 */
#ifndef NPNTRACE_VIEWER_PROFILE_COLUMNS_H
#define NPNTRACE_VIEWER_PROFILE_COLUMNS_H

#include "viewer/json_out.h"
#include "viewer/profile.h"
#include "viewer/table.h"
#include "viewer/text.h"

enum profile_column {
    COLUMN_BYTES,
    COLUMN_ALLOCS,
    COLUMN_RATE, /* allocations a second; the number is that of allocations */
    COLUMN_FREES,
    COLUMN_LIVE,
    COLUMN_BLOCKS,
    COLUMN_PEAK,
    COLUMN_AT_PEAK,
    COLUMN_AT_PEAK_BLOCKS,
    COLUMN_TEMPORARY,
    PROFILE_COLUMNS
};

struct profile_numbers {
    uint64_t of[PROFILE_COLUMNS];
};

struct profile_column_facts {
    const char *name; /* for --sort */
    const char *title;
    bool is_bytes;
    size_t least_width; /* of a terminal on which it is shown */
};
extern const struct profile_column_facts profile_columns[PROFILE_COLUMNS];

#define COLUMN_BIT(column) (1u << (column))
#define COLUMNS_ALL (COLUMN_BIT(PROFILE_COLUMNS) - 1)

/* A column by the name that --sort gives, among those of a set of bits. -1 after a message. */
int profile_column_named(const char *name, unsigned columns);

/* Adds the numbers of a row; the peak of several is for the caller to know. */
void profile_numbers_add(struct profile_numbers *numbers, const struct profile_row *row);

/* As compared by qsort(): more first. */
int profile_numbers_compare(const struct profile_numbers *a, const struct profile_numbers *b,
                            enum profile_column column);

/* Those of a set of columns that are shown on a terminal of this width; `sorted` always is. */
unsigned profile_columns_shown(const struct terminal *terminal, unsigned columns,
                               enum profile_column sorted);

struct text profile_cell(const struct profile_numbers *numbers, enum profile_column column,
                         const struct terminal *terminal, uint64_t duration_ns);

/* Adds the columns' keys to an object. */
void profile_numbers_json(json_t *json, const struct profile_numbers *numbers, unsigned columns);

#endif
