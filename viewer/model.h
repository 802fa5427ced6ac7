/* viewer/model.h - from a recording to numbers */
/* SPDX-License-Identifier: MIT */

/*
 * The truth about NPN memory is recorded twice: as events, and as counters with a side table of
 * live blocks, which the process itself kept. The events say more (stacks, order), the counters
 * never lose anything. So:
 *
 *   no event lost, counters not ahead   ->  numbers are sums over the events; peaks are the
 * counters' otherwise                           ->  numbers are the counters'; stacks are those of
 * the live blocks and, for allocations, only those of the events that are left no counters
 * (recorder was killed)   ->  sums over the events, peaks in the order of the stamps
 *
 * Counters can be ahead when the process was killed inside an operation. Sums need no order of
 * events: a free names its block's allocation completely.
 *
 * Threads: one. Memory: by plug-ins, instances, live blocks and distinct stacks; until
 * model_free().
 */
#ifndef NPNTRACE_VIEWER_MODEL_H
#define NPNTRACE_VIEWER_MODEL_H

#include "viewer/recording.h"

#include <uthash.h>

/* Sums for everybody, by plug-in id and by instance serial; index 0: none known. */
struct model_sums {
    struct trace_counters totals;
    struct trace_counters *plugins;
    struct trace_counters *instances;
};

struct model_stack_key {
    uint32_t plugin;
    uint32_t node;
};

struct model_stack { /* what was allocated by one plug-in with one stack */
    struct model_stack_key key;
    uint64_t allocs, bytes;
    uint64_t live_blocks, live_bytes;
    UT_hash_handle hh;
};

struct model_frame {       /* an inline stack's node */
    struct ring_node node; /* key */
    uint32_t id;
    UT_hash_handle hh;
};

/* Nodes for stacks that found no room in the recording's tree: ids from MODEL_OWN_NODES on. */
#define MODEL_OWN_NODES UINT32_C(0x80000000)
#define MODEL_OWN_NODES_MAX (UINT32_C(1) << 24)

struct model_own_nodes {
    struct ring_node *list;
    size_t count, capacity;
    struct model_frame *index;
};

struct model {
    struct recording *recording;
    bool from_events; /* the numbers are sums over events */
    bool peaks_are_exact;
    bool stacks_are_partial; /* allocs and bytes of stacks are only those of the events that are
                                left */
    struct model_sums event_sums;
    const struct model_sums *sums; /* the numbers to show: event_sums or state_sums */
    struct model_sums state_sums;  /* the process's own counters; empty without them */
    uint64_t events[EVENT_TYPES];  /* by type */
    uint64_t event_count;
    uint64_t
        event_digest; /* sum over the blocks that are live after the events; see model_digest() */
    uint64_t first_stamp, last_stamp;
    struct model_stack *stacks;     /* hash */
    struct model_stack *last_stack; /* found last */
    struct model_own_nodes own_nodes;
    const struct trace_live *live; /* blocks live at the end, without untracked ones */
    size_t live_count;
    struct trace_live *own_live; /* owner of `live` when it was made from events */
};

/* Reads all events. Problems go to the recording's list. */
struct model *model_build(struct recording *recording);
void model_free(struct model *model); /* NULL is fine */

/* recording_node(), and own nodes as well. */
bool model_node(const struct model *model, uint32_t id, struct ring_node *ret_node);

/* A number for one live block; sums of such numbers are equal only if the sets of blocks are. */
uint64_t model_digest(uint64_t address, uint64_t stamp);

/* Differences between two sets of counters in any number but peaks: -1 a is behind b somewhere, 1 a
 * is ahead somewhere and nowhere behind, 0 equal. */
int model_compare(const struct trace_counters *a, const struct trace_counters *b);

/* Blocks that are live by the events or by the side table, but not by both. */
uint64_t model_live_difference(struct model *model);

/* Worth showing: this plug-in or instance did something with NPN memory. */
bool model_is_idle(const struct trace_counters *counters);

/* For model.c and its tests. */
void model_add_event(struct model *model, const struct recorded_event *event, bool track_peaks);
uint32_t model_own_stack(struct model *model, const struct event_frame *frames, uint32_t count);
struct model_stack *model_stack_of(struct model *model, uint32_t plugin, uint32_t node);
void model_take_live(struct model *model);

#endif
