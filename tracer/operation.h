/* tracer/operation.h - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

/*
 * An operation runs on one nesting level of its thread. A signal handler that interrupts it runs
 * its own on the next level. A handler that leaves by siglongjmp leaves the level taken; the
 * outermost operation's stack pointer betrays that, because a new one can only start above it when
 * it is gone.
 */
#ifndef NPNTRACE_TRACER_OPERATION_H
#define NPNTRACE_TRACER_OPERATION_H

#include "tracer/thread.h"

struct operation {
    struct tracer *tracer;
    struct thread *thread;
    unsigned level;
};

/* False: not traced (no slot, nested too deep, or inside the tracer's start); nothing to leave. */
bool operation_enter(struct operation *operation);
void operation_leave(struct operation *operation);

#endif
