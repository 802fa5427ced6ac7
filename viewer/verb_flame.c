/* viewer/verb_flame.c - npntrace flame: a flame graph as one picture */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/flame_svg.h"
#include "viewer/message.h"
#include "viewer/output.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_BY = 0x200, KEY_UPSIDE_DOWN, KEY_TITLE, KEY_WIDTH };
#define WIDTH 1200u
#define WIDTH_LEAST 320u
#define WIDTH_MOST 20000u

struct flame_options {
    struct options shared;
    struct filter filter;
    const char *output, *title;
    enum flame_measure measure;
    bool upside_down;
    unsigned width;
};

static const struct argp_option own_options[] = {
    {"output", 'o', "FILE", 0, "write the picture to this file, - for standard output", 0},
    {"by", KEY_BY, "MEASURE", 0,
     "how wide frames are: bytes (the default), allocs, live, blocks, peak, temporary", 0},
    {"upside-down", KEY_UPSIDE_DOWN, NULL, 0,
     "begin with the functions that allocated, their callers below them", 0},
    {"title", KEY_TITLE, "TEXT", 0, "what stands above the graph", 0},
    {"width", KEY_WIDTH, "PIXELS", 0, "width of the picture (default: 1200)", 0},
    {0},
};

static error_t parse_by(struct flame_options *options, const char *text)
{
    int chosen = choose_by_name("measure", text, flame_measure_names, FLAME_MEASURES);

    options->measure = (enum flame_measure)(chosen < 0 ? 0 : chosen);
    return chosen < 0 ? EINVAL : 0;
}

static error_t parse_width(struct flame_options *options, const char *text,
                           struct argp_state *state)
{
    char *end;
    unsigned long width = strtoul(text, &end, 10);

    options->width = (unsigned)width;
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || width < WIDTH_LEAST || width > WIDTH_MOST)
        return options_wrong(state, "--width=%s: give a number of pixels from %u to %u", text,
                             WIDTH_LEAST, WIDTH_MOST);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct flame_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->shared;
        state->child_inputs[1] = &options->filter;
        return 0;
    case 'o': options->output = argument; return 0;
    case KEY_BY: return parse_by(options, argument);
    case KEY_UPSIDE_DOWN: options->upside_down = true; return 0;
    case KEY_TITLE: options->title = argument; return 0;
    case KEY_WIDTH: return parse_width(options, argument, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&options_shared_argp, 0, NULL, 0}, {&filter_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Draw a flame graph as SVG: callers above what they called, each as wide as what was "
           "allocated through it. In a browser a click zooms, and names can be searched for."
           "\vWithout FILE the newest recording in the current directory is read. --json writes "
           "the graph as nested objects: name, value, children."
           OPTIONS_EXAMPLE("flame -o run.svg run.npt"),
    .children = children,
};

static char *title_of(const struct session *session, const struct flame_options *options)
{
    if (options->title != NULL)
        return xalloc_string(options->title);
    return xalloc_format("%s: %s", recording_base_name(session->recording->process.exe),
                         flame_measure_texts[options->measure]);
}

static int write_picture(struct session *session, const struct flame_options *options)
{
    struct output output;
    struct profile *profile = profile_build(session, &options->filter, 0);

    if (!session_is_sound(session) || !output_begin(&output, options->output)) {
        profile_free(profile);
        return STATUS_TROUBLE;
    }
    struct flame *flame = flame_build(session, profile, options->measure, options->upside_down);
    char *title = title_of(session, options);
    if (options->shared.json)
        flame_json_write(flame, profile->partial, output.file);
    else
        flame_svg_write(session, flame, title, options->width, output.file);
    free(title);
    flame_free(flame);
    profile_free(profile);
    if (!output_end(&output))
        return STATUS_TROUBLE;
    if (!options->shared.json)
        output_say(&output, "the picture", "open it in a browser");
    return STATUS_GOOD;
}

static bool is_for_people(const struct flame_options *options)
{
    return options->output == NULL && !options->shared.json && isatty(STDOUT_FILENO) == 1;
}

int verb_flame(int argc, char **argv)
{
    struct flame_options options = {.width = WIDTH};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    session_leave_heap(&options.shared);
    int status = STATUS_TROUBLE;
    if (is_for_people(&options)) {
        message("a picture is nothing to read on a terminal; give it a name with -o flame.svg");
    } else if ((status = session_begin(&session, &options.shared)) == STATUS_GOOD) {
        status = write_picture(&session, &options);
        session_warn_losses(&session);
        session_end(&session);
    }
    filter_free(&options.filter);
    options_free(&options.shared);
    return status;
}
