/* viewer/verb_findings.c - npntrace findings: what plug-ins did against the rules of the API */
/* SPDX-License-Identifier: MIT */

#include "viewer/finding_words.h"
#include "viewer/findings.h"
#include "viewer/findings_text.h"
#include "viewer/json_out.h"
#include "viewer/message.h"
#include "viewer/session.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

enum { KEY_FAIL_ON_FINDING = 0x200 };

struct findings_options {
    struct options shared;
    bool fail_on_finding;
};

static const struct argp_option own_options[] = {
    {"fail-on-finding", KEY_FAIL_ON_FINDING, NULL, 0, "end with status 1 if there is a finding", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct findings_options *options = state->input;

    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->shared; return 0;
    case KEY_FAIL_ON_FINDING: options->fail_on_finding = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Show what plug-ins did against the rules of the API about memory, objects and threads: "
           "which rule was broken, where, by whom, and where the block or object came from. The "
           "same at the same place is one finding with a count."
           "\vWithout FILE the newest recording in the current directory is read.",
    .children = children,
};

static json_t *name_json(const struct session *session, uint32_t plugin)
{
    if (plugin == 0)
        return json_null();
    return json_out_text(recording_base_name(session->recording->plugins[plugin - 1].path));
}

static json_t *mime_json(const struct session *session, uint32_t serial)
{
    if (serial == 0)
        return json_null();
    return json_out_text_or_null(session->recording->instances[serial - 1].mime);
}

static json_t *number_or_null(uint64_t number)
{
    return number != 0 ? json_out_number(number) : json_null();
}

static json_t *since_start(const struct session *session, uint64_t stamp)
{
    return json_out_number(recording_since_start_ns(session->recording, stamp));
}

/* Null where nothing is known; a stack that was lost is an empty list. */
static json_t *stack_json(const struct session *session, uint32_t node, bool known)
{
    if (!known)
        return json_null();
    return json_out_stack(session->names, session->stacks, stacks_of(session->stacks, node));
}

static json_t *owner_json(const struct session *session, const struct found *found)
{
    const struct trace_finding *finding = &found->finding;
    json_t *json = json_object();

    json_object_set_new(json, "plugin", name_json(session, finding->owner_plugin));
    json_object_set_new(json, "instance", number_or_null(finding->owner_instance));
    json_object_set_new(json, "mime", mime_json(session, finding->owner_instance));
    json_object_set_new(json, "origin", json_out_text(finding_words_origin(found)));
    json_object_set_new(json, "stamp_ns", since_start(session, finding->owner_stamp));
    return json;
}

/* What some kinds have. */
static void set_details(const struct session *session, json_t *json, const struct found *found)
{
    const struct trace_finding *finding = &found->finding;
    bool owned = finding->owner_stamp != 0 || finding->owner_node != RING_NODE_NONE;

    json_object_set_new(json, "allocated_by", stack_json(session, finding->owner_node, owned));
    json_object_set_new(json, "owner", owned ? owner_json(session, found) : json_null());
    json_object_set_new(
        json, "released_by",
        stack_json(session, finding->released_node, finding->released_node != RING_NODE_NONE));
    json_object_set_new(json, "function", json_out_text(finding_words_function(found)));
    json_object_set_new(json, "way", json_out_text(finding_words_way(found)));
    json_object_set_new(json, "times",
                        found->kind == FINDING_FLUSH_SPINS ? json_out_number(finding->detail)
                                                           : json_null());
    json_object_set_new(json, "refs", number_or_null(found->refs));
}

static json_t *finding_json(const struct session *session, const struct found *found)
{
    const struct trace_finding *finding = &found->finding;
    char *what = finding_words_what(session->recording, found);
    char *text = xalloc_format("%s. %s", what, findings_rule(found->kind));
    json_t *json = json_object();

    json_object_set_new(json, "kind", json_string(findings_name(found->kind)));
    json_object_set_new(json, "title", json_string(findings_title(found->kind)));
    json_object_set_new(json, "plugin", name_json(session, finding->plugin));
    json_object_set_new(json, "instance", number_or_null(finding->instance));
    json_object_set_new(json, "mime", mime_json(session, finding->instance));
    json_object_set_new(json, "count", json_out_number(finding->count));
    json_object_set_new(json, "address",
                        finding->address != 0 ? json_string(text_hex(finding->address).chars)
                                              : json_null());
    json_object_set_new(json, "size", number_or_null(finding->size));
    json_object_set_new(json, "first_ns", since_start(session, finding->first_stamp));
    json_object_set_new(json, "last_ns", since_start(session, finding->last_stamp));
    json_object_set_new(json, "stack", stack_json(session, finding->node, true));
    set_details(session, json, found);
    json_object_set_new(json, "text", json_out_text(text));
    json_object_set_new(json, "rule", json_string(findings_rule(found->kind)));
    json_object_set_new(json, "note", json_out_text(finding_words_note(found)));
    free(text);
    free(what);
    return json;
}

static void print_json(const struct session *session, const struct findings *findings)
{
    const struct recording *recording = session->recording;
    json_t *json = json_object();
    size_t limit = session_limit(session, SIZE_MAX);
    char *missing = findings_missing(recording);

    json_object_set_new(json, "format", json_string("npntrace-findings-1"));
    json_object_set_new(json, "complete", json_boolean(missing == NULL));
    json_object_set_new(json, "unlisted_findings",
                        json_out_number(recording->losses.unlisted_findings));
    json_object_set_new(json, "unlisted_objects",
                        json_out_number(recording->losses.unlisted_objects));
    json_object_set_new(json, "whatif", json_out_whatif(recording));
    json_object_set_new(json, "injected_failures", json_out_number(recording->injected_failures));
    json_out_list_begin(json, "findings");
    for (size_t i = 0; i < findings->count && i < limit; i++)
        json_out_list_add(finding_json(session, &findings->list[i]), i == 0);
    json_out_list_end();
    if (missing != NULL)
        message("%s: %s", recording->path, missing);
    session_warn_nameless(session);
    free(missing);
}

int verb_findings(int argc, char **argv)
{
    struct findings_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        struct findings findings = findings_find(session.model, session.wanted);
        findings_find_heap_blocks(session.recording, &findings);
        if (options.shared.json)
            print_json(&session, &findings);
        else
            findings_text_print(&session, &findings);
        if (options.fail_on_finding)
            status = findings_status(session.recording, &findings);
        findings_free(&findings);
        session_end(&session);
    }
    options_free(&options.shared);
    return status;
}
