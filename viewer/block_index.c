/* viewer/block_index.c - what the INDEX blocks of a trace file say about its blocks of events */
/* SPDX-License-Identifier: MIT */

#include "viewer/block_index.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct recording *recording, uint64_t offset, const char *what)
{
    struct block_index *index = &trace_source_of(recording)->index;

    problems_add(&recording->problems, PROBLEM_NOTE, offset,
                 "the index of blocks %s: it is not used, all blocks are read", what);
    index->is_useless = true;
    index->count = index->plugin_count = 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int keep(void *context, const struct trace_summary *summary)
{
    struct recording *recording = context;
    struct block_index *index = &trace_source_of(recording)->index;
    size_t plugins = summary->plugin_count;

    if (index->count != 0 && summary->sequence <= index->list[index->count - 1].sequence)
        return -EBADMSG;
    if (!source_trace_spend(recording,
                            2 * (sizeof(*summary) + plugins * sizeof(*summary->plugins))))
        return -ENOSPC;
    index->list = xalloc_grown(index->list, index->count, &index->capacity, sizeof(*index->list));
    index->list[index->count++] = *summary;
    while (index->plugin_count + plugins > index->plugin_capacity)
        index->plugins = xalloc_grown(index->plugins, index->plugin_capacity,
                                      &index->plugin_capacity, sizeof(*index->plugins));
    if (plugins != 0)
        memcpy(index->plugins + index->plugin_count, summary->plugins,
               plugins * sizeof(*index->plugins));
    index->plugin_count += plugins;
    return 0;
}

void block_index_read(struct recording *recording, uint64_t offset, const struct trace_block *block)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_fault fault = {.what = "cannot be decoded"};
    const uint8_t *raw;

    if (source->index.is_useless)
        return;
    if (source->index.count == 0)
        source->index.offset = offset;
    if (source_trace_unpack_block(&source->mapping, offset, block, source->zstd, &source->room,
                                  &raw) != NULL ||
        trace_index_decode(raw, block->raw_bytes, keep, recording, &fault) != 0)
        forget(recording, offset, "is damaged");
}

/* ---- matching ---------------------------------------------------------------------------- */

/* Both lists are in the order of the file. Returns how many summaries found their block. */
static size_t match_runs(const struct block_index *index, struct trace_runs *runs)
{
    size_t matched = 0, at = 0;

    for (size_t i = 0; i < runs->count; i++) {
        struct trace_run *run = &runs->list[i];
        while (at < index->count && index->list[at].sequence < run->block.sequence)
            at++;
        bool found = at < index->count && index->list[at].sequence == run->block.sequence;
        run->summary = found ? (uint32_t)at + 1 : 0;
        matched += found;
    }
    return matched;
}

static void find_plugins(struct block_index *index)
{
    size_t at = 0;

    for (size_t i = 0; i < index->count; i++) {
        index->list[i].plugins = index->plugins + at;
        at += index->list[i].plugin_count;
    }
}

/* Where blocks are missing, it is they that are damaged. */
void block_index_match(struct recording *recording)
{
    struct trace_source *source = trace_source_of(recording);
    struct block_index *index = &source->index;

    find_plugins(index);
    size_t matched = match_runs(index, &source->runs) + match_runs(index, &source->heap_runs);
    if (matched == index->count || recording->problems.damages != 0)
        return;
    forget(recording, index->offset, "names blocks that are not there");
    match_runs(index, &source->runs);
    match_runs(index, &source->heap_runs);
}

/* ---- asking ------------------------------------------------------------------------------ */

const struct trace_summary *block_index_of(const struct block_index *index,
                                           const struct trace_run *run)
{
    return run->summary != 0 ? &index->list[run->summary - 1] : NULL;
}

bool block_index_is_within(const struct trace_summary *summary, const struct recording_part *part)
{
    return summary->first_stamp >= part->from_stamp && summary->last_stamp <= part->to_stamp;
}

bool block_index_is_outside(const struct trace_summary *summary, const struct recording_part *part)
{
    return summary->last_stamp < part->from_stamp || summary->first_stamp > part->to_stamp;
}

bool block_index_has_any(const struct trace_summary *summary, const bool *plugins, size_t count)
{
    for (uint32_t i = 0; i < summary->plugin_count; i++)
        if (summary->plugins[i].plugin <= count && plugins[summary->plugins[i].plugin])
            return true;
    return false;
}

static void add_summary(const struct recording *recording, const struct trace_summary *summary,
                        struct recording_heap_sums *sums)
{
    if (summary->events == 0)
        return;
    if (sums->events == 0 || summary->first_stamp < sums->first_stamp)
        sums->first_stamp = summary->first_stamp;
    if (summary->last_stamp > sums->last_stamp)
        sums->last_stamp = summary->last_stamp;
    sums->events += summary->events;
    for (uint32_t i = 0; i < summary->plugin_count; i++) {
        const struct trace_summary_plugin *from = &summary->plugins[i];
        struct trace_counters *to =
            &sums->plugins[from->plugin <= recording->plugin_count ? from->plugin : 0];
        to->allocs += from->allocs;
        to->failed_allocs += from->failed_allocs;
        to->bytes_allocated += from->bytes;
        to->frees += from->frees;
    }
}

bool block_index_sums(const struct recording *recording, struct recording_heap_sums *ret_sums)
{
    const struct trace_source *source = trace_source_of(recording);
    struct recording_heap_sums sums = {.plugins = ret_sums->plugins};

    for (size_t i = 0; i < source->heap_runs.count; i++) {
        const struct trace_summary *summary =
            block_index_of(&source->index, &source->heap_runs.list[i]);
        if (summary == NULL)
            return false;
        add_summary(recording, summary, &sums);
    }
    *ret_sums = sums;
    return true;
}

void block_index_free(struct block_index *index)
{
    free(index->list);
    free(index->plugins);
    *index = (struct block_index){0};
}
