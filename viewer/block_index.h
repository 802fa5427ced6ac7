/* viewer/block_index.h - what the INDEX blocks of a trace file say about its blocks of events */
/* SPDX-License-Identifier: MIT */

/*
 * Summaries are collected while the tables are read and matched with the blocks afterwards. An
 * index that contradicts the file, or is damaged, is forgotten as a whole and the recording notes
 * it: all blocks are read then, as of a file without one. What a summary says about a block that
 * nobody unpacks is believed; `npntrace check` compares.
 *
 * Threads: one; once matched, any number may read. Memory: by summaries, until block_index_free().
 */
#ifndef NPNTRACE_VIEWER_BLOCK_INDEX_H
#define NPNTRACE_VIEWER_BLOCK_INDEX_H

#include "viewer/source_trace.h"

/* Unpacks and reads an INDEX block. */
void block_index_read(struct recording *recording, uint64_t offset,
                      const struct trace_block *block);

/* After all blocks: runs learn their summaries. */
void block_index_match(struct recording *recording);

/* NULL: the block has none. */
const struct trace_summary *block_index_of(const struct block_index *index,
                                           const struct trace_run *run);

/* Are all events of the block, or none, within the time of the part? */
bool block_index_is_within(const struct trace_summary *summary, const struct recording_part *part);
bool block_index_is_outside(const struct trace_summary *summary, const struct recording_part *part);

/* Did any of these plug-ins do something in the block? plugins: by id, 0 to count. */
bool block_index_has_any(const struct trace_summary *summary, const bool *plugins, size_t count);

/* See recording_heap_sums(). */
bool block_index_sums(const struct recording *recording, struct recording_heap_sums *ret_sums);

/* Reads all events and compares each block with its summary. What differs is damage, and so is an
 * index that is not used. Returns how many events there are. */
uint64_t block_index_verify(struct recording *recording);

void block_index_free(struct block_index *index);

#endif
