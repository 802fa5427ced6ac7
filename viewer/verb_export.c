/* viewer/verb_export.c - npntrace export: a recording in the format of another program */
/* SPDX-License-Identifier: MIT */

#include "viewer/choose.h"
#include "viewer/export.h"
#include "viewer/export_target.h"
#include "viewer/message.h"
#include "viewer/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES 200 /* of the timeline */
#define SAMPLES_MOST 100000

enum { KEY_FORMAT = 0x300, KEY_SAMPLES, KEY_VALUE };

struct export_options {
    struct options shared;
    struct filter filter;
    const struct export_format *format;
    enum export_value value;
    size_t samples;
    const char *output; /* NULL: standard output */
};

static const struct argp_option own_options[] = {
    {"format", KEY_FORMAT, "FORMAT", 0, "write this format", 0},
    {"output", 'o', "FILE", 0, "write to this file, - for standard output", 0},
    {"value", KEY_VALUE, "VALUE", 0,
     "the number to write where a format has only one: bytes (default), allocs, frees, live-bytes, "
     "live-blocks, peak-bytes, peak-blocks, temporary",
     0},
    {"samples", KEY_SAMPLES, "N", 0, "intervals of the timeline, where a format has one (200)", 0},
    {0},
};

static int choose_format(struct export_options *options, const char *argument)
{
    int index = choose_by_name_in("format", argument, &export_formats[0].name,
                                  sizeof(export_formats[0]), export_format_count);

    if (index < 0)
        return EINVAL;
    options->format = &export_formats[index];
    return 0;
}

static int choose_value(struct export_options *options, const char *argument)
{
    int index = choose_by_name_in("value", argument, &export_values[0].name,
                                  sizeof(export_values[0]), EXPORT_VALUES);

    if (index < 0)
        return EINVAL;
    options->value = (enum export_value)index;
    return 0;
}

static int parse_samples(struct export_options *options, const char *argument,
                         struct argp_state *state)
{
    char *end;

    errno = 0;
    unsigned long samples = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 ||
        samples > SAMPLES_MOST)
        return options_wrong(state, "--samples=%s: give a number from 0 to %d", argument,
                             SAMPLES_MOST);
    options->samples = samples;
    return 0;
}

static int check_output(const struct export_options *options, struct argp_state *state)
{
    unsigned needs = options->format == NULL ? 0 : options->format->needs;

    if (options->format == NULL) {
        options_wrong(state, "give --format=FORMAT; the formats are:");
        for (size_t i = 0; i < export_format_count; i++)
            fprintf(stderr, "  %-12s %s\n", export_formats[i].name, export_formats[i].summary);
        return EINVAL;
    }
    if (options->shared.json || options->shared.has_limit)
        return options_wrong(state, "--%s: not for exports, which are whole; see --format",
                             options->shared.json ? "json" : "limit");
    if (options->output != NULL)
        return 0;
    if ((needs & EXPORT_MAKES_FILE) != 0)
        return options_wrong(state, "%s is not written to the standard output: give -o FILE",
                             options->format->name);
    if ((needs & EXPORT_MAKES_DIRECTORY) != 0)
        return options_wrong(state, "%s is a directory of files: give -o DIRECTORY",
                             options->format->name);
    if ((needs & EXPORT_BINARY) != 0 && isatty(STDOUT_FILENO))
        return options_wrong(state, "%s is not for a terminal: give -o FILE",
                             options->format->name);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct export_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->shared;
        state->child_inputs[1] = &options->filter;
        return 0;
    case KEY_FORMAT: return choose_format(options, argument);
    case KEY_VALUE: return choose_value(options, argument);
    case KEY_SAMPLES: return parse_samples(options, argument, state);
    case 'o': options->output = strcmp(argument, "-") != 0 ? argument : NULL; return 0;
    case ARGP_KEY_END: return check_output(options, state);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static char *help_filter(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC || text == NULL)
        return (char *)text;
    char *list = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&list, &bytes);
    if (out == NULL)
        return (char *)text;
    fputs("Formats:\n", out);
    for (size_t i = 0; i < export_format_count; i++)
        fprintf(out, "  %-12s %s\n", export_formats[i].name, export_formats[i].summary);
    fprintf(out, "\n%s", text);
    fclose(out);
    return list;
}

static const struct argp_child children[] = {
    {&options_shared_argp, 0, NULL, 0}, {&filter_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "--format=FORMAT [FILE]",
    .doc = "Write a recording in the format of another program."
           "\vWithout FILE the newest recording in the current directory is read."
           OPTIONS_EXAMPLE("export --format=folded -o run.folded run.npt"),
    .children = children,
    .help_filter = help_filter,
};

static bool begin_target(struct export_target *target, const struct export_options *options)
{
    if ((options->format->needs & EXPORT_MAKES_FILE) != 0)
        return export_target_begin_file(target, options->output);
    if ((options->format->needs & EXPORT_MAKES_DIRECTORY) != 0)
        return export_target_begin_directory(target, options->output);
    return export_target_begin(target, options->output);
}

static int write_format(struct session *session, const struct export_options *options)
{
    const struct export_format *format = options->format;
    struct profile *profile = NULL;
    struct export_target target;

    if (!begin_target(&target, options))
        return STATUS_TROUBLE;
    if ((format->needs & EXPORT_NEEDS_PROFILE) != 0)
        profile = profile_build(session, &options->filter,
                                (format->needs & EXPORT_NEEDS_SAMPLES) != 0 ? options->samples : 0);
    struct export_job job = {
        .session = session,
        .filter = &options->filter,
        .profile = profile,
        .names = export_names_new(session),
        .value = options->value,
        .samples = options->samples,
        .out = target.out,
        .path = target.temporary != NULL ? target.temporary : target.path,
    };
    bool good = session_is_sound(session) && format->write(&job) == 0;
    good = export_target_end(&target, good);
    export_names_free(job.names);
    profile_free(profile);
    return good ? STATUS_GOOD : STATUS_TROUBLE;
}

int verb_export(int argc, char **argv)
{
    struct export_options options = {.samples = SAMPLES};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    if ((options.format->needs & EXPORT_NEEDS_PROFILE) != 0) /* others write as they read */
        session_leave_heap(&options.shared);
    int status = session_begin(&session, &options.shared);
    if (status == STATUS_GOOD) {
        session_warn_losses(&session);
        status = write_format(&session, &options);
        session_warn_nameless(&session);
        session_end(&session);
    }
    filter_free(&options.filter);
    options_free(&options.shared);
    return status;
}
