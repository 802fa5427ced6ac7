/* viewer/top_page.c - the tables of a page, in the columns that there is room for */
/* SPDX-License-Identifier: MIT */

#include "viewer/text.h"
#include "viewer/top.h"
#include "viewer/whole.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LEAST 8
#define NAME_GOOD 16 /* wanted before there is a third column */
#define NAME_BEST 44 /* wanted before there are the last ones */
#define FEW_COLUMNS 3
#define MANY_COLUMNS 6
#define SPLIT_LEAST 6 /* lines for each of two panes */

/* In the order in which columns come as a page gets wider, which is that of the page. */
static const struct {
    const char *title;
    size_t width;
    char key;
} columns[TOP_COLUMNS] = {
    [TOP_NAME] = {"", 0, 'N'},         [TOP_LIVE] = {"LIVE", 7, 'L'},
    [TOP_GROWTH] = {"GROWTH", 8, 'G'}, [TOP_RATE] = {"BYTES/s", 8, 'R'},
    [TOP_PEAK] = {"PEAK", 7, 'P'},     [TOP_CALLS] = {"CALLS/s", 8, 'C'},
    [TOP_BLOCKS] = {"BLOCKS", 9, 'B'}, [TOP_ALLOCS] = {"ALLOCS", 11, 'A'},
    [TOP_BYTES] = {"BYTES", 8, 'Y'},
};

const char *const top_column_names[TOP_COLUMNS] = {
    [TOP_NAME] = "name",     [TOP_LIVE] = "live",     [TOP_GROWTH] = "growth",
    [TOP_RATE] = "rate",     [TOP_PEAK] = "peak",     [TOP_CALLS] = "calls",
    [TOP_BLOCKS] = "blocks", [TOP_ALLOCS] = "allocs", [TOP_BYTES] = "bytes",
};

const char *const top_column_meanings[TOP_COLUMNS] = {
    [TOP_NAME] = "name",
    [TOP_LIVE] = "bytes that are live",
    [TOP_GROWTH] = "live bytes more than at the first look",
    [TOP_RATE] = "bytes allocated per second",
    [TOP_PEAK] = "the most bytes that were live",
    [TOP_CALLS] = "allocations per second",
    [TOP_BLOCKS] = "blocks that are live",
    [TOP_ALLOCS] = "allocations so far",
    [TOP_BYTES] = "bytes allocated so far",
};

char top_column_key(enum top_column column)
{
    return columns[column].key;
}

/* Byte at which a UTF-8 text has so many columns. */
static size_t bytes_of_columns(const char *text, size_t wanted)
{
    size_t at = 0;

    for (size_t seen = 0; text[at] != '\0'; at++)
        if (((unsigned char)text[at] & 0xc0) != 0x80 && seen++ == wanted)
            break;
    return at;
}

char *top_fit(char *text, size_t width)
{
    size_t now = text_width(text);

    if (now == width)
        return text;
    char *fitted =
        now < width || width == 0
            ? xalloc_format("%s%*s", width == 0 ? "" : text, width == 0 ? 0 : (int)(width - now),
                            "")
            : xalloc_format("%.*s\xe2\x80\xa6", (int)bytes_of_columns(text, width - 1), text);
    free(text);
    return fitted;
}

struct top_line *top_page_add(struct top_page *page, enum terminal_style style, char *text)
{
    if (page->width != TOP_NO_LIMIT && text_width(text) > page->width)
        text = top_fit(text, page->width);
    page->lines = xalloc_grown(page->lines, page->count, &page->capacity, sizeof(*page->lines));
    struct top_line *line = &page->lines[page->count++];
    *line = (struct top_line){.text = text, .style = style};
    return line;
}

static struct text per_second(double number, bool has_rate)
{
    struct text text = {"-"};

    if (has_rate && number > 0 && number < 99.95)
        snprintf(text.chars, sizeof(text.chars), "%.1f", number);
    else if (has_rate)
        text = number >= 1e7 ? text_bytes_brief(whole_of(number + 0.5))
                             : text_count(whole_of(number + 0.5));
    return text;
}

static struct text growth_text(int64_t growth)
{
    struct text bytes = text_bytes_brief(growth < 0 ? -(uint64_t)growth : (uint64_t)growth);
    struct text text = bytes;

    if (growth == 0)
        return text;
    text.chars[0] = growth < 0 ? '-' : '+';
    memcpy(text.chars + 1, bytes.chars, sizeof(text.chars) - 2);
    text.chars[sizeof(text.chars) - 1] = '\0';
    return text;
}

static struct text cell_of(const struct live_row *row, enum top_column column)
{
    static const struct text none = {"-"};

    switch (column) {
    case TOP_LIVE: return text_bytes_brief(row->live_bytes);
    case TOP_GROWTH: return growth_text(row->growth_bytes);
    case TOP_RATE: return row->has_rate ? text_bytes_brief(whole_of(row->bytes_per_s)) : none;
    case TOP_PEAK: return row->kind == LIVE_STACK ? none : text_bytes_brief(row->peak_bytes);
    case TOP_CALLS: return per_second(row->allocs_per_s, row->has_rate);
    case TOP_BLOCKS: return text_count(row->live_blocks);
    case TOP_ALLOCS: return text_count(row->allocs);
    default: return text_bytes_brief(row->bytes);
    }
}

