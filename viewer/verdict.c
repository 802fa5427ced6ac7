/* viewer/verdict.c - one sentence about a recording, and others that several verbs say */
/* SPDX-License-Identifier: MIT */

#include "viewer/verdict.h"
#include "viewer/text.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *verdict_plugin_name(const struct recording *recording, uint32_t plugin)
{
    if (plugin == 0)
        return xalloc_string("(no plug-in)");
    const char *path = recording->plugins[plugin - 1].path;
    return path[0] == '\0' ? xalloc_format("plug-in %" PRIu32, plugin)
                           : text_printable(recording_base_name(path));
}

bool verdict_is_bad(const struct model *model)
{
    return !model->recording->live && model->sums->totals.live_blocks != 0;
}

static char *nothing_live(const struct model *model)
{
    const struct trace_counters *totals = &model->sums->totals;
    struct text plugins = text_plural(model->recording->plugin_count, "plug-in");

    if (totals->allocs == 0)
        return xalloc_format("%s met; no NPN memory was allocated.", plugins.chars);
    return xalloc_format("No leak: all that %s allocated (%s, %s) was freed.", plugins.chars,
                         text_plural(totals->allocs, "block").chars,
                         text_bytes(totals->bytes_allocated).chars);
}

/* The plug-in that holds most, and how many hold something. */
static uint32_t biggest_holder(const struct model *model, size_t *ret_holders)
{
    uint32_t biggest = 0;

    *ret_holders = 0;
    for (uint32_t id = 0; id <= model->recording->plugin_count; id++) {
        const struct trace_counters *counters = &model->sums->plugins[id];
        *ret_holders += counters->live_blocks != 0;
        if (counters->live_bytes > model->sums->plugins[biggest].live_bytes ||
            (model->sums->plugins[biggest].live_blocks == 0 && counters->live_blocks != 0))
            biggest = id;
    }
    return biggest;
}

char *verdict_sentence(const struct model *model)
{
    const struct trace_counters *totals = &model->sums->totals;
    size_t holders;
    uint32_t biggest = biggest_holder(model, &holders);
    struct text blocks = text_plural(totals->live_blocks, "block"),
                bytes = text_bytes(totals->live_bytes);

    if (model->recording->plugin_count == 0)
        return xalloc_string("No plug-in was met: there is nothing to report.");
    if (totals->live_blocks == 0)
        return nothing_live(model);
    char *name = verdict_plugin_name(model->recording, biggest), *sentence;
    if (holders <= 1)
        sentence = xalloc_format(model->recording->live ? "%s holds %s, %s now."
                                                        : "%s did not free %s, %s.",
                                 name, blocks.chars, bytes.chars);
    else
        sentence = xalloc_format(model->recording->live
                                     ? "%zu plug-ins hold %s, %s now; most of it %s (%s)."
                                     : "%zu plug-ins did not free %s, %s; most of it %s (%s).",
                                 holders, blocks.chars, bytes.chars, name,
                                 text_bytes(model->sums->plugins[biggest].live_bytes).chars);
    free(name);
    return sentence;
}

char *verdict_ending(const struct recording *recording)
{
    uint32_t value = recording->process.exit_value;

    switch (recording->process.ending) {
    case RECORDING_EMPTY: return xalloc_string("has not begun to record");
    case RECORDING_RUNNING: return xalloc_string("is running");
    case RECORDING_EXITED: return xalloc_format("exited with status %" PRIu32, value);
    case RECORDING_SIGNALLED:
        return xalloc_format("was ended by signal %" PRIu32 " (%s)", value,
                             value < 65 ? strsignal((int)value) : "unknown");
    case RECORDING_EXECUTED: return xalloc_string("executed another program");
    case RECORDING_DETACHED: return xalloc_string("went on when the recorder was stopped");
    case RECORDING_BROKEN: return xalloc_string("overwrote its own recording, which ends there");
    case RECORDING_UNFINISHED:
        return xalloc_string("was still running where the recording breaks off");
    default: return xalloc_string("has ended; how was not seen");
    }
}

char *verdict_host(const struct recording *recording)
{
    char *ending = verdict_ending(recording);
    char *exe = text_printable(recording_base_name(recording->process.exe));
    char *text = xalloc_format("%s (pid %" PRIu32 "), recorded for %s%s; it %s.",
                               exe[0] != '\0' ? exe : "a process", recording->process.pid,
                               recording->process.ending == RECORDING_GONE ? "at least " : "",
                               text_duration(recording_duration_ns(recording)).chars, ending);

    free(ending);
    free(exe);
    return text;
}

struct loss {
    uint64_t count;
    const char *what; /* in the plural */
};

static char *join(const struct loss *losses, size_t count)
{
    char *text = NULL;

    for (size_t i = 0; i < count; i++) {
        if (losses[i].count == 0)
            continue;
        char *longer =
            xalloc_format("%s%s%s %s", text != NULL ? text : "", text != NULL ? ", " : "",
                          text_count(losses[i].count).chars, losses[i].what);
        free(text);
        text = longer;
    }
    return text;
}

char *verdict_losses(const struct model *model)
{
    const struct recording_losses *lost = &model->recording->losses;
    const struct loss losses[] = {
        {lost->overwritten_events, "events overwritten"},
        {lost->dropped_events, "events dropped"},
        {lost->missed_calls, "calls missed"},
        {lost->damaged_events, "events unreadable"},
        {lost->untracked_blocks, "blocks not tracked (they may be live or freed)"},
        {lost->unlisted_plugins, "plug-ins not traced"},
        {lost->unlisted_instances, "instances not told apart"},
        {lost->unlisted_modules, "modules without a name"},
    };
    char *what = join(losses, sizeof(losses) / sizeof(losses[0]));
    const char *meaning = "";

    if (what == NULL)
        return NULL;
    if (recording_lost_events(model->recording) != 0)
        meaning = !model->from_events && lost->missed_calls == 0
                      ? "; the counts are exact all the same, the process kept them itself"
                      : "; the numbers may be too low, live blocks too many";
    char *text = xalloc_format("Lost: %s%s.", what, meaning);
    free(what);
    return text;
}
