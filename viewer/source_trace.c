/* viewer/source_trace.c - the recorder's trace file as a recording */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_trace.h"
#include "viewer/clock_now.h"
#include "viewer/sources.h"
#include "viewer/block_index.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Tables unfold at most this many times from what is stored, beyond a fixed amount. */
#define BUDGET_FIXED_BYTES (UINT64_C(256) << 20)
#define BUDGET_TIMES_FILE 64
#define RESYNC_TIMES_FILE                                                                          \
    8 /* bytes that may be summed up while looking for the next sound block                        \
       */

#define RELEASE_BYTES (UINT64_C(64) << 20) /* of what surrounds the headers of blocks */

struct walk {
    uint64_t offset;
    uint32_t sequence;     /* of the block at offset */
    uint64_t resync_bytes; /* left */
    uint64_t released;     /* up to here nothing is needed for now */
};

static void trace_close(struct recording *recording)
{
    struct trace_source *source = recording->source_data;

    source_trace_heap_free(source);
    block_index_free(&source->index);
    source_trace_free_tables(recording);
    mapping_close(&source->mapping);
    free(source->runs.list);
    free(source->heap_runs.list);
    free(source->room.bytes);
    ZSTD_freeDCtx(source->zstd);
    free(source);
}

static struct recording_limits trace_limits(const struct recording *recording)
{
    return (struct recording_limits){recording->plugin_count, recording->instance_count,
                                     recording->node_count};
}

/* Without an index it stands inside the compressed block alone. */
static uint64_t trace_run_stamp(const struct recording *recording, size_t run)
{
    const struct trace_source *source = trace_source_of(recording);
    const struct trace_summary *summary =
        block_index_of(&source->index, &source->runs.list[run]);

    return summary != NULL ? summary->first_stamp : 0;
}

/* Checksums and structure were verified by reading; END counts what was written. */
static void trace_verify(struct recording *recording)
{
    const struct trace_source *source = trace_source_of(recording);
    uint64_t events = block_index_verify(recording);

    if (source->has_end && source->end.events != events)
        problems_add(&recording->problems, PROBLEM_DAMAGE, source->end_offset,
                     "there are %" PRIu64 " events where END says %" PRIu64, events,
                     source->end.events);
}

static const struct recording_source trace_source = {
    .close = trace_close,
    .node = source_trace_node,
    .string = source_trace_string,
    .limits = trace_limits,
    .run_stamp = trace_run_stamp,
    .run_open = source_trace_run_open,
    .run_next = source_trace_run_next,
    .heap_begin = source_trace_heap_begin,
    .heap_batch = source_trace_heap_batch,
    .heap_sums = block_index_sums,
    .symbol = source_trace_symbol,
    .verify = trace_verify,
};

static void read_later(struct trace_runs *runs, uint64_t offset, const struct trace_block *block)
{
    runs->list = xalloc_grown(runs->list, runs->count, &runs->capacity, sizeof(*runs->list));
    runs->list[runs->count++] = (struct trace_run){.offset = offset, .block = *block};
}

static void read_block(struct recording *recording, uint64_t offset,
                       const struct trace_block *block)
{
    struct trace_source *source = trace_source_of(recording);
    const uint8_t *raw;

    if (source->has_end)
        problems_add(&recording->problems, PROBLEM_DAMAGE, offset,
                     "there are blocks after the END block");
    if (block->type == TRACE_EVENTS || block->type == TRACE_HEAP) {
        read_later(block->type == TRACE_HEAP ? &source->heap_runs : &source->runs, offset, block);
        recording->run_count = source->runs.count;
        recording->heap_part_count = source->heap_runs.count;
        return;
    }
    if (block->type == TRACE_INDEX) {
        block_index_read(recording, offset, block);
        return;
    }
    if (!source_trace_unpack(recording, offset, block, &source->room, &raw))
        return;
    if (trace_block_name(block->type) == NULL) {
        problems_add(&recording->problems, PROBLEM_NOTE, offset,
                     "a block of type %" PRIu32 ", which this version does not know, is skipped",
                     block->type);
        return;
    }
    if (block->type == TRACE_END)
        trace_source_of(recording)->end_offset = offset;
    source_trace_read_table(recording, offset, block, raw);
}

/* A file that is being written may end anywhere. */
static void note_torn(struct recording *recording, uint64_t offset, const char *where)
{
    if (!recording->live)
        problems_add(&recording->problems, PROBLEM_DAMAGE, offset,
                     "the file ends inside %s: it was cut", where);
}