/* How many columns there is room for; sets the width of the first. */
static size_t column_count(size_t width, size_t wanted_name, size_t *ret_name)
{
    size_t used = 0, count = 1;

    if (width == TOP_NO_LIMIT) {
        *ret_name = wanted_name;
        return TOP_COLUMNS;
    }
    for (; count < TOP_COLUMNS; count++) {
        size_t more = columns[count].width + 1;
        size_t name = count < FEW_COLUMNS    ? NAME_LEAST
                      : count < MANY_COLUMNS ? NAME_GOOD
                                             : NAME_BEST;
        if (used + more + (name < wanted_name ? name : wanted_name) > width)
            break;
        used += more;
    }
    *ret_name = width > used ? width - used : 0;
    return count;
}

static void add_row(struct top_page *page, const struct live_row *row, char *name,
                    size_t name_width, size_t count, bool is_selected)
{
    enum terminal_style style = row->kind == LIVE_PLUGIN && !row->is_heap ? TERMINAL_TITLE
                                : row->is_over                            ? TERMINAL_FAINT
                                                                          : TERMINAL_PLAIN;
    char *line = top_fit(name, name_width);

    for (size_t column = 1; column < count; column++) {
        struct text cell = cell_of(row, (enum top_column)column);
        char *longer = xalloc_format("%s %*s", line, (int)columns[column].width, cell.chars);
        free(line);
        line = longer;
    }
    top_page_add(page, style, line)->is_selected = is_selected;
}

/* The sorted column's title has a mark. */
static void add_titles(struct top_page *page, const struct top_choice *choice, const char *title,
                       size_t name_width, size_t count)
{
    const char *mark = choice->is_reversed ? "<" : ">";
    char *line =
        top_fit(xalloc_format("%s%s", choice->sort == TOP_NAME ? mark : "", title), name_width);

    for (size_t column = 1; column < count; column++) {
        char *cell =
            xalloc_format("%s%s", choice->sort == column ? mark : "", columns[column].title);
        char *longer = xalloc_format("%s %*s", line, (int)columns[column].width, cell);
        free(cell);
        free(line);
        line = longer;
    }
    top_page_add(page, TERMINAL_PLAIN, line)->is_heading = true;
}

static char *instance_name(const struct recording *recording, uint32_t serial)
{
    const struct recording_instance *instance = &recording->instances[serial - 1];
    char *mime = text_printable(instance->mime[0] != '\0' ? instance->mime : "(no MIME type)");
    const char *state = (instance->flags & RING_INSTANCE_FAILED) != 0      ? "failed, "
                        : (instance->flags & RING_INSTANCE_DESTROYED) != 0 ? "gone, "
                                                                           : "";
    char *name = xalloc_format("  #%" PRIu32 " %s%s", serial, state, mime);

    free(mime);
    return name;
}

static char *name_of(struct live *live, const struct live_row *row, size_t number)
{
    const struct recording *recording = live->follow->recording;
    char *plugin, *name;

    switch (row->kind) {
    case LIVE_PLUGIN:
        if (row->is_heap)
            return xalloc_string(row->plugin == 0 ? "(host) heap" : "  heap");
        return row->plugin == 0
                   ? xalloc_string("(no plug-in)")
                   : text_printable(recording_base_name(recording->plugins[row->plugin - 1].path));
    case LIVE_INSTANCE:
        return row->is_heap ? xalloc_string("    heap") : instance_name(recording, row->instance);
    default:
        plugin =
            row->plugin == 0
                ? xalloc_string(row->is_heap ? "(host)" : "(no plug-in)")
                : text_printable(recording_base_name(recording->plugins[row->plugin - 1].path));
        name = xalloc_format("%zu. %s, %s%s", number + 1, live_stack_text(live, row), plugin,
                             row->is_heap ? " heap" : "");
        free(plugin);
        return name;
    }
}

/* Moves the rows that are shown so that the selected one is among them. */
static size_t first_row(struct top_choice *choice, enum top_pane pane, size_t count, size_t room)
{
    size_t *selected = &choice->selected[pane], *offset = &choice->offset[pane];

    if (*selected >= count)
        *selected = count == 0 ? 0 : count - 1;
    if (*offset > *selected)
        *offset = *selected;
    if (room != 0 && *selected >= *offset + room)
        *offset = *selected - room + 1;
    if (count <= room)
        *offset = 0;
    else if (*offset > count - room)
        *offset = count - room;
    return *offset;
}

/* The rows of a pane that there is room for, with their names. */
struct pane {
    enum top_pane which;
    const struct live_row *rows;
    size_t *order;
    char **names;
    size_t count, first, shown;
    size_t widest; /* name */
};

static const char *const pane_titles[] = {"PLUG-IN, INSTANCE", "STACK"};

