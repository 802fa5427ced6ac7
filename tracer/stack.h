/* tracer/stack.h - the call stack of an event, interned in the segment */
/* SPDX-License-Identifier: MIT */

/*
 * Stacks live in an append-only tree in the segment (RING_NODES), outermost frame next to the root,
 * one root per epoch, so that an address that another object took over never gets the old one's
 * node. A node is written before the hash slot that names it, and that before any committed record.
 * When the tree is full the stack goes into the ring itself, before its event (RING_NODE_INLINE).
 */
#ifndef NPNTRACE_TRACER_STACK_H
#define NPNTRACE_TRACER_STACK_H

#include "tracer/thread.h"
#include "tracer/unwind.h"

struct stack {
    uint32_t node; /* RING_NODE_INLINE: frames and count are to be recorded */
    unsigned count;
    const struct event_frame *frames; /* the thread's buffer of this level */
};

/* The stack from start outwards. caller: the one frame to record where there is no unwinder. */
struct stack stack_capture(struct tracer *tracer, struct thread *thread, unsigned level,
                           const struct unwind_start *start, uint64_t caller);

#endif
