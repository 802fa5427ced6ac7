/* tests/bench/call_tree.h: a walk through a call tree of hundreds of functions that allocates. */
/* SPDX-License-Identifier: MIT */

/*
 * What a tracer's backtraces cost depends on how call stacks follow one another, so a loop around
 * malloc would flatter every tool. Here 512 functions of different frame sizes call one another
 * from 8 places each: 4096 call sites, and 1024 more that call the allocator. A walk descends to a
 * fixed depth, makes one event (free an old block, allocate a new one), climbs back a random number
 * of frames, and descends elsewhere:
 *
 *   level 1  trunk: the same for 1024 events, then another one of 8
 *    ...     |
 *   L - 6    +---- varying part: 6 levels at most
 *    ...     |  \  climb: geometric, so that `fresh` frames of an event are new on average
 *   level L  e   e   e   e ...           events
 *
 * The varying part of 64 events in a row is a phase; `phases` of them exist for each trunk and
 * recur in random order. So the number of distinct stacks is bounded (8 * phases * 64), as it is in
 * a real program, and the order in which they come does not depend on the depth.
 *
 * A walk belongs to one thread. Same settings, same seed: the same calls in the same order.
 */

#ifndef NPNTRACE_TESTS_BENCH_CALL_TREE_H
#define NPNTRACE_TESTS_BENCH_CALL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CALL_TREE_SITES = 8,
    CALL_TREE_MAX_LEVELS = 500,
    CALL_TREE_VARYING = 6, /* levels */
    CALL_TREE_PHASE_EVENTS = 64,
    CALL_TREE_TRUNK_EVENTS = 1024,
    CALL_TREE_TRUNKS = 8,
    CALL_TREE_MAX_FRESH = CALL_TREE_MAX_LEVELS + 2,
};

struct call_walk;

/* What a walk does at the end of each descent. */
struct call_tree_memory {
    void *(*allocate)(size_t bytes);       /* NULL: the event has no allocation */
    void (*release)(void *block);          /* NULL: the event has no free */
    void *(*take)(struct call_walk *walk); /* the block to free, or NULL */
    void (*put)(struct call_walk *walk, void *block);
};

struct call_walk {
    /* Settings, by the caller; the rest is zero. */
    unsigned levels;         /* of functions of the tree, 2 to CALL_TREE_MAX_LEVELS */
    unsigned fresh_permille; /* average of fresh frames per event, in thousandths, about */
    unsigned phases;         /* per trunk */
    uint64_t seed;
    struct call_tree_memory memory;
    void *context;       /* of `memory` */
    uint64_t *histogram; /* CALL_TREE_MAX_FRESH counters of events by fresh frames, or NULL */

    /* State. */
    uint64_t left;         /* events to go */
    uint64_t path_random;  /* where to go: depends on trunk and phase alone */
    uint64_t other_random; /* everything else */
    uint64_t trunk;        /* number of the trunk */
    unsigned resume;       /* the level that goes on after a climb; 0: the walk is over */
    unsigned phase_left;   /* events */
    unsigned trunk_left;   /* events */
    unsigned frame_bytes;  /* for frames whose size the compiler does not know */
    uint8_t climbs[256];   /* how far to climb, by a random byte */
    uint16_t path[CALL_TREE_MAX_LEVELS + 1]; /* call site of each level */
    uint16_t before[CALL_TREE_MAX_LEVELS + 1];
};

/* To be called once, after the settings. */
void call_tree_prepare(struct call_walk *walk);

/* Makes so many events. The walk goes on where the last call ended, but from the root. */
void call_tree_run(struct call_walk *walk, uint64_t events);

#endif
