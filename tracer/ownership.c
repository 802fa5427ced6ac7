/* tracer/ownership.c - blocks that the browser and the plug-ins give each other */
/* SPDX-License-Identifier: MIT */

#include "tracer/call.h"
#include "tracer/misuse.h"
#include "tracer/objects.h"
#include "tracer/registry.h"

static uint64_t address_of(const void *block)
{
    return (uint64_t)(uintptr_t)block;
}

/* A plug-in that runs in another one gets from it what that got from the browser, and its frees go
 * the same way: the block has been counted. */
static bool is_passed_on(struct tracer *tracer, const struct npn_caller *caller, uint64_t address,
                         enum npn_origin origin)
{
    const struct ring_plugin *plugin = registry_plugin(tracer, caller->plugin);
    struct live_block known;

    return plugin != NULL && (plugin->flags & RING_PLUGIN_NESTED) != 0 &&
           live_find(tracer, address, &known) && known.plugin != caller->plugin &&
           EVENT_ORIGIN(known.flags) == origin;
}

__attribute__((noinline)) void npn_received(const struct npn_caller *caller, uint32_t instance,
                                            const void *block, uint32_t size_bytes,
                                            enum npn_origin origin)
{
    struct operation operation;
    struct event stack;

    if (block == NULL || !operation_enter(&operation, caller->stack_pointer))
        return;
    if (!is_passed_on(operation.tracer, caller, address_of(block), origin)) {
        struct event event = call_event(&operation, caller, EVENT_NPN_RECEIVED, &stack);
        event.address = address_of(block);
        event.size = size_bytes;
        event.flags |= (uint16_t)(origin << EVENT_ORIGIN_SHIFT);
        if (event.instance == 0)
            event.instance = instance;
        struct event events[CALL_EVENTS];
        unsigned before = call_issue(&operation, &event, events);
        tally_received(operation.tracer, event.plugin, event.instance);
        events[before] = event;
        call_put(&operation, &stack, events, before + 1);
    }
    operation_leave(&operation);
}

/* The block is not the plug-in's any more. */
static void give_up(const struct operation *operation, const struct event *stack,
                    struct event *event, const struct live_block *block, enum npn_way way)
{
    call_release(operation, event, block, way);
    call_forget(operation->thread, CONTEXT_ALLOCATING, event->address);
    call_put(operation, stack, event, 1);
}

__attribute__((noinline)) void npn_released(const struct npn_caller *caller, const void *block)
{
    struct operation operation;
    struct event stack;
    struct live_block known;

    if (block == NULL || !operation_enter(&operation, caller->stack_pointer))
        return;
    struct event event = call_event(&operation, caller, EVENT_NPN_RELEASED, &stack);
    event.address = address_of(block);
    if (live_take(operation.tracer, event.address, &known))
        give_up(&operation, &stack, &event, &known, NPN_WAY_NONE);
    else
        misuse_unknown_release(&operation, caller, &event);
    operation_leave(&operation);
}

__attribute__((noinline)) void npn_handed_over(const struct npn_caller *caller, const void *block,
                                               bool empty, enum npn_way way)
{
    struct operation operation;
    struct event stack;
    struct live_block known;

    if (block == NULL || !operation_enter(&operation, caller->stack_pointer))
        return;
    struct event event = call_event(&operation, caller, EVENT_NPN_HANDED, &stack);
    event.address = address_of(block);
    if (live_take(operation.tracer, event.address, &known))
        give_up(&operation, &stack, &event, &known, way);
    else if (!empty)
        misuse_unknown_result(&operation, &event, way);
    operation_leave(&operation);
}

/* Who asks knows that what was set is the plug-in's: a block, or an object that may be none. */
__attribute__((noinline)) void npn_result_while_false(const struct npn_caller *caller,
                                                      const void *block)
{
    struct operation operation;
    struct event stack;
    struct finding finding = {.kind = FINDING_RESULT_WHILE_FALSE, .address = address_of(block)};

    if (block == NULL || !operation_enter(&operation, caller->stack_pointer))
        return;
    if (live_find(operation.tracer, finding.address, &finding.owner))
        contract_hand_over_unseen(operation.tracer);
    if (finding_is_certain(operation.tracer)) {
        struct event event = call_event(&operation, caller, EVENT_NONE, &stack);
        if (finding.owner.address == 0)
            object_holder(operation.tracer, finding.address, event.plugin, &finding.owner);
        finding.size = finding.owner.size_bytes;
        finding_put(&operation, event.plugin, event.instance, event.node, event.stamp, &finding);
    }
    operation_leave(&operation);
}
