/* viewer/verb_leaks.c - npntrace leaks: what is still live and why it counts */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/leak_growth.h"
#include "viewer/leak_rules.h"
#include "viewer/leaks_json.h"
#include "viewer/leaks_suppressed.h"
#include "viewer/leaks_text.h"
#include "viewer/session.h"
#include "viewer/verb.h"

#include <errno.h>
#include <string.h>

enum { KEY_HOST = 0x200, KEY_BY, KEY_SORT };

struct leaks_options {
    struct options shared;
    struct leak_rules rules;
    enum leaks_order order;
    bool host;
    bool by_stack;
};

static const struct argp_option own_options[] = {
    {"by", KEY_BY, "place|stack", 0,
     "put together what came from one place in the plug-in, by whichever callers (the default), or "
     "with one whole call stack",
     0},
    {"host", KEY_HOST, NULL, 0, "list heap memory that the host allocated for itself as well", 0},
    {"sort", KEY_SORT, "KEY", 0,
     "suspicion (the default: what grows, then what outlived its plug-in or instance), bytes, "
     "blocks, first (the oldest), last (the newest)",
     0},
    {0},
};

static error_t parse_by(struct leaks_options *options, const char *text, struct argp_state *state)
{
    options->by_stack = strcmp(text, "stack") == 0;
    if (!options->by_stack && strcmp(text, "place") != 0)
        return options_wrong(state, "--by=%s: give place or stack", text);
    return 0;
}

static error_t parse_sort(struct leaks_options *options, const char *text)
{
    static const char *const names[LEAKS_ORDERS] = {
        [LEAKS_BY_SUSPICION] = "suspicion", [LEAKS_BY_BYTES] = "bytes",
        [LEAKS_BY_BLOCKS] = "blocks",       [LEAKS_BY_FIRST] = "first",
        [LEAKS_BY_LAST] = "last",
    };
    int order = choose_by_name("key of --sort", text, names, LEAKS_ORDERS);

    if (order < 0)
        return EINVAL;
    options->order = (enum leaks_order)order;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct leaks_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        options->rules.shared = &options->shared;
        state->child_inputs[0] = &options->rules;
        state->child_inputs[1] = &options->shared;
        return 0;
    case KEY_HOST: options->host = true; return 0;
    case KEY_BY: return parse_by(options, argument, state);
    case KEY_SORT: return parse_sort(options, argument);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&leak_rules_argp, 0, NULL, 0}, {&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Show what of plug-ins is still live, by where they took it, the likeliest leaks first: "
           "their NPN memory, "
           "what browsers gave them to release, references to objects that they hold and, where "
           "that was recorded, heap memory; and why it counts: it outlived its plug-in, it "
           "outlived its instance, or it was live when the process ended."
           "\vWithout FILE the newest recording in the current directory is read.",
    .children = children,
};

static void print(const struct session *session, const struct leaks *leaks,
                  const struct leaks_options *options)
{
    if (options->rules.generate != LEAK_RULES_NO_LINES)
        leaks_suppressed_generate(session, leaks,
                                  options->rules.generate == LEAK_RULES_LIMITED_LINES);
    else if (options->shared.json)
        leaks_json_print(session, leaks, options->rules.filter);
    else
        leaks_text_print(session, leaks, options->rules.filter, options->host);
}

static int run(struct session *session, struct leaks_options *options)
{
    if (!leak_rules_begin(&options->rules, session->names))
        return STATUS_TROUBLE;
    struct leaks_wanted wanted = {session->wanted, options->host, options->by_stack,
                                  options->rules.filter};
    struct leaks leaks = leaks_find(session->model, session->stacks, &wanted);
    if (options->order != LEAKS_BY_SUSPICION)
        leaks_sort(&leaks, options->order);
    print(session, &leaks, options);
    int status = leak_rules_status(&options->rules, session, &leaks);
    leaks_free(&leaks);
    return status;
}

int verb_leaks(int argc, char **argv)
{
    struct leaks_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        status = run(&session, &options);
        session_end(&session);
    }
    leak_rules_free(&options.rules);
    options_free(&options.shared);
    return status;
}
