/* tests/unit/trace_summaries.c - is an index what its blocks are? */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/trace_summaries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *need(void *memory)
{
    if (memory != NULL)
        return memory;
    fprintf(stderr, "trace summaries: no memory\n");
    _exit(99);
}

void summaries_begin(struct summaries *summaries, uint32_t sequence, bool is_heap)
{
    summaries->blocks =
        need(reallocarray(summaries->blocks, summaries->count + 1, sizeof(*summaries->blocks)));
    summaries->blocks[summaries->count++] = (struct met_block){
        .sequence = sequence,
        .first_stamp = UINT64_MAX,
        .plugins =
            is_heap ? need(calloc(SUMMARIES_PLUGINS, sizeof(struct trace_summary_plugin))) : NULL,
    };
}

void summaries_event(struct summaries *summaries, uint64_t stamp)
{
    struct met_block *block = &summaries->blocks[summaries->count - 1];

    block->events++;
    block->first_stamp = stamp < block->first_stamp ? stamp : block->first_stamp;
    block->last_stamp = stamp > block->last_stamp ? stamp : block->last_stamp;
}

void summaries_heap(struct summaries *summaries, const struct trace_heap_event *event)
{
    struct trace_summary_plugin *plugin =
        &summaries->blocks[summaries->count - 1].plugins[event->plugin % SUMMARIES_PLUGINS];

    summaries_event(summaries, event->stamp);
    if (event->type == EVENT_HEAP_FREE) {
        plugin->frees++;
    } else if (event->address == 0) {
        plugin->failed_allocs++;
    } else {
        plugin->allocs++;
        plugin->bytes += event->size;
    }
}

static struct met_block *find(struct summaries *summaries, uint32_t sequence)
{
    for (size_t i = summaries->count; i-- > 0;)
        if (summaries->blocks[i].sequence == sequence)
            return &summaries->blocks[i];
    return NULL;
}

static bool is_idle(const struct trace_summary_plugin *plugin)
{
    return plugin->allocs + plugin->failed_allocs + plugin->frees == 0;
}

/* Each plug-in that did something is listed, and no other. */
static bool plugins_are_same(const struct met_block *block, const struct trace_summary *summary)
{
    uint32_t at = 0;

    for (uint32_t id = 0; block->plugins != NULL && id < SUMMARIES_PLUGINS; id++) {
        const struct trace_summary_plugin *met = &block->plugins[id], *said;
        if (is_idle(met))
            continue;
        if (at == summary->plugin_count)
            return false;
        said = &summary->plugins[at++];
        if (said->plugin != id || said->allocs != met->allocs || said->bytes != met->bytes ||
            said->failed_allocs != met->failed_allocs || said->frees != met->frees)
            return false;
    }
    return at == summary->plugin_count;
}

static int compare(void *context, const struct trace_summary *summary)
{
    struct met_block *block = find(context, summary->sequence);

    if (block == NULL || block->is_indexed || block->events != summary->events ||
        block->first_stamp != summary->first_stamp || block->last_stamp != summary->last_stamp ||
        !plugins_are_same(block, summary))
        return -EBADMSG;
    block->is_indexed = true;
    return 0;
}

int summaries_compare(struct summaries *summaries, const void *raw, size_t bytes)
{
    return trace_index_decode(raw, bytes, compare, summaries, NULL);
}

bool summaries_are_complete(const struct summaries *summaries)
{
    for (size_t i = 0; i < summaries->count; i++)
        if (!summaries->blocks[i].is_indexed && summaries->blocks[i].events != 0)
            return false;
    return true;
}

void summaries_free(struct summaries *summaries)
{
    for (size_t i = 0; i < summaries->count; i++)
        free(summaries->blocks[i].plugins);
    free(summaries->blocks);
    *summaries = (struct summaries){0};
}
