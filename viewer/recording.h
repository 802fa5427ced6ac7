/* viewer/recording.h - one recording, whatever kind of file it came from */
/* SPDX-License-Identifier: MIT */

/*
 * The flight recorder's ring and the recorder's trace file look alike behind this interface:
 *
 *   ring   --source_ring.c--+
 *                           +--> struct recording --> model, leaks, check, events
 *   trace  --source_trace.c-+
 *
 * Tables (modules, plug-ins, instances, live blocks, objects held, findings) are copied when the
 * recording is opened; of a running process they are a snapshot. Nodes and events are read from the
 * file as they are asked for, so memory goes with live blocks and distinct stacks, never with
 * events. Events come in runs: a run is what one ring chunk or one EVENTS block holds, and runs may
 * be read again and again.
 * Heap events are many and small, and have a way of their own: in batches, all threads' in the
 * order of their stamps. Both ways may be gone at the same time.
 *
 * All stamps are CLOCK_MONOTONIC nanoseconds, whatever clock the process used.
 *
 * Nothing in a file is trusted. After recording_open(): ids in the tables are valid or 0, texts are
 * NUL-terminated, a node's parent is smaller than the node. Events that recording_run_next() and
 * recording_heap_next() return name existing plug-ins, instances and nodes. What had to be
 * corrected for that is in `problems`.
 *
 * Threads: one. Memory: everything belongs to the recording and lives until recording_close().
 */
#ifndef NPNTRACE_VIEWER_RECORDING_H
#define NPNTRACE_VIEWER_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/event.h"
#include "format/ring.h"
#include "format/trace.h"
#include "format/trace_heap.h"
#include "viewer/bundle.h"
#include "viewer/module_map.h"
#include "viewer/own_nodes.h"
#include "viewer/problems.h"

enum recording_kind { RECORDING_RING, RECORDING_TRACE };

enum recording_ending {
    RECORDING_EMPTY,      /* no process has recorded into it yet */
    RECORDING_RUNNING,    /* the process runs now */
    RECORDING_GONE,       /* it has ended, nobody saw how */
    RECORDING_EXITED,     /* exit_value is its exit status */
    RECORDING_SIGNALLED,  /* exit_value is the signal that ended it */
    RECORDING_EXECUTED,   /* it executed another program */
    RECORDING_DETACHED,   /* the recorder was stopped first; the process went on */
    RECORDING_BROKEN,     /* the process overwrote its own segment */
    RECORDING_UNFINISHED, /* the recorder was killed first */
};

struct recording_process {
    const char *exe;
    const char *args; /* NUL-separated */
    uint32_t args_bytes;
    const char *boot_id;
    const char *machine; /* "" if unknown */
    const char *writer;  /* program that wrote a trace file, "" for rings */
    uint32_t pid, outer_pid, ppid;
    uint32_t policy, clock, origin, unwinder; /* enums of format/ring.h */
    uint32_t heap;                            /* enum ring_heap */
    uint32_t selfcheck; /* every so many stacks were unwound by libunwind as well; 0: none */
    uint32_t whatif;    /* enum ring_whatif bits: what was done to the plug-ins on demand */
    uint32_t state, stop_reason;
    uint64_t stop_stamp;
    uint64_t start_ticks;
    uint64_t start_stamp, start_realtime_ns, process_start_stamp;
    enum recording_ending ending;
    uint32_t exit_value;
    uint64_t end_stamp; /* now, the end, or the last stamp known; 0: none */
};

struct recording_losses {
    uint64_t overwritten_events;
    uint64_t dropped_events;
    uint64_t missed_calls;   /* by the tracer: neither events nor counted */
    uint64_t damaged_events; /* in chunks or blocks that could not be read */
    uint64_t untracked_blocks;
    uint64_t unlisted_plugins, unlisted_instances, unlisted_modules;
    uint64_t lost_stacks, truncated_stacks, abandoned_operations;
    uint64_t heap_untracked;    /* plug-ins' heap blocks whose frees by others went unseen */
    uint64_t unlisted_objects;  /* NPObjects whose references are not balanced */
    uint64_t unlisted_findings; /* findings that are not in the table below, with repetitions */
};

struct recording_unwinding {
    uint64_t selfchecks, selfcheck_mismatches;
    uint64_t guessed_stacks;
};

struct recording_module {
    const char *path; /* "" if unknown */
    uint32_t first_epoch;
    uint32_t flags; /* enum ring_module_flag */
    uint64_t bias, start, end;
    size_t build_id_bytes;
    uint8_t build_id[RING_BUILD_ID_BYTES];
};

