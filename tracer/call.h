/* tracer/call.h - a plug-in's call as an event */
/* SPDX-License-Identifier: MIT */

/*
 * What the operations of tracer/npn.h have in common: whose call it is, its stack, and its way into
 * the ring. Inlined: NPN_MemAlloc and NPN_MemFree go through here. Inside an operation.
 */
#ifndef NPNTRACE_TRACER_CALL_H
#define NPNTRACE_TRACER_CALL_H

#include "tracer/clock.h"
#include "tracer/contract.h"
#include "tracer/npn.h"
#include "tracer/operation.h"
#include "tracer/stack.h"
#include "tracer/tally.h"
#include "tracer/writer.h"

#define CALL_EVENTS 2 /* that call_put() takes */

/* That of the innermost entry into this plug-in's code; 0: the thread came by another way. */
static inline uint32_t call_instance(struct thread *thread, uint32_t plugin, uint64_t stack_pointer)
{
    context_top(thread, stack_pointer); /* drops what is gone */
    if (thread->context_count == THREAD_CONTEXTS)
        return 0; /* the innermost entries had no room: unknown */
    for (uint32_t i = thread->context_count; i-- > 0;)
        if (thread->context[i].kind == CONTEXT_ENTRY)
            return thread->context[i].plugin == plugin ? thread->context[i].instance : 0;
    return 0;
}

/* An event of this caller, with its stack. `ret_inline` is one to record before, if its type is
 * set. */
static inline struct event call_event(const struct operation *operation,
                                      const struct npn_caller *caller, enum event_type type,
                                      struct event *ret_inline)
{
    struct event event = {
        .type = type,
        .stamp = clock_stamp(),
        .flags = caller->flags,
        .plugin = (uint16_t)caller->plugin,
        .instance = call_instance(operation->thread, caller->plugin, caller->stack_pointer),
    };

    ret_inline->type = EVENT_NONE;
    if (type != EVENT_NPN_FLUSH && type != EVENT_NONE)
        operation->thread->flushes = 0;
    if (operation->tracer->recording)
        event.node = stack_capture(operation->tracer, operation->thread, operation->level,
                                   (const void *)(uintptr_t)caller->stack_pointer, ret_inline);
    ret_inline->stamp = event.stamp;
    return event;
}

/* Writes the events, behind their inline stack if they have one. */
static inline void call_put(const struct operation *operation, const struct event *stack,
                            const struct event *events, unsigned count)
{
    struct event all[CALL_EVENTS + 1];
    unsigned filled = 0;

    if (!operation->tracer->recording)
        return;
    if (stack != NULL && stack->type == EVENT_STACK)
        all[filled++] = *stack;
    for (unsigned i = 0; i < count; i++)
        all[filled++] = events[i];
    writer_put(operation->tracer, operation->thread, operation->level, all, filled);
}

/* The block that the event ends. */
static inline void call_name_owner(struct event *event, const struct live_block *block)
{
    event->flags |= EVENT_KNOWN;
    event->size = block->size_bytes;
    event->owner_plugin = block->plugin;
    event->owner_instance = block->instance;
    event->owner_flags = block->flags;
    event->owner_node = block->node;
    event->owner_stamp = block->stamp;
}

/* The block has a new life (or its end): calls around this one that are about its old one are not
 * about it any more. */
static inline void call_forget(struct thread *thread, enum context_kind kind, uint64_t block)
{
    for (uint32_t i = thread->context_count; i-- > 0;)
        if (thread->context[i].kind == kind && thread->context[i].pointer == block)
            thread->context[i].pointer = 0;
}

/* Fetches into the cache what is known of an address. */
static inline void call_expect(const struct operation *operation, const void *block)
{
    live_expect(operation->tracer, (uint64_t)(uintptr_t)block);
    contract_expect(operation->tracer, (uint64_t)(uintptr_t)block);
}

/* The event gives the plug-in a block. Returns how many events go before it: one, if an older block
 * of the same address was freed elsewhere. */
static inline unsigned call_issue(const struct operation *operation, struct event *event,
                                  struct event *ret_before)
{
    struct tracer *tracer = operation->tracer;
    struct live_block stale;
    unsigned before = 0;

    contract_issued(tracer, event->address);
    if (live_take(tracer, event->address, &stale)) {
        *ret_before = *event;
        ret_before->type = EVENT_NPN_ELSEWHERE;
        ret_before->flags &= (1u << EVENT_ORIGIN_SHIFT) - 1;
        call_name_owner(ret_before, &stale);
        event->flags |= EVENT_REISSUED;
        tally_gone(tracer, &stale, TALLY_ELSEWHERE);
        before = 1;
    }
    struct live_block fresh = {
        .address = event->address,
        .stamp = event->stamp,
        .size_bytes = (uint32_t)event->size,
        .node = event->node,
        .instance = event->instance,
        .plugin = event->plugin,
        .flags = event->flags,
    };
    if (!live_insert(tracer, &fresh))
        event->flags |= EVENT_UNTRACKED;
    call_forget(operation->thread, CONTEXT_FREEING, event->address);
    return before;
}

/* The event ends the block that it names as its own, in this way. */
static inline void call_release(const struct operation *operation, struct event *event,
                                const struct live_block *block, enum npn_way way)
{
    call_name_owner(event, block);
    event->flags |= (uint16_t)(way << EVENT_ORIGIN_SHIFT);
    tally_gone(operation->tracer, block,
               event->type == EVENT_NPN_HANDED ? TALLY_HANDED : TALLY_RELEASED);
    contract_released(operation->tracer, &(struct released_block){
                                             .block = *block,
                                             .node = event->node,
                                             .plugin = event->plugin,
                                             .type = event->type,
                                             .way = (uint8_t)way,
                                         });
}

#endif
