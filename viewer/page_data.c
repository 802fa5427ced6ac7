/* viewer/page_data.c - everything that the HTML page shows, as one JSON object */
/* SPDX-License-Identifier: MIT */

#include "viewer/page_data.h"
#include "config.h"
#include "viewer/call_tree.h"
#include "viewer/findings.h"
#include "viewer/json_out.h"
#include "viewer/leak_growth.h"
#include "viewer/leak_rules.h"
#include "viewer/leak_words.h"
#include "viewer/page_out.h"
#include "viewer/page_rows.h"
#include "viewer/verdict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define LEAKS_SHOWN 500u

struct page {
    struct session *session;
    const struct profile *profile;
    bool filtered;
    struct call_tree tree;
    FILE *to;
};

static json_t *sentence(char *text)
{
    json_t *json = json_out_text(text);

    free(text);
    return json;
}

static json_t *json_of_begin(const struct recording_process *process)
{
    time_t seconds = (time_t)(process->start_realtime_ns / UINT64_C(1000000000));
    struct tm tm;
    char text[40] = "";

    if (process->start_realtime_ns == 0 || gmtime_r(&seconds, &tm) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return json_null();
    return json_string(text);
}

static void write_head(struct page *page)
{
    const struct session *session = page->session;
    const struct recording *recording = session->recording;
    const struct profile *profile = page->profile;
    uint64_t start = recording->process.start_stamp;
    json_t *json = json_object(), *totals = json_object();

    json_object_set_new(totals, "npn", json_out_counters(&session->model->sums->totals));
    json_object_set_new(totals, "heap",
                        session->model->has_heap ? json_out_counters(&session->model->heap.totals)
                                                 : json_null());
    json_object_set_new(json, "format", json_string(PAGE_FORMAT));
    json_object_set_new(json, "version", json_string(PACKAGE_VERSION));
    json_object_set_new(json, "file", json_out_text(recording_base_name(recording->path)));
    json_object_set_new(json, "begin", json_of_begin(&recording->process));
    json_object_set_new(json, "host", json_out_host(recording));
    json_object_set_new(json, "verdict", sentence(verdict_sentence(session->model)));
    json_object_set_new(json, "is_bad", json_boolean(verdict_is_bad(session->model)));
    json_object_set_new(json, "ending", sentence(verdict_host(recording)));
    json_object_set_new(json, "lost", sentence(verdict_losses(session->model)));
    json_object_set_new(json, "findings", json_out_number(findings_count(session->model)));
    json_object_set_new(json, "has_heap", json_boolean(session->model->has_heap));
    json_object_set_new(json, "host_heap", json_boolean(recording->process.heap == RING_HEAP_ALL));
    json_object_set_new(json, "partial", json_boolean(profile->partial));
    json_object_set_new(json, "filtered", json_boolean(page->filtered));
    json_object_set_new(json, "totals", totals);
    json_object_set_new(json, "selected", json_out_counters(&profile->totals));
    json_object_set_new(
        json, "first_ns",
        json_out_number(profile->first_stamp > start ? profile->first_stamp - start : 0));
    json_object_set_new(
        json, "peak_ns",
        json_out_number(profile->peak_stamp > start ? profile->peak_stamp - start : 0));
    json_object_set_new(json, "peak_bytes", json_out_number(profile->peak_bytes));
    json_object_set_new(json, "interval_ns", json_out_number(profile->interval_ns));
    json_object_set_new(json, "samples", json_out_number(profile->sample_count));
    page_out_members(page->to, json);
}

static json_t *json_of_plugin(const struct recording *recording, uint32_t id)
{
    const struct recording_plugin *plugin = &recording->plugins[id - 1];
    json_t *json = json_object();

    json_object_set_new(json, "id", json_out_number(id));
    json_object_set_new(json, "name", sentence(verdict_plugin_name(recording, id)));
    json_object_set_new(json, "path", json_out_text(plugin->path));
    json_object_set_new(json, "build_id",
                        json_out_build_id(plugin->build_id, plugin->build_id_bytes));
    return json;
}

static void write_plugins(struct page *page)
{
    const struct recording *recording = page->session->recording;

    page_out_open(page->to, "plugins", '[');
    for (uint32_t id = 1; id <= recording->plugin_count; id++)
        page_out_element(page->to, id == 1, json_of_plugin(recording, id));
    page_out_close(page->to, ']');
}

static json_t *json_of_instance(const struct recording *recording, uint32_t index)
{
    json_t *json = json_out_instance(recording, index + 1);

    json_object_set_new(json, "plugin", json_out_number(recording->instances[index].plugin));
    return json;
}

/* What was live at most in each interval, for each plug-in. */
static void write_tracks(struct page *page)
{
    const struct profile *profile = page->profile;
    json_t *list = json_array();

    for (size_t i = 0; i < profile->track_count; i++) {
        const struct profile_track *track = &profile->tracks[i];
        json_t *json = json_object(), *peaks = json_array();
        for (size_t sample = 0; sample < profile->sample_count; sample++)
            json_array_append_new(peaks, json_out_number(track->samples[sample].peak_bytes));
        json_object_set_new(json, "plugin", json_out_number(track->plugin));
        json_object_set_new(json, "peaks", peaks);
        json_array_append_new(list, json);
    }
    page_out_member(page->to, "tracks", list);
}

static void write_instances(struct page *page)
{
    const struct recording *recording = page->session->recording;

    page_out_open(page->to, "instances", '[');
    for (uint32_t i = 0; i < recording->instance_count; i++)
        page_out_element(page->to, i == 0, json_of_instance(recording, i));
    page_out_close(page->to, ']');
}

static json_t *json_of_leak(struct page *page, const struct leak *leak)
{
    const struct session *session = page->session;
    bool live = session->recording->live;
    json_t *json = json_object();

    json_object_set_new(json, "plugin", json_out_number(leak->plugin));
    json_object_set_new(json, "domain", json_string(leak_domain_name(leak->domain)));
    json_object_set_new(json, "kind", json_string(leak_kind_name(leak->kind)));
    json_object_set_new(json, "why", json_string(leak_kind_text(leak->kind, live)));
    json_object_set_new(json, "blocks", json_out_number(leak->blocks + leak->objects));
    json_object_set_new(json, "bytes", json_out_number(leak->bytes));
    json_object_set_new(json, "node",
                        json_out_number(call_tree_node(&page->tree, leak->stacks->stack)));
    json_object_set_new(json, "what", sentence(leak_what(leak)));
    json_object_set_new(json, "age", sentence(leak_age_text(session->model, leak)));
    json_object_set_new(json, "growing", json_out_text(leak_growth_name(leak->growth)));
    json_object_set_new(json, "first_ns", json_out_number(recording_since_start_ns(
                                              session->recording, leak->first_stamp)));
    json_object_set_new(json, "last_ns", json_out_number(recording_since_start_ns(
                                             session->recording, leak->last_stamp)));
    return json;
}

static json_t *json_of_suppressed(const struct leak_rules *rules)
{
    json_t *json = json_object();

    if (rules->filter != NULL) {
        json_object_set_new(json, "blocks", json_out_number(rules->filter->suppressed.blocks));
        json_object_set_new(json, "bytes", json_out_number(rules->filter->suppressed.bytes));
    }
    return json;
}

/* Those of `npntrace leaks`, in its order. Without files of suppressions nothing can fail. */
static void write_leaks(struct page *page)
{
    struct session *session = page->session;
    struct leak_rules rules = {.shared = session->options};
    bool begun = leak_rules_begin(&rules, session->names);
    struct leaks_wanted wanted = {.plugins = session->wanted,
                                  .filter = begun ? rules.filter : NULL};
    struct leaks leaks = leaks_find(session->model, session->stacks, &wanted);
    json_t *list = json_array();

    for (size_t i = 0; i < leaks.count && i < LEAKS_SHOWN; i++)
        json_array_append_new(list, json_of_leak(page, &leaks.list[i]));
    page_out_member(page->to, "leaks", list);
    page_out_member(page->to, "leak_count", json_out_number(leaks.count));
    page_out_member(page->to, "leak_bytes", json_out_number(leaks.bytes));
    page_out_member(page->to, "leaks_suppressed", json_of_suppressed(&rules));
    leaks_free(&leaks);
    leak_rules_free(&rules);
}

static void write_tree(struct page *page)
{
    const struct call_tree *tree = &page->tree;
    FILE *to = page->to;

    page_out_strings(to, "texts", tree->texts, tree->text_count);
    page_out_open(to, "places", '{');
    PAGE_OUT_COLUMN(to, "function", tree->places, tree->place_count, .function, true);
    PAGE_OUT_COLUMN(to, "module", tree->places, tree->place_count, .module, false);
    PAGE_OUT_COLUMN(to, "file", tree->places, tree->place_count, .file, false);
    PAGE_OUT_COLUMN(to, "line", tree->places, tree->place_count, .line, false);
    PAGE_OUT_COLUMN(to, "offset", tree->places, tree->place_count, .offset, false);
    PAGE_OUT_COLUMN(to, "flags", tree->places, tree->place_count, .flags, false);
    page_out_close(to, '}');
    page_out_open(to, "nodes", '{');
    PAGE_OUT_COLUMN(to, "parent", tree->nodes, tree->node_count, .parent, true);
    PAGE_OUT_COLUMN(to, "place", tree->nodes, tree->node_count, .place, false);
    page_out_close(to, '}');
}

static void write_histogram(struct page *page, const char *key,
                            const uint64_t (*numbers)[PROFILE_CLASSES])
{
    page_out_open(page->to, key, '{');
    PAGE_OUT_COLUMN(page->to, "npn", numbers[LEAK_NPN], PROFILE_CLASSES, , true);
    PAGE_OUT_COLUMN(page->to, "heap", numbers[LEAK_HEAP], PROFILE_CLASSES, , false);
    page_out_close(page->to, '}');
}

static void write_histograms(struct page *page)
{
    const struct profile *profile = page->profile;
    FILE *to = page->to;

    write_histogram(page, "sizes", profile->sizes);
    write_histogram(page, "size_bytes", profile->size_bytes);
    write_histogram(page, "lifetimes", profile->lifetimes);
    page_out_open(to, "threads", '{');
    PAGE_OUT_COLUMN(to, "tid", profile->threads, profile->thread_count, .tid, true);
    PAGE_OUT_COLUMN(to, "domain", profile->threads, profile->thread_count, .domain, false);
    PAGE_OUT_COLUMN(to, "allocs", profile->threads, profile->thread_count, .allocs, false);
    PAGE_OUT_COLUMN(to, "bytes", profile->threads, profile->thread_count, .bytes, false);
    PAGE_OUT_COLUMN(to, "frees", profile->threads, profile->thread_count, .frees, false);
    page_out_close(to, '}');
}

void page_data_write(struct session *session, const struct profile *profile, bool filtered,
                     FILE *to)
{
    struct page page = {.session = session, .profile = profile, .filtered = filtered, .to = to};

    call_tree_init(&page.tree, session->names, session->stacks);
    fputc('{', to);
    write_head(&page);
    write_plugins(&page);
    write_tracks(&page);
    write_instances(&page);
    page_rows_write(session, profile, &page.tree, to);
    write_leaks(&page);
    write_tree(&page);
    write_histograms(&page);
    fputc('}', to);
    call_tree_free(&page.tree);
}
