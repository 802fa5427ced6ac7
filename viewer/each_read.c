/* viewer/each_read.c - what the recordings of one run of a host say */
/* SPDX-License-Identifier: MIT */

#include "format/finding.h"
#include "viewer/cursor.h"
#include "viewer/each.h"
#include "viewer/json_out.h"
#include "viewer/leaks.h"
#include "viewer/stack_text.h"
#include "viewer/xalloc.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
    const struct each *each;
    struct recording *recording;
    struct model *model;
    struct stacks *stacks;
    struct names *names;
    struct each_facts *facts;
};

static const char *plugin_name(const struct reading *reading, uint32_t plugin)
{
    return plugin != 0 && plugin <= reading->recording->plugin_count
               ? recording_base_name(reading->recording->plugins[plugin - 1].path)
               : NULL;
}

/* Of the plug-ins in question; without a pattern, those of nobody's as well. */
static uint64_t calls_of(const struct reading *reading)
{
    const char *pattern = reading->each->whatif->plugin;
    const struct model_sums *sums = reading->model->sums;
    uint64_t calls = 0;

    if (pattern == NULL)
        return sums->totals.allocs + sums->totals.failed_allocs;
    for (uint32_t id = 1; id <= reading->recording->plugin_count; id++)
        if (fnmatch(pattern, plugin_name(reading, id), 0) == 0)
            calls += sums->plugins[id].allocs + sums->plugins[id].failed_allocs;
    return calls;
}

/* ---- the call that failed ---------------------------------------------------------------- */

/* The innermost frame of the plug-in's own code, or the innermost of all. */
static uint32_t own_frame(const struct reading *reading, uint32_t stack, uint32_t plugin)
{
    for (uint32_t at = stack; at != 0; at = stacks_frame(reading->stacks, at)->parent)
        if (stacks_is_own(reading->stacks, at, plugin))
            return at;
    return stack;
}

static void read_injected(const struct reading *reading, const struct recorded_event *recorded)
{
    struct each_facts *facts = reading->facts;
    const char *name = plugin_name(reading, recorded->event.plugin);
    uint32_t stack = stacks_of(reading->stacks, recording_stack_node(reading->recording, recorded));

    facts->injected = true;
    facts->plugin = name != NULL ? xalloc_string(name) : NULL;
    facts->where = stack_text_brief(reading->names, reading->stacks,
                                    own_frame(reading, stack, recorded->event.plugin));
    facts->stack = json_out_stack(reading->names, reading->stacks, stack);
}

static void find_injected(const struct reading *reading)
{
    struct cursor *cursor = cursor_open(reading->recording);
    struct recorded_event recorded;

    while (!reading->facts->injected && cursor_next(cursor, &recorded))
        if (recorded.event.type == EVENT_NPN_ALLOC &&
            (recorded.event.flags & (EVENT_INJECTED | EVENT_OVER_LIMIT)) == EVENT_INJECTED)
            read_injected(reading, &recorded);
    cursor_close(cursor);
}

/* ---- stacks as numbers -------------------------------------------------------------------- */

#define KEY_BEGIN UINT64_C(0xcbf29ce484222325)

