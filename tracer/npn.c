/* tracer/npn.c - NPN_Mem* calls become side table entries, counters and events */
/* SPDX-License-Identifier: MIT */

#include "tracer/npn.h"

#include "tracer/clock.h"
#include "tracer/operation.h"
#include "tracer/registry.h"
#include "tracer/stack.h"
#include "tracer/tally.h"
#include "tracer/writer.h"

/* The block has a new life (or its end): calls around this one that are about its old one are not
 * about it any more. */
static void forget_block(struct thread *thread, enum context_kind kind, uint64_t block)
{
    for (uint32_t i = thread->context_count; i-- > 0;)
        if (thread->context[i].kind == kind && thread->context[i].pointer == block)
            thread->context[i].pointer = 0;
}

#define FLUSH_RECORDED 1 /* in place of a block's address */

static uint32_t instance_of(struct thread *thread, uint32_t plugin, uint64_t stack_pointer)
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
static struct event call_event(const struct operation *operation, const struct npn_caller *caller,
                               enum event_type type, struct event *ret_inline)
{
    struct event event = {
        .type = type,
        .stamp = clock_stamp(),
        .flags = caller->flags,
        .plugin = (uint16_t)caller->plugin,
        .instance = instance_of(operation->thread, caller->plugin, caller->stack_pointer),
    };

    ret_inline->type = EVENT_NONE;
    if (operation->tracer->recording)
        event.node = stack_capture(operation->tracer, operation->thread, operation->level,
                                   (const void *)(uintptr_t)caller->stack_pointer, ret_inline);
    ret_inline->stamp = event.stamp;
    return event;
}

/* Writes the events, behind their inline stack if they have one. */
static void put(const struct operation *operation, const struct event *stack,
                const struct event *events, unsigned count)
{
    struct event all[3];
    unsigned filled = 0;

    if (!operation->tracer->recording)
        return;
    if (stack != NULL && stack->type == EVENT_STACK)
        all[filled++] = *stack;
    for (unsigned i = 0; i < count; i++)
        all[filled++] = events[i];
    writer_put(operation->tracer, operation->thread, operation->level, all, filled);
}

static void name_owner(struct event *event, const struct live_block *block)
{
    event->flags |= EVENT_KNOWN;
    event->size = block->size_bytes;
    event->owner_plugin = block->plugin;
    event->owner_instance = block->instance;
    event->owner_flags = block->flags;
    event->owner_node = block->node;
    event->owner_stamp = block->stamp;
}

static uint32_t push_call(const struct npn_caller *caller, enum context_kind kind, void *block)
{
    struct operation operation;

    if (!operation_enter(&operation, caller->stack_pointer))
        return NPN_NO_TOKEN;
    uint32_t token = context_push(operation.thread, &(struct context){
                                                        .kind = kind,
                                                        .plugin = (uint16_t)caller->plugin,
                                                        .stack_pointer = caller->stack_pointer,
                                                        .pointer = (uint64_t)(uintptr_t)block,
                                                    });
    operation_leave(&operation);
    return token;
}

uint32_t npn_alloc_begin(const struct npn_caller *caller)
{
    return push_call(caller, CONTEXT_ALLOCATING, NULL);
}

/* Pops this call's own entry and tells whether a wrapper inside it recorded the same block (for a
 * flush: any); if not, tells the wrapper around it that it is recorded now. */
static bool counted_inside(struct thread *thread, uint32_t token, enum context_kind kind,
                           uint64_t block)
{
    bool counted = token < thread->context_count && thread->context[token].pointer == block;

    context_pop(thread, token);
    if (thread->context_count > 0 && thread->context[thread->context_count - 1].kind == kind)
        thread->context[thread->context_count - 1].pointer = block;
    return counted && block != 0;
}

__attribute__((noinline)) void npn_alloc_end(const struct npn_caller *caller, uint32_t token,
                                             void *block, uint32_t size_bytes)
{
    struct operation operation;
    struct event stack;
    struct live_block stale;
    struct event events[2];
    unsigned count = 0;

    if (token == NPN_NO_TOKEN || !operation_enter(&operation, caller->stack_pointer))
        return;
    if (counted_inside(operation.thread, token, CONTEXT_ALLOCATING, (uint64_t)(uintptr_t)block)) {
        operation_leave(&operation);
        return;
    }
    live_expect(operation.tracer, (uint64_t)(uintptr_t)block);
    struct event event = call_event(&operation, caller, EVENT_NPN_ALLOC, &stack);
    event.address = (uint64_t)(uintptr_t)block;
    event.size = size_bytes;
    if (block == NULL) {
        tally_failed_alloc(operation.tracer, event.plugin, event.instance);
    } else {
        if (live_take(operation.tracer, event.address, &stale)) {
            events[count] = event;
            events[count].type = EVENT_NPN_ELSEWHERE;
            name_owner(&events[count++], &stale);
            event.flags |= EVENT_REISSUED;
            tally_gone(operation.tracer, stale.plugin, stale.instance, stale.size_bytes, true);
        }
        struct live_block fresh = {
            .address = event.address,
            .stamp = event.stamp,
            .size_bytes = size_bytes,
            .node = event.node,
            .instance = event.instance,
            .plugin = event.plugin,
            .flags = event.flags,
        };
        if (!live_insert(operation.tracer, &fresh))
            event.flags |= EVENT_UNTRACKED;
        tally_alloc(operation.tracer, event.plugin, event.instance, size_bytes);
        forget_block(operation.thread, CONTEXT_FREEING, event.address);
    }
    events[count++] = event;
    put(&operation, &stack, events, count);
    operation_leave(&operation);
}