/* Looks for the next block whose checksum is right. */
static bool resync(struct recording *recording, struct walk *walk)
{
    const struct mapping *mapping = &trace_source_of(recording)->mapping;
    const uint8_t *base = mapping->base;
    struct trace_block block;

    for (uint64_t offset = walk->offset + 1; offset + TRACE_BLOCK_HEADER_BYTES <= mapping->bytes;
         offset++) {
        const uint8_t *found = memmem(base + offset, mapping->bytes - offset, TRACE_BLOCK_MAGIC, 4);
        if (found == NULL)
            return false;
        offset = (uint64_t)(found - base);
        if (mapping->bytes - offset < TRACE_BLOCK_HEADER_BYTES)
            return false;
        if (trace_block_decode(found, trace_load_u32(found + 8), &block, NULL) != 0 ||
            block.stored_bytes > mapping->bytes - offset - TRACE_BLOCK_HEADER_BYTES)
            continue;
        if (walk->resync_bytes < block.stored_bytes)
            return false;
        walk->resync_bytes -= block.stored_bytes;
        if (block.sequence < walk->sequence || !source_trace_sum_is_right(mapping, offset, &block))
            continue;
        walk->offset = offset;
        walk->sequence = block.sequence;
        return true;
    }
    return false;
}

/* The recorder writes a block's header last: zeros there are a block that it did not finish. */
static bool is_unwritten(const uint8_t *header, uint64_t left)
{
    uint64_t bytes = left < TRACE_BLOCK_HEADER_BYTES ? left : TRACE_BLOCK_HEADER_BYTES;

    for (uint64_t i = 0; i < bytes; i++)
        if (header[i] != 0)
            return false;
    return true;
}

/* It can only be the last one. */
static void note_unwritten(struct recording *recording, const struct walk *walk)
{
    struct walk behind = *walk;

    if (resync(recording, &behind))
        problems_add(&recording->problems, PROBLEM_DAMAGE, walk->offset,
                     "zeros in place of a block's header");
    else if (!recording->live)
        problems_add(&recording->problems, PROBLEM_NOTE, walk->offset,
                     "the recorder was killed while it wrote the last block");
}

/* True if a block was read and the walk stands behind it. */
static bool step(struct recording *recording, struct walk *walk)
{
    const struct mapping *mapping = &trace_source_of(recording)->mapping;
    const uint8_t *header = (const uint8_t *)mapping->base + walk->offset;
    uint64_t left = mapping->bytes - walk->offset;
    struct trace_fault fault;
    struct trace_block block;

    if (is_unwritten(header, left)) {
        note_unwritten(recording, walk);
        return false;
    }
    if (left < TRACE_BLOCK_HEADER_BYTES) {
        note_torn(recording, walk->offset, "a block's header");
        return false;
    }
    if (trace_block_decode(header, walk->sequence, &block, &fault) != 0) {
        problems_add(&recording->problems, PROBLEM_DAMAGE, walk->offset + fault.offset, "%s",
                     fault.what);
        return false;
    }
    if (block.stored_bytes > left - TRACE_BLOCK_HEADER_BYTES) {
        note_torn(recording, walk->offset, "a block");
        return false;
    }
    if (walk->sequence == 0 && block.type != TRACE_PROCESS)
        problems_add(&recording->problems, PROBLEM_DAMAGE, walk->offset,
                     "the first block is not PROCESS");
    read_block(recording, walk->offset, &block);
    walk->offset += TRACE_BLOCK_HEADER_BYTES + block.stored_bytes;
    walk->sequence++;
    if (walk->offset - walk->released >= RELEASE_BYTES) {
        mapping_release(mapping, walk->released, walk->offset - walk->released);
        walk->released = walk->offset;
    }
    return true;
}

static void walk_blocks(struct recording *recording)
{
    const struct mapping *mapping = &trace_source_of(recording)->mapping;
    struct walk walk = {.offset = TRACE_HEADER_BYTES,
                        .resync_bytes = RESYNC_TIMES_FILE * mapping->bytes};

    while (walk.offset < mapping->bytes) {
        if (step(recording, &walk))
            continue;
        if (!recording->force || !resync(recording, &walk))
            return;
    }
}

static bool header_is_good(struct recording *recording, const struct mapping *mapping)
{
    struct trace_fault fault = {0};
    uint32_t sum = 0;

    if (mapping->bytes >= TRACE_HEADER_BYTES)
        sum = (uint32_t)crc32(0, mapping->base, TRACE_HEADER_SUMMED_BYTES);
    if (trace_header_check(mapping->base, mapping->bytes, sum, &fault) == 0)
        return true;
    problems_add(&recording->problems, PROBLEM_DAMAGE, fault.offset, "%s", fault.what);
    return recording->force && mapping->bytes >= TRACE_HEADER_BYTES;
}

static const enum recording_ending endings[TRACE_END_REASONS] = {
    [TRACE_END_PROCESS] = RECORDING_GONE,
    [TRACE_END_EXEC] = RECORDING_EXECUTED,
    [TRACE_END_RECORDER] = RECORDING_DETACHED,
    [TRACE_END_DAMAGED] = RECORDING_BROKEN,
};

