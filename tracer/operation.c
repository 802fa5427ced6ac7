/* tracer/operation.c - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

#include "tracer/operation.h"

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

bool operation_enter(struct operation *operation)
{
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    struct tracer *tracer = tracer_start();

    if (tracer == NULL)
        return false;
    struct thread *thread = thread_self(tracer);
    if (thread == NULL) {
        count_missed(tracer);
        return false;
    }
    if (thread->depth > 0 && here >= thread->outer_pointer &&
        thread_same_stack(thread, here, thread->outer_pointer))
        abandon(tracer, thread);
    if (thread->depth == RING_NESTING) {
        count_missed(tracer);
        return false;
    }
    if (thread->depth == 0)
        thread->outer_pointer = here;
    *operation = (struct operation){.tracer = tracer, .thread = thread, .level = thread->depth++};
    atomic_signal_fence(memory_order_seq_cst);
    atomic_fetch_add_explicit(&thread->shared->operations, 1, memory_order_relaxed);
    return true;
}

void operation_leave(struct operation *operation)
{
    atomic_fetch_sub_explicit(&operation->thread->shared->operations, 1, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    operation->thread->depth = operation->level;
}
