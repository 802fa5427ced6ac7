/* tracer/thread.h - what the tracer keeps for each thread */
/* SPDX-License-Identifier: MIT */

/*
 * A thread gets a slot in the segment (RING_THREADS) and a block of private memory at its first
 * event, and keeps both until it is gone; nothing runs at thread exit, since frees go on after it.
 * A slot whose thread has died is found and reused when slots or chunks run out, or when its tid
 * comes round again.
 *
 * Only the thread itself touches its block. A signal handler on the same thread may run in the
 * middle of an operation: it works at the next nesting level, which has a chunk and a memo of its
 * own.
 *
 * Whose call is this thread in? `context` says: a stack of the entries into plug-ins, of calls from
 * them into the host, and of the host's memory functions that are under way. It is popped when a
 * call returns. Exceptions and longjmp skip that, so entries also carry the stack pointer, and one
 * that lies below the current one on the same stack is gone.
 */
#ifndef NPNTRACE_TRACER_THREAD_H
#define NPNTRACE_TRACER_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "format/event.h"
#include "format/ring.h"
#include "tracer/backtrace.h"
#include "tracer/tracer.h"

#define THREAD_FRAMES BACKTRACE_FRAMES
#define THREAD_CONTEXTS 1024 /* nested entries */

enum context_kind {
    CONTEXT_ENTRY,      /* the host called the plug-in */
    CONTEXT_HOST,       /* the plug-in called the host */
    CONTEXT_ALLOCATING, /* the plug-in called the host's memalloc; pointer: what a call inside it
                           recorded */
    CONTEXT_FLUSHING,   /* the plug-in called the host's memflush */
    CONTEXT_FREEING     /* the plug-in called the host's memfree with pointer */
};

struct context {
    uint64_t stack_pointer; /* of the wrapper that pushed it */
    uint64_t pointer;       /* see there; of an entry: what it lends (tracer/contract.h), or 0 */
    uint64_t heap_owner; /* whose heap calls are in it: instance << 32 | plug-in, 0: the host's */
    uint32_t instance;
    uint16_t plugin;
    uint16_t kind; /* enum context_kind */
};

struct thread_cursor {
    uint64_t *at;  /* where the next event goes */
    uint64_t *end; /* of the chunk; NULL with at NULL: none taken yet */
    uint64_t base_stamp;
    uint64_t committed;  /* as stored last: bytes | events << 32; what lies behind it is free */
    uint64_t heap_owner; /* of the chunk's last EVENT_HEAP_CONTEXT */
    struct ring_chunk *chunk;
};

struct thread {
    struct tracer *tracer; /* that it belongs to */
    /* By nesting level: the stack pointer of the operation under way, 0: none. A word each, so that
     * a handler never finds half of it. */
    uint64_t under_way[RING_NESTING];
    uint64_t mark_at[RING_NESTING]; /* where the operation has its mark */
    uint32_t context_count;
    uint32_t slot;
    uint64_t heap_base;      /* heap_owner outside of all contexts: the plug-in that started it */
    uint64_t readable_start; /* the part of the stack that is known to be readable */
    uint64_t readable_bytes;
    struct thread_cursor cursor[RING_NESTING];
    struct ring_thread *shared;
    int *errno_at; /* this thread's errno */
    uint32_t tid;
    uint32_t unchecked;   /* stacks since the last self-check */
    uint64_t stack_start; /* the mapped region that held the stack pointer last */
    uint64_t stack_end;
    uint64_t code_start; /* the executable region outside all objects that was met last */
    uint64_t code_end;
    uint32_t context_overflow; /* entries not pushed because there was no room */
    uint32_t flushes;          /* NPN_MemFlush calls in a row that returned flushed_bytes */
    uint64_t flushed_bytes;
    bool is_elsewhere; /* stacks do not begin in our own frames: libunwind cannot be asked */
    /* What follows needs no clearing but for `valid`. */
    struct segment_of_frames *segments; /* SEGMENT_PLACES of them; NULL: none (yet) */
    uint32_t without_segments;          /* backtraces */
    struct context context[THREAD_CONTEXTS];
    struct memo memo[RING_NESTING];
    struct event_frame frames[RING_NESTING][THREAD_FRAMES];
};

/* Initial-exec: the library is there from the start of the process, and a dynamic model would call
 * __tls_get_addr, which may allocate through the very functions that are being traced. */
extern __thread struct thread *thread_block
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* This thread's block if it has one for this tracer, else NULL. */
static inline struct thread *thread_known(struct tracer *tracer)
{
    struct thread *block = thread_block;

    return block != NULL && block->tracer == tracer ? block : NULL;
}

/* This thread's block, made at first use. NULL: no slot or no memory; the caller counts the loss.
 */
struct thread *thread_self(struct tracer *tracer);

/* Hands over the chunks of threads that are gone and frees their slots. True if there was one. */
bool thread_retire_dead(struct tracer *tracer);

/* True if both lie on the mapped region that holds the current stack. */
bool thread_same_stack(struct thread *thread, uint64_t a, uint64_t b);

/* Makes the range of what may be read include the word at address: grown if it is near, moved
 * there otherwise. False: it cannot be read. */
bool thread_find_readable(struct thread *thread, uint64_t address);

/* Pushes an entry made by a wrapper whose frame is at stack_pointer. Returns the token for
 * context_pop. */
uint32_t context_push(struct thread *thread, const struct context *entry);
void context_pop(struct thread *thread, uint32_t token);

/* The innermost entry that is still under way, NULL if none. */
struct context *context_top(struct thread *thread, uint64_t stack_pointer);

/* Whose heap calls are made here. */
static inline uint64_t context_heap_owner(struct thread *thread, uint64_t stack_pointer)
{
    if (__builtin_expect(thread->context_count == 0, 1))
        return thread->heap_base;
    const struct context *top = &thread->context[thread->context_count - 1];
    if (top->stack_pointer > stack_pointer)
        return top->heap_owner;
    top = context_top(thread, stack_pointer);
    return top != NULL ? top->heap_owner : thread->heap_base;
}

#endif
