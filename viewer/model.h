/* viewer/model.h - from a recording to numbers */
/* SPDX-License-Identifier: MIT */

/*
 * The truth about NPN memory is recorded twice: as events, and as counters with a side table of
 * live blocks, which the process itself kept. The events say more (stacks, order), the counters
 * never lose anything. So:
 *
 *   no event lost, counters not ahead   numbers are sums over the events; peaks are the counters'
 *   otherwise                           numbers are the counters'; stacks are those of the live
 *                                       blocks and, for allocations, only those of the events that
 *                                       are left
 *   no counters (recorder was killed)   sums over the events, peaks in the order of the stamps
 *
 * Counters can be ahead when the process was killed inside an operation. Sums need no order of
 * events: a free names its block's allocation completely.
 *
 * What the browser gave the plug-in to release is in `live` as well, with the origin in the block's
 * flags (EVENT_ORIGIN), but has sums of its own: live_*, peak_bytes and bytes_allocated are of what
 * the plug-in itself allocated, and stacks too.
 *
 * Of heap memory there are events alone, so its numbers are always sums over those that are left;
 * see viewer/heap_sums.h.
 *
 * Threads: one. Memory: by plug-ins, instances, live blocks and distinct stacks; until
 * model_free().
 */
#ifndef NPNTRACE_VIEWER_MODEL_H
#define NPNTRACE_VIEWER_MODEL_H

#include "viewer/heap_sums.h"
#include "viewer/own_instances.h"
#include "viewer/recording.h"
#include "viewer/stack_sums.h"

/* Sums for everybody, by plug-in id and by instance serial; index 0: none known. */
struct model_sums {
    struct trace_counters totals;
    struct trace_counters *plugins;
    struct trace_counters *instances;
};

/* The latest step in the life of a plug-in (instance 0) or an instance, and the latest of any
 * other than that one. */
struct model_steps {
    uint64_t last_stamp;
    uint32_t last_instance;
    uint64_t other_stamp;
};

struct model {
    struct recording *recording;
    struct own_instances own_instances;
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
    struct model_steps steps;
    struct stack_sums stacks;
    bool has_heap; /* heap events were recorded */
    bool heap_is_apart; /* they were not read; see model_build_without_heap() */
    struct heap_sums heap;
    const struct trace_live *live; /* NPN blocks live at the end, without untracked ones */
    size_t live_count;
    struct trace_live *own_live; /* owner of `live` when it was made from events */
};

/* Reads all events. Problems go to the recording's list. */
struct model *model_build(struct recording *recording);

/* Leaves the heap events, which may be a billion, to a caller who needs a part of them alone. Sums
 * are those of the file's index: `heap` has allocations, bytes, failures and frees of plug-ins and
 * totals, but no peaks, live blocks, stacks or instances. What is damaged shows when it is read.
 * Where there is no index, or the recording has no end, this is model_build(). */
struct model *model_build_without_heap(struct recording *recording);
void model_free(struct model *model); /* NULL is fine */

/* A number for one live block; sums of such numbers are equal only if the sets of blocks are. */
uint64_t model_digest(uint64_t address, uint64_t stamp);

/* Differences between two sets of counters in any number but peaks: -1 a is behind b somewhere, 1 a
 * is ahead somewhere and nowhere behind, 0 equal. */
int model_compare(const struct trace_counters *a, const struct trace_counters *b);

/* Blocks that are live by the events or by the side table, but not by both. */
uint64_t model_live_difference(struct model *model);

/* No event is missing, and none was damaged, as far as anybody knows. */
bool model_is_complete(const struct model *model);

/* False: worth showing, since this plug-in or instance did something with memory. */
bool model_is_idle(const struct trace_counters *counters);

/* True if the instance has been destroyed for long enough that what is live now will stay: hosts
 * deallocate objects after NPP_Destroy has returned. */
bool model_is_over(const struct model *model, uint32_t instance);

/* True if the instance that the object was made or got for is over, and references to it are held.
 * References have no owners: where several instances of the plug-in took some, those that are held
 * may be another's as long as there is one. */
bool model_is_kept(const struct model *model, const struct trace_object *object);

/* For those who make a model: model.c, follow.c and tests. */

/* The process's own counters, if the recording has them, into state_sums. */
void model_take_state(struct model *model);

/* The tables know most steps, whatever events are left. */
void model_note_steps(struct model *model);
void model_note_step(struct model *model, uint64_t stamp, uint32_t instance);
void model_add_event(struct model *model, const struct recorded_event *event, bool track_peaks);
struct stack_sum *model_stack_of(struct model *model, uint32_t plugin, uint32_t node);
void model_take_live(struct model *model);
void model_take_objects(struct model *model); /* where the recording has no table of them */

#endif