/* A wrapper around this one on the same thread is freeing the same block and has recorded it. */
static bool freed_outside(struct thread *thread, const struct npn_caller *caller, uint64_t block)
{
    const struct context *top = context_top(thread, caller->stack_pointer);

    return top != NULL && top->kind == CONTEXT_FREEING && top->pointer == block;
}

static __attribute__((noinline)) void record_free(const struct npn_caller *caller, void *block,
                                                  uint16_t flags)
{
    struct operation operation;
    struct event stack;
    struct live_block known;

    if (!operation_enter(&operation, caller->stack_pointer))
        return;
    if (!freed_outside(operation.thread, caller, (uint64_t)(uintptr_t)block)) {
        live_expect(operation.tracer, (uint64_t)(uintptr_t)block);
        struct event event = call_event(&operation, caller, EVENT_NPN_FREE, &stack);
        event.address = (uint64_t)(uintptr_t)block;
        event.flags |= flags;
        if (live_take(operation.tracer, event.address, &known)) {
            name_owner(&event, &known);
            tally_gone(operation.tracer, known.plugin, known.instance, known.size_bytes, false);
        } else if (operation.tracer->forked) {
            event.flags |= EVENT_INHERITED;
        }
        tally_free(operation.tracer, event.plugin, event.instance, event.flags & EVENT_KNOWN);
        forget_block(operation.thread, CONTEXT_ALLOCATING, event.address);
        put(&operation, &stack, &event, 1);
    }
    operation_leave(&operation);
}

uint32_t npn_free_begin(const struct npn_caller *caller, void *block)
{
    record_free(caller, block, 0);
    return push_call(caller, CONTEXT_FREEING, block);
}

void npn_free_end(const struct npn_caller *caller, uint32_t token)
{
    (void)caller;
    npn_entry_pop(token);
}

void npn_free_refused(const struct npn_caller *caller, void *block)
{
    record_free(caller, block, EVENT_REFUSED);
}

uint32_t npn_flush_begin(const struct npn_caller *caller)
{
    return push_call(caller, CONTEXT_FLUSHING, NULL);
}

__attribute__((noinline)) void npn_flush_end(const struct npn_caller *caller, uint32_t token,
                                             uint32_t asked_bytes, uint32_t returned_bytes)
{
    struct operation operation;
    struct event stack;

    if (token == NPN_NO_TOKEN || !operation_enter(&operation, caller->stack_pointer))
        return;
    if (!counted_inside(operation.thread, token, CONTEXT_FLUSHING, FLUSH_RECORDED)) {
        struct event event = call_event(&operation, caller, EVENT_NPN_FLUSH, &stack);
        event.address = returned_bytes;
        event.size = asked_bytes;
        tally_flush(operation.tracer, event.plugin, event.instance);
        put(&operation, &stack, &event, 1);
    }
    operation_leave(&operation);
}

static void put_step(enum event_type type, uint32_t plugin, uint32_t instance, enum event_step step,
                     int value)
{
    struct operation operation;

    if (!operation_enter(&operation, (uint64_t)(uintptr_t)__builtin_frame_address(0)))
        return;
    struct ring_instance *entry = registry_instance(operation.tracer, instance);
    struct event event = {
        .type = type,
        .stamp = clock_stamp(),
        .flags = step,
        .plugin = (uint16_t)plugin,
        .instance = instance,
        .size = (uint32_t)value,
        .node = step == EVENT_STEP_NEW_ENTER && entry != NULL ? entry->mime : 0,
    };
    put(&operation, NULL, &event, 1);
    tracer_note_time(operation.tracer);
    operation_leave(&operation);
}

void npn_plugin_step(uint32_t plugin, enum event_step step, int value)
{
    put_step(EVENT_PLUGIN, plugin, 0, step, value);
}

void npn_instance_step(uint32_t plugin, uint32_t instance, enum event_step step, int value)
{
    put_step(EVENT_INSTANCE, plugin, instance, step, value);
}

bool npn_find(const void *block, struct live_block *ret_block)
{
    struct tracer *tracer = tracer_if_running();

    return tracer != NULL && live_find(tracer, (uint64_t)(uintptr_t)block, ret_block);
}

uint32_t npn_entry_push(uint32_t plugin, uint32_t instance, uint64_t stack_pointer)
{
    struct operation operation;

    if (!operation_enter(&operation, stack_pointer))
        return NPN_NO_TOKEN;
    uint32_t token = context_push(operation.thread, &(struct context){
                                                        .kind = CONTEXT_ENTRY,
                                                        .plugin = (uint16_t)plugin,
                                                        .instance = instance,
                                                        .stack_pointer = stack_pointer,
                                                    });
    operation_leave(&operation);
    return token;
}

void npn_entry_pop(uint32_t token)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL && token != NPN_NO_TOKEN ? thread_self(tracer) : NULL;

    if (thread != NULL)
        context_pop(thread, token);
}

void npn_entry_current(uint64_t stack_pointer, uint32_t *ret_plugin, uint32_t *ret_instance)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL ? thread_self(tracer) : NULL;

    *ret_plugin = *ret_instance = 0;
    if (thread == NULL)
        return;
    context_top(thread, stack_pointer);
    for (uint32_t i = thread->context_count; i-- > 0;)
        if (thread->context[i].kind == CONTEXT_ENTRY) {
            *ret_plugin = thread->context[i].plugin;
            *ret_instance = thread->context[i].instance;
            return;
        }
}
