/* viewer/top_keys.c - what keys do in `npntrace top` */
/* SPDX-License-Identifier: MIT */

#include "viewer/top.h"

#include <curses.h>
#undef lines /* the library's macros would hide fields of that name */

#define KEY_ESCAPE 27
#define KEY_TAB '\t'

/* Moves by rows in the pane, or by lines on the other pages. */
static void move_by(struct top_choice *choice, const struct top_page *page, long rows)
{
    size_t *at =
        choice->screenful == TOP_TABLES ? &choice->selected[choice->pane] : &choice->detail_offset;
    size_t end = choice->screenful == TOP_TABLES ? page->rows[choice->pane] : TOP_NO_LIMIT;

    choice->has_selection = true;
    if (rows < 0)
        *at = *at < (size_t)-rows ? 0 : *at - (size_t)-rows;
    else if (end != TOP_NO_LIMIT)
        *at = *at + (size_t)rows < end ? *at + (size_t)rows : end == 0 ? 0 : end - 1;
    else
        *at += (size_t)rows;
}

static long page_rows(const struct top_choice *choice, const struct top_page *page)
{
    size_t rows = choice->screenful == TOP_TABLES ? page->shown[choice->pane] : page->height / 2;

    return rows > 1 ? (long)rows - 1 : 1;
}

static bool move_key(struct top_choice *choice, const struct top_page *page, int key)
{
    switch (key) {
    case KEY_UP:
    case 'k': move_by(choice, page, -1); return true;
    case KEY_DOWN:
    case 'j': move_by(choice, page, 1); return true;
    case KEY_PPAGE: move_by(choice, page, -page_rows(choice, page)); return true;
    case KEY_NPAGE: move_by(choice, page, page_rows(choice, page)); return true;
    case KEY_HOME: move_by(choice, page, -(long)(SIZE_MAX >> 2)); return true;
    case KEY_END:
        if (choice->screenful == TOP_TABLES)
            move_by(choice, page, (long)page->rows[choice->pane]);
        return true;
    default: return false;
    }
}

static void open_stack(const struct live *live, struct top_choice *choice)
{
    if (choice->pane != TOP_STACKS)
        return;
    choice->detail_group = top_selected_stack(live, choice);
    if (choice->detail_group == 0)
        return;
    choice->detail_offset = 0;
    choice->screenful = TOP_STACK;
}

static void sort_key(struct top_choice *choice, int key)
{
    for (size_t i = 0; i < TOP_COLUMNS; i++)
        if (key == top_column_key((enum top_column)i))
            choice->sort = (enum top_column)i;
}

bool top_key(const struct live *live, struct top_choice *choice, const struct top_page *page,
             int key)
{
    if (key == 'q' || key == 'Q')
        return false;
    if (move_key(choice, page, key))
        return true;
    if (choice->screenful != TOP_TABLES) {
        if (key == KEY_ESCAPE || key == '\r' || key == '\n' || key == KEY_ENTER || key == '?')
            choice->screenful = TOP_TABLES;
        return true;
    }
    switch (key) {
    case ' ':
    case 'p': choice->is_paused = !choice->is_paused; break;
    case 's': choice->sort = (enum top_column)((choice->sort + 1) % TOP_COLUMNS); break;
    case 'r': choice->is_reversed = !choice->is_reversed; break;
    case 'i': choice->without_instances = !choice->without_instances; break;
    case KEY_TAB:
        choice->pane = choice->pane == TOP_PLUGINS ? TOP_STACKS : TOP_PLUGINS;
        choice->has_selection = true;
        break;
    case '\r':
    case '\n':
    case KEY_ENTER: open_stack(live, choice); break;
    case '?':
    case 'h':
        choice->detail_offset = 0;
        choice->screenful = TOP_HELP;
        break;
    default: sort_key(choice, key); break;
    }
    return true;
}
