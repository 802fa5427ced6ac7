/* viewer/serve_metrics.c - the numbers of live recordings as OpenMetrics text */
/* SPDX-License-Identifier: MIT */

#include "config.h"
#include "viewer/findings.h"
#include "viewer/serve.h"
#include "viewer/text.h"
#include "viewer/top.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct writing {
    FILE *to;
    const struct serve_hosts *hosts;
    bool is_openmetrics;
};

/* A metric and what it is announced as. */
enum family_type { GAUGE, COUNTER, INFO };

struct family {
    const char *name; /* without _total or _info */
    const char *help;
    enum family_type type;
};

static const char *const suffixes[] = {[GAUGE] = "", [COUNTER] = "_total", [INFO] = "_info"};

/* The older text announces what the samples are called, and knows no info. */
static void begin_family(const struct writing *writing, const struct family *family)
{
    static const char *const types[] = {[GAUGE] = "gauge", [COUNTER] = "counter", [INFO] = "info"};
    const char *suffix = writing->is_openmetrics ? "" : suffixes[family->type];
    const char *type =
        family->type == INFO && !writing->is_openmetrics ? "gauge" : types[family->type];

    fprintf(writing->to, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name, suffix, family->help,
            family->name, suffix, type);
}

static void put_value_of(FILE *to, const char *text)
{
    char *clean = text_printable(text);

    putc('"', to);
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            putc('\\', to);
        putc(*at, to);
    }
    putc('"', to);
    free(clean);
}

static void put_label(FILE *to, const char *name, const char *text)
{
    fprintf(to, ",%s=", name);
    put_value_of(to, text);
}

/* "NAME{host=...,pid=...": more labels, then end_sample(). */
static void begin_sample(const struct writing *writing, const struct family *family,
                         const struct serve_host *host)
{
    fprintf(writing->to, "%s%s{host=", family->name, suffixes[family->type]);
    put_value_of(writing->to, host->name);
    fprintf(writing->to, ",pid=\"%" PRIu32 "\"", host->pid);
}

static void end_sample(const struct writing *writing, uint64_t value)
{
    fprintf(writing->to, "} %" PRIu64 "\n", value);
}

/* ---- processes ------------------------------------------------------------------------------ */

static void write_processes(const struct writing *writing)
{
    static const struct family family = {"npntrace_process", "Traced processes that run now.",
                                         INFO};
    static const char *const heaps[] = {
        [RING_HEAP_OFF] = "off", [RING_HEAP_PLUGINS] = "plugins", [RING_HEAP_ALL] = "all"};

    begin_family(writing, &family);
    for (size_t i = 0; i < writing->hosts->count; i++) {
        const struct serve_host *host = &writing->hosts->list[i];
        const struct follow *follow = host->live->follow;
        uint32_t heap = follow->recording->process.heap;
        begin_sample(writing, &family, host);
        put_label(writing->to, "exe", follow->recording->process.exe);
        put_label(writing->to, "recording", recording_base_name(follow->name));
        put_label(writing->to, "heap", heap <= RING_HEAP_ALL ? heaps[heap] : "");
        end_sample(writing, 1);
    }
}

static void write_lost(const struct writing *writing)
{
    static const struct family family = {"npntrace_lost_events",
                                         "Events that were lost before they were read: heap "
                                         "numbers and call stacks are of the rest.",
                                         COUNTER};

    begin_family(writing, &family);
    for (size_t i = 0; i < writing->hosts->count; i++) {
        begin_sample(writing, &family, &writing->hosts->list[i]);
        end_sample(writing, follow_lost_events(writing->hosts->list[i].live->follow));
    }
}

static void write_host_findings(const struct writing *writing, const struct family *family,
                                const struct serve_host *host)
{
    bool *wanted = live_wanted(host->live);
    struct findings findings = findings_find(host->live->follow->model, wanted);

    for (unsigned kind = 0; kind <= FINDINGS_UNKNOWN; kind++) {
        uint64_t count = 0;
        for (size_t i = 0; i < findings.count; i++)
            if (findings.list[i].kind == kind && kind != FINDINGS_OBJECT_KEPT)
                count += findings.list[i].finding.count;
        if (count == 0)
            continue;
        begin_sample(writing, family, host);
        put_label(writing->to, "kind", findings_name(kind));
        end_sample(writing, count);
    }
    findings_free(&findings);
    free(wanted);
}

static void write_findings(const struct writing *writing)
{
    static const struct family family = {
        "npntrace_findings", "How often plug-ins broke a rule of the API, by kind.", COUNTER};

    begin_family(writing, &family);
    for (size_t i = 0; i < writing->hosts->count; i++)
        write_host_findings(writing, &family, &writing->hosts->list[i]);
}

