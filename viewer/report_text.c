/* viewer/report_text.c - the report as text */
/* SPDX-License-Identifier: MIT */

#include "viewer/report_text.h"
#include "viewer/stack_text.h"
#include "viewer/table.h"
#include "viewer/text.h"
#include "viewer/top_stacks.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STACKS_SHOWN 5
#define INSTANCES_SHOWN 20 /* of one plug-in */
#define FRAMES_SHOWN 10    /* of one stack, on a terminal */

#define COLUMNS 9
#define FLUSHES 3 /* a column that is left out where nobody flushes */

static const struct table_column columns[COLUMNS] = {
    {"plug-in, instance", false}, {"allocs", true}, {"frees", true},  {"flushes", true},
    {"allocated", true},          {"live", true},   {"blocks", true}, {"peak", true},
    {"allocs/s", true},
};
static const struct table_column columns_without_flushes[COLUMNS - 1] = {
    {"plug-in, instance", false},
    {"allocs", true},
    {"frees", true},
    {"allocated", true},
    {"live", true},
    {"blocks", true},
    {"peak", true},
    {"allocs/s", true},
};

static bool has_flushes(const struct session *session)
{
    return session->model->sums->totals.flushes != 0;
}

/* texts: COLUMNS of them. */
static void add_cells(struct table *table, const struct session *session, enum terminal_style style,
                      const char *const *texts)
{
    const char *cells[COLUMNS];
    size_t count = 0;

    for (size_t i = 0; i < COLUMNS; i++)
        if (i != FLUSHES || has_flushes(session))
            cells[count++] = texts[i];
    table_add(table, style, cells);
}

static void add_row(struct table *table, const struct session *session, const char *name,
                    enum terminal_style style, const struct trace_counters *counters)
{
    uint64_t duration_ns = recording_duration_ns(session->recording);
    const struct text texts[] = {
        text_count(counters->allocs),     text_count(counters->frees),
        text_count(counters->flushes),    text_bytes(counters->bytes_allocated),
        text_bytes(counters->live_bytes), text_count(counters->live_blocks),
        text_bytes(counters->peak_bytes), text_rate(counters->allocs, duration_ns),
    };
    const char *cells[COLUMNS] = {name};

    for (size_t i = 1; i < COLUMNS; i++)
        cells[i] = texts[i - 1].chars;
    add_cells(table, session, style, cells);
}

static void add_instance(struct table *table, const struct session *session, uint32_t serial)
{
    const struct recording_instance *instance = &session->recording->instances[serial - 1];
    char *mime = text_printable(instance->mime[0] != '\0' ? instance->mime : "(no MIME type)");
    const char *state = (instance->flags & RING_INSTANCE_FAILED) != 0      ? " (failed)"
                        : (instance->flags & RING_INSTANCE_DESTROYED) != 0 ? " (gone)"
                                                                           : "";
    char *name = xalloc_format("  #%" PRIu32 " %s%s", serial, mime, state);

    add_row(table, session, name, TERMINAL_PLAIN, &session->model->sums->instances[serial]);
    free(name);
    free(mime);
}

static void add_instances(struct table *table, const struct session *session, uint32_t plugin)
{
    size_t limit = session_limit(session, INSTANCES_SHOWN), shown = 0, left_out = 0;

    for (uint32_t serial = 1; serial <= session->recording->instance_count; serial++) {
        if (session->recording->instances[serial - 1].plugin != plugin)
            continue;
        if (shown == limit) {
            left_out++;
            continue;
        }
        add_instance(table, session, serial);
        shown++;
    }
    if (left_out == 0)
        return;
    struct text more = text_plural(left_out, "more instance");
    char *name = xalloc_format("  ... and %s", more.chars);
    const char *cells[COLUMNS] = {name, "", "", "", "", "", "", "", ""};
    add_cells(table, session, TERMINAL_FAINT, cells);
    free(name);
}

static int by_live(const void *left, const void *right, void *context)
{
    const struct trace_counters *counters = context;
    const struct trace_counters *a = &counters[*(const uint32_t *)left],
                                *b = &counters[*(const uint32_t *)right];

    if (a->live_bytes != b->live_bytes)
        return a->live_bytes < b->live_bytes ? 1 : -1;
    if (a->bytes_allocated != b->bytes_allocated)
        return a->bytes_allocated < b->bytes_allocated ? 1 : -1;
    return (*(const uint32_t *)left > *(const uint32_t *)right) -
           (*(const uint32_t *)left < *(const uint32_t *)right);
}

