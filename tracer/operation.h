/* tracer/operation.h - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

/*
 * Asynchronous signals wait while an operation runs: a handler can neither find it half done nor
 * leave it so by siglongjmp, nor fork a child that would go on with it. A handler of a fault, which
 * cannot wait, runs its own operations on the next nesting level. One that leaves by siglongjmp
 * leaves the level taken; the outermost operation's stack pointer betrays that, because a new one
 * can only start at or above it, on the same stack, when it is gone.
 */
#ifndef NPNTRACE_TRACER_OPERATION_H
#define NPNTRACE_TRACER_OPERATION_H

#include "tracer/thread.h"

struct operation {
    struct tracer *tracer;
    struct thread *thread;
    unsigned level;
    struct lock_mask mask; /* the signal mask to return to */
};

/* False: not traced (no slot, nested too deep, or inside the tracer's start); nothing to leave. */
bool operation_enter(struct operation *operation);
void operation_leave(struct operation *operation);

#endif
