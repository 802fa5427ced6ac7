/* tracer/operation.h - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

/*
 * A signal handler that interrupts an operation and runs traced code does its own operations at the
 * next nesting level. One that leaves by siglongjmp leaves its level and the one that it
 * interrupted taken; their stack pointers betray that, because a new operation can only start at or
 * above one, on the same stack, when it is gone. And each operation has a mark in its own frame: an
 * operation whose mark is overwritten is gone, too. What it had half done stays so, and is counted.
 */
#ifndef NPNTRACE_TRACER_OPERATION_H
#define NPNTRACE_TRACER_OPERATION_H

#include "tracer/thread.h"

struct operation {
    struct tracer *tracer;
    struct thread *thread;
    unsigned level;
    uint64_t mark; /* operation_mark(), as long as this frame is in use */
};

/* The level at which an operation may begin inside those that are under way, after clearing away
 * what is gone; RING_NESTING: none. under_way[0] is not 0. */
unsigned operation_next_level(struct tracer *tracer, struct thread *thread, uint64_t here);

static inline uint64_t operation_mark(const struct thread *thread, unsigned level)
{
    return (uint64_t)(uintptr_t)thread ^ (level + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* At a level that is free. */
static inline void operation_begin(struct operation *operation, unsigned level, uint64_t here)
{
    struct thread *thread = operation->thread;

    operation->level = level;
    operation->mark = operation_mark(thread, level);
    thread->mark_at[level] = (uint64_t)(uintptr_t)&operation->mark;
    atomic_signal_fence(memory_order_seq_cst);
    thread->under_way[level] = here;
    atomic_store_explicit(&thread->shared->operations, level + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

/* The next, where it is not as simple. */
bool operation_enter_slowly(struct operation *operation, uint64_t here);

/* False: not traced (no slot, nested too deep, or inside the tracer's start); nothing to leave.
 * Starts the tracer if need be. `here`: the stack pointer of the caller or a wrapper around it. */
static inline bool operation_enter(struct operation *operation, uint64_t here)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL ? thread_known(tracer) : NULL;

    if (__builtin_expect(thread == NULL || thread->under_way[0] != 0, 0))
        return operation_enter_slowly(operation, here);
    operation->tracer = tracer;
    operation->thread = thread;
    operation_begin(operation, 0, here);
    return true;
}

static inline void operation_leave(const struct operation *operation)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&operation->thread->shared->operations, operation->level,
                          memory_order_relaxed);
    operation->thread->under_way[operation->level] = 0;
}

#endif
