/* recorder/recorder.c - runs a command and records every process of it that meets a plug-in */
/* SPDX-License-Identifier: MIT */

#include "recorder/recorder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/launch.h"
#include "recorder/session.h"

struct start { /* what has to be known before the command is started */
    char *path;
    char *library;
    char *why;
    char *follow; /* pattern of the programs whose heap is recorded from their start */
    char selfcheck[16];
};

__attribute__((format(printf, 2, 3))) static void say(const struct recorder_options *options,
                                                      const char *format, ...)
{
    va_list arguments;
    char *line;

    va_start(arguments, format);
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if (options->say != NULL)
        options->say(options->say_context, line);
    free(line);
}

static int find_command(const struct recorder_options *options, const char *name,
                        struct start *start)
{
    int error = launch_find(name, &start->path);

    if (error == -ENOENT && strchr(name, '/') == NULL)
        say(options, "cannot run '%s': there is no such command in PATH", name);
    else if (error != 0)
        say(options, "cannot run '%s': %s", start->path ? start->path : name, strerror(-error));
    else
        start->why = launch_examine(start->path);
    return error;
}

static int find_library(const struct recorder_options *options, struct start *start)
{
    int error = launch_library(&start->library);

    if (error == -EINVAL)
        say(options, "cannot preload '%s': the loader takes no path with a colon or white space; "
                     "move it, or name a copy with NPNTRACE_LIBRARY", start->library);
    else if (error != 0)
        say(options, "cannot find libnpntrace.so, neither beside this program nor in '%s'; "
                     "name it with NPNTRACE_LIBRARY", NPNTRACE_LIBDIR);
    return error;
}

/* What the library is to be told. */
static int find_settings(const struct recorder_options *options, struct start *start)
{
    if (options->selfcheck != 0)
        snprintf(start->selfcheck, sizeof(start->selfcheck), "%u", options->selfcheck);
    if (options->heap != RING_HEAP_ALL)
        return 0;
    start->follow =
        options->follow != NULL ? strdup(options->follow) : launch_follow(start->path);
    return start->follow == NULL ? -ENOMEM : 0;
}

static int prepare(const struct recorder_options *options, const char *name, struct start *start)
{
    struct output output = {.pattern = options->output, .force = options->force};
    char *what;
    int error = find_command(options, name, start);

    if (error == 0)
        error = find_library(options, start);
    if (error == 0)
        error = find_settings(options, start);
    if (error != 0)
        return error;
    error = output_probe(&output, &what);
    if (error != 0)
        say(options, "%s", what ? what : strerror(-error));
    free(what);
    if (error == 0 && start->why != NULL)
        say(options, "warning: '%s' itself cannot be recorded: %s", start->path, start->why);
    return error;
}

static int run(const struct recorder_options *options, char *const argv[], struct start *start,
               struct recorder_report *report)
{
    static const char *const heaps[] = {
        [RING_HEAP_PLUGINS] = "plugins", [RING_HEAP_ALL] = "all"};
    struct launch_settings settings = {
        .heap = heaps[options->heap],
        .follow = start->follow,
        .selfcheck = *start->selfcheck != '\0' ? start->selfcheck : NULL,
    };
    struct session session;
    pid_t child;
    int error = session_open(&session, options, report);

    if (error != 0) {
        say(options, "cannot prepare to record: %s", strerror(-error));
        return error;
    }
    error = launch_start(start->path, argv, start->library, session.handover.name,
                         &settings, &session.signals, &child);
    if (error != 0)
        say(options, "cannot run '%s': %s", start->path, strerror(-error));
    else
        session_run(&session, child);
    session_close(&session);
    return error;
}

int recorder_run(const struct recorder_options *options, char *const argv[],
                 struct recorder_report *ret_report)
{
    struct recorder_report report = {0};
    struct start start = {0};
    int error = prepare(options, argv[0], &start);

    if (error == 0)
        error = run(options, argv, &start, &report);
    if (error == 0) {
        report.why = start.why;
        report.follow = start.follow;
        start.why = start.follow = NULL;
        *ret_report = report;
    } else {
        recorder_report_free(&report);
        *ret_report = (struct recorder_report){0};
    }
    free(start.path);
    free(start.library);
    free(start.why);
    free(start.follow);
    return error;
}

void recorder_result_free(struct recorder_result *result)
{
    for (size_t i = 0; i < result->plugin_count; i++)
        free(result->plugins[i].name);
    free(result->plugins);
    free(result->path);
    free(result->host);
    *result = (struct recorder_result){0};
}

void recorder_report_free(struct recorder_report *report)
{
    for (size_t i = 0; i < report->result_count; i++)
        recorder_result_free(&report->results[i]);
    free(report->results);
    free(report->why);
    free(report->follow);
    *report = (struct recorder_report){0};
}
