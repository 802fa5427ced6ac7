/* viewer/trace_pull.c - the HEAP blocks of a trace file, one after the other, in batches */
/* SPDX-License-Identifier: MIT */

#include "viewer/trace_pull.h"
#include "viewer/block_index.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const bool *copied(const bool *plugins, size_t count)
{
    if (plugins == NULL)
        return NULL;
    bool *copy = xalloc_zeroed(count + 1, sizeof(*copy));
    memcpy(copy, plugins, (count + 1) * sizeof(*copy));
    return copy;
}

void trace_pull_begin(struct trace_pull *pull, const struct mapping *mapping,
                      const struct trace_runs *runs, const struct block_index *index,
                      const struct recording_part *part, size_t plugin_count)
{
    free((void *)pull->part.plugins);
    pull->mapping = mapping;
    pull->runs = runs;
    pull->index = index;
    pull->part = *part;
    pull->part.plugins = copied(part->plugins, plugin_count);
    pull->plugin_count = plugin_count;
    pull->met = false;
    pull->next_run = part->first;
    pull->reading = false;
    if (pull->reader != NULL)
        return;
    pull->reader = xalloc_checked(trace_heap_reader_new());
    pull->zstd = xalloc_checked(ZSTD_createDCtx());
}

void trace_pull_free(struct trace_pull *pull)
{
    free((void *)pull->part.plugins);
    free(pull->room.bytes);
    trace_heap_reader_free(pull->reader);
    ZSTD_freeDCtx(pull->zstd);
    *pull = (struct trace_pull){0};
}

/* Is there something for the part in a block? Without a summary nobody knows. */
static bool is_wanted(struct trace_pull *pull, const struct trace_run *run)
{
    const struct recording_part *part = &pull->part;
    const struct trace_summary *summary = block_index_of(pull->index, run);

    if (summary == NULL) {
        pull->cuts = part->from_stamp != 0 || part->to_stamp != UINT64_MAX;
        pull->met = true;
        return true;
    }
    pull->cuts = !block_index_is_within(summary, part);
    pull->met = pull->met || part->plugins == NULL ||
                block_index_has_any(summary, part->plugins, pull->plugin_count);
    return !block_index_is_outside(summary, part) && pull->met;
}

/* False: batch->fault says why. */
static bool open_block(struct trace_pull *pull, const struct trace_run *run,
                       struct trace_batch *batch)
{
    struct trace_fault fault = {.what = "cannot be decoded"};
    const uint8_t *raw;
    uint64_t count;

    batch->fault = source_trace_unpack_block(pull->mapping, run->offset, &run->block, pull->zstd,
                                             &pull->room, &raw);
    if (batch->fault != NULL)
        return false;
    int error = trace_heap_open(pull->reader, raw, run->block.raw_bytes, &count, &fault);
    if (error == 0)
        return true;
    batch->fault = error == -ENOMEM ? "there is no memory to read it" : fault.what;
    batch->fault_offset = fault.offset;
    batch->fault_has_offset = error != -ENOMEM;
    return false;
}

static size_t cut(const struct trace_pull *pull, struct trace_heap_event *events, size_t count)
{
    const struct recording_part *part = &pull->part;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (events[i].stamp < part->from_stamp || events[i].stamp > part->to_stamp)
            continue;
        if (kept != i)
            events[kept] = events[i];
        kept++;
    }
    return kept;
}

/* Reads on in the open block; leaves it at its end, or damage. */
static void read_block(struct trace_pull *pull, struct trace_batch *batch)
{
    struct trace_fault fault = {.what = "cannot be decoded"};
    long count = trace_heap_next(pull->reader, batch->events, TRACE_BATCH, &fault);

    pull->reading = count > 0;
    if (count < 0) {
        batch->fault = fault.what;
        batch->fault_offset = fault.offset;
        batch->fault_has_offset = true;
    } else {
        batch->count = pull->cuts ? cut(pull, batch->events, (size_t)count) : (size_t)count;
    }
}

void trace_pull_next(struct trace_pull *pull, struct trace_batch *batch)
{
    *batch = (struct trace_batch){.events = batch->events};
    while (batch->count == 0 && batch->fault == NULL) {
        if (pull->reading) {
            read_block(pull, batch);
            continue;
        }
        if (pull->next_run == pull->runs->count) {
            batch->is_end = true;
            break;
        }
        const struct trace_run *run = &pull->runs->list[pull->next_run++];
        pull->reading = is_wanted(pull, run) && open_block(pull, run, batch);
    }
    batch->run = pull->next_run == 0 ? 0 : pull->next_run - 1;
}