static void print_table(const struct session *session)
{
    const struct recording *recording = session->recording;
    struct trace_counters *counters = session->model->sums->plugins;
    uint32_t *ids = xalloc_zeroed(recording->plugin_count + 1, sizeof(*ids));
    struct table table;
    size_t shown = 0;

    for (uint32_t id = 0; id <= recording->plugin_count; id++)
        ids[id] = id;
    qsort_r(ids, recording->plugin_count + 1, sizeof(*ids), by_live, counters);
    if (has_flushes(session))
        table_begin(&table, columns, COLUMNS);
    else
        table_begin(&table, columns_without_flushes, COLUMNS - 1);
    for (size_t i = 0; i <= recording->plugin_count; i++) {
        if (!session->wanted[ids[i]] || (ids[i] == 0 && model_is_idle(&counters[0])))
            continue;
        char *name = verdict_plugin_name(recording, ids[i]);
        add_row(&table, session, name, TERMINAL_NAME, &counters[ids[i]]);
        free(name);
        if (ids[i] != 0)
            add_instances(&table, session, ids[i]);
        shown++;
    }
    if (shown > 1 && session->options->plugin_count == 0)
        add_row(&table, session, "all together", TERMINAL_TITLE, &session->model->sums->totals);
    if (shown > 0) {
        putchar('\n');
        table_print(&table, &session->terminal);
    }
    table_free(&table);
    free(ids);
}

/* What the columns have no room for, where it happened. */
static void print_oddities(const struct session *session)
{
    for (uint32_t id = 0; id <= session->recording->plugin_count; id++) {
        const struct trace_counters *counters = &session->model->sums->plugins[id];
        char *name = verdict_plugin_name(session->recording, id);
        if (session->wanted[id] && counters->failed_allocs != 0)
            printf("%s: %s failed.\n", name,
                   text_plural(counters->failed_allocs, "NPN_MemAlloc call").chars);
        if (session->wanted[id] && counters->unknown_frees != 0)
            printf("%s: %s for blocks that were not known to be live.\n", name,
                   text_plural(counters->unknown_frees, "NPN_MemFree call").chars);
        if (session->wanted[id] && counters->freed_elsewhere != 0)
            printf("%s: %s freed, but not through NPN_MemFree.\n", name,
                   text_plural(counters->freed_elsewhere, "block").chars);
        free(name);
    }
    if (!session->model->peaks_are_exact)
        printf("Peaks are at least what is shown: the process's own counters are missing.\n");
}

static void print_stack(const struct session *session, const struct top_stack *top, size_t number)
{
    size_t frames = session->terminal.cut ? FRAMES_SHOWN : 0;
    char *name = verdict_plugin_name(session->recording, top->plugin);

    printf("%3zu. ", number);
    terminal_print(&session->terminal, TERMINAL_TITLE, "%s in %s", text_bytes(top->bytes).chars,
                   text_plural(top->allocs, "call").chars);
    printf(", %s live in %s: %s\n", text_bytes(top->live_bytes).chars,
           text_plural(top->live_blocks, "block").chars, name);
    stack_text_print(session->names, session->stacks, top->stack, &session->terminal, 7, frames);
    free(name);
}

static void print_stacks(const struct session *session, struct top_stack *list, size_t count,
                         enum top_order order, const char *title)
{
    size_t limit = session_limit(session, STACKS_SHOWN), number = 0;

    top_stacks_sort(list, count, order);
    for (size_t i = 0; i < count && i < limit; i++) {
        if ((list[i].allocs == 0 && order != TOP_BY_LIVE) || list[i].shown)
            continue;
        if (number++ == 0) {
            putchar('\n');
            terminal_print(&session->terminal, TERMINAL_TITLE, "%s", title);
            printf("%s:\n", session->model->stacks_are_partial && order != TOP_BY_LIVE
                                ? ", as far as events are left"
                                : "");
        }
        list[i].shown = true;
        print_stack(session, &list[i], number);
    }
}

/* Most stacks with many bytes have many calls as well: each is printed once. */
static void print_top(const struct session *session)
{
    size_t count;
    struct top_stack *list =
        top_stacks_collect(session->model, session->stacks, session->wanted, &count);

    print_stacks(session, list, count, TOP_BY_BYTES, "Call stacks that allocated most bytes");
    print_stacks(session, list, count, TOP_BY_ALLOCS, "Further call stacks with many calls");
    if (session->model->stacks_are_partial)
        print_stacks(session, list, count, TOP_BY_LIVE, "Further call stacks with most live bytes");
    free(list);
}

void report_text_print(const struct session *session)
{
    const struct model *model = session->model;
    char *verdict = verdict_sentence(model), *host = verdict_host(session->recording),
         *lost = verdict_losses(model);

    terminal_print(&session->terminal, verdict_is_bad(model) ? TERMINAL_BAD : TERMINAL_GOOD, "%s",
                   verdict);
    printf("\n%s\n", host);
    if (lost != NULL)
        terminal_print(&session->terminal, TERMINAL_BAD, "%s\n", lost);
    print_table(session);
    print_oddities(session);
    print_top(session);
    putchar('\n');
    session_print_next(session, model->sums->totals.live_blocks != 0 ? "leaks" : "info");
    free(verdict);
    free(host);
    free(lost);
}