static struct pane pane_of(struct live *live, struct top_choice *choice, enum top_pane which,
                           size_t room)
{
    struct pane pane = {.which = which,
                        .rows = which == TOP_PLUGINS ? live->rows : live->stack_rows,
                        .widest = strlen(pane_titles[which]) + 1};

    pane.order = top_sort(live, choice, which, &pane.count);
    pane.first = first_row(choice, which, pane.count, room);
    pane.shown = pane.count - pane.first < room ? pane.count - pane.first : room;
    pane.names = xalloc_zeroed(pane.shown, sizeof(*pane.names));
    for (size_t i = 0; i < pane.shown; i++) {
        pane.names[i] = name_of(live, &pane.rows[pane.order[pane.first + i]], pane.first + i);
        size_t width = text_width(pane.names[i]);
        pane.widest = width > pane.widest ? width : pane.widest;
    }
    return pane;
}

/* A heading and the rows. Ends the pane. */
static void add_pane(struct top_page *page, const struct top_choice *choice, struct pane *pane,
                     size_t widest)
{
    size_t name_width, used = column_count(page->width, widest, &name_width);

    add_titles(page, choice, pane_titles[pane->which], name_width, used);
    for (size_t i = 0; i < pane->shown; i++)
        add_row(page, &pane->rows[pane->order[pane->first + i]], pane->names[i], name_width, used,
                choice->has_selection && choice->pane == pane->which &&
                    choice->selected[pane->which] == pane->first + i);
    page->shown[pane->which] = pane->shown;
    page->rows[pane->which] = pane->count;
    free(pane->names);
    free(pane->order);
}

static void add_one_pane(struct top_page *page, struct live *live, struct top_choice *choice,
                         enum top_pane which, size_t room)
{
    struct pane pane = pane_of(live, choice, which, room);

    add_pane(page, choice, &pane, pane.widest);
}

/* One above the other, with the same columns. */
static void add_two_panes(struct top_page *page, struct live *live, struct top_choice *choice,
                          size_t upper, size_t lower)
{
    struct pane plugins = pane_of(live, choice, TOP_PLUGINS, upper);
    struct pane stacks = pane_of(live, choice, TOP_STACKS, lower);
    size_t widest = plugins.widest > stacks.widest ? plugins.widest : stacks.widest;

    add_pane(page, choice, &plugins, widest);
    if (page->height == TOP_NO_LIMIT)
        top_page_add(page, TERMINAL_PLAIN, xalloc_string(""));
    add_pane(page, choice, &stacks, widest);
}

static size_t rows_of(const struct live *live, const struct top_choice *choice, enum top_pane pane)
{
    size_t count;

    free(top_sort(live, choice, pane, &count));
    return count;
}

/* Both panes where there is room for both, else the one that keys move in. */
static void add_panes(struct top_page *page, struct live *live, struct top_choice *choice,
                      size_t room)
{
    size_t plugins = rows_of(live, choice, TOP_PLUGINS);
    size_t stacks = rows_of(live, choice, TOP_STACKS);

    if (room == TOP_NO_LIMIT) {
        uint64_t limit = live->options->limit;
        add_two_panes(page, live, choice, plugins,
                      limit != 0 && limit < stacks ? (size_t)limit : stacks);
        return;
    }
    if (room < 2 * SPLIT_LEAST) {
        add_one_pane(page, live, choice, choice->pane, room > 1 ? room - 1 : 0);
        return;
    }
    room -= 2; /* headings */
    size_t upper = plugins <= room / 2 ? plugins : room - (stacks < room / 2 ? stacks : room / 2);
    upper = upper < plugins ? upper : plugins;
    add_two_panes(page, live, choice, upper, room - upper);
}

static void add_foot(struct top_page *page, const struct top_choice *choice)
{
    char *text =
        choice->screenful == TOP_TABLES
            ? xalloc_format("q quit  p %s  s sort: %s  r reverse  Tab pane  Enter stack  "
                            "? help",
                            choice->is_paused ? "go on" : "pause", top_column_names[choice->sort])
            : xalloc_string("Esc back  q quit");

    while (page->count < page->height - 1)
        top_page_add(page, TERMINAL_PLAIN, xalloc_string(""));
    top_page_add(page, TERMINAL_FAINT, text);
}

void top_page_make(struct top_page *page, struct live *live, struct top_choice *choice,
                   size_t width, size_t height)
{
    bool has_foot = height != TOP_NO_LIMIT && height >= 4;

    *page = (struct top_page){.width = width, .height = height};
    top_page_head(page, live, choice);
    size_t room = height == TOP_NO_LIMIT            ? TOP_NO_LIMIT
                  : height > page->count + has_foot ? height - page->count - has_foot
                                                    : 0;
    if (choice->screenful == TOP_TABLES)
        add_panes(page, live, choice, room);
    else
        top_page_detail(page, live, choice);
    if (has_foot)
        add_foot(page, choice);
}

void top_page_free(struct top_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->lines[i].text);
    free(page->lines);
    *page = (struct top_page){0};
}
