/* viewer/verb_archive.c - npntrace archive: a recording and what its names come from in one file */
/* SPDX-License-Identifier: MIT */

#include "viewer/archive_files.h"
#include "viewer/bundle.h"
#include "viewer/message.h"
#include "viewer/text.h"
#include "viewer/verb.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_FORCE = 0x200 };

struct archive_options {
    struct options shared;
    const char *output; /* NULL: named after the recording */
    bool replace;
};

static const struct argp_option own_options[] = {
    {"output", 'o', "FILE", 0,
     "write to FILE (default: the recording's name, ending in " BUNDLE_SUFFIX ")", 0},
    {"force", KEY_FORCE, NULL, 0, "replace FILE if it exists", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct archive_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[1] = &options->shared.places; return 0;
    case 'o': options->output = argument; return 0;
    case KEY_FORCE: options->replace = true; return 0;
    case ARGP_KEY_ARG:
        if (options->shared.file != NULL)
            return options_wrong(state, "%s: only one recording can be archived at a time",
                                 argument);
        options->shared.file = argument;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&options_help_argp, 0, NULL, 0}, {&symbols_places_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = own_options,
    .parser = parse,
    .args_doc = "[FILE]",
    .doc = "Put a recording, the programs and libraries of its call stacks and their debug "
           "information into one file, which all verbs read on any machine as they read the "
           "recording here."
           "\vWithout FILE the newest recording in the current directory is read." OPTIONS_EXAMPLE(
               "archive run.npt\n"
               "  npntrace report run" BUNDLE_SUFFIX),
    .children = children,
};

static const char readme_text[] =
    "A recording of npntrace, with the programs and libraries that its call stacks go through and\n"
    "their debug information. npntrace reads this archive as it is:\n"
    "\n"
    "    npntrace report FILE" BUNDLE_SUFFIX "\n"
    "\n"
    "Unpacked, it is read with\n"
    "\n"
    "    npntrace report --sysroot=" BUNDLE_FILES " " BUNDLE_RECORDING "*\n";

/* page.npt, page.ring and page become page.npta. */
static char *default_output(const char *recording)
{
    size_t length = strlen(recording);
    const char *base = recording_base_name(recording), *dot = strrchr(base, '.');

    if (dot != NULL && dot != base && (strcmp(dot, ".npt") == 0 || strcmp(dot, ".ring") == 0))
        length = (size_t)(dot - recording);
    return xalloc_format("%.*s" BUNDLE_SUFFIX, (int)length, recording);
}

static bool may_write(const char *output, bool replace)
{
    struct stat status;

    if (lstat(output, &status) != 0 || (replace && S_ISREG(status.st_mode)))
        return true;
    message("%s: exists%s", output,
            S_ISREG(status.st_mode) ? "; --force replaces it, -o names another file"
                                    : " and is not a regular file; -o names another");
    return false;
}

static bool add_recording(const struct recording *recording, struct bundle_write *write)
{
    char *entry = xalloc_format("%s%s", BUNDLE_RECORDING, recording_base_name(recording->path));
    bool is_packed = recording->kind == RECORDING_TRACE;
    bool is_added = bundle_write_add(write, entry, recording->path, is_packed) &&
                    bundle_write_text(write, "README.txt", readme_text);

    if (!is_added)
        message("%s: cannot be read again; nothing was written", recording->path);
    free(entry);
    return is_added;
}

static void print_missing(const struct session *session, const struct archive_files *files)
{
    for (uint32_t i = 0; i < files->missing_count; i++) {
        const struct archive_missing *missing = &files->missing[i];
        char *name = text_printable(session->recording->modules[missing->module].path);
        message("%s: left out: %s", name,
                missing->state == SYMBOLS_GOOD || missing->state == SYMBOLS_UNVERIFIED
                    ? "found, but cannot be read"
                    : symbols_state_text(missing->state));
        free(name);
    }
}

static void print_done(const char *output, const struct archive_files *files)
{
    struct stat status;
    char *name = text_printable(output), *quoted = text_quoted(output);
    uint64_t bytes = stat(output, &status) == 0 ? (uint64_t)status.st_size : 0;

    printf("%s: %s, the recording and %s of its call stacks", name, text_bytes(bytes).chars,
           text_plural(files->good, "module").chars);
    if (files->debugged != 0)
        printf(", %s with debug information in files of their own",
               text_count(files->debugged).chars);
    printf(".\nNext, on any machine: npntrace report %s\n", quoted);
    free(name);
    free(quoted);
}

static int archive(struct session *session, const char *output)
{
    char *why = NULL;
    struct bundle_write *write = bundle_write_begin(output, &why);

    if (write == NULL) {
        message("cannot write %s: %s", output, why);
        free(why);
        return STATUS_TROUBLE;
    }
    if (!add_recording(session->recording, write)) {
        bundle_write_discard(write);
        return STATUS_TROUBLE;
    }
    struct archive_files files = archive_files_add(session, write);
    why = bundle_write_end(write);
    if (why != NULL) {
        message("cannot write %s: %s", output, why);
    } else {
        print_missing(session, &files);
        print_done(output, &files);
    }
    int status = why == NULL ? STATUS_GOOD : STATUS_TROUBLE;
    archive_files_free(&files);
    free(why);
    return status;
}

static int archive_session(struct session *session, const struct archive_options *options)
{
    if (session->recording->bundle != NULL) {
        message("%s: is an archive already", session->recording->path);
        return STATUS_TROUBLE;
    }
    if (session->recording->live)
        message("%s: the process is still running; what it does from now on is left out",
                session->recording->path);
    char *output = options->output != NULL ? xalloc_string(options->output)
                                           : default_output(session->recording->path);
    int status = may_write(output, options->replace) ? archive(session, output) : STATUS_TROUBLE;
    free(output);
    return status;
}

int verb_archive(int argc, char **argv)
{
    struct archive_options options = {.shared = {.force = true, .color = TERMINAL_NEVER}};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    int status = session_begin_quietly(&session, &options.shared);
    if (status == STATUS_GOOD) {
        status = archive_session(&session, &options);
        session_end(&session);
    }
    options_free(&options.shared);
    return status;
}
