/* viewer/top.h - the pages of `npntrace top` */
/* SPDX-License-Identifier: MIT */

/*
 *   live.h ---> top_sort.c: rows in order ---> top_page.c: lines of text ---> top_screen.c: a
 * terminal
 *                                                                        \--> verb_top.c: a pipe
 *
 * A page has whatever fits: columns go from the right as it becomes narrower, down to a name and
 * what is live in 20 columns, and of many rows the ones around the selected one are shown. Names
 * come from files and are made printable; no line is wider than the page.
 *
 *   npntrace top - opera (pid 4711), recorded for 2 min 10 s; it is running
 *   NPN   live 1.2 MiB in 340 blocks, +12.0 KiB, peak 2.0 MiB; 1.0 KiB/s, 12.5 calls/s
 *   heap  live ...
 *   PLUG-IN, INSTANCE              LIVE>  GROWTH    PEAK  BLOCKS ...
 *   libnpfoo.so                    1.2M  +12.0K    2.0M     340
 *     heap                         3.1M  ...
 *     #1 application/x-foo         1.2M
 *   STACK                          LIVE
 *   1. picture_new (picture.c:40)  1.0M
 *
 * Threads: one. Memory: a page's own until top_page_free().
 */
#ifndef NPNTRACE_VIEWER_TOP_H
#define NPNTRACE_VIEWER_TOP_H

#include "viewer/live.h"
#include "viewer/terminal.h"

#define TOP_NO_LIMIT SIZE_MAX /* of a page's width or height */

enum top_column {
    TOP_NAME,
    TOP_LIVE,
    TOP_GROWTH,
    TOP_RATE,
    TOP_PEAK,
    TOP_CALLS,
    TOP_BLOCKS,
    TOP_ALLOCS,
    TOP_BYTES,
    TOP_COLUMNS
};

/* Words for --sort, and what they mean, by column. */
extern const char *const top_column_names[TOP_COLUMNS];
extern const char *const top_column_meanings[TOP_COLUMNS];
char top_column_key(enum top_column column); /* that sorts by it */

enum top_pane { TOP_PLUGINS, TOP_STACKS, TOP_PANES };
enum top_screenful { TOP_TABLES, TOP_HELP, TOP_STACK };

/* What the user has chosen. */
struct top_choice {
    enum top_column sort;
    bool is_reversed;
    bool is_paused;
    bool without_instances;
    enum top_screenful screenful;
    enum top_pane pane;         /* that keys move in */
    bool has_selection;         /* false: no row stands out */
    size_t selected[TOP_PANES]; /* index of a row */
    size_t offset[TOP_PANES];   /* of the first row shown; moved by top_page_make() */
    size_t detail_offset;       /* of TOP_HELP and TOP_STACK */
    uint32_t detail_group;      /* TOP_STACK */
    const char *trouble;        /* why the last look failed, NULL: it did not */
};

struct top_line {
    char *text;
    enum terminal_style style;
    bool is_heading;
    bool is_selected;
};

struct top_page {
    struct top_line *lines;
    size_t count, capacity;
    size_t width, height;    /* TOP_NO_LIMIT: any */
    size_t shown[TOP_PANES]; /* rows that there was room for */
    size_t rows[TOP_PANES];  /* rows that there are */
};

/* Indices of live->rows, or of live->stack_rows, in the order to be shown; the caller frees them.
 */
size_t *top_sort(const struct live *live, const struct top_choice *choice, enum top_pane pane,
                 size_t *ret_count);

void top_page_make(struct top_page *page, struct live *live, struct top_choice *choice,
                   size_t width, size_t height);
void top_page_free(struct top_page *page);

/* The group of the selected stack, 0: none. */
uint32_t top_selected_stack(const struct live *live, const struct top_choice *choice);

/* What a key does. False: it ends the program. */
bool top_key(const struct live *live, struct top_choice *choice, const struct top_page *page,
             int key);

/* One JSON object on one line, for machines. */
void top_json_print(struct live *live, const struct top_choice *choice, size_t stack_limit);

/* For top_page.c and its parts: adds a line, which is cut and takes text over. */
struct top_line *top_page_add(struct top_page *page, enum terminal_style style, char *text);
void top_page_head(struct top_page *page, const struct live *live, const struct top_choice *choice);
void top_page_detail(struct top_page *page, struct live *live, struct top_choice *choice);

/* Text in exactly so many columns: cut with an ellipsis, or filled. Takes text over. */
char *top_fit(char *text, size_t columns);

#endif