static uint64_t key_of_bytes(uint64_t key, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        key = (key ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return key;
}

/* The same in each run: modules by name, addresses as in their files. */
static uint64_t key_of_stack(const struct reading *reading, uint64_t key, uint32_t stack)
{
    for (uint32_t at = stack; at != 0;) {
        const struct stacks_frame *frame = stacks_frame(reading->stacks, at);
        if (frame->module != STACKS_NO_MODULE) {
            const char *path = reading->recording->modules[frame->module].path;
            key = key_of_bytes(key, path, strlen(path));
            key = key_of_bytes(key, &frame->address, sizeof(frame->address));
        }
        at = frame->parent;
    }
    return key;
}

/* ---- calls that may fail ----------------------------------------------------------------- */

/* Their stacks, in the order of the recording: with several threads it may differ a little from
 * that in which they are counted, which matters for nothing but the choice. */
static void read_made(const struct reading *reading, uint64_t calls)
{
    const char *pattern = reading->each->whatif->plugin;
    struct each_facts *facts = reading->facts;
    struct cursor *cursor = cursor_open(reading->recording);
    struct recorded_event recorded;

    free(facts->made);
    facts->made = xalloc_zeroed(calls, sizeof(*facts->made));
    facts->made_count = 0;
    while (facts->made_count < calls && cursor_next(cursor, &recorded)) {
        const char *name = plugin_name(reading, recorded.event.plugin);
        if (recorded.event.type != EVENT_NPN_ALLOC ||
            (pattern != NULL && (name == NULL || fnmatch(pattern, name, 0) != 0)))
            continue;
        uint32_t stack =
            stacks_of(reading->stacks, recording_stack_node(reading->recording, &recorded));
        facts->made[facts->made_count++] = key_of_stack(reading, KEY_BEGIN, stack);
    }
    cursor_close(cursor);
}

/* ---- leaks and findings ------------------------------------------------------------------ */

static void add_fact(struct each_facts *facts, const struct each_fact *fact)
{
    for (size_t i = 0; i < facts->count; i++)
        if (facts->facts[i].key == fact->key) {
            facts->facts[i].count += fact->count;
            facts->facts[i].bytes += fact->bytes;
            return;
        }
    facts->facts =
        xalloc_grown(facts->facts, facts->count, &facts->capacity, sizeof(*facts->facts));
    facts->facts[facts->count++] = *fact;
}

static void read_leaks(const struct reading *reading)
{
    struct leaks leaks = leaks_find(reading->model, reading->stacks, &(struct leaks_wanted){0});

    for (size_t i = 0; i < leaks.count; i++) {
        const struct leak *leak = &leaks.list[i];
        const uint32_t what[] = {leak->plugin, leak->domain};
        uint64_t key = key_of_bytes(KEY_BEGIN, what, sizeof(what));
        add_fact(reading->facts, &(struct each_fact){.key = key_of_stack(reading, key, leak->place),
                                                     .count = leak->blocks,
                                                     .bytes = leak->bytes});
    }
    leaks_free(&leaks);
}

static void read_findings(const struct reading *reading)
{
    for (size_t i = 0; i < reading->recording->finding_count; i++) {
        const struct trace_finding *finding = &reading->recording->findings[i];
        const char *name = finding_name(finding->kind);
        const uint32_t what[] = {UINT32_MAX, finding->plugin, finding->kind};
        uint64_t key = key_of_bytes(KEY_BEGIN, what, sizeof(what));
        uint32_t stack = stacks_of(reading->stacks, finding->node);
        add_fact(reading->facts, &(struct each_fact){.key = key_of_stack(reading, key, stack),
                                                     .count = finding->count,
                                                     .finding = name != NULL ? name : "unknown"});
    }
}

/* ---- a recording, and all of them -------------------------------------------------------- */

static void read_one(const struct each *each, const char *path, bool is_baseline,
                     struct each_facts *facts)
{
    struct problem problem;
    struct reading reading = {
        .each = each, .facts = facts, .recording = recording_open(path, true, &problem)};

    if (reading.recording == NULL) {
        facts->is_incomplete = true;
        return;
    }
    reading.model = model_build(reading.recording);
    reading.stacks = stacks_new(reading.model);
    reading.names = names_new(reading.recording, false);
    uint64_t calls = calls_of(&reading);
    if (is_baseline && calls > facts->calls)
        read_made(&reading, calls);
    facts->calls = calls > facts->calls ? calls : facts->calls;
    facts->is_incomplete |= !model_is_complete(reading.model);
    if (reading.recording->process.ending == RECORDING_SIGNALLED) {
        facts->killed = true;
        facts->signal = (int)reading.recording->process.exit_value;
    }
    find_injected(&reading);
    read_leaks(&reading);
    read_findings(&reading);
    names_free(reading.names);
    stacks_free(reading.stacks);
    model_free(reading.model);
    recording_close(reading.recording);
}

void each_read(const struct each *each, uint64_t call, struct each_facts *ret_facts)
{
    DIR *folder = opendir(each->folder);
    const struct dirent *entry;

    *ret_facts = (struct each_facts){0};
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = xalloc_format("%s/%s", each->folder, entry->d_name);
        read_one(each, path, call == 0, ret_facts);
        unlink(path);
        free(path);
    }
    if (folder != NULL)
        closedir(folder);
}

void each_facts_free(struct each_facts *facts)
{
    free(facts->plugin);
    free(facts->where);
    json_decref(facts->stack);
    free(facts->facts);
    free(facts->made);
    *facts = (struct each_facts){0};
}
