/* viewer/verdict.c - one sentence about a recording, and others that several verbs say */
/* SPDX-License-Identifier: MIT */

#include "viewer/verdict.h"
#include "viewer/findings.h"
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

char *verdict_plugin_label(const struct recording *recording, uint32_t id)
{
    const char *path = recording->plugins[id - 1].path;
    bool same_name = false, same_path = false;

    for (size_t i = 0; i < recording->plugin_count; i++) {
        if (i == id - 1)
            continue;
        same_path |= strcmp(recording->plugins[i].path, path) == 0;
        same_name |=
            strcmp(recording_base_name(recording->plugins[i].path), recording_base_name(path)) == 0;
    }
    char *name = same_name ? text_printable(path) : verdict_plugin_name(recording, id);
    if (!same_path)
        return name;
    char *longer = xalloc_format("%s #%" PRIu32, name, id);
    free(name);
    return longer;
}

char *verdict_caller_name(const struct recording *recording, uint32_t plugin, bool is_heap)
{
    return is_heap && plugin == 0 ? xalloc_string("(host)")
                                  : verdict_plugin_name(recording, plugin);
}

/* What plug-ins hold of one kind of memory. */
struct holding {
    uint64_t blocks, bytes;
    size_t holders;
    uint32_t biggest; /* the plug-in that holds most */
};

static struct holding holding_of(const struct model *model, const struct trace_counters *plugins,
                                 uint32_t first_id)
{
    struct holding holding = {.biggest = first_id};

    for (uint32_t id = first_id; id <= model->recording->plugin_count; id++) {
        const struct trace_counters *counters = &plugins[id], *biggest = &plugins[holding.biggest];
        holding.blocks += counters->live_blocks;
        holding.bytes += counters->live_bytes;
        holding.holders += counters->live_blocks != 0;
        if (counters->live_bytes > biggest->live_bytes ||
            (biggest->live_blocks == 0 && counters->live_blocks != 0))
            holding.biggest = id;
    }
    return holding;
}

/* NPObjects of which plug-ins hold references at the end. */
static size_t objects_held(const struct recording *recording)
{
    size_t held = 0;

    for (size_t i = 0; i < recording->object_count; i++)
        held += recording->objects[i].refs != 0;
    return held;
}

bool verdict_has_live(const struct model *model)
{
    const struct trace_counters *totals = &model->sums->totals;

    return totals->live_blocks != 0 || totals->received_live_blocks != 0 ||
           objects_held(model->recording) != 0 ||
           holding_of(model, model->heap.plugins, 1).blocks != 0;
}

bool verdict_is_bad(const struct model *model)
{
    return findings_count(model) != 0 || (!model->recording->live && verdict_has_live(model));
}

static char *nothing_live(const struct model *model)
{
    const struct trace_counters *totals = &model->sums->totals;
    struct text plugins = text_plural(model->recording->plugin_count, "plug-in");

    if (totals->allocs == 0)
        return xalloc_format("%s met; no NPN memory was allocated.", plugins.chars);
    if (totals->received_live_blocks != 0 || objects_held(model->recording) != 0)
        return xalloc_format("All of the NPN memory that %s allocated was freed.", plugins.chars);
    return xalloc_format("No leak: all that %s allocated (%s, %s) was freed.", plugins.chars,
                         text_plural(totals->allocs, "block").chars,
                         text_bytes(totals->bytes_allocated).chars);
}

/* "libnpfoo.so did not free 12 blocks, 48.0 KiB" */
static char *who_holds(const struct model *model, const struct trace_counters *plugins,
                       const struct holding *holding)
{
    struct text blocks = text_plural(holding->blocks, "block"), bytes = text_bytes(holding->bytes);
    char *name = verdict_plugin_name(model->recording, holding->biggest), *text;

    if (holding->holders <= 1)
        text =
            xalloc_format(model->recording->live ? "%s holds %s, %s now" : "%s did not free %s, %s",
                          name, blocks.chars, bytes.chars);
    else
        text = xalloc_format(model->recording->live
                                 ? "%zu plug-ins hold %s, %s now; most of it %s (%s)"
                                 : "%zu plug-ins did not free %s, %s; most of it %s (%s)",
                             holding->holders, blocks.chars, bytes.chars, name,
                             text_bytes(plugins[holding->biggest].live_bytes).chars);
    free(name);
    return text;
}

static char *npn_sentence(const struct model *model)
{
    const struct trace_counters *plugins = model->sums->plugins;
    struct holding holding = holding_of(model, plugins, 0);

    if (model->sums->totals.live_blocks == 0)
        return nothing_live(model);
    char *who = who_holds(model, plugins, &holding), *sentence = xalloc_format("%s.", who);
    free(who);
    return sentence;
}

/* Begins with a blank, as the following do; "" if there is nothing to say. */
static char *received_sentence(const struct model *model)
{
    uint64_t blocks = model->sums->totals.received_live_blocks;

    if (blocks == 0)
        return xalloc_string("");
    if (model->recording->live)
        return xalloc_format(" %s from the browser %s not released yet.",
                             text_plural(blocks, "block").chars, blocks == 1 ? "is" : "are");
    return xalloc_format(" %s that the browser gave to be released never %s.",
                         text_plural(blocks, "block").chars, blocks == 1 ? "was" : "were");
}

