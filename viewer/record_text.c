/* viewer/record_text.c - what record says when it is done */
/* SPDX-License-Identifier: MIT */

#include "viewer/record_text.h"
#include "recorder/recorder.h"
#include "viewer/message.h"
#include "viewer/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PLUGINS_SHOWN 5

static const char *moment(const struct recorder_result *result)
{
    if (result->end_reason == TRACE_END_RECORDER)
        return "when recording stopped";
    if (result->end_reason == TRACE_END_EXEC)
        return "when it executed another program";
    return result->exit_kind == TRACE_EXIT_SIGNAL ? "when it was killed" : "at exit";
}

/* "nothing lost", or what was: a number that may be incomplete says so beside itself. */
static struct text losses(const struct recorder_result *result)
{
    if (result->error != 0)
        return (struct text){"the file is incomplete"};
    if (result->lost_events > 0)
        return text_plural(result->lost_events, "lost event");
    return (struct text){"nothing lost"};
}

/* Who holds most comes first. */
static int compare_plugins(const void *left, const void *right)
{
    const struct recorder_plugin *a = left, *b = right;

    if (a->npn.live_bytes != b->npn.live_bytes)
        return a->npn.live_bytes > b->npn.live_bytes ? -1 : 1;
    return a->npn.allocs > b->npn.allocs ? -1 : a->npn.allocs < b->npn.allocs;
}

static void print_plugins(const struct recorder_result *result)
{
    size_t shown = result->plugin_count < PLUGINS_SHOWN ? result->plugin_count : PLUGINS_SHOWN;

    if (result->plugin_count > 1)
        qsort(result->plugins, result->plugin_count, sizeof(*result->plugins), compare_plugins);
    for (size_t i = 0; i < shown; i++) {
        const struct recorder_plugin *plugin = &result->plugins[i];
        char *name = text_printable(plugin->name != NULL ? plugin->name : "?");

        message("%s: %s, %s%s live %s; %s, %s", name,
                text_plural(plugin->npn.live_blocks, "block").chars,
                text_bytes(plugin->npn.live_bytes).chars,
                result->heap != RING_HEAP_OFF ? " of NPN memory" : "", moment(result),
                text_plural(plugin->npn.allocs, "allocation").chars, losses(result).chars);
        free(name);
    }
    if (shown < result->plugin_count)
        message("... and %s", text_plural(result->plugin_count - shown, "more plug-in").chars);
    if (result->untracked_blocks > 0)
        message("the table of live blocks had no room for %s: leaks are incomplete; give a larger "
                "--size",
                text_plural(result->untracked_blocks, "block").chars);
}

static void print_heap(const struct recorder_result *result)
{
    if (result->heap == RING_HEAP_OFF)
        return;
    message("heap: %s of %s; %s", text_plural(result->heap_events, "event").chars,
            result->heap == RING_HEAP_ALL ? "the whole program" : "its plug-ins",
            losses(result).chars);
    if (result->heap_untracked > 0)
        message("there was no room to remember %s of plug-ins: frees of them by others are not "
                "recorded; give a larger --size",
                text_plural(result->heap_untracked, "block").chars);
}

static void print_selfcheck(const struct recorder_result *result)
{
    if (result->selfcheck == 0)
        return;
    message("self-check: %s unwound twice, %s", text_plural(result->selfchecks, "call stack").chars,
            text_plural(result->selfcheck_mismatches, "difference").chars);
}

/* Those that are in the recording; objects kept beyond their instances show when it is read. */
static void print_findings(const struct recorder_result *result)
{
    if (result->unlisted_findings != 0)
        message("misuse of the API: %s, and %s more for which there was no room",
                text_plural(result->findings, "finding").chars,
                text_plural(result->unlisted_findings, "time").chars);
    else if (result->findings != 0)
        message("misuse of the API: %s", text_plural(result->findings, "finding").chars);
}

static const char *next_verb(const struct recorder_result *result)
{
    if (result->findings != 0)
        return "findings";
    return result->plugin_count != 0 ? "leaks" : "report";
}

static void print_result(const struct recorder_result *result)
{
    char *host = text_printable(result->host != NULL ? result->host : "?");

    if (result->path == NULL) {
        message("%s (pid %" PRIu32 ") was not recorded: %s", host, result->pid,
                strerror(-result->error));
    } else {
        char *path = text_quoted(result->path);

        message("%s (pid %" PRIu32 ") is recorded in %s (%s, %s)", host, result->pid, path,
                text_plural(result->events, "event").chars, text_bytes(result->file_bytes).chars);
        print_plugins(result);
        print_heap(result);
        print_findings(result);
        print_selfcheck(result);
        message("next: npntrace %s %s", next_verb(result), path);
        free(path);
    }
    free(host);
}

/* The names that programs have in /proc/PID/exe: a script's is its interpreter's. */
static void print_not_followed(const struct recorder_report *report)
{
    message("no program that ran is named like '%s': --heap=all recorded no program from its "
            "start; give the name of the program's file with --follow=NAME, or --follow='*' for "
            "every program",
            report->follow);
}

static bool any_followed(const struct recorder_report *report)
{
    for (size_t i = 0; i < report->result_count; i++)
        if (report->results[i].heap == RING_HEAP_ALL)
            return true;
    return report->refused > 0 || report->why != NULL; /* that is said elsewhere */
}

static void print_nothing(const struct recorder_report *report, const char *command)
{
    if (report->refused > 0)
        message("nothing was recorded: memory to record in was asked for and not given %s "
                "(a limit on memory or file size, another user's process, or one in another pid "
                "namespace)",
                text_plural(report->refused, "time").chars);
    else if (report->why != NULL)
        message("nothing was recorded in '%s': %s; no process that it started met a plug-in",
                command, report->why);
    else
        message("nothing was recorded: no process of '%s' met a plug-in (none called NP_Initialize "
                "or NPN_MemAlloc); no file was made",
                command);
}

void record_text_print(const struct recorder_report *report, const char *command, bool quiet)
{
    bool strangers = report->follow != NULL && !any_followed(report);

    if (strangers)
        print_not_followed(report);
    if (report->result_count == 0 && !strangers)
        print_nothing(report, command);
    for (size_t i = 0; i < report->result_count; i++)
        if (!quiet)
            print_result(&report->results[i]);
}
