/* viewer/verb_leaks.c - npntrace leaks: what is still live and why it counts */
/* SPDX-License-Identifier: MIT */

#include "viewer/json_out.h"
#include "viewer/leaks.h"
#include "viewer/paragraph.h"
#include "viewer/session.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAKS_SHOWN 20
#define FRAMES_SHOWN 12  /* on a terminal */
#define NUMBER_COLUMNS 5 /* "  1. " */

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
    .doc = "Show the NPN memory and, where that was recorded, the heap memory of plug-ins that is "
           "still live, by call stack, biggest first, and why it counts: it outlived its plug-in, "
           "it outlived its instance, or it was live when the process ended."
           "\vWithout FILE the newest recording in the current directory is read.",
    .children = children,
};

static json_t *json_of_leak(const struct session *session, const struct leak *leak)
{
    json_t *json = json_object();
    const char *path =
        leak->plugin != 0 ? session->recording->plugins[leak->plugin - 1].path : NULL;

    json_object_set_new(json, "plugin",
                        json_out_text(path != NULL ? recording_base_name(path) : NULL));
    json_object_set_new(json, "domain", json_string(leak_domain_name(leak->domain)));
    json_object_set_new(json, "kind", json_string(leak_kind_name(leak->kind)));
    json_object_set_new(json, "blocks", json_out_number(leak->blocks));
    json_object_set_new(json, "bytes", json_out_number(leak->bytes));
    json_object_set_new(json, "stack",
                        json_out_stack(session->names, session->stacks, leak->stack));
    return json;
}

static void print_json(const struct session *session, const struct leaks *leaks)
{
    json_t *json = json_object();
    size_t limit = session_limit(session, SIZE_MAX);

    json_object_set_new(json, "format", json_string("npntrace-leaks-1"));
    json_object_set_new(json, "blocks", json_out_number(leaks->blocks));
    json_object_set_new(json, "bytes", json_out_number(leaks->bytes));
    json_out_list_begin(json, "leaks");
    for (size_t i = 0; i < leaks->count && i < limit; i++)
        json_out_list_add(json_of_leak(session, &leaks->list[i]), i == 0);
    json_out_list_end();
    session_warn_losses(session);
    session_warn_nameless(session);
}

static void print_verdict(const struct session *session, const struct leaks *leaks)
{
    bool live = session->recording->live;
    bool partial = session->model->has_heap && !model_is_complete(session->model);
    struct text count = text_plural(leaks->count, live ? "place" : "leak");

    if (leaks->count == 0)
        terminal_print(&session->terminal, TERMINAL_GOOD, "%s%s.",
                       live ? "Nothing is live now" : "No leak",
                       partial ? ", by the events that are left" : "");
    else if (live)
        terminal_print(&session->terminal, TERMINAL_TITLE, "%s, %s live now, from %s.",
                       text_plural(leaks->blocks, "block").chars, text_bytes(leaks->bytes).chars,
                       count.chars);
    else
        terminal_print(&session->terminal, TERMINAL_BAD, "%s: %s, %s.", count.chars,
                       text_plural(leaks->blocks, "block").chars, text_bytes(leaks->bytes).chars);
    putchar('\n');
}

/* Since recording began: "6 ms", "6 ms to 2.31 s". */
static char *when_of(const struct recording *recording, const struct leak *leak)
{
    struct text first = text_duration(recording_since_start_ns(recording, leak->first_stamp)),
                last = text_duration(recording_since_start_ns(recording, leak->last_stamp));

    return strcmp(first.chars, last.chars) == 0
               ? xalloc_string(first.chars)
               : xalloc_format("%s to %s", first.chars, last.chars);
}

static void print_leak(const struct session *session, const struct leak *leak, size_t number)
{
    const struct recording *recording = session->recording;
    char *name = verdict_caller_name(recording, leak->plugin, leak->domain == LEAK_HEAP);
    char *when = when_of(recording, leak);

    printf("\n%3zu. ", number);
    paragraph_format(&session->terminal, TERMINAL_TITLE, NUMBER_COLUMNS,
                     "%s in %s%s, %s: %s, after %s", text_bytes(leak->bytes).chars,
                     text_plural(leak->blocks, "block").chars,
                     leak->domain == LEAK_HEAP ? " of the heap" : "",
                     leak_kind_text(leak->kind, recording->live), name, when);
    stack_text_print(session->names, session->stacks, leak->stack, &session->terminal, 7,
                     session->terminal.cut ? FRAMES_SHOWN : 0);
    free(name);
    free(when);
}

/* The host's own memory is nobody's leak, but no secret either. True if there is some. */
static bool print_not_listed(const struct session *session)
{
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

    print_verdict(session, leaks);
    paragraph_print(&session->terminal, TERMINAL_PLAIN, 0, host);
    if (lost != NULL)
        paragraph_format(&session->terminal, TERMINAL_BAD, 0, "Lost: %s", lost);
    bool not_listed = !with_host && print_not_listed(session);
    for (size_t i = 0; i < leaks->count && i < limit; i++)
        print_leak(session, &leaks->list[i], i + 1);
    if (leaks->count > limit)
        printf("\n... and %s more; --limit=0 shows all\n", text_count(leaks->count - limit).chars);
    session_print_nameless(session);
    print_next(session, leaks, not_listed);
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
        if (options.fail_on_leak && leaks.blocks != 0)
            status = STATUS_FOUND;
        leaks_free(&leaks);
        session_end(&session);
    }
    options_free(&options.shared);
    return status;
}