struct recording_plugin { /* id = index + 1 */
    const char *path;
    uint32_t flags; /* enum ring_plugin_flag */
    uint32_t initialize_calls, shutdown_calls, unloads;
    uint64_t met_stamp, end_stamp;
    size_t build_id_bytes;
    uint8_t build_id[RING_BUILD_ID_BYTES];
    struct trace_counters npn;
};

struct recording_instance { /* serial = index + 1 */
    uint32_t plugin;        /* id; 0: not listed */
    uint32_t flags;         /* enum ring_instance_flag */
    const char *mime;       /* "" if none */
    const char *page;       /* where it stands, as the host told it; "" if it did not */
    uint64_t npp, created_stamp, destroyed_stamp;
    struct trace_counters npn;
};

/* A live block has the fields of struct trace_live; what a plug-in held of an NPObject those of
 * struct trace_object, a finding those of struct trace_finding. Stacks that the tree had no room
 * for are RING_NODE_NONE in the latter two. */

struct recorded_event {
    struct event event;
    uint32_t tid;
    /* With node RING_NODE_INLINE: the stack, innermost first; valid until the next call. */
    uint32_t frame_count;
    const struct event_frame *frames;
};

struct recording_symbol { /* stored in a trace file: what stood at an address */
    uint32_t module;
    uint64_t address;
    size_t frame_count;
    const struct trace_symbol_frame *frames; /* strings by recording_string() */
};

struct recording;

/*
 * Which heap events are wanted. Events outside of the time do not come. Blocks of a trace file that
 * have nothing for the part are not even unpacked, if the file has an index:
 *
 *   from_stamp, to_stamp   passes over blocks that lie outside. What was allocated before and is
 *                          freed inside then is a free of an unknown address: who has to know what
 *                          was live at the start asks from 0 on, or says that numbers are partial
 *   plugins                passes over what lies before the first event of any of these; after it
 *                          all events come, since anybody may free a plug-in's block
 *   first                  passes over that many parts, which were read before. Of a trace file
 *                          alone
 */
struct recording_part {
    uint64_t from_stamp, to_stamp; /* both belong to it; 0 and UINT64_MAX: all */
    const bool *plugins;           /* by id, 0: the host; NULL: everybody's */
    size_t first;                  /* of recording->heap_part_count */
};

/* What is known of the heap events without reading any. */
struct recording_heap_sums {
    uint64_t events;
    uint64_t first_stamp, last_stamp; /* 0 without events */
    struct trace_counters *plugins; /* the caller's, zeroed, by id, 0: the host. Allocations, failed
                                       ones, bytes and frees; nothing else is set */
};

#define RECORDING_WHOLE ((struct recording_part){.to_stamp = UINT64_MAX})

struct recording_limits {
    uint64_t plugins;
    uint64_t instances;
    uint64_t nodes;
};

/* What a kind of file implements; called through the functions below. */
struct recording_source {
    void (*close)(struct recording *recording);
    bool (*node)(const struct recording *recording, uint32_t id, struct ring_node *ret_node);
    const char *(*string)(const struct recording *recording, uint32_t id);
    /* Entries that exist by now: more than the tables have if the process runs on. */
    struct recording_limits (*limits)(const struct recording *recording);
    uint64_t (*run_stamp)(const struct recording *recording, size_t run);
    bool (*run_open)(struct recording *recording, size_t run);
    bool (*run_next)(struct recording *recording, struct recorded_event *ret_event);
    void (*heap_begin)(struct recording *recording, const struct recording_part *part);
    /* The next events, the caller's until the next call; 0: there are no more. */
    size_t (*heap_batch)(struct recording *recording, struct trace_heap_event **ret_events);
    bool (*heap_sums)(const struct recording *recording, struct recording_heap_sums *ret_sums);
    const struct recording_symbol *(*symbol)(const struct recording *recording, uint32_t module,
                                             uint64_t address);
    void (*verify)(struct recording *recording);
};