static void take_end(struct recording *recording)
{
    const struct trace_source *source = trace_source_of(recording);
    struct recording_process *process = &recording->process;

    recording->live = false;
    process->ending = endings[source->end.reason];
    process->end_stamp = source->end.stamp;
    recording->written_events = source->end.events;
    if (source->end.reason != TRACE_END_PROCESS || source->end.exit_kind == TRACE_EXIT_UNKNOWN)
        return;
    process->ending =
        source->end.exit_kind == TRACE_EXIT_STATUS ? RECORDING_EXITED : RECORDING_SIGNALLED;
    process->exit_value = source->end.exit_value;
}

static void take_unfinished(struct recording *recording)
{
    struct recording_process *process = &recording->process;

    process->ending = recording->live ? RECORDING_RUNNING : RECORDING_UNFINISHED;
    if (recording->live)
        process->end_stamp = clock_now_ns();
    else
        problems_add(&recording->problems, PROBLEM_NOTE, recording->file_bytes,
                     "there is no END block: the recorder was killed before the process ended");
}

static void take_contract(struct recording *recording)
{
    const struct trace_state *state = &trace_source_of(recording)->state;

    recording->has_contract = recording->object_count == state->object_entries &&
                              recording->finding_count == state->finding_entries;
    if (!recording->has_contract)
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "there are %zu objects and %zu findings where STATE says %" PRIu64
                     " and %" PRIu64,
                     recording->object_count, recording->finding_count, state->object_entries,
                     state->finding_entries);
}

static void take_state(struct recording *recording)
{
    const struct trace_state *state = &trace_source_of(recording)->state;

    recording->has_counters = true;
    recording->totals = state->totals;
    recording->live_busy = state->live_busy;
    recording->has_live = recording->live_count == state->live_entries;
    if (!recording->has_live)
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "there are %zu live blocks where STATE says %" PRIu64, recording->live_count,
                     state->live_entries);
    take_contract(recording);
    recording->process.state = state->ring_state;
    recording->process.stop_reason = state->stop_reason;
    recording->process.stop_stamp = state->stop_stamp;
    recording->process.whatif = state->whatif;
    recording->operations = state->operations;
    recording->losses = (struct recording_losses){
        .overwritten_events = state->overwritten_events,
        .dropped_events = state->dropped_events,
        .missed_calls = state->missed_calls,
        .untracked_blocks = state->untracked_blocks,
        .unlisted_plugins = state->unlisted_plugins,
        .unlisted_instances = state->unlisted_instances,
        .unlisted_modules = state->unlisted_modules,
        .lost_stacks = state->lost_stacks,
        .truncated_stacks = state->truncated_stacks,
        .abandoned_operations = state->abandoned_operations,
        .heap_untracked = state->heap_untracked,
        .unlisted_objects = state->unlisted_objects,
        .unlisted_findings = state->unlisted_findings,
    };
    recording->injected_failures = state->injected_failures;
    recording->unwinding = (struct recording_unwinding){
        .selfchecks = state->selfchecks,
        .selfcheck_mismatches = state->selfcheck_mismatches,
        .guessed_stacks = state->guessed_stacks,
    };
}

/* END counts every loss; what STATE does not explain was damaged. */
static void take_losses_of_end(struct recording *recording)
{
    const struct trace_end *end = &trace_source_of(recording)->end;
    struct recording_losses *losses = &recording->losses;
    uint64_t explained = losses->overwritten_events + losses->dropped_events;

    if (end->lost_events > explained)
        losses->damaged_events = end->lost_events - explained;
}

static void finish(struct recording *recording)
{
    struct trace_source *source = trace_source_of(recording);

    if (!source->has_process)
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "there is no PROCESS block");
    if (source->has_end)
        take_end(recording);
    else
        take_unfinished(recording);
    source_trace_finish_tables(recording);
    block_index_match(recording);
    if (source->has_state)
        take_state(recording);
    else
        source_trace_count_gaps(recording);
    if (source->has_state && source->has_end)
        take_losses_of_end(recording);
}

int source_trace_open(struct recording *recording, struct mapping *mapping)
{
    static const struct recording_process unknown = {
        .exe = "", .args = "", .boot_id = "", .machine = "", .writer = ""};

    if (!header_is_good(recording, mapping))
        return -EBADMSG;
    struct trace_source *source = xalloc_zeroed(1, sizeof(*source));
    source->mapping = *mapping;
    source->zstd = xalloc_checked(ZSTD_createDCtx());
    source->budget_bytes = BUDGET_FIXED_BYTES + BUDGET_TIMES_FILE * mapping->bytes;
    recording->source = &trace_source;
    recording->source_data = source;
    recording->process = unknown;
    recording->node_count = 1; /* node 0 */
    walk_blocks(recording);
    mapping_release(mapping, 0, mapping->bytes); /* what surrounds the headers of blocks */
    finish(recording);
    return 0;
}
