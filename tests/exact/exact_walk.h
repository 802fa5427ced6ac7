/* tests/exact/exact_walk.h - a thread's random walk through a tree of calls */
/* SPDX-License-Identifier: MIT */

/*
 * A thread goes down and up through functions that the path macros made (exact_nodes.c) and calls
 * the allocator at any depth (exact_leaves.c, exact_new.cpp). Each function notes its own return
 * address when it is entered, so the walk knows its call stack, to the instruction, without an
 * unwinder. Everything is drawn from a generator whose seed is the phase's and the thread's.
 *
 * Blocks change hands through slots that all threads of the program share: what a thread puts into
 * a slot, any other may take out and free. A slot holds the offset of the block's record in the
 * log.
 */
#ifndef NPNTRACE_TESTS_EXACT_WALK_H
#define NPNTRACE_TESTS_EXACT_WALK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/exact/exact_log.h"

#define WALK_DEPTH 64
#define WALK_SLOTS 512

enum walk_sizes { WALK_SIZES_SMALL, WALK_SIZES_ONE, WALK_SIZES_WIDE, WALK_SIZES_KINDS };

struct walk_phase { /* what the threads of one seed have in common */
    uint64_t seed;
    unsigned threads;    /* 1 to 4 */
    unsigned operations; /* of each thread */
    unsigned nodes;      /* how many of the functions are used */
    unsigned depth;      /* how deep at most */
    unsigned slots;      /* few: much is freed by others soon */
    unsigned keep;       /* of 8 operations, how many allocate */
    enum walk_sizes sizes;
    bool without_pvalloc;
};

struct walk {
    const struct walk_phase *phase;
    struct exact_log log;
    uint64_t random;
    unsigned operations_left;
    unsigned depth;
    uint64_t returns[WALK_DEPTH]; /* outermost first, less the load bias; 0: called by a library */
};

typedef void walk_function(struct walk *walk);

/* ---- exact_walk.c ---- */

void walk_begin(struct walk *walk, const struct walk_phase *phase, unsigned thread);

void walk_enter_unknown(struct walk *walk); /* called by a library: its address is not ours */

uint32_t walk_random(struct walk *walk, uint32_t below);

/* Which function comes next; NULL: it is time to go up. */
walk_function *walk_next(struct walk *walk);

/* The record of a block out of a slot, NULL: there was none. The caller frees it. */
const struct exact_record *walk_take(struct walk *walk);

/* Notes that the block is about to be freed; its content is checked. */
void walk_freeing(struct walk *walk, enum exact_function function,
                  const struct exact_record *block);

/* The beginning of a block that was moved to `content`, as far as it fits into `bytes`. */
void walk_check_head(const struct exact_record *block, const void *content, size_t bytes);

/* Frees a block by the function of its family. */
void walk_release(struct walk *walk, const struct exact_record *block);

/* Whether a slot's block came from the C functions, so that realloc may have it. */
bool walk_is_c(const struct exact_record *block);

/* ---- the functions ---- */

extern walk_function *const walk_nodes[]; /* exact_nodes.c */
extern const unsigned walk_node_count;
extern walk_function *const walk_leaves[]; /* exact_leaves.c; the first ones free */
extern const unsigned walk_leaf_count, walk_freeing_leaf_count;

#endif