struct recording {
    char *path;
    struct bundle *bundle; /* the archive that it came in; NULL: it is a file by itself */
    enum recording_kind kind;
    uint64_t file_bytes;
    bool force;
    bool live; /* the process runs and records now */
    struct problems problems;
    struct recording_process process;
    struct recording_losses losses;
    struct recording_unwinding unwinding;
    bool has_counters; /* totals, plug-ins' and instances' npn are those of the process */
    struct trace_counters totals;
    uint64_t operations;     /* tracing operations under way when the process died */
    uint64_t live_busy;      /* slots of the side table being filled or emptied then */
    uint64_t written_events; /* as the recorder counted them at the end; 0: unknown */
    uint64_t snapshot_stamp; /* live: events after it are left out */
    struct recording_module *modules;
    size_t module_count;
    struct module_map *module_map; /* once it is open */
    struct recording_plugin *plugins;
    size_t plugin_count;
    struct recording_instance *instances;
    size_t instance_count;
    bool has_live; /* the table below is that of the process */
    struct trace_live *live_blocks;
    size_t live_count;
    bool has_contract; /* the two tables below are those of the process; else objects are for the
                          model to count, and findings those of an earlier time, or none */
    struct trace_object *objects; /* by address, then by plug-in */
    size_t object_count;
    struct trace_finding *findings; /* by first_stamp */
    size_t finding_count;
    uint64_t injected_failures; /* NPN_MemAlloc calls that were made to fail */
    uint64_t node_count;
    struct own_nodes own_nodes; /* stacks beside heap events, and those that readers add */
    size_t run_count;
    size_t heap_part_count;              /* chunks or blocks that heap events may be in */
    size_t heap_parts_read;              /* since recording_heap_begin(), or passed over */
    struct trace_heap_event *heap_batch; /* the rest of it, for recording_heap_next() */
    size_t heap_batch_count;
    uint64_t event_offset; /* in the file: of the chunk or block that the last event came from */
    uint64_t symbol_count; /* addresses whose symbols are stored */
    const struct recording_source *source;
    void *source_data;
};

/*
 * Opens path. With force, damage that can be read around is only noted. NULL: nothing could be
 * read, and *ret_problem says why (offset PROBLEM_NOWHERE when the trouble is not at a place).
 */
struct recording *recording_open(const char *path, bool force, struct problem *ret_problem);
void recording_close(struct recording *recording); /* NULL is fine */

/* The node with this id, own ones too; false for 0, RING_NODE_INLINE and what does not exist. */
bool recording_node(const struct recording *recording, uint32_t id, struct ring_node *ret_node);

/* A text by id, "" if there is none. */
const char *recording_string(const struct recording *recording, uint32_t id);

/* No event of the run is older; 0: unknown. Runs are in the order in which they were begun. */
uint64_t recording_run_stamp(const struct recording *recording, size_t run);

/* Begins to read a run, ending any other. False: it is gone (recycled by the running process). */
bool recording_run_open(struct recording *recording, size_t run);
bool recording_run_next(struct recording *recording, struct recorded_event *ret_event);

/* True for what recording_heap_next() returns and recording_run_next() passes over. */
static inline bool recording_is_heap(const struct event *event)
{
    return event->type == EVENT_HEAP_ALLOC || event->type == EVENT_HEAP_FREE ||
           event->type == EVENT_HEAP_CONTEXT;
}

/* The node of an event's stack; of one that stands beside its event, an own node. */
uint32_t recording_stack_node(struct recording *recording, const struct recorded_event *recorded);

/* Begins to read the heap events of the whole recording, from the first on. */
void recording_heap_begin(struct recording *recording);

/* The same with those of a part. */
void recording_heap_begin_part(struct recording *recording, const struct recording_part *part);

/* The next events, up to capacity. 0: there are no more. In a trace file stamps may step back a
 * little from one block to the next. */
size_t recording_heap_next(struct recording *recording, struct trace_heap_event *events,
                           size_t capacity);

/* The same without a copy, as many as are at hand: valid until the next call. For readers that have
 * many to read. */
size_t recording_heap_batch(struct recording *recording,
                            const struct trace_heap_event **ret_events);

/* False: some block has to be read to know; ret_sums->plugins may have been added to. */
bool recording_heap_sums(const struct recording *recording, struct recording_heap_sums *ret_sums);

/* Stored symbols at an address of a module, NULL if there are none. */
const struct recording_symbol *recording_symbol(const struct recording *recording, uint32_t module,
                                                uint64_t address);

/* Verifies what reading does not need: invariants of this kind of file. Findings go to problems. */
void recording_verify(struct recording *recording);

/* Which module a pc of an epoch belongs to; -1 if none. */
ptrdiff_t recording_module_at(const struct recording *recording, uint64_t pc, uint64_t epoch);

/* Stamp to nanoseconds since recording began; 0 for stamps before it. */
uint64_t recording_since_start_ns(const struct recording *recording, uint64_t stamp);
uint64_t recording_duration_ns(const struct recording *recording);

/* Events that are known to be missing: overwritten + dropped + missed + unreadable. */
uint64_t recording_lost_events(const struct recording *recording);

/* Last component of a path: a name for people. */
const char *recording_base_name(const char *path);

#endif
