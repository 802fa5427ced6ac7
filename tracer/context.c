/* tracer/context.c - the entries into plug-ins that a thread is inside of */
/* SPDX-License-Identifier: MIT */

#include "tracer/region.h"
#include "tracer/thread.h"

bool thread_same_stack(struct thread *thread, uint64_t a, uint64_t b)
{
    struct region region;

    if ((a < thread->stack_start || a >= thread->stack_end) && region_find(a, &region)) {
        thread->stack_start = region.start;
        thread->stack_end = region.end;
    }
    return a >= thread->stack_start && a < thread->stack_end && b >= thread->stack_start &&
           b < thread->stack_end;
}

/* The stack grows downwards: code called from a wrapper's frame runs below it. A wrapper whose
 * frame lies below the current stack pointer was left by longjmp or an exception. */
static bool is_gone(struct thread *thread, const struct context *entry, uint64_t stack_pointer)
{
    return entry->stack_pointer <= stack_pointer &&
           thread_same_stack(thread, stack_pointer, entry->stack_pointer);
}

struct context *context_top(struct thread *thread, uint64_t stack_pointer)
{
    while (thread->context_count > 0) {
        struct context *top = &thread->context[thread->context_count - 1];
        if (!is_gone(thread, top, stack_pointer))
            return top;
        thread->context_count--;
    }
    return NULL;
}

uint32_t context_push(struct thread *thread, const struct context *entry)
{
    context_top(thread, entry->stack_pointer);
    uint32_t token = thread->context_count;
    if (token == THREAD_CONTEXTS) {
        thread->context_overflow++;
        return token;
    }
    thread->context[token] = *entry;
    thread->context[token].heap_owner =
        entry->kind == CONTEXT_ENTRY ? (uint64_t)entry->instance << 32 | entry->plugin : 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->context_count = token + 1;
    return token;
}

void context_pop(struct thread *thread, uint32_t token)
{
    if (token < thread->context_count)
        thread->context_count = token;
}
