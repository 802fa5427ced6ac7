/* tracer/lock.h - the tracer's only lock */
/* SPDX-License-Identifier: MIT */

/*
 * A futex lock that knows its owner, for the rare paths (starting, new modules, new plug-ins). It
 * lies in memory that fork wipes (tracer/tracer.h), so a child never inherits a lock held by a
 * thread that it does not have. It is never held across a call into the host or the loader.
 *
 * With `lock_acquire` asynchronous signals are blocked while it is held: a handler that runs traced
 * code cannot come upon its own thread's half-made change. The mask is put back by `lock_release`.
 *
 * Ranks: doc/CONCURRENCY.md. No code takes two of the same rank.
 */
#ifndef NPNTRACE_TRACER_LOCK_H
#define NPNTRACE_TRACER_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
    _Atomic uint32_t owner; /* tid, 0: free; LOCK_WAITERS added while someone sleeps */
};

struct lock_mask { /* the signal mask to return to */
    uint64_t bits;
};

/* False, with nothing taken, if this thread holds the lock already, or if a thread that forks has
 * held it for half a second: it may be waiting in the C library's fork for this one, whose handler
 * interrupted malloc. */
bool lock_acquire(struct lock *lock, struct lock_mask *ret_mask);
void lock_release(struct lock *lock, const struct lock_mask *mask);

/* Blocking alone: all signals but those of faults. */
void lock_block_signals(struct lock_mask *ret_mask);
void lock_unblock_signals(const struct lock_mask *mask);

/* The same without touching signals, for sections that a handler may safely enter again. */
bool lock_acquire_plain(struct lock *lock);
bool lock_acquire_for_fork(struct lock *lock);
void lock_release_plain(struct lock *lock);

#endif