static char *objects_sentence(const struct model *model)
{
    size_t objects = objects_held(model->recording);

    if (objects == 0)
        return xalloc_string("");
    return xalloc_format(model->recording->live ? " %s held now." : " %s held to the end.",
                         text_plural(objects, "object").chars);
}

static char *findings_sentence(const struct model *model)
{
    size_t findings = findings_count(model);

    if (findings == 0)
        return xalloc_string("");
    return xalloc_format(" %s about misuse of the API.", text_plural(findings, "finding").chars);
}

static uint64_t heap_allocs_of_plugins(const struct model *model)
{
    uint64_t allocs = 0;

    for (uint32_t id = 1; id <= model->recording->plugin_count; id++)
        allocs += model->heap.plugins[id].allocs;
    return allocs;
}

/* The end of a sentence about the heap, of which there are events alone. */
static const char *as_far_as(const struct model *model)
{
    return model_is_complete(model) ? "" : ", by the events that are left";
}

static char *heap_sentence(const struct model *model)
{
    const struct trace_counters *plugins = model->heap.plugins;
    uint64_t allocs = heap_allocs_of_plugins(model);
    struct holding holding = holding_of(model, plugins, 1);

    if (allocs == 0)
        return xalloc_string("");
    if (holding.blocks == 0)
        return xalloc_format(" All of %s on the heap freed%s.", text_plural(allocs, "block").chars,
                             as_far_as(model));
    char *who = who_holds(model, plugins, &holding);
    char *sentence = xalloc_format(" On the heap, %s%s.", who, as_far_as(model));
    free(who);
    return sentence;
}

static char *host_sentence(const struct model *model)
{
    const struct trace_counters *host = &model->heap.plugins[0];

    if (!model->has_heap)
        return xalloc_string("No plug-in was met: there is nothing to report.");
    if (host->live_blocks == 0)
        return xalloc_format("No plug-in was met. On the heap, nothing of the host's is live%s.",
                             as_far_as(model));
    return xalloc_format("No plug-in was met. On the heap, the host %s %s, %s%s%s.",
                         model->recording->live ? "holds" : "did not free",
                         text_plural(host->live_blocks, "block").chars,
                         text_bytes(host->live_bytes).chars, model->recording->live ? " now" : "",
                         as_far_as(model));
}

char *verdict_sentence(const struct model *model)
{
    if (model->recording->plugin_count == 0)
        return host_sentence(model);
    char *npn = npn_sentence(model), *received = received_sentence(model);
    char *objects = objects_sentence(model), *heap = heap_sentence(model);
    char *findings = findings_sentence(model);
    char *sentence = xalloc_format("%s%s%s%s%s", npn, received, objects, heap, findings);
    free(npn);
    free(received);
    free(objects);
    free(heap);
    free(findings);
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
    const char *what; /* of one: "event" */
    const char *how;
};

static char *join(const struct loss *losses, size_t count)
{
    char *text = NULL;

    for (size_t i = 0; i < count; i++) {
        if (losses[i].count == 0)
            continue;
        char *longer =
            xalloc_format("%s%s%s %s", text != NULL ? text : "", text != NULL ? ", " : "",
                          text_plural(losses[i].count, losses[i].what).chars, losses[i].how);
        free(text);
        text = longer;
    }
    return text;
}

/* Heap numbers have no second source. */
static const char *meaning_of_losses(const struct model *model)
{
    if (model_is_complete(model))
        return "";
    if (model->from_events || model->recording->losses.missed_calls != 0)
        return "; the numbers may be too low, live blocks too many";
    if (model->has_heap && model->recording->plugin_count == 0)
        return "; heap numbers are those of the events that are left";
    if (model->has_heap)
        return "; the counts of NPN memory are exact all the same, the process kept them itself, "
               "but heap numbers are those of the events that are left";
    return "; the counts are exact all the same, the process kept them itself";
}

static uint64_t unseen_plugins(const struct recording *recording)
{
    uint64_t count = 0;

    for (uint32_t id = 1; id <= recording->plugin_count; id++)
        count += (recording->plugins[id - 1].flags & RING_PLUGIN_UNSEEN) != 0;
    return count;
}

char *verdict_losses(const struct model *model)
{
    const struct recording_losses *lost = &model->recording->losses;
    const struct loss losses[] = {
        {lost->overwritten_events, "event", "overwritten"},
        {lost->dropped_events, "event", "dropped"},
        {lost->missed_calls, "call", "missed"},
        {lost->damaged_events, "event", "unreadable"},
        {lost->untracked_blocks, "block", "not tracked (live or freed)"},
        {lost->heap_untracked, "heap block", "not tracked (frees by others went unseen)"},
        {lost->unlisted_plugins, "plug-in", "not traced"},
        {unseen_plugins(model->recording), "plug-in", "unseen (calls went straight to the host)"},
        {lost->unlisted_instances, "instance", "not told apart"},
        {lost->unlisted_modules, "module", "without a name"},
        {lost->unlisted_objects, "object", "not balanced"},
        {lost->unlisted_findings, "finding", "not listed"},
    };
    char *what = join(losses, sizeof(losses) / sizeof(losses[0]));

    if (what == NULL && model_is_complete(model))
        return NULL;
    if (what == NULL)
        what = xalloc_string("what could not be read");
    const char *meaning = meaning_of_losses(model);
    char *text = xalloc_format("%s%s.", what, meaning);
    free(what);
    return text;
}
