/* viewer/report_profile_text.c - report's other answers as text */
/* SPDX-License-Identifier: MIT */

#include "viewer/paragraph.h"
#include "viewer/report_profile.h"
#include "viewer/report_profile_tree.h"
#include "viewer/stack_text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

#define GROUPS_SHOWN 20
#define STACKS_SHOWN 10
#define FRAMES_SHOWN 10  /* of one stack, on a terminal */
#define NUMBER_COLUMNS 5 /* "  1. " */
#define BAR_LONGEST 30
#define BAR_WIDTH 75 /* of a terminal that has room for bars */

static const char *const domain_titles[] = {[LEAK_NPN] = "NPN memory", [LEAK_HEAP] = "Heap"};

/* "NPN memory: 1,204 allocations, 3.2 MiB; 12.0 KiB live in 3 blocks, at most 2.0 MiB at once." */
static void print_domain(const struct session *session, const struct profile *profile,
                         enum leak_domain domain)
{
    const struct trace_counters *counters = &profile->domains[domain];

    if (counters->allocs == 0 && counters->live_blocks == 0)
        return;
    paragraph_format(
        &session->terminal, TERMINAL_PLAIN, 0, "%s: %s, %s; %s live in %s, at most %s at once.",
        domain_titles[domain], text_plural(counters->allocs, "allocation").chars,
        text_bytes(counters->bytes_allocated).chars, text_bytes(counters->live_bytes).chars,
        text_plural(counters->live_blocks, "block").chars, text_bytes(counters->peak_bytes).chars);
}

/* Where there are both kinds of memory, each has its own moment. */
static void print_peak(const struct session *session, const struct profile *profile,
                       enum leak_domain domain)
{
    static const char *const of[] = {[LEAK_NPN] = " of NPN memory", [LEAK_HEAP] = " of the heap"};
    const struct profile_peak *peak = &profile->peaks[domain];

    if (peak->bytes == 0)
        return;
    paragraph_format(
        &session->terminal, TERMINAL_PLAIN, 0, "The peak%s was %s in %s, %s after the start.",
        report_profile_has_both_peaks(profile) ? of[domain] : "", text_bytes(peak->bytes).chars,
        text_plural(peak->blocks, "block").chars,
        text_duration(recording_since_start_ns(session->recording, peak->stamp)).chars);
}

static void print_head(const struct session *session, const struct report_profile *asked,
                       const struct profile *profile)
{
    char *host = verdict_host(session->recording), *lost = verdict_losses(session->model);

    if (profile->row_count == 0)
        paragraph_print(&session->terminal, TERMINAL_TITLE, 0,
                        filter_is_empty(&asked->filter)
                            ? "Nothing was allocated."
                            : "No allocation is as the options ask for.");
    for (unsigned i = 0; i < PROFILE_DOMAINS; i++)
        print_domain(session, profile, (enum leak_domain)i);
    for (unsigned i = 0; i < PROFILE_DOMAINS; i++)
        print_peak(session, profile, (enum leak_domain)i);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, host);
    if (lost != NULL)
        paragraph_format(&session->terminal, TERMINAL_BAD, 0, "Lost: %s", lost);
    free(host);
    free(lost);
}

static bool has_both_domains(const struct profile_groups *groups)
{
    for (size_t i = 1; i < groups->count; i++)
        if (groups->list[i].domain != groups->list[0].domain)
            return true;
    return false;
}

struct layout {
    struct table_column columns[TABLE_MAX_COLUMNS];
    enum profile_column numbers[TABLE_MAX_COLUMNS];
    size_t count, first_number;
    bool has_bar; /* behind the numbers */
    uint64_t longest;
};

static bool is_histogram(const struct profile_groups *groups)
{
    return groups->key == PROFILE_BY_SIZE || groups->key == PROFILE_BY_LIFETIME;
}

