/* viewer/verb_info.c - npntrace info: what is in a recording, and what is not */
/* SPDX-License-Identifier: MIT */

#include "viewer/info.h"
#include "viewer/session.h"
#include "viewer/verb.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .parser = parse,
    .args_doc = "[FILE]",
    .doc =
        "Show what is in a recording: the host and how it ended, when and how it was recorded, its "
        "plug-ins and modules, and what was lost.\vWithout FILE the newest recording in the "
        "current directory is read." OPTIONS_EXAMPLE("info run.npt"),
    .children = children,
};

int verb_info(int argc, char **argv)
{
    struct options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin(&session, &options);
    if (status == STATUS_GOOD) {
        if (options.json)
            info_print_json(&session);
        else
            info_print_text(&session);
        session_end(&session);
    }
    options_free(&options);
    return status;
}
