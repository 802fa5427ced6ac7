/* viewer/verb_timeline.c - npntrace timeline: memory over time, for each plug-in */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/json_out.h"
#include "viewer/message.h"
#include "viewer/output.h"
#include "viewer/timeline_text.h"
#include "viewer/verb.h"
#include "viewer/verdict.h"

#include <errno.h>
#include <stdlib.h>

enum { KEY_BY = 0x200, KEY_SVG, KEY_WIDTH };
#define PIXELS 1000u
#define SAMPLES 400u      /* of a picture */
#define SAMPLES_JSON 240u /* of JSON */
#define WIDTH_MOST 10000u

struct timeline_options {
    struct options shared;
    struct filter filter;
    const char *output;
    enum timeline_measure measure;
    bool svg;
    size_t width;
};

static const struct argp_option own_options[] = {
    {"by", KEY_BY, "MEASURE", 0,
     "what is shown: live (bytes, the default), blocks, bytes or allocs (per second)", 0},
    {"svg", KEY_SVG, NULL, 0, "draw a picture instead", 0},
    {"output", 'o', "FILE", 0, "write the picture to this file, - for standard output", 0},
    {"width", KEY_WIDTH, "N", 0, "columns of text, pixels of a picture", 0},
    {0},
};

static error_t parse_by(struct timeline_options *options, const char *text)
{
    int chosen = choose_by_name("measure", text, timeline_measure_names, TIMELINE_MEASURES);

    options->measure = (enum timeline_measure)(chosen < 0 ? 0 : chosen);
    return chosen < 0 ? EINVAL : 0;
}

static error_t parse_width(struct timeline_options *options, const char *text,
                           struct argp_state *state)
{
    char *end;
    unsigned long width = strtoul(text, &end, 10);

    options->width = width;
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || width < 10 || width > WIDTH_MOST)
        return options_wrong(state, "--width=%s: give a number from 10 to %u", text, WIDTH_MOST);
    return 0;
}

static error_t parse_end(const struct timeline_options *options, struct argp_state *state)
{
    if (options->output != NULL && !options->svg)
        return options_wrong(state, "-o is where the picture goes: give --svg as well");
    if (options->svg && options->shared.json)
        return options_wrong(state, "--svg and --json: give one of them");
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct timeline_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->shared;
        state->child_inputs[1] = &options->filter;
        return 0;
    case KEY_BY: return parse_by(options, argument);
    case KEY_SVG: options->svg = true; return 0;
    case 'o': options->output = argument; return 0;
    case KEY_WIDTH: return parse_width(options, argument, state);
    case ARGP_KEY_END: return parse_end(options, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&options_shared_argp, 0, NULL, 0}, {&filter_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Show memory over time, a chart for each plug-in, each with a scale of its own."
           "\vWithout FILE the newest recording in the current directory is read."
           OPTIONS_EXAMPLE("timeline run.npt"),
    .children = children,
};

static json_t *json_of_sample(const struct session *session, const struct profile_sample *sample)
{
    json_t *json = json_object();

    json_object_set_new(json, "end_ns", json_out_number(timeline_since_ns(session, sample->stamp)));
    json_object_set_new(json, "live_bytes", json_out_number(sample->live_bytes));
    json_object_set_new(json, "live_blocks", json_out_number(sample->live_blocks));
    json_object_set_new(json, "peak_bytes", json_out_number(sample->peak_bytes));
    json_object_set_new(json, "allocs", json_out_number(sample->allocs));
    json_object_set_new(json, "bytes_allocated", json_out_number(sample->bytes));
    json_object_set_new(json, "frees", json_out_number(sample->frees));
    return json;
}

static json_t *json_of_track(const struct session *session, const struct profile *profile,
                             const struct profile_track *track)
{
    json_t *json = json_object(), *samples = json_array();

    for (size_t i = 0; i < profile->sample_count; i++)
        json_array_append_new(samples, json_of_sample(session, &track->samples[i]));
    if (track->plugin == 0) {
        json_object_set_new(json, "plugin", json_null());
    } else {
        char *name = verdict_plugin_name(session->recording, track->plugin);
        json_object_set_new(json, "plugin", json_out_text(name));
        free(name);
    }
    json_object_set_new(json, "samples", samples);
    return json;
}

static void print_json(const struct session *session, const struct profile *profile)
{
    const struct profile_track **order = timeline_order(profile);
    json_t *json = json_object(), *tracks = json_array();

    for (size_t i = 0; i < profile->track_count; i++)
        json_array_append_new(tracks, json_of_track(session, profile, order[i]));
    json_object_set_new(json, "format", json_string("npntrace-timeline-1"));
    json_object_set_new(json, "host", json_out_host(session->recording));
    json_object_set_new(json, "interval_ns", json_out_number(profile->interval_ns));
    json_object_set_new(json, "peak_ns",
                        json_out_number(timeline_since_ns(session, profile->peak_stamp)));
    json_object_set_new(json, "peak_bytes", json_out_number(profile->peak_bytes));
    json_object_set_new(json, "partial", json_boolean(profile->partial));
    json_object_set_new(json, "plugins", tracks);
    json_out_print(json);
    session_warn_losses(session);
    free(order);
}

static size_t samples_of(const struct session *session, const struct timeline_options *options)
{
    if (options->svg)
        return SAMPLES;
    if (options->shared.json)
        return SAMPLES_JSON;
    return timeline_text_columns(&session->terminal, options->width);
}

static int write_picture(const struct session *session, const struct profile *profile,
                         const struct timeline_options *options)
{
    unsigned width = options->width >= 200 ? (unsigned)options->width : PIXELS;
    struct output output;

    if (!output_begin(&output, options->output))
        return STATUS_TROUBLE;
    timeline_svg_write(session, profile, options->measure, width, output.file);
    if (!output_end(&output))
        return STATUS_TROUBLE;
    output_say(&output, "the picture", "open it in a browser");
    session_warn_losses(session);
    return STATUS_GOOD;
}

int verb_timeline(int argc, char **argv)
{
    struct timeline_options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    if (options.svg || options.shared.json) /* the text says what was not freed */
        session_leave_heap(&options.shared);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        struct profile *profile =
            profile_build(&session, &options.filter, samples_of(&session, &options));
        if (!session_is_sound(&session))
            status = STATUS_TROUBLE;
        else if (options.svg)
            status = write_picture(&session, profile, &options);
        else if (options.shared.json)
            print_json(&session, profile);
        else
            timeline_text_print(&session, profile, options.measure);
        profile_free(profile);
        session_end(&session);
    }
    filter_free(&options.filter);
    options_free(&options.shared);
    return status;
}
