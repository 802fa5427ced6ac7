/* viewer/timeline_text.c - memory over time in a terminal */
/* SPDX-License-Identifier: MIT */

#include "viewer/timeline_text.h"
#include "viewer/paragraph.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 4u         /* of a chart */
#define LINES_OF_MANY 2u /* where there are more than MANY of them */
#define MANY 5u
#define EIGHTHS 8u /* of a character cell */
#define COLUMNS_LEAST 10u
#define COLUMNS_MOST 400u

size_t timeline_text_columns(const struct terminal *terminal, size_t columns)
{
    if (columns == 0)
        columns = terminal->cut ? terminal->columns : terminal->width;
    if (columns < COLUMNS_LEAST)
        return COLUMNS_LEAST;
    return columns < COLUMNS_MOST ? columns : COLUMNS_MOST;
}

/* A cell of a line, which is counted from the bottom: how much of it a value of 0 to 1 fills. */
static const char *cell(double share, size_t line, size_t lines)
{
    static const char *const blocks[EIGHTHS + 1] = {" ",
                                                    "\xe2\x96\x81",
                                                    "\xe2\x96\x82",
                                                    "\xe2\x96\x83",
                                                    "\xe2\x96\x84",
                                                    "\xe2\x96\x85",
                                                    "\xe2\x96\x86",
                                                    "\xe2\x96\x87",
                                                    "\xe2\x96\x88"};
    double eighths = share * (double)(lines * EIGHTHS) - (double)(line * EIGHTHS);

    if (line == 0 && share > 0 && eighths < 1)
        return blocks[1];
    if (eighths < 0.5)
        return blocks[0];
    return blocks[eighths >= EIGHTHS ? EIGHTHS : (size_t)(eighths + 0.5)];
}

static void print_line(const struct profile *profile, const struct profile_track *track,
                       enum timeline_measure measure, double most, size_t line, size_t lines)
{
    for (size_t i = 0; i < profile->sample_count; i++) {
        double value = timeline_value(profile, &track->samples[i], measure);
        fputs(cell(most > 0 ? value / most : 0, line, lines), stdout);
    }
}

static void print_cut(const struct session *session, enum terminal_style style, const char *text,
                      size_t columns)
{
    char *cut = session->terminal.cut ? paragraph_cut(text, columns, false) : xalloc_string(text);

    terminal_print(&session->terminal, style, "%s", cut);
    putchar('\n');
    free(cut);
}

static void print_head(const struct session *session, const struct profile *profile,
                       const struct profile_track *track, enum timeline_measure measure,
                       double most)
{
    char *name = verdict_caller_name(session->recording, track->plugin, true);
    double last = timeline_last(profile, track, measure);
    char *facts = xalloc_format("at most %s, at the end %s", timeline_text(most, measure).chars,
                                timeline_text(last, measure).chars);
    char *head = xalloc_format("%s  %s", name, facts);
    size_t columns = profile->sample_count;

    if (!session->terminal.cut || text_width(head) <= columns) {
        print_cut(session, TERMINAL_NAME, head, columns);
    } else { /* the numbers are what matters */
        print_cut(session, TERMINAL_NAME, name, columns);
        paragraph_print(&session->terminal, TERMINAL_NAME, 0, facts);
    }
    free(facts);
    free(head);
    free(name);
}

static void print_track(const struct session *session, const struct profile *profile,
                        const struct profile_track *track, enum timeline_measure measure)
{
    size_t lines = profile->track_count > MANY ? LINES_OF_MANY : LINES;
    double most = timeline_most(profile, track, measure);

    putchar('\n');
    print_head(session, profile, track, measure, most);
    for (size_t line = lines; line-- > 0;) {
        fputs(terminal_begin(&session->terminal, TERMINAL_GOOD), stdout);
        print_line(profile, track, measure, most, line, lines);
        fputs(terminal_end(&session->terminal, TERMINAL_GOOD), stdout);
        putchar('\n');
    }
}

/* "0 s          1.2 s          2.3 s", as many as there is room for. */
static void print_axis(const struct session *session, const struct profile *profile)
{
    size_t columns = profile->sample_count, ticks = columns >= 60 ? 4 : columns >= 30 ? 2 : 1;
    size_t at = 0;

    for (size_t i = 0; i <= ticks; i++) {
        uint64_t length = profile->last_stamp - profile->first_stamp;
        uint64_t stamp = profile->first_stamp + length / ticks * i;
        struct text text = timeline_time(session, stamp);
        size_t width = strlen(text.chars), place = columns * i / ticks;
        place = i == ticks ? columns - (width < columns ? width : columns) : place;
        if (place < at + (i != 0))
            continue;
        printf("%*s", (int)(place - at), "");
        terminal_print(&session->terminal, TERMINAL_FAINT, "%s", text.chars);
        at = place + width;
    }
    putchar('\n');
}

static void print_peak(const struct session *session, const struct profile *profile)
{
    if (profile->peak_bytes == 0)
        return;
    bool of_both = profile->peaks[LEAK_NPN].bytes != 0 && profile->peaks[LEAK_HEAP].bytes != 0;
    char *text = xalloc_format(
        "Most was live after %s: %s in %s%s.", timeline_time(session, profile->peak_stamp).chars,
        text_bytes(profile->peak_bytes).chars, text_plural(profile->peak_blocks, "block").chars,
        of_both ? ", NPN memory and heap together" : "");
    putchar('\n');
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, text);
    free(text);
}

static void print_sentence(const struct session *session, enum terminal_style style, char *text)
{
    if (text != NULL)
        paragraph_print(&session->terminal, style, 0, text);
    free(text);
}

void timeline_text_print(const struct session *session, const struct profile *profile,
                         enum timeline_measure measure)
{
    const struct profile_track **order = timeline_order(profile);
    char *losses = verdict_losses(session->model);
    bool is_bad = verdict_is_bad(session->model);

    print_sentence(session, is_bad ? TERMINAL_BAD : TERMINAL_GOOD,
                   verdict_sentence(session->model));
    print_sentence(session, TERMINAL_PLAIN, verdict_host(session->recording));
    if (losses != NULL)
        print_sentence(session, TERMINAL_BAD, xalloc_format("Lost: %s", losses));
    for (size_t i = 0; i < profile->track_count; i++)
        print_track(session, profile, order[i], measure);
    if (profile->track_count == 0)
        printf("\nNothing was allocated.\n");
    else
        print_axis(session, profile);
    print_peak(session, profile);
    putchar('\n');
    session_print_next(session, "html -o report.html");
    free(losses);
    free(order);
}
