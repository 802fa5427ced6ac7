/* viewer/verb_report.c - npntrace report: who allocated how much, and where */
/* SPDX-License-Identifier: MIT */

#include "viewer/findings.h"
#include "viewer/json_out.h"
#include "viewer/report_profile.h"
#include "viewer/report_text.h"
#include "viewer/session.h"
#include "viewer/verb.h"

#include <string.h>

struct report_options {
    struct options shared;
    struct report_profile profile;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_options *options = state->input;

    (void)argument;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = &options->shared;
    state->child_inputs[1] = &options->profile;
    return 0;
}

static const struct argp_child children[] = {
    {&options_shared_argp, 0, NULL, 0}, {&report_profile_argp, 0, "Other answers:", 5}, {0}};
static const struct argp argp = {
    .parser = parse,
    .args_doc = "[FILE]",
    .doc =
        "Show what each plug-in and each of its instances did with NPN memory and, where that was "
        "recorded, with heap memory, and the call stacks that allocated most."
        "\vWithout FILE the newest recording in the current directory is read." OPTIONS_EXAMPLE(
            "report run.npt"),
    .children = children,
};

/* Null: heap calls were not recorded. */
static json_t *json_of_heap(const struct session *session, const struct trace_counters *counters)
{
    return session->model->has_heap ? json_out_counters(counters) : json_null();
}

static json_t *json_of_instances(const struct session *session, uint32_t plugin)
{
    const struct own_instances *own = &session->model->own_instances;
    json_t *list = json_array();

    for (uint32_t serial = own->first[plugin]; serial != 0; serial = own->next[serial]) {
        const struct recording_instance *instance = &session->recording->instances[serial - 1];
        json_t *json = json_object();
        json_object_set_new(json, "serial", json_integer(serial));
        json_object_set_new(json, "mime", json_out_text_or_null(instance->mime));
        json_object_set_new(json, "page", json_out_text_or_null(instance->page));
        json_object_set_new(json, "destroyed",
                            json_boolean(instance->flags & RING_INSTANCE_DESTROYED));
        json_object_set_new(json, "npn",
                            json_out_counters(&session->model->sums->instances[serial]));
        json_object_set_new(json, "heap",
                            json_of_heap(session, &session->model->heap.instances[serial]));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *json_of_plugin(const struct session *session, uint32_t id)
{
    const struct recording_plugin *plugin = &session->recording->plugins[id - 1];
    json_t *json = json_object();

    json_object_set_new(json, "name", json_out_text(recording_base_name(plugin->path)));
    json_object_set_new(json, "path", json_out_text(plugin->path));
    json_object_set_new(json, "build_id",
                        json_out_build_id(plugin->build_id, plugin->build_id_bytes));
    json_object_set_new(json, "npn", json_out_counters(&session->model->sums->plugins[id]));
    json_object_set_new(json, "heap", json_of_heap(session, &session->model->heap.plugins[id]));
    json_object_set_new(json, "instances", json_of_instances(session, id));
    return json;
}

static void print_json(struct session *session, const struct report_profile *asked)
{
    const struct recording *recording = session->recording;
    json_t *json = json_object(), *totals = json_object(), *plugins = json_array();

    json_object_set_new(totals, "npn", json_out_counters(&session->model->sums->totals));
    json_object_set_new(totals, "heap", json_of_heap(session, &session->model->heap.totals));
    for (uint32_t id = 1; id <= recording->plugin_count; id++)
        if (session->wanted[id])
            json_array_append_new(plugins, json_of_plugin(session, id));
    json_object_set_new(json, "format", json_string("npntrace-report-1"));
    json_object_set_new(json, "host", json_out_host(recording));
    json_object_set_new(json, "lost_events", json_out_number(recording_lost_events(recording)));
    json_object_set_new(json, "findings", json_out_number(findings_count(session->model)));
    json_object_set_new(json, "whatif", json_out_whatif(recording));
    json_object_set_new(json, "injected_failures", json_out_number(recording->injected_failures));
    json_object_set_new(json, "totals", totals);
    json_object_set_new(json, "host_heap",
                        recording->process.heap == RING_HEAP_ALL
                            ? json_of_heap(session, &session->model->heap.plugins[0])
                            : json_null());
    json_object_set_new(json, "plugins", plugins);
    if (report_profile_is_wanted(asked))
        json_object_set_new(json, "profile", report_profile_json(session, asked));
    json_out_print(json);
}

static int print_text(struct session *session, const struct report_profile *asked)
{
    if (report_profile_is_wanted(asked))
        return report_profile_print(session, asked) ? STATUS_GOOD : STATUS_TROUBLE;
    report_text_print(session);
    return STATUS_GOOD;
}

int verb_report(int argc, char **argv)
{
    struct report_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    /* A profile reads heap events itself, and may need few of them. */
    options.shared.heap_is_apart =
        !options.shared.json && report_profile_is_wanted(&options.profile);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        if (options.shared.json)
            print_json(&session, &options.profile);
        else
            status = print_text(&session, &options.profile);
        session_end(&session);
    }
    report_profile_free(&options.profile);
    options_free(&options.shared);
    return status;
}
