/* viewer/top_head.c - what stands above the tables of a page, and the pages without tables */
/* SPDX-License-Identifier: MIT */

#include "viewer/text.h"
#include "viewer/top.h"
#include "viewer/verdict.h"
#include "viewer/whole.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LEAST 8 /* a lower page has one line of it */

static char *signed_bytes(int64_t bytes)
{
    return xalloc_format("%s%s", bytes < 0 ? "-" : "+",
                         text_bytes(bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes).chars);
}

/* One line; in a narrow window without the blocks, so that the rate is seen. */
static void add_total(struct top_page *page, const char *what, const struct live_row *row)
{
    char *growth = signed_bytes(row->growth_bytes);
    char *rate =
        row->has_rate
            ? xalloc_format("; %s/s, %s calls/s", text_bytes(whole_of(row->bytes_per_s)).chars,
                            text_count(whole_of(row->allocs_per_s + 0.5)).chars)
            : xalloc_string("");
    char *peak = row->lacks_peak ? xalloc_string("")
                                 : xalloc_format(", peak %s", text_bytes(row->peak_bytes).chars);
    char *rest = xalloc_format("%s%s%s", growth, peak, rate);
    char *line = xalloc_format("%-5s live %s in %s, %s", what, text_bytes(row->live_bytes).chars,
                               text_plural(row->live_blocks, "block").chars, rest);

    if (strlen(line) > page->width) {
        free(line);
        line = xalloc_format("%-5s live %s, %s", what, text_bytes(row->live_bytes).chars, rest);
    }
    top_page_add(page, TERMINAL_PLAIN, line);
    free(rest);
    free(peak);
    free(rate);
    free(growth);
}

/* What the numbers are without. */
static void add_warnings(struct top_page *page, const struct live *live,
                         const struct top_choice *choice)
{
    const struct follow *follow = live->follow;
    uint64_t lost = follow_lost_events(follow);

    if (lost != 0)
        top_page_add(page, TERMINAL_BAD,
                     xalloc_format("%s lost: heap and stacks are of the rest%s",
                                   text_plural(lost, "event").chars,
                                   follow->recording->has_counters ? "; NPN numbers are whole"
                                                                   : ", NPN numbers as well"));
    if (choice->trouble != NULL)
        top_page_add(page, TERMINAL_BAD, xalloc_format("cannot look again: %s", choice->trouble));
}

static char *first_line(const struct live *live, const struct top_choice *choice, bool is_narrow)
{
    const struct recording *recording = live->follow->recording;
    char *host, *line, *exe = text_printable(recording_base_name(recording->process.exe));
    const char *paused = choice->is_paused ? "PAUSED " : "";

    if (is_narrow) {
        line = xalloc_format("%s%s %" PRIu32 " %s", paused, exe, recording->process.outer_pid,
                             follow_goes_on(live->follow) ? "" : "ended");
        free(exe);
        return line;
    }
    host = verdict_host(recording);
    line = xalloc_format("%s%s", paused, host);
    free(host);
    free(exe);
    return line;
}

void top_page_head(struct top_page *page, const struct live *live, const struct top_choice *choice)
{
    bool is_low = page->height < HEAD_LEAST;

    if (page->height < 3)
        return;
    top_page_add(page, choice->is_paused ? TERMINAL_BAD : TERMINAL_TITLE,
                 first_line(live, choice, page->width < 60));
    if (is_low)
        return;
    add_total(page, "NPN", &live->totals[0]);
    if (live->follow->model->has_heap)
        add_total(page, "heap", &live->totals[1]);
    add_warnings(page, live, choice);
}

/* ---- help, and one stack ----------------------------------------------------------------- */

static void add_help(struct top_page *lines)
{
    static const char *const keys[] = {
        "q           quit",
        "p, space    pause: nothing is read; again: go on",
        "s           sort by the next column",
        "r           reverse the order",
        "i           with and without instances",
        "Tab         plug-ins or stacks",
        "arrows, j k Page keys, Home, End: move",
        "Enter       the whole of the selected stack",
        "Esc         back",
        "",
        "Sort by:",
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        top_page_add(lines, TERMINAL_PLAIN, xalloc_string(keys[i]));
    for (size_t i = 0; i < TOP_COLUMNS; i++)
        top_page_add(lines, TERMINAL_PLAIN,
                     xalloc_format("%c           %s", top_column_key((enum top_column)i),
                                   top_column_meanings[i]));
}

static bool add_frame(void *context, const struct names_line *line)
{
    struct top_page *lines = context;
    char *module = text_printable(line->module != NULL ? recording_base_name(line->module) : "?");
    char *function = line->function != NULL ? text_printable(line->function)
                                            : xalloc_format("%s+0x%" PRIx64, module, line->offset);
    char *file = text_printable(line->file != NULL ? recording_base_name(line->file) : "");
    char *text = line->file != NULL
                     ? xalloc_format("  %s  %s:%" PRIu32 "%s", function, file, line->line,
                                     line->inlined ? " (inlined)" : "")
                     : xalloc_format("  %s%s%s", function, line->function != NULL ? "  " : "",
                                     line->function != NULL ? module : "");

    top_page_add(lines, TERMINAL_PLAIN, text);
    free(file);
    free(function);
    free(module);
    return true;
}

static void add_stack(struct top_page *lines, struct live *live, uint32_t group)
{
    for (size_t i = 0; i < live->stack_row_count; i++) {
        const struct live_row *row = &live->stack_rows[i];
        if (row->group != group)
            continue;
        char *who = verdict_caller_name(live->follow->recording, row->plugin, row->is_heap);
        top_page_add(lines, TERMINAL_TITLE,
                     xalloc_format("%s, %s: %s live in %s; %s in %s so far", who,
                                   row->is_heap ? "heap" : "NPN", text_bytes(row->live_bytes).chars,
                                   text_plural(row->live_blocks, "block").chars,
                                   text_bytes(row->bytes).chars,
                                   text_plural(row->allocs, "call").chars));
        free(who);
        names_stack(live_names(live), live->stacks, live_stack(live, row), add_frame, lines);
    }
}

void top_page_detail(struct top_page *page, struct live *live, struct top_choice *choice)
{
    struct top_page lines = {.width = page->width, .height = TOP_NO_LIMIT};
    size_t room = page->height > page->count + 1 ? page->height - page->count - 1 : 0;

    if (choice->screenful == TOP_HELP)
        add_help(&lines);
    else
        add_stack(&lines, live, choice->detail_group);
    if (choice->detail_offset + room > lines.count)
        choice->detail_offset = lines.count > room ? lines.count - room : 0;
    for (size_t i = choice->detail_offset; i < lines.count && i - choice->detail_offset < room; i++)
        top_page_add(page, lines.lines[i].style, xalloc_string(lines.lines[i].text));
    top_page_free(&lines);
}
