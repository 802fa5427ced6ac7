/* viewer/verb_events.c - npntrace events: what happened, one line each */
/* SPDX-License-Identifier: MIT */

#include "viewer/all_events.h"
#include "viewer/event_out.h"
#include "viewer/session.h"
#include "viewer/verb.h"

#include <stdio.h>
#include <string.h>

#define HEAP_TYPES (1u << EVENT_HEAP_ALLOC | 1u << EVENT_HEAP_FREE)

enum { KEY_TYPE = 0x200 };

struct events_options {
    struct options shared;
    uint32_t types; /* bits 1 << enum event_type; 0: all */
};

static const struct argp_option own_options[] = {
    {"type", KEY_TYPE, "TYPE[,TYPE...]", 0,
     "only events of these types: npn-alloc, npn-free, npn-freed-elsewhere, npn-flush, "
     "npn-received, npn-released, npn-handed-over, object, plugin, instance, heap-alloc, heap-free",
     0},
    {0},
};

static int parse_types(struct events_options *options, const char *argument,
                       struct argp_state *state)
{
    for (const char *at = argument; at != NULL;) {
        size_t length = strcspn(at, ",");
        unsigned type;
        for (type = 1; type < EVENT_TYPES; type++)
            if (type != EVENT_STACK && type != EVENT_HEAP_CONTEXT &&
                strlen(event_type_name(type)) == length &&
                strncmp(event_type_name(type), at, length) == 0)
                break;
        if (type == EVENT_TYPES)
            return options_wrong(state, "--type=%s: no such type; see --help", argument);
        options->types |= 1u << type;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct events_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->shared; return 0;
    case KEY_TYPE: return parse_types(options, argument, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Print the events of a recording in the order of their time: seconds since recording "
           "began, thread, plug-in and instance, what happened, and where it was called from. With "
           "--json one object a line."
           "\vWithout FILE the newest recording in the current directory is read." OPTIONS_EXAMPLE(
               "events --type=heap-alloc --limit=5 run.npt"),
    .children = children,
};

static bool is_wanted(const struct session *session, const struct events_options *options,
                      const struct event *event)
{
    return (options->types == 0 || (options->types & 1u << event->type) != 0) &&
           session->wanted[event->plugin];
}

static void print_events(struct session *session, const struct events_options *options)
{
    bool with_heap = options->types == 0 || (options->types & HEAP_TYPES) != 0;
    struct all_events *all = all_events_open(session->recording, with_heap);
    size_t left = session_limit(session, SIZE_MAX);
    struct recorded_event event;

    while (left > 0 && !ferror(stdout) && all_events_next(all, &event)) {
        if (!is_wanted(session, options, &event.event))
            continue;
        if (options->shared.json)
            event_out_json(session, &event);
        else
            event_out_text(session, &event);
        left--;
    }
    all_events_close(all);
}

int verb_events(int argc, char **argv)
{
    struct events_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        session_warn_losses(&session);
        print_events(&session, &options);
        session_warn_nameless(&session);
        session_end(&session);
    }
    options_free(&options.shared);
    return status;
}
