/* viewer/report_text.c - the report as text */
/* SPDX-License-Identifier: MIT */

#include "viewer/report_text.h"
#include "viewer/findings.h"
#include "viewer/paragraph.h"
#include "viewer/report_stacks.h"
#include "viewer/table.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/whatif.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define INSTANCES_SHOWN 20 /* of one plug-in */

static const struct table_column columns[] = {
    {"plug-in, instance", false},
    {"allocs", true},
    {"frees", true},
    {"bytes", true},
    {"live", true},
    {"blocks", true},
    {"peak", true},
    {"allocs/s", true},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static struct text bytes_cell(const struct session *session, uint64_t bytes)
{
    return session->terminal.cut ? text_bytes_brief(bytes) : text_bytes(bytes);
}

static void add_row(struct table *table, const struct session *session, const char *name,
                    enum terminal_style style, const struct trace_counters *counters)
{
    uint64_t duration_ns = recording_duration_ns(session->recording);
    const struct text texts[] = {
        text_count(counters->allocs),
        text_count(counters->frees),
        bytes_cell(session, counters->bytes_allocated),
        bytes_cell(session, counters->live_bytes),
        text_count(counters->live_blocks),
        bytes_cell(session, counters->peak_bytes),
        text_rate(counters->allocs, duration_ns),
    };
    const char *cells[COLUMNS] = {name};

    for (size_t i = 1; i < COLUMNS; i++)
        cells[i] = texts[i - 1].chars;
    table_add(table, style, cells);
}

/* What the row before did on the heap, if it did anything. */
static void add_heap_row(struct table *table, const struct session *session, const char *name,
                         const struct trace_counters *counters)
{
    if (session->model->has_heap && !model_is_idle(counters))
        add_row(table, session, name, TERMINAL_PLAIN, counters);
}

static void add_instance(struct table *table, const struct session *session, uint32_t serial)
{
    const struct recording_instance *instance = &session->recording->instances[serial - 1];
    char *mime = text_printable(instance->mime[0] != '\0' ? instance->mime : "(no MIME type)");
    const char *state = (instance->flags & RING_INSTANCE_FAILED) != 0      ? "failed, "
                        : (instance->flags & RING_INSTANCE_DESTROYED) != 0 ? "gone, "
                                                                           : "";
    char *name = xalloc_format("  #%" PRIu32 " %s%s", serial, state, mime);

    add_row(table, session, name, TERMINAL_PLAIN, &session->model->sums->instances[serial]);
    add_heap_row(table, session, "    heap", &session->model->heap.instances[serial]);
    free(name);
    free(mime);
}

static void add_instances(struct table *table, const struct session *session, uint32_t plugin)
{
    const struct own_instances *own = &session->model->own_instances;
    size_t limit = session_limit(session, INSTANCES_SHOWN), shown = 0;

    for (uint32_t serial = own->first[plugin]; serial != 0 && shown < limit; shown++) {
        add_instance(table, session, serial);
        serial = own->next[serial];
    }
    if (shown == own->count[plugin])
        return;
    struct text more = text_plural(own->count[plugin] - shown, "more instance");
    char *name = xalloc_format("  ... and %s", more.chars);
    const char *cells[COLUMNS] = {name, "", "", "", "", "", "", ""};
    table_add(table, TERMINAL_FAINT, cells);
    free(name);
}

/* What a plug-in holds and what it allocated, of both kinds; the host's heap has a row of its own.
 */
static void amount_of(const struct model *model, uint32_t id, uint64_t ret_amount[2])
{
    const struct trace_counters *npn = &model->sums->plugins[id], *heap = &model->heap.plugins[id];

    ret_amount[0] = npn->live_bytes + (id != 0 ? heap->live_bytes : 0);
    ret_amount[1] = npn->bytes_allocated + (id != 0 ? heap->bytes_allocated : 0);
}

static int by_live(const void *left, const void *right, void *model)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint64_t of_a[2], of_b[2];

    amount_of(model, a, of_a);
    amount_of(model, b, of_b);
    for (size_t i = 0; i < 2; i++)
        if (of_a[i] != of_b[i])
            return of_a[i] < of_b[i] ? 1 : -1;
    return (a > b) - (a < b);
}

static void add_plugin(struct table *table, const struct session *session, uint32_t id)
{
    char *name = verdict_plugin_name(session->recording, id);

    add_row(table, session, name, TERMINAL_NAME, &session->model->sums->plugins[id]);
    free(name);
    if (id == 0)
        return;
    add_heap_row(table, session, "  heap", &session->model->heap.plugins[id]);
    add_instances(table, session, id);
}

static void add_totals(struct table *table, const struct session *session, size_t shown)
{
    const struct model *model = session->model;
    bool with_host = model->has_heap && !model_is_idle(&model->heap.plugins[0]);

    if (session->options->plugin_count != 0)
        return;
    if (with_host)
        add_row(table, session, "the host's heap", TERMINAL_NAME, &model->heap.plugins[0]);
    if (shown > 1)
        add_row(table, session, "all together", TERMINAL_TITLE, &model->sums->totals);
    if (shown + with_host > 1)
        add_heap_row(table, session, "all together, heap", &model->heap.totals);
}

