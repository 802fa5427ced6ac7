/* tracer/thread.h - what the tracer keeps for each thread */
/* SPDX-License-Identifier: MIT */

/*
 * A thread gets a slot in the segment (RING_THREADS) and a block of private memory at its first
 * event, and keeps both until it is gone; nothing runs at thread exit, since frees go on after it.
 * A slot whose thread has died is found and reused when slots or chunks run out, or when its tid
 * comes round again.
 *
 * Only the thread itself touches its block. A signal handler on the same thread may run in the
 * middle of an operation: it works at the next nesting level, which has a chunk and a frame buffer
 * of its own.
 *
 * Whose call is this thread in? `context` says: a stack of the entries into plug-ins and of the
 * host's memory functions that are under way. It is popped when a call returns. Exceptions and
 * longjmp skip that, so entries also carry the stack pointer, and one that lies below the current
 * one on the same stack is gone.
 */
#ifndef NPNTRACE_TRACER_THREAD_H
#define NPNTRACE_TRACER_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "format/event.h"
#include "format/ring.h"
#include "tracer/tracer.h"

#define THREAD_FRAMES 4096   /* frames of one backtrace */
#define THREAD_CONTEXTS 1024 /* nested entries */

enum context_kind {
    CONTEXT_ENTRY,      /* the host called the plug-in */
    CONTEXT_ALLOCATING, /* the plug-in called the host's memalloc; pointer: what a call inside it
                           recorded */
    CONTEXT_FLUSHING,   /* the plug-in called the host's memflush */
    CONTEXT_FREEING     /* the plug-in called the host's memfree with pointer */
};

struct context {
    uint64_t stack_pointer; /* of the wrapper that pushed it */
    uint64_t pointer;
    uint32_t instance;
    uint16_t plugin;
    uint16_t kind; /* enum context_kind */
};

struct thread_cursor {
    struct ring_chunk *chunk; /* NULL: none taken yet */
    uint64_t base_stamp;
    uint64_t committed; /* as stored last: bytes | events << 32; what lies behind it is free */
};

struct thread {
    uint32_t generation; /* of the tracer it belongs to */
    uint32_t slot;
    uint32_t tid;
    uint32_t depth;         /* operations under way: the nesting level of the next */
    uint64_t outer_pointer; /* stack pointer of the outermost operation */
    uint64_t stack_start;   /* the mapped region that held the stack pointer last */
    uint64_t stack_end;
    uint64_t code_start; /* the executable region outside all objects that was met last */
    uint64_t code_end;
    struct ring_thread *shared;
    struct thread_cursor cursor[RING_NESTING];
    uint32_t context_count;
    uint32_t context_overflow; /* entries not pushed because there was no room */
    struct context context[THREAD_CONTEXTS];
    struct event_frame frames[RING_NESTING][THREAD_FRAMES];
};

/* This thread's block, made at first use. NULL: no slot or no memory; the caller counts the loss.
 */
struct thread *thread_self(struct tracer *tracer);

/* Hands over the chunks of threads that are gone and frees their slots. True if there was one. */
bool thread_retire_dead(struct tracer *tracer);

/* True if both lie on the mapped region that holds the current stack. */
bool thread_same_stack(struct thread *thread, uint64_t a, uint64_t b);

/* Pushes an entry made by a wrapper whose frame is at stack_pointer. Returns the token for
 * context_pop. */
uint32_t context_push(struct thread *thread, const struct context *entry);
void context_pop(struct thread *thread, uint32_t token);

/* The innermost entry that is still under way, NULL if none. */
struct context *context_top(struct thread *thread, uint64_t stack_pointer);

#endif
