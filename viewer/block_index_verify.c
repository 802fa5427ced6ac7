/* viewer/block_index_verify.c - are the summaries of blocks true? */
/* SPDX-License-Identifier: MIT */

#include "viewer/block_index.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What was met in a block. */
struct met {
    uint64_t events, first_stamp, last_stamp;
    struct trace_summary_plugin *plugins; /* by id */
    size_t plugin_count;                  /* as of the recording */
};

static void begin(struct met *met)
{
    met->events = met->first_stamp = met->last_stamp = 0;
    memset(met->plugins, 0, (met->plugin_count + 1) * sizeof(*met->plugins));
}

static void meet(struct met *met, uint64_t stamp)
{
    if (met->events == 0 || stamp < met->first_stamp)
        met->first_stamp = stamp;
    if (stamp > met->last_stamp)
        met->last_stamp = stamp;
    met->events++;
}

static void meet_heap(struct met *met, const struct trace_heap_event *event)
{
    struct trace_summary_plugin *plugin = &met->plugins[event->plugin];
    bool is_free = event->type == EVENT_HEAP_FREE, failed = !is_free && event->address == 0;

    meet(met, event->stamp);
    plugin->frees += is_free;
    plugin->failed_allocs += failed;
    plugin->allocs += !is_free && !failed;
    plugin->bytes += is_free || failed ? 0 : event->size;
}

static bool is_same_plugin(const struct trace_summary_plugin *a,
                           const struct trace_summary_plugin *b)
{
    return a->allocs == b->allocs && a->failed_allocs == b->failed_allocs && a->bytes == b->bytes &&
           a->frees == b->frees;
}

/* Of EVENTS blocks plug-ins are not listed, and not met. */
static bool is_true(const struct trace_summary *summary, const struct met *met)
{
    static const struct trace_summary_plugin nothing;
    uint32_t at = 0;

    if (summary->events != met->events || summary->first_stamp != met->first_stamp ||
        summary->last_stamp != met->last_stamp)
        return false;
    for (uint32_t id = 0; id <= met->plugin_count; id++) {
        bool is_listed = at < summary->plugin_count && summary->plugins[at].plugin == id;
        if (!is_same_plugin(is_listed ? &summary->plugins[at] : &nothing, &met->plugins[id]))
            return false;
        at += is_listed;
    }
    return at == summary->plugin_count;
}

/* A block that could not be read has been noted. */
static void compare(struct recording *recording, const struct trace_run *run, const struct met *met,
                    uint64_t damages_before)
{
    const struct trace_summary *summary = block_index_of(&trace_source_of(recording)->index, run);

    if (summary != NULL && recording->problems.damages == damages_before && !is_true(summary, met))
        problems_add(&recording->problems, PROBLEM_DAMAGE, run->offset,
                     "block %" PRIu32 " is not what the index says of it", run->block.sequence);
}

static uint64_t verify_runs(struct recording *recording, struct met *met)
{
    struct recorded_event event;
    uint64_t events = 0;

    for (size_t i = 0; i < recording->run_count; i++) {
        uint64_t damages = recording->problems.damages;
        begin(met);
        if (recording_run_open(recording, i))
            while (recording_run_next(recording, &event))
                meet(met, event.event.stamp);
        events += met->events;
        compare(recording, &trace_source_of(recording)->runs.list[i], met, damages);
    }
    return events;
}

static uint64_t verify_heap(struct recording *recording, struct met *met)
{
    const struct trace_runs *runs = &trace_source_of(recording)->heap_runs;
    const struct trace_heap_event *batch;
    uint64_t events = 0, damages = recording->problems.damages;
    size_t run = 0; /* the one that met is of, + 1 */

    recording_heap_begin(recording);
    for (size_t count = 1; count != 0;) {
        count = recording_heap_batch(recording, &batch);
        if (recording->heap_parts_read != run || count == 0) {
            if (run != 0)
                compare(recording, &runs->list[run - 1], met, damages);
            damages = recording->problems.damages;
            run = recording->heap_parts_read;
            begin(met);
        }
        for (size_t i = 0; i < count; i++)
            meet_heap(met, &batch[i]);
        events += count;
    }
    return events;
}

uint64_t block_index_verify(struct recording *recording)
{
    const struct block_index *index = &trace_source_of(recording)->index;
    struct met met = {.plugin_count = recording->plugin_count};

    if (index->is_useless)
        problems_add(&recording->problems, PROBLEM_DAMAGE, index->offset,
                     "the index of blocks is damaged");
    met.plugins = xalloc_zeroed(met.plugin_count + 1, sizeof(*met.plugins));
    uint64_t events = verify_runs(recording, &met);
    events += verify_heap(recording, &met);
    free(met.plugins);
    return events;
}
