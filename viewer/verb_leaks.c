/* viewer/verb_leaks.c - npntrace leaks: what is still live and why it counts */
/* SPDX-License-Identifier: MIT */

#include "viewer/json_out.h"
#include "viewer/leak_words.h"
#include "viewer/leaks_text.h"
#include "viewer/session.h"
#include "viewer/verb.h"

#include <string.h>

enum { KEY_FAIL_ON_LEAK = 0x200, KEY_HOST, KEY_BY };

struct leaks_options {
    struct options shared;
    bool fail_on_leak;
    bool host;
    bool by_stack;
};

static const struct argp_option own_options[] = {
    {"by", KEY_BY, "place|stack", 0,
     "put together what came from one place in the plug-in, by whichever callers (the default), or "
     "with one whole call stack",
     0},
    {"fail-on-leak", KEY_FAIL_ON_LEAK, NULL, 0, "end with status 1 if there is a leak", 0},
    {"host", KEY_HOST, NULL, 0, "list heap memory that the host allocated for itself as well", 0},
    {0},
};

static error_t parse_by(struct leaks_options *options, const char *text, struct argp_state *state)
{
    options->by_stack = strcmp(text, "stack") == 0;
    if (!options->by_stack && strcmp(text, "place") != 0)
        return options_wrong(state, "--by=%s: give place or stack", text);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct leaks_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->shared; return 0;
    case KEY_FAIL_ON_LEAK: options->fail_on_leak = true; return 0;
    case KEY_HOST: options->host = true; return 0;
    case KEY_BY: return parse_by(options, argument, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Show what of plug-ins is still live, by where they took it, biggest first: their NPN "
           "memory, "
           "what browsers gave them to release, references to objects that they hold and, where "
           "that was recorded, heap memory; and why it counts: it outlived its plug-in, it "
           "outlived its instance, or it was live when the process ended."
           "\vWithout FILE the newest recording in the current directory is read." OPTIONS_EXAMPLE(
               "leaks --host run.npt"),
    .children = children,
};

/* Which instances, and how much of it is whose. */
static json_t *json_of_shares(const struct session *session, const struct leak *leak)
{
    const struct recording *recording = session->recording;
    json_t *list = json_array();

    for (size_t i = 0; i < leak->share_count; i++) {
        const struct leak_share *share = &leak->shares[i];
        if (share->instance == 0)
            continue;
        const struct recording_instance *instance = &recording->instances[share->instance - 1];
        bool destroyed = (instance->flags & RING_INSTANCE_DESTROYED) != 0;
        uint64_t created_ns = recording_since_start_ns(recording, instance->created_stamp),
                 destroyed_ns = recording_since_start_ns(recording, instance->destroyed_stamp);
        json_t *json = json_object();
        json_object_set_new(json, "serial", json_out_number(share->instance));
        json_object_set_new(json, "mime", json_out_text_or_null(instance->mime));
        json_object_set_new(json, "page", json_out_text_or_null(instance->page));
        json_object_set_new(json, "created_ns", json_out_number(created_ns));
        json_object_set_new(json, "destroyed_ns",
                            destroyed ? json_out_number(destroyed_ns) : json_null());
        json_object_set_new(json, leak->domain == LEAK_OBJECT ? "objects" : "blocks",
                            json_out_number(share->count));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *json_of_stack(const struct session *session, uint32_t stack)
{
    return json_out_stack(session->names, session->stacks, stack);
}

/* How many lines of each of its stacks are those of the place. */
static json_t *common_frames(const struct session *session, const struct leak *leak)
{
    json_t *place = json_of_stack(session, leak->place);
    size_t count = json_array_size(place);

    json_decref(place);
    return json_out_number(count);
}

/* All but the commonest, which the leak itself has. */
static json_t *json_of_more_stacks(const struct session *session, const struct leak *leak)
{
    bool is_object = leak->domain == LEAK_OBJECT;
    json_t *list = json_array();

    for (size_t i = 1; i < leak->stack_count; i++) {
        const struct leak_stack *stack = &leak->stacks[i];
        json_t *json = json_object();
        json_object_set_new(json, is_object ? "objects" : "blocks", json_out_number(stack->count));
        json_object_set_new(json, "bytes", json_out_number(stack->bytes));
        json_object_set_new(json, "stack", json_of_stack(session, stack->stack));
        if (is_object)
            json_object_set_new(json, "last_retained_by",
                                json_of_stack(session, stack->last_stack));
        json_array_append_new(list, json);
    }
    return list;
}

/* Of objects: blocks and bytes are 0, they are the browser's to allocate. */
static void set_object(const struct session *session, json_t *json, const struct leak *leak)
{
    json_object_set_new(json, "objects", json_out_number(leak->objects));
    json_object_set_new(json, "refs", json_out_number(leak->refs));
    json_object_set_new(json, "last_retained_by", json_of_stack(session, leak->stacks->last_stack));
}

static json_t *json_of_leak(const struct session *session, const struct leak *leak)
{
    json_t *json = json_object();
    const char *path =
        leak->plugin != 0 ? session->recording->plugins[leak->plugin - 1].path : NULL;

    json_object_set_new(json, "plugin",
                        json_out_text(path != NULL ? recording_base_name(path) : NULL));
    json_object_set_new(json, "domain", json_string(leak_domain_name(leak->domain)));
    json_object_set_new(json, "kind", json_string(leak_kind_name(leak->kind)));
    json_object_set_new(json, "origin", json_out_text(leak_way_name(leak)));
    json_object_set_new(json, "blocks", json_out_number(leak->blocks));
    json_object_set_new(json, "bytes", json_out_number(leak->bytes));
    json_object_set_new(json, "stack", json_of_stack(session, leak->stacks->stack));
    json_object_set_new(json, "common_frames", common_frames(session, leak));
    json_object_set_new(json, "more_stacks", json_of_more_stacks(session, leak));
    if (leak->domain == LEAK_OBJECT)
        set_object(session, json, leak);
    json_object_set_new(json, "instances", json_of_shares(session, leak));
    json_object_set_new(json, "remark", json_out_text(leak_remark(leak)));
    return json;
}

static void print_json(const struct session *session, const struct leaks *leaks)
{
    json_t *json = json_object();
    size_t limit = session_limit(session, SIZE_MAX);

    json_object_set_new(json, "format", json_string("npntrace-leaks-1"));
    json_object_set_new(json, "blocks", json_out_number(leaks->blocks));
    json_object_set_new(json, "bytes", json_out_number(leaks->bytes));
    json_object_set_new(json, "received_blocks", json_out_number(leaks->received));
    json_object_set_new(json, "objects", json_out_number(leaks->objects));
    json_object_set_new(json, "refs", json_out_number(leaks->refs));
    json_object_set_new(json, "host_leaked_blocks", json_out_number(leaks->handed));
    json_object_set_new(json, "host_leaked_bytes", json_out_number(leaks->handed_bytes));
    json_object_set_new(json, "whatif", json_out_whatif(session->recording));
    json_out_list_begin(json, "leaks");
    for (size_t i = 0; i < leaks->count && i < limit; i++)
        json_out_list_add(json_of_leak(session, &leaks->list[i]), i == 0);
    json_out_list_end();
    session_warn_losses(session);
    session_warn_nameless(session);
}

int verb_leaks(int argc, char **argv)
{
    struct leaks_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        struct leaks_wanted wanted = {session.wanted, options.host, options.by_stack};
        struct leaks leaks = leaks_find(session.model, session.stacks, &wanted);
        if (options.shared.json)
            print_json(&session, &leaks);
        else
            leaks_text_print(&session, &leaks, options.host);
        if (options.fail_on_leak && leaks.count != 0)
            status = STATUS_FOUND;
        leaks_free(&leaks);
        session_end(&session);
    }
    options_free(&options.shared);
    return status;
}
