/* viewer/source_trace.h - what the files that read a trace file share */
/* SPDX-License-Identifier: MIT */

/*
 * source_trace.c walks over the blocks, source_trace_block.c checks and unpacks one,
 * source_trace_tables.c keeps what the tables say, source_trace_runs.c and source_trace_heap.c read
 * events; block_index.c keeps what the file says of its blocks in short. Tables are read when the
 * file is opened, EVENTS and HEAP blocks only when their events are asked for. What tables may cost
 * is bounded by the file's size, so that a small file cannot unfold to any amount of memory.
 */
#ifndef NPNTRACE_VIEWER_SOURCE_TRACE_H
#define NPNTRACE_VIEWER_SOURCE_TRACE_H

#include "viewer/mapping.h"
#include "viewer/recording.h"

#include <uthash.h>
#include <zstd.h>

struct trace_run {
    uint64_t offset; /* of its block's header */
    struct trace_block block;
    uint32_t summary; /* its number in the index + 1; 0: none */
};

/* A list of blocks to be read later. */
struct trace_runs {
    struct trace_run *list;
    size_t count, capacity;
};

/* See viewer/block_index.h. */
struct block_index {
    struct trace_summary *list; /* by sequence */
    size_t count, capacity;
    struct trace_summary_plugin *plugins; /* of all of them */
    size_t plugin_count, plugin_capacity;
    uint64_t offset; /* in the file: of the first INDEX block */
    bool is_useless;
};

/* Where blocks are unpacked. */
struct trace_room {
    uint8_t *bytes;
    size_t capacity;
};

struct trace_named { /* a string */
    uint32_t id;
    char *text;
    UT_hash_handle hh;
};

struct trace_place {
    uint64_t module;
    uint64_t address;
};

struct trace_stored { /* symbols at an address */
    struct trace_place place;
    struct recording_symbol symbol;
    UT_hash_handle hh;
};

struct trace_source {
    struct mapping mapping;
    struct trace_named *strings;
    struct trace_stored *symbols;
    struct ring_node *nodes;     /* index 0 unused */
    struct trace_runs runs;      /* EVENTS */
    struct trace_runs heap_runs; /* HEAP */
    size_t node_capacity, live_capacity, module_capacity, plugin_capacity, instance_capacity;
    size_t object_capacity, finding_capacity;
    uint64_t budget_bytes; /* what tables may still cost */
    bool has_process, has_state, has_end;
    struct trace_state state;
    struct trace_end end;
    uint64_t end_offset; /* where END stands in the file */
    char *owned[5];      /* texts of the process */
    ZSTD_DCtx *zstd;
    struct trace_room room;      /* of the table or EVENTS block that is being read */
    const struct trace_run *run; /* that is being read */
    struct trace_events_reader reader;
    bool reading;
    struct block_index index;
    struct trace_heap *heap; /* NULL until heap events are read */
    uint32_t inline_count;
    const struct event_frame *inline_frames;
    struct event_frame frames[EVENT_MAX_FRAMES];
};

static inline struct trace_source *trace_source_of(const struct recording *recording)
{
    return recording->source_data;
}

/*
 * Compares the checksum of a block and unpacks it. *ret_raw is valid until the next call with the
 * same room. False: the damage has been noted.
 */
bool source_trace_unpack(struct recording *recording, uint64_t offset,
                         const struct trace_block *block, struct trace_room *room,
                         const uint8_t **ret_raw);

/* The same for blocks of any thread, with a context of its own; nothing is noted: NULL, or what is
 * wrong. */
const char *source_trace_unpack_block(const struct mapping *mapping, uint64_t offset,
                                      const struct trace_block *block, ZSTD_DCtx *zstd,
                                      struct trace_room *room, const uint8_t **ret_raw);

/* True if header and payload at offset carry the right checksum. */
bool source_trace_sum_is_right(const struct mapping *mapping, uint64_t offset,
                               const struct trace_block *block);

/* Takes bytes off the budget of the tables. False: the file unfolds to more than its size
 * justifies. */
bool source_trace_spend(struct recording *recording, uint64_t bytes);

/* Reads the unpacked content of any block but EVENTS. Damage is noted. */
void source_trace_read_table(struct recording *recording, uint64_t offset,
                             const struct trace_block *block, const uint8_t *raw);

/* The same for PROCESS, STATE and END. 0 or -errno with *fault. */
int source_trace_read_single(struct recording *recording, const struct trace_block *block,
                             const uint8_t *raw, struct trace_fault *fault);

/* Replaces ids of strings by texts, and corrects ids that lead nowhere; after all blocks were read.
 */
void source_trace_finish_tables(struct recording *recording);
void source_trace_free_tables(struct recording *recording);

bool source_trace_node(const struct recording *recording, uint32_t id, struct ring_node *ret_node);
const char *source_trace_string(const struct recording *recording, uint32_t id);
const struct recording_symbol *source_trace_symbol(const struct recording *recording,
                                                   uint32_t module, uint64_t address);

bool source_trace_run_open(struct recording *recording, size_t run);
bool source_trace_run_next(struct recording *recording, struct recorded_event *ret_event);

/* See struct recording_source. */
void source_trace_heap_begin(struct recording *recording, const struct recording_part *part);
size_t source_trace_heap_batch(struct recording *recording, struct trace_heap_event **ret_events);
void source_trace_heap_free(struct trace_source *source);

/* Adds up the gaps in all EVENTS blocks, for a file whose recorder could not write the sums. */
void source_trace_count_gaps(struct recording *recording);

#endif
