/* tracer/npn.c - NPN_Mem* calls become side table entries, counters and events */
/* SPDX-License-Identifier: MIT */

#include "tracer/npn.h"

#include "tracer/call.h"
#include "tracer/misuse.h"
#include "tracer/registry.h"
#include "tracer/tally.h"

#define FLUSH_RECORDED 1 /* in place of a block's address */
#define NEGATIVE_FROM_BYTES (UINT32_MAX - (UINT32_C(1) << 24) + 1) /* -16 Mi */
#define FLUSHES_SPIN 64 /* in a row, with the same outcome */

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

static __attribute__((noinline)) void report_size(const struct operation *operation,
                                                  const struct event *event)
{
    struct finding finding = {
        .kind = FINDING_NEGATIVE_SIZE,
        .address = event->address,
        .size = event->size,
    };

    finding_put(operation, event->plugin, event->instance, event->node, event->stamp, &finding);
}

__attribute__((noinline)) void npn_alloc_end(const struct npn_caller *caller, uint32_t token,
                                             void *block, uint32_t size_bytes)
{
    struct operation operation;
    struct event stack;
    struct event events[CALL_EVENTS];
    unsigned before = 0;

    if (token == NPN_NO_TOKEN || !operation_enter(&operation, caller->stack_pointer))
        return;
    if (counted_inside(operation.thread, token, CONTEXT_ALLOCATING, (uint64_t)(uintptr_t)block)) {
        operation_leave(&operation);
        return;
    }
    call_expect(&operation, block);
    struct event event = call_event(&operation, caller, EVENT_NPN_ALLOC, &stack);
    event.address = (uint64_t)(uintptr_t)block;
    event.size = size_bytes;
    if (block == NULL) {
        tally_failed_alloc(operation.tracer, event.plugin, event.instance);
    } else {
        before = call_issue(&operation, &event, events);
        tally_alloc(operation.tracer, event.plugin, event.instance, size_bytes);
    }
    events[before] = event;
    call_put(&operation, &stack, events, before + 1);
    if (__builtin_expect(size_bytes >= NEGATIVE_FROM_BYTES, 0))
        report_size(&operation, &event);
    operation_leave(&operation);
}

/* A wrapper around this one on the same thread is freeing the same block and has recorded it. */
static bool freed_outside(struct thread *thread, const struct npn_caller *caller, uint64_t block)
{
    const struct context *top = context_top(thread, caller->stack_pointer);

    return top != NULL && top->kind == CONTEXT_FREEING && top->pointer == block;
}

/* True: the block was in the side table, and is there no more. */
static __attribute__((noinline)) bool record_free(const struct npn_caller *caller, void *block,
                                                  uint16_t flags)
{
    struct operation operation;
    struct event stack;
    struct live_block known;
    bool is_known = false;

    if (!operation_enter(&operation, caller->stack_pointer))
        return false;
    if (!freed_outside(operation.thread, caller, (uint64_t)(uintptr_t)block)) {
        call_expect(&operation, block);
        struct event event = call_event(&operation, caller, EVENT_NPN_FREE, &stack);
        event.address = (uint64_t)(uintptr_t)block;
        event.flags |= flags;
        is_known = live_take(operation.tracer, event.address, &known);
        if (is_known)
            call_release(&operation, &event, &known, NPN_WAY_NONE);
        else if (operation.tracer->forked)
            event.flags |= EVENT_INHERITED;
        tally_free(operation.tracer, event.plugin, event.instance, is_known);
        call_forget(operation.thread, CONTEXT_ALLOCATING, event.address);
        call_put(&operation, &stack, &event, 1);
        if (__builtin_expect(!is_known, 0))
            misuse_unknown_free(&operation, caller, &event);
        else if (__builtin_expect(known.plugin != event.plugin, 0))
            misuse_known_free(&operation, &event, &known);
    }
    operation_leave(&operation);
    return is_known;
}

uint32_t npn_free_begin(const struct npn_caller *caller, void *block)
{
    record_free(caller, block, 0);
    return push_call(caller, CONTEXT_FREEING, block);
}

uint32_t npn_free_begin_known(const struct npn_caller *caller, void *block, bool *ret_taken)
{
    *ret_taken = record_free(caller, block, 0);
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

/* A loop until 0 is returned ends somewhere, unless a browser returns always the same. The finding
 * is made once in a run. */
static void watch_flushes(const struct operation *operation, const struct event *event)
{
    struct thread *thread = operation->thread;
    struct finding finding = {.kind = FINDING_FLUSH_SPINS, .detail = FLUSHES_SPIN};

    if (event->address == 0 || event->address != thread->flushed_bytes)
        thread->flushes = 0;
    thread->flushed_bytes = event->address;
    if (event->address != 0 && ++thread->flushes == FLUSHES_SPIN)
        finding_put(operation, event->plugin, event->instance, event->node, event->stamp, &finding);
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
        call_put(&operation, &stack, &event, 1);
        watch_flushes(&operation, &event);
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
    call_put(&operation, NULL, &event, 1);
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

__thread bool npn_thread_entered __attribute__((tls_model("initial-exec"), visibility("hidden")));

uint32_t npn_entry_push(uint32_t plugin, uint32_t instance, uint64_t stack_pointer)
{
    struct operation operation;

    npn_thread_entered = true;
    if (!operation_enter(&operation, stack_pointer))
        return NPN_NO_TOKEN;
    operation.thread->flushes = 0;
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