/* Blocks: allocated ones by size, freed ones by lifetime. */
static uint64_t bar_number(const struct profile_group *group)
{
    return group->numbers.of[COLUMN_ALLOCS] + group->numbers.of[COLUMN_FREES];
}

static void add_bar(struct layout *layout, const struct session *session,
                    const struct profile_groups *groups)
{
    layout->has_bar =
        is_histogram(groups) && (!session->terminal.cut || session->terminal.width >= BAR_WIDTH);
    for (size_t i = 0; layout->has_bar && i < groups->count; i++)
        if (bar_number(&groups->list[i]) > layout->longest)
            layout->longest = bar_number(&groups->list[i]);
    if (layout->has_bar)
        layout->columns[layout->count++] = (struct table_column){"", false};
}

/* What there is at all has a mark. */
static const char *bar_of(const struct layout *layout, const struct profile_group *group)
{
    static const char marks[] = "##############################";
    uint64_t number = bar_number(group);
    size_t length =
        layout->longest == 0 ? 0 : (size_t)((double)number * BAR_LONGEST / (double)layout->longest);

    _Static_assert(sizeof(marks) == BAR_LONGEST + 1, "the longest bar");
    length = length == 0 && number != 0 ? 1 : length;
    return marks + (BAR_LONGEST - (length > BAR_LONGEST ? BAR_LONGEST : length));
}

static struct layout layout_of(const struct session *session, const struct profile_groups *groups,
                               enum profile_column sorted)
{
    struct layout layout = {.columns = {{profile_key_names[groups->key], false}}, .count = 1};
    unsigned shown = profile_columns_shown(&session->terminal, groups->columns, sorted);

    if (has_both_domains(groups))
        layout.columns[layout.count++] = (struct table_column){"memory", false};
    layout.first_number = layout.count;
    for (unsigned i = 0; i < PROFILE_COLUMNS && layout.count < TABLE_MAX_COLUMNS; i++)
        if ((shown & COLUMN_BIT(i)) != 0) {
            layout.numbers[layout.count] = (enum profile_column)i;
            layout.columns[layout.count++] = (struct table_column){profile_columns[i].title, true};
        }
    add_bar(&layout, session, groups);
    return layout;
}

static void add_group(struct table *table, const struct session *session,
                      const struct layout *layout, const struct profile_groups *groups,
                      const struct profile_group *group)
{
    uint64_t duration_ns = groups->profile->last_stamp - groups->profile->first_stamp;
    char *name = report_profile_name(session, groups, group);
    struct text texts[TABLE_MAX_COLUMNS];
    const char *cells[TABLE_MAX_COLUMNS] = {name, group->domain == LEAK_HEAP ? "heap" : "npn"};

    for (size_t i = layout->first_number; i < layout->count - layout->has_bar; i++) {
        texts[i] =
            profile_cell(&group->numbers, layout->numbers[i], &session->terminal, duration_ns);
        cells[i] = texts[i].chars;
    }
    if (layout->has_bar)
        cells[layout->count - 1] = bar_of(layout, group);
    table_add(table, TERMINAL_NAME, cells);
    free(name);
}

static void print_more(const struct session *session, size_t count, const char *what)
{
    if (count != 0)
        paragraph_format(&session->terminal, TERMINAL_FAINT, 0, "... and %s; --limit=0 shows all",
                         text_plural(count, what).chars);
}

static void print_table(const struct session *session, const struct report_profile *asked,
                        const struct profile_groups *groups)
{
    size_t limit = session_limit(session, is_histogram(groups) ? SIZE_MAX : GROUPS_SHOWN);
    size_t shown = groups->count < limit ? groups->count : limit;
    struct layout layout = layout_of(session, groups, asked->column);
    struct table table;

    table_begin(&table, layout.columns, layout.count);
    for (size_t i = 0; i < shown; i++)
        add_group(&table, session, &layout, groups, &groups->list[i]);
    putchar('\n');
    table_print(&table, &session->terminal);
    table_free(&table);
    print_more(session, groups->count - shown, "more row");
}

