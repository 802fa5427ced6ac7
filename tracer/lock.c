/* tracer/lock.c - the tracer's only lock */
/* SPDX-License-Identifier: MIT */

#include "tracer/lock.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracer/sys.h"

#define LOCK_WAITERS 0x80000000u
#define WAIT_NS 100000000u

/* The kernel's signal set: one bit a signal. Faults of our own making must still reach their
 * handler. */
#define FAULTS                                                                                     \
    (UINT64_C(1) << (SIGSEGV - 1) | UINT64_C(1) << (SIGBUS - 1) | UINT64_C(1) << (SIGFPE - 1) |    \
     UINT64_C(1) << (SIGILL - 1) | UINT64_C(1) << (SIGTRAP - 1))

bool lock_acquire_plain(struct lock *lock)
{
    uint32_t self = sys_gettid();
    uint32_t seen = 0;

    while (!atomic_compare_exchange_weak_explicit(&lock->owner, &seen, self, memory_order_acquire,
                                                  memory_order_relaxed)) {
        if ((seen & ~LOCK_WAITERS) == self)
            return false;
        if (seen != 0) {
            uint32_t marked = seen | LOCK_WAITERS;
            if (seen == marked || atomic_compare_exchange_strong(&lock->owner, &seen, marked))
                sys_futex_wait(&lock->owner, marked, WAIT_NS, false);
        }
        seen = 0;
    }
    return true;
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
