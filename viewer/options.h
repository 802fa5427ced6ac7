/* viewer/options.h - the options that the reading verbs share, and how all verbs parse theirs */
/* SPDX-License-Identifier: MIT */

/*
 * A verb has an argp of its own with options_shared_argp as a child whose input is a struct
 * options:
 *
 *   static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
 *
 * and sets state->child_inputs[0] at ARGP_KEY_INIT. options_parse() runs it; wrong usage prints the
 * usage on stderr and ends the program with STATUS_TROUBLE. Threads: one. Memory: until
 * options_free().
 */
#ifndef NPNTRACE_VIEWER_OPTIONS_H
#define NPNTRACE_VIEWER_OPTIONS_H

#include "viewer/recording.h"
#include "viewer/terminal.h"

#include <argp.h>

struct options {
    const char *file; /* NULL: the newest recording here */
    char *found_file; /* owner of the newest one's name */
    bool json;
    bool force;
    bool without_symbols;
    enum terminal_color color;
    uint64_t limit; /* 0: none */
    bool has_limit;
    const char **plugins; /* names or paths that --plugin gave */
    size_t plugin_count, plugin_capacity;
};

extern const struct argp options_shared_argp;

/* --help, --usage and --version alone, as a child for verbs that read no recording. */
extern const struct argp options_help_argp;

/* Parses all arguments of a verb. Returns only if they are right. */
void options_parse(const struct argp *argp, int argc, char **argv, void *input);

/* For parsers: says what is wrong with an argument; to be returned. */
int options_wrong(struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds to what --plugin gave. */
void options_add_plugin(struct options *options, const char *name);

/* The recording that was asked for, or NULL after a message. */
struct recording *options_open(struct options *options);

/*
 * Which plug-ins --plugin selects, by id, with 0 for "none known": a new array, all true without
 * the option. A name fits a plug-in's file name, with or without .so, or its whole path. NULL after
 * a message if one fits none.
 */
bool *options_wanted_plugins(const struct options *options, const struct recording *recording);

/* Selects the plug-ins that one name fits; false: it fits none. */
bool options_want_plugin(const char *name, const struct recording *recording, bool *wanted);

/* The file for a command to be suggested: "" if it was not named, else a blank and the quoted name.
 */
char *options_file_argument(const struct options *options);

void options_free(struct options *options);

#endif