static void print_table(const struct session *session)
{
    const struct recording *recording = session->recording;
    uint32_t *ids = xalloc_zeroed(recording->plugin_count + 1, sizeof(*ids));
    struct table table;
    size_t shown = 0;

    for (uint32_t id = 0; id <= recording->plugin_count; id++)
        ids[id] = id;
    qsort_r(ids, recording->plugin_count + 1, sizeof(*ids), by_live, session->model);
    table_begin(&table, columns, COLUMNS);
    for (size_t i = 0; i <= recording->plugin_count; i++) {
        if (!session->wanted[ids[i]] ||
            (ids[i] == 0 && model_is_idle(&session->model->sums->plugins[0])))
            continue;
        add_plugin(&table, session, ids[i]);
        shown++;
    }
    add_totals(&table, session, shown);
    if (table.row_count > 0) {
        putchar('\n');
        table_print(&table, &session->terminal);
    }
    table_free(&table);
    free(ids);
}

struct oddity {
    uint64_t count;
    const char *what, *rest;
};

static void print_list(const struct session *session, const char *name,
                       const struct oddity *oddities, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (oddities[i].count != 0)
            paragraph_format(&session->terminal, TERMINAL_PLAIN, 0, "%s: %s%s.", name,
                             text_plural(oddities[i].count, oddities[i].what).chars,
                             oddities[i].rest);
}

/* What the columns have no room for, where it happened. */
static void print_oddities_of(const struct session *session, uint32_t plugin)
{
    const struct trace_counters *counters = &session->model->sums->plugins[plugin];
    char *received = counters->received_live_blocks == 0
                         ? xalloc_string(" received from the browser, none left")
                         : xalloc_format(" received from the browser, %s of them not released",
                                         text_count(counters->received_live_blocks).chars);
    const struct oddity oddities[] = {
        {counters->flushes, "NPN_MemFlush call", ""},
        {counters->failed_allocs, "NPN_MemAlloc call", " failed"},
        {counters->unknown_frees, "NPN_MemFree call", " for blocks that were not known to be live"},
        {counters->freed_elsewhere, "block", " freed, but not through NPN_MemFree"},
        {counters->handed_over, "block", " handed over to the browser, to be freed there"},
        {counters->received_blocks, "block", received},
    };
    char *name = verdict_plugin_name(session->recording, plugin);

    print_list(session, name, oddities, sizeof(oddities) / sizeof(oddities[0]));
    free(received);
    free(name);
}

/* Where events are missing, a free or an allocation that was not seen is no wonder. */
static void print_heap_oddities_of(const struct session *session, uint32_t plugin)
{
    const struct trace_counters *counters = &session->model->heap.plugins[plugin];
    bool complete = model_is_complete(session->model);
    const struct oddity oddities[] = {
        {counters->failed_allocs, "heap allocation", " failed"},
        {complete ? counters->unknown_frees : 0, "heap block",
         " freed that nobody was seen to allocate"},
        {complete ? counters->freed_elsewhere : 0, "heap block",
         " freed by nobody who was seen: the addresses were allocated again"},
    };
    char *name = verdict_caller_name(session->recording, plugin, true);

    print_list(session, name, oddities, sizeof(oddities) / sizeof(oddities[0]));
    free(name);
}

static void print_oddities(const struct session *session)
{
    for (uint32_t id = 0; id <= session->recording->plugin_count; id++)
        if (session->wanted[id])
            print_oddities_of(session, id);
    for (uint32_t id = 0; session->model->has_heap && id <= session->recording->plugin_count; id++)
        if (session->wanted[id])
            print_heap_oddities_of(session, id);
    if (!session->model->peaks_are_exact)
        paragraph_print(
            &session->terminal, TERMINAL_PLAIN, 0,
            "Peaks are at least what is shown: the process's own counters are missing.");
}

static const char *next_verb(const struct model *model)
{
    if (findings_count(model) != 0)
        return "findings";
    if (verdict_has_live(model))
        return "leaks";
    return model->heap.plugins[0].live_blocks != 0 ? "leaks --host" : "info";
}

void report_text_print(const struct session *session)
{
    const struct model *model = session->model;
    char *verdict = verdict_sentence(model), *host = verdict_host(session->recording),
         *lost = verdict_losses(model), *whatif = whatif_sentence(session->recording);

    paragraph_print(&session->terminal, verdict_is_bad(model) ? TERMINAL_BAD : TERMINAL_GOOD, 0,
                    verdict);
    if (whatif != NULL)
        paragraph_print(&session->terminal, TERMINAL_BAD, 0, whatif);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, host);
    if (lost != NULL)
        paragraph_format(&session->terminal, TERMINAL_BAD, 0, "Lost: %s", lost);
    print_table(session);
    print_oddities(session);
    report_stacks_print(session);
    session_print_nameless(session);
    putchar('\n');
    session_print_next(session, next_verb(model));
    free(verdict);
    free(whatif);
    free(host);
    free(lost);
}
