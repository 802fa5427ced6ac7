/* tracer/tracer.h - the one tracer of a process: start, life, and what its parts share */
/* SPDX-License-Identifier: MIT */

/*
 * Silent until needed: nothing exists before the first call of tracer_running() that asks for it.
 * Then the segment is made (by the recorder, or as a flight recorder's file), the unwinder is
 * loaded, and the process records until it dies. There is no shutdown: a record is valid when it is
 * committed.
 *
 * fork. struct tracer lies in a page that the kernel wipes in a child (MADV_WIPEONFORK) and the
 * segment is not mapped there (MADV_DONTFORK). A child therefore finds RING_EMPTY state and starts
 * a recording of its own if it needs one; `generation` tells per-thread state of the parent from
 * its own. This holds for _Fork and raw clone too. A vfork child runs on its parent's memory and
 * counts as the parent.
 */
#ifndef NPNTRACE_TRACER_TRACER_H
#define NPNTRACE_TRACER_TRACER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/ring.h"
#include "tracer/lock.h"

struct thread;
struct unwinder;

enum tracer_state { TRACER_ASLEEP, TRACER_RUNNING };

struct tracer {
    _Atomic uint32_t state; /* enum tracer_state, release */
    _Atomic uint32_t
        generation; /* of this recording among those of the process's ancestors and itself */
    struct ring_header *ring; /* the segment */
    _Atomic uint32_t policy;  /* enum ring_policy; the header's, until the recorder is gone */
    bool recording;           /* false: nobody can read the segment; tables only, no events */
    bool forked;              /* RING_ORIGIN_FORKED */
    struct lock start_lock;
    struct lock shim_lock;       /* for the tables of shim/ */
    struct lock table_lock;      /* appending to strings, modules, plug-ins, instances */
    struct lock unwind_lock;     /* held while inside libunwind, so that no fork happens there */
    _Atomic uint32_t epoch;      /* grows whenever an object may have been unloaded */
    _Atomic uint32_t unloading;  /* dlclose calls under way */
    struct unwinder *unwinder;   /* NULL: none could be loaded */
    struct thread *_Atomic *threads; /* by slot of RING_THREADS */
    uint32_t *module_seen;           /* by module: epoch + 1 at which it was last confirmed */
    uint64_t *module_names;          /* by module: a sum of the link map's name */
    uint64_t own_start;              /* this library's own code */
    uint64_t own_end;
};

/* The tracer if it runs, else NULL. Costs two loads. */
struct tracer *tracer_if_running(void);

/* The tracer, started if need be. NULL if this thread is inside the start itself (a signal
 * handler). */
struct tracer *tracer_start(void);

/* The shim's lock; it is there before tracing starts, and wiped in children. NULL: no memory. */
struct lock *tracer_shim_lock(void);

/* Around dlclose: an object may go away, and another may come to lie at its addresses. Pass what
 * begin returned to end, and whether an object may be gone; then a new epoch begins. */
uint32_t tracer_unload_begin(void);
void tracer_unload_end(uint32_t begun, bool gone);

#endif
