/* viewer/table.c - rows and columns of text */
/* SPDX-License-Identifier: MIT */

#include "viewer/table.h"
#include "viewer/paragraph.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

#define GAP 2          /* spaces between columns */
#define FIRST_LEAST 12 /* the first column is not cut below that */

void table_begin(struct table *table, const struct table_column *columns, size_t column_count)
{
    *table = (struct table){.columns = columns, .column_count = column_count};
}

void table_add(struct table *table, enum terminal_style style, const char *const *cells)
{
    size_t at = table->row_count * table->column_count;

    for (size_t i = 0; i < table->column_count; i++) {
        table->cells =
            xalloc_grown(table->cells, at + i, &table->cell_capacity, sizeof(*table->cells));
        table->cells[at + i] = xalloc_string(cells[i]);
    }
    table->styles = xalloc_grown(table->styles, table->row_count, &table->style_capacity,
                                 sizeof(*table->styles));
    table->styles[table->row_count++] = style;
}

static void measure(const struct table *table, const struct terminal *terminal, size_t *widths)
{
    size_t total = 0;

    for (size_t column = 0; column < table->column_count; column++) {
        widths[column] = text_width(table->columns[column].title);
        for (size_t row = 0; row < table->row_count; row++) {
            size_t width = text_width(table->cells[row * table->column_count + column]);
            widths[column] = width > widths[column] ? width : widths[column];
        }
        total += widths[column] + (column == 0 ? 0 : GAP);
    }
    if (!terminal->cut || total <= terminal->width)
        return;
    size_t excess = total - terminal->width;
    widths[0] = widths[0] > excess + FIRST_LEAST ? widths[0] - excess : FIRST_LEAST;
}

static void print_cell(const char *text, size_t width, bool right, bool last)
{
    size_t shown = text_width(text) < width ? text_width(text) : width;

    if (right)
        printf("%*s", (int)(width - shown), "");
    char *cut = paragraph_cut(text, width, false);
    fputs(cut, stdout);
    free(cut);
    if (!right && !last)
        printf("%*s", (int)(width - shown), "");
}

static void print_row(const struct table *table, const struct terminal *terminal,
                      const size_t *widths, const char *const *cells, enum terminal_style style)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (i != 0)
            printf("%*s", GAP, "");
        if (i == 0)
            fputs(terminal_begin(terminal, style), stdout);
        print_cell(cells[i], widths[i], table->columns[i].right, i + 1 == table->column_count);
        if (i == 0)
            fputs(terminal_end(terminal, style), stdout);
    }
    putchar('\n');
}

void table_print(const struct table *table, const struct terminal *terminal)
{
    size_t widths[TABLE_MAX_COLUMNS];
    const char *titles[TABLE_MAX_COLUMNS];

    for (size_t i = 0; i < table->column_count; i++)
        titles[i] = table->columns[i].title;
    measure(table, terminal, widths);
    print_row(table, terminal, widths, titles, TERMINAL_TITLE);
    for (size_t row = 0; row < table->row_count; row++)
        print_row(table, terminal, widths,
                  (const char *const *)&table->cells[row * table->column_count],
                  table->styles[row]);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->row_count * table->column_count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->styles);
}
