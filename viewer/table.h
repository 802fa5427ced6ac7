/* viewer/table.h - rows and columns of text */
/* SPDX-License-Identifier: MIT */

/*
 * Columns are as wide as their widest cell. On a terminal that is too narrow the first column gives
 * way: its cells are cut with an ellipsis. Cells are copied. Threads: one. Memory: until
 * table_free().
 */
#ifndef NPNTRACE_VIEWER_TABLE_H
#define NPNTRACE_VIEWER_TABLE_H

#include "viewer/terminal.h"

#define TABLE_MAX_COLUMNS 12

struct table_column {
    const char *title;
    bool right; /* numbers end at the same column */
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    char **cells;                /* row by row */
    enum terminal_style *styles; /* of each row's first cell */
    size_t row_count, cell_capacity, style_capacity;
};

void table_begin(struct table *table, const struct table_column *columns, size_t column_count);

/* Adds a row of column_count texts (UTF-8, printable). */
void table_add(struct table *table, enum terminal_style style, const char *const *cells);

void table_print(const struct table *table, const struct terminal *terminal);
void table_free(struct table *table);

#endif
