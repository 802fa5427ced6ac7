/* tracer/context.c - the entries into plug-ins that a thread is inside of */
/* SPDX-License-Identifier: MIT */

#include "tracer/contract.h"
#include "tracer/region.h"
#include "tracer/sys.h"
#include "tracer/thread.h"

#define LENT_MOST 1024u /* of a list that are looked at */

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

void contract_lend(uint32_t token, const struct contract_lent *lent)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL ? thread_known(tracer) : NULL;

    if (thread != NULL && token < thread->context_count)
        thread->context[token].pointer = (uint64_t)(uintptr_t)lent;
}

static bool is_in_list(const struct contract_list *list, uint64_t address)
{
    uint64_t at = (uint64_t)(uintptr_t)list->first, found;

    for (uint32_t i = 0; i < list->count && i < LENT_MOST; i++, at += list->stride_bytes)
        if (sys_read_memory(at, &found, sizeof(found)) && found == address)
            return true;
    return false;
}

static bool is_among(const struct contract_lent *lent, uint64_t address)
{
    for (unsigned i = 0; i < CONTRACT_LENT_POINTERS; i++)
        if ((uint64_t)(uintptr_t)lent->pointer[i] == address)
            return true;
    for (unsigned i = 0; i < CONTRACT_LENT_LISTS; i++)
        if (is_in_list(&lent->list[i], address))
            return true;
    return false;
}

/* An entry on another stack may have been left, and the stack be gone: nothing is read directly. */
bool contract_is_lent(struct thread *thread, uint64_t stack_pointer, uint64_t address)
{
    struct contract_lent lent;

    context_top(thread, stack_pointer);
    for (uint32_t i = thread->context_count; i-- > 0;) {
        const struct context *entry = &thread->context[i];
        if (entry->kind == CONTEXT_ENTRY && entry->pointer != 0 &&
            sys_read_memory(entry->pointer, &lent, sizeof(lent)) && is_among(&lent, address))
            return true;
    }
    return false;
}
