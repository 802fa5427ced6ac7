/* tracer/tracer.h - the one tracer of a process: start, life, and what its parts share */
/* SPDX-License-Identifier: MIT */

/*
 * Silent until needed: nothing exists before the first call of tracer_start(). Then the segment is
 * made (by the recorder, or as a flight recorder's file), and the process records until it dies.
 * There is no shutdown: a record is valid when it is committed.
 *
 * fork. A child starts a recording of its own, if it needs one, and never touches its parent's:
 *
 *   - which tracer is current stands in a page that the kernel wipes in a child (MADV_WIPEONFORK),
 *     after _Fork and raw clone as well
 *   - struct tracer is made anew for each recording; what a thread keeps names the one it is for
 *   - the segment is not mapped in a child (MADV_DONTFORK). If a signal handler forks in the middle
 *     of an operation, the child goes on with its parent's: so its fork handler puts empty private
 *     memory where the segment was, and the operation ends there without effect. (After a raw clone
 *     in such a handler it would be a fault.)
 *
 * A vfork child runs on its parent's memory and counts as the parent.
 */
#ifndef NPNTRACE_TRACER_TRACER_H
#define NPNTRACE_TRACER_TRACER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/ring.h"
#include "tracer/lock.h"
#include "tracer/rules.h"
#include "tracer/tree.h"

struct contract;
struct heap_set;
struct objects;
struct thread;
struct unwinder;

struct tracer {
    /* Used by every event, and not changed once it runs. */
    struct ring_header *ring; /* the segment */
    struct ring_node *nodes;  /* RING_NODES */
    struct tree tree;
    struct rules rules;
    uint32_t node_capacity;
    uint32_t chunk_bytes;
    uint32_t selfcheck;  /* every so many stacks are unwound twice; 0: none */
    uint32_t generation; /* of this recording among those of the process's ancestors and itself */
    bool recording;      /* false: nobody can read the segment; tables only, no events */
    bool forked;         /* RING_ORIGIN_FORKED */
    _Atomic bool hand_over_unseen; /* the host may have freed NPN blocks: contract.h */
    _Atomic bool blocks_unseen;    /* a plug-in may have got blocks that are not known */

    _Atomic uint32_t policy;      /* enum ring_policy; the header's, until the recorder is gone */
    _Atomic uint32_t epoch;       /* grows whenever an object may have been unloaded */
    _Atomic uint32_t unloading;   /* dlclose calls under way */
    _Atomic uint32_t timing;      /* somebody is writing a clock pair */
    struct lock table_lock;       /* appending to strings, modules, plug-ins, instances; objects,
                                     findings */
    struct lock unwind_lock;      /* held while inside libunwind */
    struct heap_set *heap_blocks; /* RING_HEAP_PLUGINS: of plug-ins; NULL: no memory */
    struct contract *contract;    /* what was released; NULL: no memory */
    struct objects *objects;      /* beside RING_OBJECTS; NULL: no memory */
    struct unwinder *unwinder;    /* NULL: none could be loaded */
    struct thread *_Atomic *threads; /* by slot of RING_THREADS */
    _Atomic uint32_t *module_seen;   /* by module: epoch + 1 at which it was last confirmed */
    uint64_t *module_names;          /* by module: a sum of the link map's name */
    uint64_t own_start;              /* this library's own code */
    uint64_t own_end;
    struct ring_layout layout; /* the header's */
};

/* What is wiped in a child. */
struct tracer_page {
    struct tracer *_Atomic current; /* NULL: asleep */
    struct lock start_lock;
    struct lock shim_lock; /* for the tables of shim/ */
};

/* NULL until the first use. */
extern struct tracer_page *_Atomic tracer_page;

/* The tracer if it runs, else NULL. Costs two loads. */
static inline struct tracer *tracer_if_running(void)
{
    struct tracer_page *page = atomic_load_explicit(&tracer_page, memory_order_acquire);

    return page != NULL ? atomic_load_explicit(&page->current, memory_order_acquire) : NULL;
}

/* The tracer, started if need be. NULL if this thread is inside the start itself (a signal
 * handler, or what the start allocates). */
struct tracer *tracer_start(void);

/* The shim's lock; it is there before tracing starts, and wiped in children. NULL: no memory. */
struct lock *tracer_shim_lock(void);

/* Around dlclose: an object may go away, and another may come to lie at its addresses. Pass what
 * begin returned to end, and whether an object may be gone; then a new epoch begins. */
uint32_t tracer_unload_begin(void);
void tracer_unload_end(uint32_t begun, bool gone);

/* Begins an epoch and returns it. */
uint32_t tracer_new_epoch(struct tracer *tracer);

/* Notes how stamps relate to time now. */
void tracer_note_time(struct tracer *tracer);

#endif