static void print_stack(const struct session *session, const struct report_profile *asked,
                        const struct profile_groups *groups, size_t at)
{
    const struct profile_group *group = &groups->list[at];
    const uint64_t *of = group->numbers.of;
    size_t frames = report_profile_depth(asked, session->terminal.cut ? FRAMES_SHOWN : 0);
    char *name = report_profile_name(session, groups, group);

    printf("%3zu. ", at + 1);
    paragraph_format(
        &session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS,
        "%s in %s, %s live in %s, peak %s, %s at the peak, %s temporary: %s, %s",
        text_bytes(of[COLUMN_BYTES]).chars, text_plural(of[COLUMN_ALLOCS], "call").chars,
        text_bytes(of[COLUMN_LIVE]).chars, text_plural(of[COLUMN_BLOCKS], "block").chars,
        text_bytes(of[COLUMN_PEAK]).chars, text_bytes(of[COLUMN_AT_PEAK]).chars,
        text_count(of[COLUMN_TEMPORARY]).chars, name, domain_titles[group->domain]);
    stack_text_print(session->names, session->stacks, group->stack, &session->terminal, 7, frames);
    free(name);
}

static void print_stacks(const struct session *session, const struct report_profile *asked,
                         const struct profile_groups *groups)
{
    size_t limit = session_limit(session, STACKS_SHOWN);
    size_t shown = groups->count < limit ? groups->count : limit;

    putchar('\n');
    for (size_t i = 0; i < shown; i++)
        print_stack(session, asked, groups, i);
    print_more(session, groups->count - shown, "more stack");
}

static void print_groups(const struct session *session, const struct report_profile *asked,
                         struct profile_groups *groups)
{
    print_head(session, asked, groups->profile);
    profile_groups_sort(groups, asked->column);
    if (groups->count == 0)
        return;
    if (groups->key == PROFILE_BY_STACK)
        print_stacks(session, asked, groups);
    else
        print_table(session, asked, groups);
}

/* What to look at next: where nothing was selected, what there is. */
static void print_next(const struct session *session, const struct report_profile *asked,
                       const struct profile *profile)
{
    const char *other = asked->has_tree ? "report --by=function" : "report --tree=top-down";

    session_print_nameless(session);
    putchar('\n');
    session_print_next(session, profile->row_count != 0 ? other : "report");
}

static bool build_groups(struct session *session, const struct report_profile *asked)
{
    struct profile_groups groups = profile_groups_build(session, &asked->filter, asked->key);
    bool is_sound = session_is_sound(session);

    if (is_sound) {
        print_groups(session, asked, &groups);
        print_next(session, asked, groups.profile);
    }
    profile_groups_free(&groups);
    return is_sound;
}

static void print_tree(struct session *session, const struct report_profile *asked,
                       const struct profile *profile)
{
    size_t depth = report_profile_depth(asked, REPORT_TREE_DEPTH);
    struct profile_tree tree =
        profile_tree_build(session, profile, asked->tree, asked->filter.charge != CHARGE_RECORDED,
                           depth != 0 ? depth + 1 : 0);

    print_head(session, asked, profile);
    profile_tree_sort(&tree, asked->column);
    for (unsigned i = 0; i < PROFILE_DOMAINS; i++)
        report_tree_print(session, &tree, i, domain_titles[i], asked->column, depth);
    profile_tree_free(&tree);
}

static bool build_tree(struct session *session, const struct report_profile *asked)
{
    struct profile *profile = profile_build_grouped(session, &asked->filter, 0, NULL);
    bool is_sound = session_is_sound(session);

    if (is_sound) {
        print_tree(session, asked, profile);
        print_next(session, asked, profile);
    }
    profile_free(profile);
    return is_sound;
}

bool report_profile_print(struct session *session, const struct report_profile *asked)
{
    return asked->has_tree ? build_tree(session, asked) : build_groups(session, asked);
}
