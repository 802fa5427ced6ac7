/* tracer/misuse.c - which rule a free breaks */
/* SPDX-License-Identifier: MIT */

#include "tracer/misuse.h"

#include "tracer/call.h"
#include "tracer/contract.h"
#include "tracer/heap_set.h"
#include "tracer/registry.h"
#include "tracer/tally.h"

/* Attributed by the caller's address alone: what one of them allocates another may well free. */
#define LOOSE_FLAGS (RING_PLUGIN_BY_CALLER | RING_PLUGIN_PROVIDED | RING_PLUGIN_NESTED)

static uint32_t flags_of(struct tracer *tracer, uint32_t plugin)
{
    const struct ring_plugin *entry = registry_plugin(tracer, plugin);

    return entry != NULL ? entry->flags : RING_PLUGIN_PROVIDED;
}

bool misuse_any_nested(struct tracer *tracer)
{
    uint32_t used = atomic_load_explicit(&tracer->ring->used[RING_PLUGINS], memory_order_acquire);

    for (uint32_t plugin = 1; plugin <= used; plugin++)
        if ((flags_of(tracer, plugin) & RING_PLUGIN_NESTED) != 0)
            return true;
    return false;
}

static void put(const struct operation *operation, const struct event *event,
                const struct finding *finding)
{
    finding_put(operation, event->plugin, event->instance, event->node, event->stamp, finding);
}

void misuse_known_free(const struct operation *operation, const struct event *event,
                       const struct live_block *block)
{
    struct tracer *tracer = operation->tracer;
    struct finding finding = {
        .kind = FINDING_OTHERS_BLOCK,
        .address = block->address,
        .size = block->size_bytes,
        .owner = *block,
    };

    if (block->plugin == event->plugin || !finding_is_certain(tracer) ||
        ((event->flags | block->flags) & EVENT_PROVIDED) != 0 ||
        ((flags_of(tracer, event->plugin) | flags_of(tracer, block->plugin)) & LOOSE_FLAGS) != 0)
        return;
    put(operation, event, &finding);
}

/* ---- what is not in the side table ------------------------------------------------------- */

static struct finding finding_of_released(enum finding_kind kind,
                                          const struct released_block *released)
{
    return (struct finding){
        .kind = kind,
        .detail = released->way,
        .address = released->block.address,
        .size = released->block.size_bytes,
        .owner = released->block,
        .released_node = released->node,
    };
}

/* What is wrong with another release of this block; FINDING_NONE: perhaps nothing. */
static enum finding_kind kind_of_again(struct tracer *tracer, uint32_t plugin,
                                       const struct released_block *released)
{
    if (plugin != released->plugin &&
        (released->type == EVENT_NPN_HANDED || misuse_any_nested(tracer)))
        return FINDING_NONE;
    if (released->type != EVENT_NPN_HANDED)
        return FINDING_DOUBLE_FREE;
    /* A browser may give saved data to another instance, which frees it. */
    return released->way != NPN_WAY_SAVED ? FINDING_HANDED_THEN_FREED : FINDING_NONE;
}

static enum finding_kind kind_of_stranger(const struct operation *operation,
                                          const struct npn_caller *caller, uint64_t address)
{
    struct tracer *tracer = operation->tracer;

    if (misuse_any_nested(tracer))
        return FINDING_NONE;
    if (tracer->heap_blocks != NULL && heap_set_holds(tracer->heap_blocks, address))
        return FINDING_HEAP_BY_MEMFREE;
    if (contract_is_host_owned(tracer, address) ||
        contract_is_lent(operation->thread, caller->stack_pointer, address))
        return FINDING_HOST_OWNED;
    return FINDING_NOT_ISSUED;
}

void misuse_unknown_free(const struct operation *operation, const struct npn_caller *caller,
                         const struct event *event)
{
    struct tracer *tracer = operation->tracer;
    struct finding finding = {.kind = FINDING_NOT_ISSUED, .address = event->address};
    struct released_block released;

    if (!finding_is_certain(tracer))
        return;
    if (contract_was_released(tracer, event->address, &released))
        finding = finding_of_released(kind_of_again(tracer, event->plugin, &released), &released);
    else
        finding.kind = kind_of_stranger(operation, caller, event->address);
    if (finding.kind == FINDING_NONE)
        return;
    /* Not ours to free, whatever it was; unless it was once. */
    if ((event->flags & EVENT_REFUSED) != 0 && finding.kind != FINDING_DOUBLE_FREE)
        finding.kind = FINDING_NOT_ISSUED;
    put(operation, event, &finding);
}

