/* tracer/stack.h - the call stack of an event, as a node of the tree */
/* SPDX-License-Identifier: MIT */

/*
 * From a call to a name for its stack:
 *
 *   backtrace.c  the frames: what is proven to be as in the last backtrace, then rules
 *   tree.c       frames to nodes
 *   unwind_libunwind.c  whole stacks with a frame that no simple rule covers, and the self-check
 *
 * When the tree is full the stack goes into the ring itself, before its event (RING_NODE_INLINE).
 */
#ifndef NPNTRACE_TRACER_STACK_H
#define NPNTRACE_TRACER_STACK_H

#include "tracer/thread.h"

/* Where the caller's frame begins can be told from a function's own frame: on other machines every
 * stack is libunwind's. */
#if defined(__x86_64__)
#define STACK_BY_RULES 1
#else
#define STACK_BY_RULES 0
#endif

/* The stack from the caller of the function with this frame, as __builtin_frame_address(0) gives
 * it: on x86-64 the caller's frame pointer lies there, then the return address. Returns its node;
 * RING_NODE_INLINE: *ret_inline is the event to record before. */
uint32_t stack_capture(struct tracer *tracer, struct thread *thread, unsigned level,
                       const void *frame, struct event *ret_inline);

#endif
