/* viewer/diff_text.c - the difference of two recordings as text */
/* SPDX-License-Identifier: MIT */

#include "viewer/diff_text.h"
#include "viewer/leak_words.h"
#include "viewer/paragraph.h"
#include "viewer/stack_text.h"
#include "viewer/table.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_SHOWN 10   /* that grew, and that shrank */
#define FRAMES_SHOWN 10 /* of one stack, on a terminal */
#define NUMBER_COLUMNS 5

static bool is_bytes(enum diff_measure measure)
{
    return measure == DIFF_LIVE_BYTES || measure == DIFF_BYTES || measure == DIFF_PEAK_BYTES;
}

static struct text number(uint64_t value, enum diff_measure measure)
{
    return is_bytes(measure) ? text_bytes(value) : text_count(value);
}

/* "+48.0 KiB", "-3", "0". */
static struct text signed_number(int64_t change, enum diff_measure measure)
{
    uint64_t size = change < 0 ? -(uint64_t)change : (uint64_t)change;
    struct text plain = number(size, measure), text;

    snprintf(text.chars, sizeof(text.chars), "%s%.40s",
             change > 0   ? "+"
             : change < 0 ? "-"
                          : "",
             plain.chars);
    return text;
}

/* "+3 blocks" */
static struct text signed_plural(int64_t change, const char *one)
{
    uint64_t size = change < 0 ? -(uint64_t)change : (uint64_t)change;
    struct text plain = text_plural(size, one), text;

    snprintf(text.chars, sizeof(text.chars), "%s%.40s",
             change > 0   ? "+"
             : change < 0 ? "-"
                          : "",
             plain.chars);
    return text;
}

static const char *measure_text(enum diff_measure measure)
{
    static const char *const texts[DIFF_MEASURES] = {
        [DIFF_LIVE_BYTES] = "live at the end",
        [DIFF_LIVE_BLOCKS] = "blocks live at the end",
        [DIFF_BYTES] = "allocated",
        [DIFF_ALLOCS] = "allocations",
        [DIFF_PEAK_BYTES] = "at the peak",
    };
    return texts[measure];
}

static char *name_of(const struct diff_row *row)
{
    if (row->plugin != NULL)
        return text_printable(row->plugin);
    return xalloc_string(row->domain == LEAK_HEAP ? "(host)" : "(no plug-in)");
}

/* "libnpfoo.so: +48.0 KiB live at the end". One sentence for each of the table that changed. */
static void print_verdict(const struct diff *diff, enum diff_measure measure)
{
    const struct terminal *terminal = &diff->sessions[DIFF_B].terminal;
    size_t grown = 0;

    for (size_t i = 0; i < diff->plugin_count; i++) {
        const struct diff_row *row = &diff->plugins[i];
        int64_t change = diff_change(row, measure), objects = diff_change_of_objects(row);
        if (change <= 0 && objects <= 0)
            continue;
        char *name = name_of(row);
        struct text by = signed_number(change, measure), held = signed_plural(objects, "object");
        terminal_print(terminal, TERMINAL_BAD, "%s%s: ", grown++ == 0 ? "" : " ", name);
        if (change > 0)
            terminal_print(terminal, TERMINAL_BAD, "%s%s %s", by.chars,
                           row->domain == LEAK_HEAP ? " of the heap" : "", measure_text(measure));
        if (objects > 0)
            terminal_print(terminal, TERMINAL_BAD, "%s%s held", change > 0 ? ", " : "", held.chars);
        terminal_print(terminal, TERMINAL_BAD, ".");
        free(name);
    }
    if (grown == 0)
        terminal_print(terminal, TERMINAL_GOOD, "No plug-in has more %s.", measure_text(measure));
    putchar('\n');
}

static void print_sides(const struct diff *diff)
{
    const struct terminal *terminal = &diff->sessions[DIFF_B].terminal;

    for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++) {
        const struct recording *recording = diff->sessions[side].recording;
        char *file = text_printable(recording->path), *host = verdict_host(recording);
        paragraph_format(terminal, TERMINAL_PLAIN, 0, "%s: %s: %s", side == DIFF_A ? "A" : "B",
                         file, host);
        free(file);
        free(host);
    }
    for (size_t i = 0; i < diff->note_count; i++)
        paragraph_print(terminal, TERMINAL_BAD, 0, diff->notes[i]);
}

/* What the table has, as far as there is room for it on a terminal. */
static const struct {
    enum diff_measure measure;
    const char *title;
    size_t width; /* of a terminal that has room for it */
} groups[] = {
    {DIFF_LIVE_BYTES, "Live A", 0},
    {DIFF_ALLOCS, "Calls A", 64},
    {DIFF_PEAK_BYTES, "Peak A", 96},
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))
enum { NAMES = 2, CELLS = 3 }; /* columns before the groups, and of each */

static size_t groups_shown(const struct terminal *terminal)
{
    size_t count = 0;

    while (count < GROUPS && (!terminal->cut || terminal->width >= groups[count].width))
        count++;
    return count;
}

static struct text peak_bound(uint64_t peak_bytes)
{
    struct text text;

    snprintf(text.chars, sizeof(text.chars), "at most %.36s", text_bytes(peak_bytes).chars);
    return text;
}