/* ---- plug-ins and instances ----------------------------------------------------------------- */

static uint64_t live_bytes(const struct live_row *row)
{
    return row->live_bytes;
}

static uint64_t live_blocks(const struct live_row *row)
{
    return row->live_blocks;
}

static uint64_t peak_bytes(const struct live_row *row)
{
    return row->peak_bytes;
}

static uint64_t allocs(const struct live_row *row)
{
    return row->allocs;
}

static uint64_t allocated_bytes(const struct live_row *row)
{
    return row->bytes;
}

static uint64_t frees(const struct live_row *row)
{
    return row->frees;
}

static const struct row_family {
    struct family family;
    enum live_kind kind;
    uint64_t (*value)(const struct live_row *row);
} row_families[] = {
    {{"npntrace_plugin_live_bytes", "Bytes that are allocated and not freed.", GAUGE},
     LIVE_PLUGIN,
     live_bytes},
    {{"npntrace_plugin_live_blocks", "Blocks that are allocated and not freed.", GAUGE},
     LIVE_PLUGIN,
     live_blocks},
    {{"npntrace_plugin_peak_bytes", "The most bytes that were live at one time.", GAUGE},
     LIVE_PLUGIN,
     peak_bytes},
    {{"npntrace_plugin_allocations", "Successful allocations.", COUNTER}, LIVE_PLUGIN, allocs},
    {{"npntrace_plugin_allocated_bytes", "Bytes of successful allocations.", COUNTER},
     LIVE_PLUGIN,
     allocated_bytes},
    {{"npntrace_plugin_frees", "Frees.", COUNTER}, LIVE_PLUGIN, frees},
    {{"npntrace_instance_live_bytes", "Bytes of an instance that are not freed.", GAUGE},
     LIVE_INSTANCE,
     live_bytes},
    {{"npntrace_instance_live_blocks", "Blocks of an instance that are not freed.", GAUGE},
     LIVE_INSTANCE,
     live_blocks},
    {{"npntrace_instance_peak_bytes", "The most bytes of an instance that were live.", GAUGE},
     LIVE_INSTANCE,
     peak_bytes},
    {{"npntrace_instance_allocations", "Successful allocations of an instance.", COUNTER},
     LIVE_INSTANCE,
     allocs},
    {{"npntrace_instance_allocated_bytes", "Bytes of an instance's allocations.", COUNTER},
     LIVE_INSTANCE,
     allocated_bytes},
};

static void put_owner(const struct writing *writing, const struct serve_host *host,
                      const struct live_row *row)
{
    const struct recording *recording = host->live->follow->recording;

    put_label(writing->to, "plugin", host->plugin_names[row->plugin]);
    if (row->kind == LIVE_INSTANCE) {
        fprintf(writing->to, ",instance=\"%" PRIu32 "\"", row->instance);
        put_label(writing->to, "mime", recording->instances[row->instance - 1].mime);
    }
    put_label(writing->to, "memory", row->is_heap ? "heap" : "npn");
}

/* Series of instances end with them: there may be very many in the life of a browser. */
static void write_rows(const struct writing *writing, const struct row_family *family)
{
    begin_family(writing, &family->family);
    for (size_t i = 0; i < writing->hosts->count; i++) {
        const struct serve_host *host = &writing->hosts->list[i];
        for (size_t j = 0; j < host->live->row_count; j++) {
            const struct live_row *row = &host->live->rows[j];
            if (row->kind != family->kind || (row->kind == LIVE_INSTANCE && row->is_over))
                continue;
            begin_sample(writing, &family->family, host);
            put_owner(writing, host, row);
            end_sample(writing, family->value(row));
        }
    }
}

/* What instances that are gone have left: by plug-in and kind of memory. */
static void write_outlived(const struct writing *writing)
{
    static const struct family family = {
        "npntrace_plugin_outlived_bytes",
        "Bytes that instances which are destroyed allocated and nobody freed.", GAUGE};

    begin_family(writing, &family);
    for (size_t i = 0; i < writing->hosts->count; i++) {
        const struct serve_host *host = &writing->hosts->list[i];
        const struct live *live = host->live;
        for (size_t j = 0; j < live->row_count; j++) {
            const struct live_row *row = &live->rows[j];
            uint64_t bytes = 0;
            if (row->kind != LIVE_PLUGIN || row->plugin == 0)
                continue;
            for (size_t k = 0; k < live->row_count; k++)
                if (live->rows[k].kind == LIVE_INSTANCE && live->rows[k].is_over &&
                    live->rows[k].plugin == row->plugin && live->rows[k].is_heap == row->is_heap)
                    bytes += live->rows[k].live_bytes;
            begin_sample(writing, &family, host);
            put_owner(writing, host, row);
            end_sample(writing, bytes);
        }
    }
}

