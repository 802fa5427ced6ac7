/* tracer/operation.h - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

/*
 * A signal handler that interrupts an operation and runs traced code does its own operations at the
 * next nesting level. One that leaves by siglongjmp leaves the level taken; the outermost
 * operation's stack pointer betrays that, because a new one can only start at or above it, on the
 * same stack, when it is gone. What it had half done stays so, and is counted.
 */
#ifndef NPNTRACE_TRACER_OPERATION_H
#define NPNTRACE_TRACER_OPERATION_H

#include "tracer/thread.h"

struct operation {
    struct tracer *tracer;
    struct thread *thread;
    unsigned level;
    uint64_t outside; /* thread->inside to return to */
};

/* False: not traced (no slot, nested too deep, or inside the tracer's start); nothing to leave.
 * Starts the tracer if need be. `here`: the stack pointer of the caller or a wrapper around it. */
bool operation_enter(struct operation *operation, uint64_t here);

/* Whether an operation may begin inside those that are under way, after clearing away what is
 * gone. `thread->inside` is not 0. */
bool operation_may_nest(struct tracer *tracer, struct thread *thread, uint64_t here);

/* With no operation under way, or where one may nest. */
static inline void operation_begin(struct operation *operation, uint64_t here)
{
    struct thread *thread = operation->thread;

    operation->outside = thread->inside;
    operation->level = (unsigned)(thread->inside & THREAD_DEPTH_MASK);
    thread->inside = operation->level == 0 ? (here & ~THREAD_DEPTH_MASK) | 1 : thread->inside + 1;
    atomic_store_explicit(&thread->shared->operations, operation->level + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void operation_leave(const struct operation *operation)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&operation->thread->shared->operations, operation->level,
                          memory_order_relaxed);
    operation->thread->inside = operation->outside;
}

#endif