static void add_plugin(struct table *table, const struct diff_row *row, size_t shown)
{
    struct text cells[GROUPS * CELLS];
    char *name = name_of(row);
    const char *chars[NAMES + GROUPS * CELLS] = {name, leak_domain_name(row->domain)};

    for (size_t i = 0; i < shown; i++) {
        enum diff_measure measure = groups[i].measure;
        struct text *cell = &cells[i * CELLS];
        const char **text = &chars[NAMES + i * CELLS];
        for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++) {
            uint64_t value = row->amounts[side].values[measure];
            cell[side] = measure == DIFF_PEAK_BYTES && row->peak_is_bound[side]
                             ? peak_bound(value)
                             : number(value, measure);
            text[side] = row->present[side] ? cell[side].chars : "-";
        }
        cell[DIFF_SIDES] = signed_number(diff_change(row, measure), measure);
        text[DIFF_SIDES] = diff_is_comparable(row, measure) ? cell[DIFF_SIDES].chars : "-";
    }
    table_add(table, TERMINAL_NAME, chars);
    free(name);
}

static void print_plugins(const struct diff *diff)
{
    const struct terminal *terminal = &diff->sessions[DIFF_B].terminal;
    struct table_column columns[NAMES + GROUPS * CELLS] = {{"Plug-in", false}, {"", false}};
    size_t shown = groups_shown(terminal);
    struct table table;

    for (size_t i = 0; i < shown; i++) {
        struct table_column *column = &columns[NAMES + i * CELLS];
        column[0] = (struct table_column){groups[i].title, true};
        column[1] = (struct table_column){"B", true};
        column[2] = (struct table_column){"change", true};
    }
    putchar('\n');
    table_begin(&table, columns, NAMES + shown * CELLS);
    for (size_t i = 0; i < diff->plugin_count; i++)
        add_plugin(&table, &diff->plugins[i], shown);
    table_print(&table, terminal);
    table_free(&table);
}

static const char *way_of(const struct diff_row *row)
{
    const char *name =
        leak_way_name(&(struct leak){.domain = row->domain, .way = row->way, .plugin = 1});

    if (row->domain == LEAK_HEAP)
        return "of the heap";
    return name != NULL ? name : "unknown";
}

/* "+48 B live in +3 blocks, +48 B in +3 calls" */
static char *change_text(const struct diff_row *row)
{
    int64_t objects = diff_change_of_objects(row), allocs = diff_change(row, DIFF_ALLOCS);

    if (row->domain == LEAK_OBJECT)
        return xalloc_format("%s held", signed_plural(objects, "object").chars);
    char *live = xalloc_format(
        "%s live in %s", signed_number(diff_change(row, DIFF_LIVE_BYTES), DIFF_LIVE_BYTES).chars,
        signed_plural(diff_change(row, DIFF_LIVE_BLOCKS), "block").chars);
    if (allocs == 0 && diff_change(row, DIFF_BYTES) == 0)
        return live;
    char *text = xalloc_format("%s, %s allocated in %s", live,
                               signed_number(diff_change(row, DIFF_BYTES), DIFF_BYTES).chars,
                               signed_plural(allocs, "call").chars);
    free(live);
    return text;
}

static void print_row(const struct diff *diff, const struct diff_row *row, size_t at)
{
    enum diff_side side = row->present[DIFF_B] ? DIFF_B : DIFF_A;
    const struct session *session = &diff->sessions[side];
    const char *alone = row->present[DIFF_A] && row->present[DIFF_B] ? ""
                        : side == DIFF_B                             ? ", in B alone"
                                                                     : ", in A alone";
    char *name = name_of(row), *change = change_text(row);

    printf("%3zu. ", at);
    paragraph_format(&session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS, "%s, %s%s: %s", change,
                     way_of(row), alone, name);
    stack_text_print(session->names, session->stacks, row->stacks[side], &session->terminal, 7,
                     session->terminal.cut ? FRAMES_SHOWN : 0);
    free(change);
    free(name);
}

/* What did not change is not listed. */
static void print_rows(const struct diff *diff, enum diff_measure measure, int wanted)
{
    size_t limit = session_limit(&diff->sessions[DIFF_B], ROWS_SHOWN), shown = 0, all = 0;

    for (size_t i = 0; i < diff->row_count; i++) {
        const struct diff_row *row = &diff->rows[wanted > 0 ? i : diff->row_count - 1 - i];
        if (diff_direction(row, measure) != wanted || all++ >= limit)
            continue;
        if (shown++ == 0) {
            putchar('\n');
            terminal_print(&diff->sessions[DIFF_B].terminal, TERMINAL_TITLE,
                           "Where %s is %s:", wanted > 0 ? "more" : "less", measure_text(measure));
            putchar('\n');
        }
        print_row(diff, row, shown);
    }
    if (all > shown)
        printf("... and %s more; --limit=0 shows all\n", text_count(all - shown).chars);
}

void diff_text_print(const struct diff *diff, enum diff_measure measure)
{
    const struct session *b = &diff->sessions[DIFF_B];

    print_verdict(diff, measure);
    print_sides(diff);
    print_plugins(diff);
    print_rows(diff, measure, 1);
    print_rows(diff, measure, -1);
    session_print_nameless(b);
    putchar('\n');
    session_print_next(b, "leaks");
}