static void write_instances(const struct writing *writing, bool is_created)
{
    static const struct family now = {"npntrace_plugin_instances", "Instances that exist.", GAUGE};
    static const struct family ever = {"npntrace_plugin_created_instances",
                                       "Instances that were created so far.", COUNTER};
    const struct family *family = is_created ? &ever : &now;

    begin_family(writing, family);
    for (size_t i = 0; i < writing->hosts->count; i++) {
        const struct serve_host *host = &writing->hosts->list[i];
        const struct recording *recording = host->live->follow->recording;
        for (uint32_t id = 1; id <= recording->plugin_count; id++) {
            uint64_t count = 0;
            for (size_t j = 0; j < recording->instance_count; j++)
                count +=
                    recording->instances[j].plugin == id &&
                    (is_created || (recording->instances[j].flags & RING_INSTANCE_DESTROYED) == 0);
            if (!live_wants(host->live, id))
                continue;
            begin_sample(writing, family, host);
            put_label(writing->to, "plugin", host->plugin_names[id]);
            end_sample(writing, count);
        }
    }
}

/* ---- call stacks ---------------------------------------------------------------------------- */

struct place {
    const char *text;
    struct live_row row;
};

/* Stacks that would have the same labels are one series. */
static size_t collect_places(const struct serve_host *host, size_t limit, struct place *places)
{
    struct top_choice choice = {.sort = TOP_LIVE};
    size_t row_count, count = 0;
    size_t *order = top_sort(host->live, &choice, TOP_STACKS, &row_count);

    for (size_t i = 0; i < row_count && i < limit; i++) {
        const struct live_row *row = &host->live->stack_rows[order[i]];
        const char *text = live_stack_text(host->live, row);
        size_t at = 0;
        while (at < count &&
               (strcmp(places[at].text, text) != 0 || places[at].row.plugin != row->plugin ||
                places[at].row.is_heap != row->is_heap))
            at++;
        if (at == count)
            places[count++] = (struct place){text, *row};
        else
            places[at].row.live_bytes += row->live_bytes;
    }
    free(order);
    return count;
}

static void write_stacks(const struct writing *writing)
{
    static const struct family family = {
        "npntrace_stack_live_bytes",
        "Bytes not freed, by the plug-in's function that allocated: the largest call stacks.",
        GAUGE};
    size_t limit = writing->hosts->stack_limit;

    if (limit == 0)
        return;
    begin_family(writing, &family);
    struct place *places = xalloc_zeroed(limit, sizeof(*places));
    for (size_t i = 0; i < writing->hosts->count; i++) {
        const struct serve_host *host = &writing->hosts->list[i];
        size_t count = collect_places(host, limit, places);
        for (size_t j = 0; j < count; j++) {
            begin_sample(writing, &family, host);
            put_owner(writing, host, &places[j].row);
            put_label(writing->to, "function", places[j].text);
            end_sample(writing, places[j].row.live_bytes);
        }
    }
    free(places);
}

static void write_self(const struct writing *writing, double seconds)
{
    static const struct family processes = {"npntrace_processes", "Traced processes that run now.",
                                            GAUGE};
    static const struct family unreadable = {"npntrace_unreadable_recordings",
                                             "Files that look like recordings and cannot be read.",
                                             GAUGE};
    static const struct family reading = {"npntrace_read_seconds",
                                          "How long it took to read what is new.", GAUGE};
    static const struct family build = {"npntrace_build", "The version that serves.", INFO};

    begin_family(writing, &processes);
    fprintf(writing->to, "%s %zu\n", processes.name, writing->hosts->count);
    begin_family(writing, &unreadable);
    fprintf(writing->to, "%s %" PRIu64 "\n", unreadable.name, writing->hosts->unreadable);
    begin_family(writing, &reading);
    fprintf(writing->to, "%s %.6f\n", reading.name, seconds);
    begin_family(writing, &build);
    fprintf(writing->to, "%s_info{version=\"%s\"} 1\n", build.name, PACKAGE_VERSION);
}

void serve_metrics_write(FILE *to, const struct serve_hosts *hosts, bool is_openmetrics,
                         double seconds)
{
    struct writing writing = {.to = to, .hosts = hosts, .is_openmetrics = is_openmetrics};

    write_self(&writing, seconds);
    write_processes(&writing);
    write_lost(&writing);
    write_findings(&writing);
    for (size_t i = 0; i < sizeof(row_families) / sizeof(row_families[0]); i++)
        write_rows(&writing, &row_families[i]);
    write_outlived(&writing);
    write_instances(&writing, false);
    write_instances(&writing, true);
    write_stacks(&writing);
    if (is_openmetrics)
        fputs("# EOF\n", to);
}
