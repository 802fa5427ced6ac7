/* viewer/options.c - the options that the reading verbs share, and how all verbs parse theirs */
/* SPDX-License-Identifier: MIT */

#include "viewer/options.h"
#include "config.h"
#include "viewer/message.h"
#include "viewer/newest.h"
#include "viewer/output.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_USAGE = 0x100, KEY_COLOR, KEY_FORCE, KEY_JSON, KEY_LIMIT, KEY_NO_SYMBOLS, KEY_PLUGIN };

static const struct argp_option help_options[] = {
    {"help", '?', NULL, 0, "give this help and end", -1},
    {"usage", KEY_USAGE, NULL, 0, "give a short usage message and end", -1},
    {"version", 'V', NULL, 0, "print the program's version and end", -1},
    {0},
};

static _Noreturn void end_well(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        exit(STATUS_GOOD);
    message("cannot write the output: %s", strerror(output_why(stdout)));
    exit(STATUS_TROUBLE);
}

static error_t parse_help(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT: state->err_stream = NULL; return 0; /* getopt says what is wrong */
    case '?':
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK);
        end_well();
    case KEY_USAGE:
        argp_state_help(state, stdout, ARGP_HELP_USAGE);
        end_well();
    case 'V':
        printf("npntrace %s\n", PACKAGE_VERSION);
        end_well();
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp options_help_argp = {.options = help_options, .parser = parse_help};

static const struct argp_option shared_options[] = {
    {"json", KEY_JSON, NULL, 0, "print JSON for machines instead of text", 1},
    {"plugin", KEY_PLUGIN, "NAME", 0, "only this plug-in (file name or path); may be given again",
     1},
    {"limit", KEY_LIMIT, "N", 0, "show at most N entries of a list; 0: all of them", 1},
    {"no-symbols", KEY_NO_SYMBOLS, NULL, 0, "do not look for names of functions", 1},
    {"force", KEY_FORCE, NULL, 0, "read what is readable of a damaged file", 1},
    {"color", KEY_COLOR, "WHEN", 0, "use colours: auto (on a terminal), always, never", 1},
    {0},
};

int options_wrong(struct argp_state *state, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s: ", state->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EINVAL;
}

static int parse_color(struct options *options, const char *argument, struct argp_state *state)
{
    static const char *const names[] = {
        [TERMINAL_AUTO] = "auto", [TERMINAL_ALWAYS] = "always", [TERMINAL_NEVER] = "never"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(argument, names[i]) == 0) {
            options->color = (enum terminal_color)i;
            return 0;
        }
    return options_wrong(state, "--color=%s: give auto, always or never", argument);
}

static int parse_limit(struct options *options, const char *argument, struct argp_state *state)
{
    char *end;

    errno = 0;
    options->limit = strtoull(argument, &end, 10);
    options->has_limit = true;
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0)
        return options_wrong(state, "--limit=%s: give a number, 0 for no limit", argument);
    return 0;
}

void options_add_plugin(struct options *options, const char *name)
{
    options->plugins = xalloc_grown(options->plugins, options->plugin_count,
                                    &options->plugin_capacity, sizeof(*options->plugins));
    options->plugins[options->plugin_count++] = name;
}

static error_t parse_shared(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &options->places; return 0;
    case KEY_JSON: options->json = true; return 0;
    case KEY_FORCE: options->force = true; return 0;
    case KEY_NO_SYMBOLS: options->without_symbols = true; return 0;
    case KEY_PLUGIN: options_add_plugin(options, argument); return 0;
    case KEY_COLOR: return parse_color(options, argument, state);
    case KEY_LIMIT: return parse_limit(options, argument, state);
    case ARGP_KEY_ARG:
        if (options->file != NULL)
            return options_wrong(state, "%s: only one recording can be read at a time", argument);
        options->file = argument;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child shared_children[] = {
    {&options_help_argp, 0, NULL, 0}, {&symbols_places_argp, 0, NULL, 0}, {0}};

const struct argp options_shared_argp = {
    .options = shared_options, .parser = parse_shared, .children = shared_children};

void options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    if (argp_parse(argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_HELP, NULL, input) == 0)
        return;
    fprintf(stderr, "\"%s --help\" lists the options.\n", argv[0]);
    exit(STATUS_TROUBLE);
}

const char *options_file(struct options *options)
{
    if (options->file != NULL)
        return options->file;
    int error = newest_recording(".", &options->found_file);
    if (error == -ENOENT)
        message("no recording (*.npt, *.ring) in the current directory; name one, or make one with "
                "\"npntrace record HOST\"");
    else if (error < 0)
        message("cannot look for a recording in the current directory: %s", strerror(-error));
    else
        message("reading %s, the newest recording here", options->found_file);
    return options->found_file;
}

struct recording *options_open(struct options *options)
{
    const char *file = options_file(options);
    struct problem problem;

    if (file == NULL)
        return NULL;
    struct recording *recording = recording_open(file, options->force, &problem);
    if (recording == NULL)
        message_problem(file, &problem,
                        options->force || problem.offset == PROBLEM_NOWHERE || problem.offset == 0
                            ? NULL
                            : "--force reads what is readable");
    return recording;
}

static bool fits(const char *name, const char *path)
{
    const char *base = recording_base_name(path);
    size_t length = strlen(name);

    if (strcmp(name, path) == 0 || strcmp(name, base) == 0)
        return true;
    return strncmp(name, base, length) == 0 && strcmp(base + length, ".so") == 0;
}

bool options_want_plugin(const char *name, const struct recording *recording, bool *wanted)
{
    bool found = false;

    for (size_t id = 1; id <= recording->plugin_count; id++)
        if (fits(name, recording->plugins[id - 1].path))
            wanted[id] = found = true;
    return found;
}

bool options_wants_plugin(const struct options *options, const char *path)
{
    for (size_t i = 0; i < options->plugin_count; i++)
        if (fits(options->plugins[i], path))
            return true;
    return options->plugin_count == 0;
}

bool *options_wanted_plugins(const struct options *options, const struct recording *recording)
{
    bool *wanted = xalloc_zeroed(recording->plugin_count + 1, sizeof(*wanted));

    for (size_t id = 0; id <= recording->plugin_count; id++)
        wanted[id] = options->plugin_count == 0;
    for (size_t i = 0; i < options->plugin_count; i++) {
        if (!options_want_plugin(options->plugins[i], recording, wanted)) {
            message("%s: no plug-in %s in this recording; \"npntrace info\" lists them",
                    recording->path, options->plugins[i]);
            free(wanted);
            return NULL;
        }
    }
    return wanted;
}

char *options_file_argument(const struct options *options)
{
    if (options->file == NULL)
        return xalloc_string("");
    char *quoted = text_quoted(options->file), *argument = xalloc_format(" %s", quoted);
    free(quoted);
    return argument;
}

void options_free(struct options *options)
{
    free(options->found_file);
    free(options->plugins);
    symbols_places_free(&options->places);
    *options = (struct options){0};
}
