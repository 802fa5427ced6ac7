/* viewer/verb_leaks.c - npntrace leaks: what is still live and why it counts */
/* SPDX-License-Identifier: MIT */

#include "viewer/findings.h"
#include "viewer/instance_text.h"
#include "viewer/json_out.h"
#include "viewer/leaks.h"
#include "viewer/paragraph.h"
#include "viewer/session.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/verdict.h"
#include "viewer/whatif.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAKS_SHOWN 20
#define FRAMES_SHOWN 12  /* on a terminal */
#define NUMBER_COLUMNS 5 /* "  1. " */
#define SHARES_SHOWN 3   /* instances of one leak */
#define WHILE_FALSE                                                                                \
    "Set as a result by a function that returned false: some browsers release it then, this one "  \
    "did not, as far as was seen."
#define HOSTS_OWN "The host's own leak: a plug-in handed it over, and the host never freed it."

enum { KEY_FAIL_ON_LEAK = 0x200, KEY_HOST };

struct leaks_options {
    struct options shared;
    bool fail_on_leak;
    bool host;
};

static const struct argp_option own_options[] = {
    {"fail-on-leak", KEY_FAIL_ON_LEAK, NULL, 0, "end with status 1 if there is a leak", 0},
    {"host", KEY_HOST, NULL, 0, "list heap memory that the host allocated for itself as well", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct leaks_options *options = state->input;

    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->shared; return 0;
    case KEY_FAIL_ON_LEAK: options->fail_on_leak = true; return 0;
    case KEY_HOST: options->host = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Show what of plug-ins is still live, by call stack, biggest first: their NPN memory, "
           "what browsers gave them to release, references to objects that they hold and, where "
           "that was recorded, heap memory; and why it counts: it outlived its plug-in, it "
           "outlived its instance, or it was live when the process ended."
           "\vWithout FILE the newest recording in the current directory is read.",
    .children = children,
};

static const char *remark_of(const struct leak *leak)
{
    if (leak->while_false)
        return WHILE_FALSE;
    if (leak->domain == LEAK_HEAP && leak->way != NPN_WAY_NONE)
        return HOSTS_OWN;
    return NULL;
}

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

/* Of objects: blocks and bytes are 0, they are the browser's to allocate. */
static void set_object(const struct session *session, json_t *json, const struct leak *leak)
{
    json_object_set_new(json, "objects", json_out_number(leak->objects));
    json_object_set_new(json, "refs", json_out_number(leak->refs));
    json_object_set_new(json, "last_retained_by",
                        json_out_stack(session->names, session->stacks, leak->last_stack));
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
    json_object_set_new(json, "stack",
                        json_out_stack(session->names, session->stacks, leak->stack));
    if (leak->domain == LEAK_OBJECT)
        set_object(session, json, leak);
    json_object_set_new(json, "instances", json_of_shares(session, leak));
    json_object_set_new(json, "remark", json_out_text(remark_of(leak)));
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

/* "12 blocks, 48.0 KiB, and 2 objects" */
static char *amount_of(const struct leaks *leaks)
{
    char *objects = leaks->objects == 0
                        ? xalloc_string("")
                        : xalloc_format("%s%s", leaks->blocks != 0 ? ", and " : "",
                                        text_plural(leaks->objects, "object").chars);
    char *amount = leaks->blocks == 0
                       ? xalloc_string(objects)
                       : xalloc_format("%s, %s%s", text_plural(leaks->blocks, "block").chars,
                                       text_bytes(leaks->bytes).chars, objects);

    free(objects);
    return amount;
}

static void print_verdict(const struct session *session, const struct leaks *leaks)
{
    char *amount = amount_of(leaks);
    bool live = session->recording->live;
    bool partial = session->model->has_heap && !model_is_complete(session->model);
    struct text count = text_plural(leaks->count, live ? "place" : "leak");

    if (leaks->count == 0)
        terminal_print(&session->terminal, TERMINAL_GOOD, "%s%s.",
                       live ? "Nothing is live now" : "No leak",
                       partial ? ", by the events that are left" : "");
    else if (live)
        terminal_print(&session->terminal, TERMINAL_TITLE, "%s live now, from %s.", amount,
                       count.chars);
    else
        terminal_print(&session->terminal, TERMINAL_BAD, "%s: %s.", count.chars, amount);
    putchar('\n');
    free(amount);
}

/* "1.2 KiB in 3 blocks of the heap", "100 identifier strings (NPN_UTF8FromIdentifier), 1.2 KiB", "2
 * objects held with 3 references (NPN_CreateObject)" */
static char *title_of(const struct leak *leak)
{
    char *what = leak_what(leak), *title;
    const char *way = leak_way_name(leak);

    if (leak->domain == LEAK_OBJECT)
        title =
            xalloc_format("%s held with %s (%s)", what, text_plural(leak->refs, "reference").chars,
                          way != NULL ? way : "unknown");
    else if (leak->domain == LEAK_NPN && leak->way != NPN_ORIGIN_ALLOC)
        title = leak->way == NPN_ORIGIN_VARIANT || way == NULL
                    ? xalloc_format("%s, %s", what, text_bytes(leak->bytes).chars)
                    : xalloc_format("%s (%.*s), %s", what, (int)strcspn(way, " "), way,
                                    text_bytes(leak->bytes).chars);
    else
        title = xalloc_format("%s in %s%s%s%s", text_bytes(leak->bytes).chars, what,
                              leak->domain == LEAK_HEAP ? " of the heap" : "",
                              leak->domain == LEAK_HEAP && way != NULL ? ", " : "",
                              leak->domain == LEAK_HEAP && way != NULL ? way : "");
    free(what);
    return title;
}

/* Whose it is, where several instances have a part. */
static void print_shares(const struct session *session, const struct leak *leak)
{
    size_t shown = 0;

    for (size_t i = 0; i < leak->share_count && shown < SHARES_SHOWN; i++) {
        if (leak->shares[i].instance == 0)
            continue;
        char *life = instance_text_life(session->recording, leak->shares[i].instance);
        printf("%*s", NUMBER_COLUMNS, "");
        paragraph_print(&session->terminal, TERMINAL_FAINT, NUMBER_COLUMNS, life);
        shown++;
        free(life);
    }
    size_t instances = leak->share_count - (leak->shares[0].instance == 0);
    if (instances <= SHARES_SHOWN)
        return;
    printf("%*s", NUMBER_COLUMNS, "");
    paragraph_format(&session->terminal, TERMINAL_FAINT, NUMBER_COLUMNS, "... and %s",
                     text_plural(instances - SHARES_SHOWN, "more instance").chars);
}

static void print_stack(const struct session *session, uint32_t stack)
{
    stack_text_print(session->names, session->stacks, stack, &session->terminal, 7,
                     session->terminal.cut ? FRAMES_SHOWN : 0);
}

static void print_leak(const struct session *session, const struct leak *leak, size_t number)
{
    const struct recording *recording = session->recording;
    char *name = verdict_caller_name(recording, leak->plugin, leak->domain == LEAK_HEAP);
    char *when = instance_text_when(recording, leak->first_stamp, leak->last_stamp);
    char *title = title_of(leak);

    printf("\n%3zu. ", number);
    paragraph_format(&session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS, "%s, %s: %s, after %s",
                     title, leak_kind_text(leak->kind, recording->live), name, when);
    print_shares(session, leak);
    if (remark_of(leak) != NULL) {
        printf("%*s", NUMBER_COLUMNS, "");
        paragraph_print(&session->terminal, TERMINAL_PLAIN, NUMBER_COLUMNS, remark_of(leak));
    }
    print_stack(session, leak->stack);
    if (leak->domain == LEAK_OBJECT && leak->last_stack != leak->stack) {
        printf("%*sThe last reference was taken:\n", NUMBER_COLUMNS, "");
        print_stack(session, leak->last_stack);
    }
    free(title);
    free(name);
    free(when);
}

/* The host's own memory is nobody's leak, but no secret either. True if there is some. */
static bool print_not_listed(const struct session *session, const struct leaks *leaks)
{
    if (leaks->handed != 0)
        paragraph_format(&session->terminal, TERMINAL_PLAIN, 0,
                         "The host's own leak: %s, %s that plug-ins handed over to it and that it "
                         "never freed.",
                         text_plural(leaks->handed, "block").chars,
                         text_bytes(leaks->handed_bytes).chars);
    const struct trace_counters *host = &session->model->heap.plugins[0];

    if (host->live_blocks == 0 || session->options->plugin_count != 0)
        return false;
    paragraph_format(&session->terminal, TERMINAL_PLAIN, 0,
                     "Not listed: %s, %s of the heap that the host allocated for itself.",
                     text_plural(host->live_blocks, "block").chars,
                     text_bytes(host->live_bytes).chars);
    return true;
}

static void print_next(const struct session *session, const struct leaks *leaks, bool not_listed)
{
    char *command;

    putchar('\n');
    if (findings_count(session->model) != 0) {
        session_print_next(session, "findings");
        return;
    }
    if (leaks->count == 0 || leaks->list[0].plugin == 0) {
        session_print_next(session, not_listed ? "leaks --host" : "report");
        return;
    }
    const char *path = session->recording->plugins[leaks->list[0].plugin - 1].path;
    char *name = text_quoted(recording_base_name(path));
    command = xalloc_format("events --plugin=%s", name);
    session_print_next(session, command);
    free(command);
    free(name);
}

static void print_text(const struct session *session, const struct leaks *leaks, bool with_host)
{
    size_t limit = session_limit(session, LEAKS_SHOWN);
    char *host = verdict_host(session->recording), *lost = verdict_losses(session->model);
    char *whatif = whatif_sentence(session->recording);

    print_verdict(session, leaks);
    if (whatif != NULL)
        paragraph_print(&session->terminal, TERMINAL_BAD, 0, whatif);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, host);
    if (lost != NULL)
        paragraph_format(&session->terminal, TERMINAL_BAD, 0, "Lost: %s", lost);
    bool not_listed = !with_host && print_not_listed(session, leaks);
    for (size_t i = 0; i < leaks->count && i < limit; i++)
        print_leak(session, &leaks->list[i], i + 1);
    if (leaks->count > limit)
        printf("\n... and %s more; --limit=0 shows all\n", text_count(leaks->count - limit).chars);
    session_print_nameless(session);
    print_next(session, leaks, not_listed);
    free(whatif);
    free(host);
    free(lost);
}

int verb_leaks(int argc, char **argv)
{
    struct leaks_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        struct leaks leaks =
            leaks_find(session.model, session.stacks, session.wanted, options.host);
        if (options.shared.json)
            print_json(&session, &leaks);
        else
            print_text(&session, &leaks, options.host);
        if (options.fail_on_leak && leaks.count != 0)
            status = STATUS_FOUND;
        leaks_free(&leaks);
        session_end(&session);
    }
    options_free(&options.shared);
    return status;
}
