/* tracer/lock.c - the tracer's only lock */
/* SPDX-License-Identifier: MIT */

#include "tracer/lock.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracer/sys.h"

#define LOCK_WAITERS 0x80000000u
#define LOCK_FORKING 0x40000000u
#define LOCK_OWNER 0x3fffffffu
#define WAIT_NS 100000000u
#define FORK_WAITS 5 /* as many times WAIT_NS is longer than a fork takes */

/* The kernel's signal set: one bit a signal. Faults of our own making must still reach their
 * handler. */
#define FAULTS                                                                                     \
    (UINT64_C(1) << (SIGSEGV - 1) | UINT64_C(1) << (SIGBUS - 1) | UINT64_C(1) << (SIGFPE - 1) |    \
     UINT64_C(1) << (SIGILL - 1) | UINT64_C(1) << (SIGTRAP - 1))

/* Waits once for a lock whose word was `seen`. False: it timed out. */
static bool wait_for(struct lock *lock, uint32_t seen)
{
    uint32_t marked = seen | LOCK_WAITERS;

    return (seen != marked && !atomic_compare_exchange_strong(&lock->owner, &seen, marked)) ||
           sys_futex_wait(&lock->owner, marked, WAIT_NS, false);
}

static bool acquire(struct lock *lock, uint32_t flags)
{
    uint32_t self = sys_gettid(), seen = 0;
    unsigned fork_waits = 0;

    while (!atomic_compare_exchange_weak_explicit(&lock->owner, &seen, self | flags,
                                                  memory_order_acquire, memory_order_relaxed)) {
        if ((seen & LOCK_OWNER) == self)
            return false;
        bool forking = (seen & LOCK_FORKING) != 0;
        if (seen != 0 && !wait_for(lock, seen) && forking && ++fork_waits == FORK_WAITS)
            return false;
        seen = 0;
    }
    return true;
}

bool lock_acquire_plain(struct lock *lock)
{
    return acquire(lock, 0);
}

bool lock_acquire_for_fork(struct lock *lock)
{
    return acquire(lock, LOCK_FORKING);
}

void lock_release_plain(struct lock *lock)
{
    /* Everybody: whoever gets the lock next no longer knows that others still sleep. */
    if (atomic_exchange_explicit(&lock->owner, 0, memory_order_release) & LOCK_WAITERS)
        sys_futex_wake(&lock->owner, 1 << 30, false);
}

void lock_block_signals(struct lock_mask *ret_mask)
{
    uint64_t blocked = ~FAULTS;

    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &blocked, &ret_mask->bits, sizeof(blocked));
}

void lock_unblock_signals(const struct lock_mask *mask)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask->bits, NULL, sizeof(mask->bits));
}

bool lock_acquire(struct lock *lock, struct lock_mask *ret_mask)
{
    lock_block_signals(ret_mask);
    if (lock_acquire_plain(lock))
        return true;
    lock_unblock_signals(ret_mask);
    return false;
}

void lock_release(struct lock *lock, const struct lock_mask *mask)
{
    lock_release_plain(lock);
    lock_unblock_signals(mask);
}
