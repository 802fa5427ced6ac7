/* tracer/operation.c - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

#include "tracer/operation.h"

#include <signal.h>

static void count_missed(struct tracer *tracer)
{
    atomic_fetch_add_explicit(&tracer->ring->missed_calls, 1, memory_order_relaxed);
}

/* What they had half done stays so: an event not committed, a block not in the side table. */
static void abandon(struct tracer *tracer, struct thread *thread)
{
    atomic_fetch_add_explicit(&tracer->ring->abandoned_operations,
                              thread->inside & THREAD_DEPTH_MASK, memory_order_relaxed);
    for (unsigned level = 0; level < RING_NESTING; level++)
        thread->memo[level].valid = false;
    atomic_store_explicit(&thread->shared->operations, 0, memory_order_relaxed);
    thread->inside = 0;
}

/* On an alternate signal stack a higher address proves nothing: it may lie anywhere. */
static bool on_alternate_stack(void)
{
    stack_t stack;

    return sigaltstack(NULL, &stack) != 0 || (stack.ss_flags & SS_ONSTACK) != 0;
}

bool operation_may_nest(struct tracer *tracer, struct thread *thread, uint64_t here)
{
    uint64_t outermost = thread->inside & ~THREAD_DEPTH_MASK;

    if (here >= outermost && thread_same_stack(thread, here, outermost) && !on_alternate_stack())
        abandon(tracer, thread);
    if ((thread->inside & THREAD_DEPTH_MASK) < RING_NESTING)
        return true;
    count_missed(tracer);
    return false;
}

bool operation_enter(struct operation *operation, uint64_t here)
{
    struct tracer *tracer = tracer_start();
    struct thread *thread = tracer != NULL ? thread_self(tracer) : NULL;

    if (thread == NULL) {
        if (tracer != NULL)
            count_missed(tracer);
        return false;
    }
    if (thread->inside != 0 && !operation_may_nest(tracer, thread, here))
        return false;
    operation->tracer = tracer;
    operation->thread = thread;
    operation_begin(operation, here);
    return true;
}