void misuse_unknown_release(const struct operation *operation, const struct npn_caller *caller,
                            const struct event *event)
{
    struct tracer *tracer = operation->tracer;
    struct finding finding = {.kind = FINDING_HOST_OWNED, .detail = 1, .address = event->address};
    struct released_block released;

    if (!finding_is_certain(tracer))
        return;
    if (contract_was_released(tracer, event->address, &released)) {
        if (kind_of_again(tracer, event->plugin, &released) != FINDING_DOUBLE_FREE)
            return;
        finding = finding_of_released(FINDING_VARIANT_TWICE, &released);
    } else if (misuse_any_nested(tracer) ||
               !contract_is_lent(operation->thread, caller->stack_pointer, event->address)) {
        return;
    }
    put(operation, event, &finding);
}

void misuse_unknown_result(const struct operation *operation, const struct event *event,
                           enum npn_way way)
{
    struct tracer *tracer = operation->tracer;
    struct finding finding = {.address = event->address};
    struct released_block released;

    if (!finding_is_certain(tracer) || misuse_any_nested(tracer))
        return;
    if (contract_was_released(tracer, event->address, &released)) {
        /* Once through the function of a class, and once through that of one derived from it. */
        if (released.type == EVENT_NPN_HANDED)
            return;
        finding = finding_of_released(FINDING_NONE, &released);
    }
    finding.kind = FINDING_RESULT_NOT_ALLOC;
    finding.detail = way;
    put(operation, event, &finding);
}

/* ---- the heap ---------------------------------------------------------------------------- */

static struct npn_caller caller_of(const void *frame, uint64_t owner)
{
    return (struct npn_caller){
        .plugin = (uint16_t)owner,
        .stack_pointer = (uint64_t)(uintptr_t)frame,
    };
}

/* The block is the browser's again, or was before: its entry is closed. */
static struct event close_block(const struct operation *operation, const struct npn_caller *caller,
                                const struct live_block *block)
{
    struct event stack;
    struct event event = call_event(operation, caller, EVENT_NPN_ELSEWHERE, &stack);

    event.address = block->address;
    call_name_owner(&event, block);
    tally_gone(operation->tracer, block, TALLY_ELSEWHERE);
    call_put(operation, &stack, &event, 1);
    return event;
}

/* Inside of a call into the host it is the host that frees, whoever's the relocation was. */
static bool is_plugins_own(struct thread *thread, const void *frame)
{
    const struct context *top = context_top(thread, (uint64_t)(uintptr_t)frame);

    return top == NULL || top->kind == CONTEXT_ENTRY;
}

/* A block that stands in the side table might be gone, and its address be malloc's by now. */
static bool is_npn_block(struct tracer *tracer, const struct live_block *block, uint32_t plugin)
{
    if (!finding_is_certain(tracer) || !contract_sees_hand_over(tracer))
        return false;
    return block->plugin == plugin || !misuse_any_nested(tracer);
}

void misuse_heap_free(const struct operation *operation, const void *frame, uint64_t owner,
                      uint64_t address)
{
    struct tracer *tracer = operation->tracer;
    struct npn_caller caller = caller_of(frame, owner);
    struct finding finding = {.kind = FINDING_NPN_BY_FREE, .address = address};
    struct live_block *block = &finding.owner;

    if (!is_plugins_own(operation->thread, frame) || !live_find(tracer, address, block) ||
        !is_npn_block(tracer, block, caller.plugin) || !live_take(tracer, address, block))
        return;
    struct event event = close_block(operation, &caller, block);
    contract_released(tracer, &(struct released_block){
                                  .block = *block,
                                  .node = event.node,
                                  .plugin = event.plugin,
                                  .type = EVENT_HEAP_FREE,
                              });
    finding.size = block->size_bytes;
    put(operation, &event, &finding);
}

/* Not misuse, but the same place: a block that the host frees has been given to it. */
void misuse_host_free(const struct operation *operation, const void *frame, uint64_t address)
{
    struct live_block block;
    struct event stack;

    if (!live_take(operation->tracer, address, &block))
        return;
    struct npn_caller caller = caller_of(frame, block.plugin);
    struct event event = call_event(operation, &caller, EVENT_NPN_HANDED, &stack);
    event.address = address;
    event.instance = block.instance;
    call_release(operation, &event, &block, NPN_WAY_FREED);
    call_put(operation, &stack, &event, 1);
}

void misuse_heap_alloc(const struct operation *operation, const void *frame, uint64_t owner,
                       uint64_t address)
{
    struct npn_caller caller = caller_of(frame, owner);
    struct live_block block;

    contract_issued(operation->tracer, address);
    if (live_take(operation->tracer, address, &block))
        close_block(operation, &caller, &block);
}

void npn_freed_by_heap(const struct npn_caller *caller, const void *block)
{
    struct operation operation;

    if (!operation_enter(&operation, caller->stack_pointer))
        return;
    misuse_heap_free(&operation, (const void *)(uintptr_t)caller->stack_pointer, caller->plugin,
                     (uint64_t)(uintptr_t)block);
    operation_leave(&operation);
}
