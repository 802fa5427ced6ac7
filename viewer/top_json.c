/* viewer/top_json.c - what `npntrace top` shows, for machines */
/* SPDX-License-Identifier: MIT */

#include "viewer/findings.h"
#include "viewer/json_out.h"
#include "viewer/top.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

/* Null: the first look has no time to count by. */
static json_t *rate(const struct live_row *row, double number)
{
    return row->has_rate ? json_real(number) : json_null();
}

static json_t *json_of_row(const struct live_row *row)
{
    json_t *json = json_object();

    json_object_set_new(json, "allocs", json_out_number(row->allocs));
    json_object_set_new(json, "frees", json_out_number(row->frees));
    json_object_set_new(json, "bytes_allocated", json_out_number(row->bytes));
    json_object_set_new(json, "live_blocks", json_out_number(row->live_blocks));
    json_object_set_new(json, "live_bytes", json_out_number(row->live_bytes));
    json_object_set_new(json, "peak_bytes",
                        row->lacks_peak ? json_null() : json_out_number(row->peak_bytes));
    json_object_set_new(json, "growth_bytes", json_integer(row->growth_bytes));
    json_object_set_new(json, "bytes_per_s", rate(row, row->bytes_per_s));
    json_object_set_new(json, "allocs_per_s", rate(row, row->allocs_per_s));
    return json;
}

static const char *domain(const struct live_row *row)
{
    return row->is_heap ? "heap" : "npn";
}

static json_t *json_of_instance(const struct recording *recording, uint32_t serial)
{
    const struct recording_instance *instance = &recording->instances[serial - 1];
    json_t *json = json_object();

    json_object_set_new(json, "serial", json_integer((json_int_t)serial));
    json_object_set_new(json, "mime", json_out_text_or_null(instance->mime));
    json_object_set_new(json, "page", json_out_text_or_null(instance->page));
    json_object_set_new(json, "destroyed", json_boolean(instance->flags & RING_INSTANCE_DESTROYED));
    json_object_set_new(json, "npn", json_null());
    json_object_set_new(json, "heap", json_null());
    return json;
}

static json_t *json_of_plugin(const struct recording *recording, uint32_t id)
{
    const struct recording_plugin *plugin = &recording->plugins[id - 1];
    json_t *json = json_object();

    json_object_set_new(json, "name", json_out_text(recording_base_name(plugin->path)));
    json_object_set_new(json, "path", json_out_text(plugin->path));
    json_object_set_new(json, "npn", json_null());
    json_object_set_new(json, "heap", json_null());
    json_object_set_new(json, "instances", json_array());
    return json;
}

/* Rows of a plug-in and its instances follow each other. */
static json_t *json_of_plugins(const struct live *live, json_t **ret_host)
{
    const struct recording *recording = live->follow->recording;
    json_t *list = json_array(), *plugin = NULL, *instance = NULL;
    uint32_t plugin_id = 0, serial = 0;

    for (size_t i = 0; i < live->row_count; i++) {
        const struct live_row *row = &live->rows[i];
        if (row->plugin == 0) {
            if (row->is_heap)
                *ret_host = json_of_row(row);
            continue;
        }
        if (plugin == NULL || row->plugin != plugin_id) {
            plugin = json_of_plugin(recording, plugin_id = row->plugin);
            json_array_append_new(list, plugin);
            serial = 0;
        }
        if (row->kind == LIVE_PLUGIN) {
            json_object_set_new(plugin, domain(row), json_of_row(row));
            continue;
        }
        if (row->instance != serial) {
            instance = json_of_instance(recording, serial = row->instance);
            json_array_append_new(json_object_get(plugin, "instances"), instance);
        }
        json_object_set_new(instance, domain(row), json_of_row(row));
    }
    return list;
}

static json_t *json_of_stacks(struct live *live, size_t limit)
{
    struct top_choice choice = {.sort = TOP_LIVE};
    size_t count;
    size_t *order = top_sort(live, &choice, TOP_STACKS, &count);
    json_t *list = json_array();

    for (size_t i = 0; i < count && i < limit; i++) {
        const struct live_row *row = &live->stack_rows[order[i]];
        const struct recording *recording = live->follow->recording;
        json_t *json = json_of_row(row);
        json_object_del(json, "frees");
        json_object_del(json, "peak_bytes");
        json_object_set_new(json, "domain", json_string(domain(row)));
        json_object_set_new(json, "plugin",
                            row->plugin == 0 ? json_null()
                                             : json_out_text(recording_base_name(
                                                   recording->plugins[row->plugin - 1].path)));
        json_object_set_new(json, "stack",
                            json_out_stack(live_names(live), live->stacks, live_stack(live, row)));
        json_array_append_new(list, json);
    }
    free(order);
    return list;
}

static uint64_t count_findings(const struct live *live)
{
    bool *wanted = live_wanted(live);
    struct findings findings = findings_find(live->follow->model, wanted);
    uint64_t count = findings.count;

    findings_free(&findings);
    free(wanted);
    return count;
}

void top_json_print(struct live *live, const struct top_choice *choice, size_t stack_limit)
{
    const struct follow *follow = live->follow;
    const struct model *model = follow->model;
    json_t *json = json_object(), *totals = json_object(), *host = json_null();
    json_t *plugins = json_of_plugins(live, &host);

    json_object_set_new(totals, "npn", json_of_row(&live->totals[0]));
    json_object_set_new(totals, "heap",
                        model->has_heap ? json_of_row(&live->totals[1]) : json_null());
    json_object_set_new(json, "format", json_string("npntrace-top-1"));
    json_object_set_new(json, "host", json_out_host(follow->recording));
    json_object_set_new(json, "running", json_boolean(follow_goes_on(follow)));
    json_object_set_new(json, "seconds",
                        live->seconds > 0 ? json_real(live->seconds) : json_null());
    json_object_set_new(json, "trouble",
                        choice->trouble != NULL ? json_string(choice->trouble) : json_null());
    json_object_set_new(json, "lost_events", json_out_number(follow_lost_events(follow)));
    json_object_set_new(json, "findings", json_out_number(count_findings(live)));
    json_object_set_new(json, "totals", totals);
    json_object_set_new(json, "host_heap", host);
    json_object_set_new(json, "plugins", plugins);
    json_object_set_new(json, "stacks", json_of_stacks(live, stack_limit));
    json_out_print(json);
}
