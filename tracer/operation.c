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
    atomic_fetch_add_explicit(&tracer->ring->abandoned_operations, thread->depth,
                              memory_order_relaxed);
    atomic_store_explicit(&thread->shared->operations, 0, memory_order_relaxed);
    thread->depth = 0;
}

/* On an alternate signal stack a higher address proves nothing: it may lie anywhere. */
static bool on_alternate_stack(void)
{
    stack_t stack;

    return sigaltstack(NULL, &stack) != 0 || (stack.ss_flags & SS_ONSTACK) != 0;
}

static bool enter(struct operation *operation, uint64_t here)
{
    struct tracer *tracer = operation->tracer;
    struct thread *thread = thread_self(tracer);

    if (thread == NULL)
        return false;
    if (thread->depth > 0 && here >= thread->outer_pointer &&
        thread_same_stack(thread, here, thread->outer_pointer) && !on_alternate_stack())
        abandon(tracer, thread);
    if (thread->depth == RING_NESTING)
        return false;
    if (thread->depth == 0)
        thread->outer_pointer = here;
    operation->thread = thread;
    operation->level = thread->depth++;
    atomic_signal_fence(memory_order_seq_cst);
    atomic_fetch_add_explicit(&thread->shared->operations, 1, memory_order_relaxed);
    return true;
}

bool operation_enter(struct operation *operation)
{
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);

    /* A handler may fork before signals are blocked: then this is the child, without a tracer. */
    for (;;) {
        operation->tracer = tracer_start();
        if (operation->tracer == NULL)
            return false;
        lock_block_signals(&operation->mask);
        if (tracer_if_running() != NULL)
            break;
        lock_unblock_signals(&operation->mask);
    }
    if (enter(operation, here))
        return true;
    count_missed(operation->tracer);
    lock_unblock_signals(&operation->mask);
    return false;
}

void operation_leave(struct operation *operation)
{
    atomic_fetch_sub_explicit(&operation->thread->shared->operations, 1, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    operation->thread->depth = operation->level;
    lock_unblock_signals(&operation->mask);
}
