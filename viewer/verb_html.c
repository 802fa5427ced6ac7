/* viewer/verb_html.c - npntrace html: one self-contained page to explore a recording with */
/* SPDX-License-Identifier: MIT */

#include "viewer/html.h"
#include "viewer/message.h"
#include "viewer/output.h"
#include "viewer/page_data.h"
#include "viewer/verb.h"

#include <unistd.h>

struct html_options {
    struct options shared;
    struct filter filter;
    const char *output;
};

static const struct argp_option own_options[] = {
    {"output", 'o', "FILE", 0, "write the page to this file, - for standard output", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct html_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->shared;
        state->child_inputs[1] = &options->filter;
        return 0;
    case 'o': options->output = argument; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&options_shared_argp, 0, NULL, 0}, {&filter_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Write one HTML page that needs nothing else, no network either: memory over time with "
           "a choice of the range, a flame graph with search and zoom, sortable tables of "
           "plug-ins, instances, functions, lines and call stacks, leaks, sizes and lifetimes."
           "\vWithout FILE the newest recording in the current directory is read. --limit is the "
           "number of call stacks in the page; --json writes the page's data alone."
           OPTIONS_EXAMPLE("html -o run.html run.npt"),
    .children = children,
};

static int write_page(struct session *session, const struct html_options *options)
{
    bool filtered = !filter_is_empty(&options->filter) || session->options->plugin_count != 0;
    struct output output;

    if (!output_begin(&output, options->output))
        return STATUS_TROUBLE;
    struct profile *profile = html_profile(session, &options->filter);
    if (options->shared.json) {
        page_data_write(session, profile, filtered, output.file);
        fputc('\n', output.file);
    } else {
        html_write(session, profile, filtered, output.file);
    }
    profile_free(profile);
    if (!output_end(&output))
        return STATUS_TROUBLE;
    if (!options->shared.json)
        output_say(&output, "the page", "open it in a browser");
    return STATUS_GOOD;
}

static bool is_for_people(const struct html_options *options)
{
    return options->output == NULL && !options->shared.json && isatty(STDOUT_FILENO) == 1;
}

int verb_html(int argc, char **argv)
{
    struct html_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = STATUS_TROUBLE;
    if (is_for_people(&options)) {
        message("a page is nothing to read on a terminal; give it a name with -o report.html");
    } else if ((status = session_begin(&session, &options.shared)) == STATUS_GOOD) {
        status = write_page(&session, &options);
        session_warn_losses(&session);
        session_end(&session);
    }
    filter_free(&options.filter);
    options_free(&options.shared);
    return status;
}
