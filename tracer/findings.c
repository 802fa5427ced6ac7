/* tracer/findings.c - puts a finding into the recording */
/* SPDX-License-Identifier: MIT */

#include "tracer/findings.h"

#include "tracer/call.h"

static uint64_t count_of(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

bool finding_is_certain(struct tracer *tracer)
{
    const struct ring_header *ring = tracer->ring;

    return !tracer->forked &&
           !atomic_load_explicit(&tracer->blocks_unseen, memory_order_relaxed) &&
           count_of(&ring->untracked_blocks) == 0 &&
           count_of(&ring->missed_calls) == 0 && count_of(&ring->abandoned_operations) == 0 &&
           count_of(&ring->unlisted_plugins) == 0;
}

/* A stack that is in the ring alone has no name that lasts. */
static uint32_t lasting(uint32_t node)
{
    return node != RING_NODE_INLINE ? node : RING_NODE_NONE;
}

static bool is_same(const struct ring_finding *entry, const struct ring_finding *fresh)
{
    return entry->kind == fresh->kind && entry->plugin == fresh->plugin &&
           entry->node == fresh->node && entry->owner_node == fresh->owner_node;
}

static void count_again(struct ring_finding *entry, uint64_t stamp)
{
    atomic_store_explicit(&entry->last_stamp, stamp, memory_order_relaxed);
    atomic_fetch_add_explicit(&entry->count, 1, memory_order_relaxed);
}

/* Pairs with the acquire loads of readers: an entry below used[] is whole. */
static void append(struct ring_header *ring, uint32_t index, const struct ring_finding *fresh)
{
    struct ring_finding *entry = (struct ring_finding *)ring_area(ring, RING_FINDINGS) + index;

    *entry = *fresh;
    atomic_store_explicit(&entry->count, 1, memory_order_release);
    atomic_store_explicit(&ring->used[RING_FINDINGS], index + 1, memory_order_release);
}

/* False: no room. */
static bool list_locked(struct ring_header *ring, const struct ring_finding *fresh)
{
    struct ring_finding *entries = ring_area(ring, RING_FINDINGS);
    uint32_t used = atomic_load_explicit(&ring->used[RING_FINDINGS], memory_order_relaxed);

    for (uint32_t i = 0; i < used; i++)
        if (is_same(&entries[i], fresh)) {
            count_again(&entries[i], fresh->first_stamp);
            return true;
        }
    if (used >= ring_capacity(ring, RING_FINDINGS))
        return false;
    append(ring, used, fresh);
    return true;
}

void finding_put(const struct operation *operation, uint32_t plugin, uint32_t instance,
                 uint32_t node, uint64_t stamp, const struct finding *finding)
{
    struct tracer *tracer = operation->tracer;
    struct ring_finding fresh = {
        .kind = (uint16_t)finding->kind,
        .plugin = (uint16_t)plugin,
        .instance = instance,
        .node = lasting(node),
        .owner_node = lasting(finding->owner.node),
        .owner_plugin = finding->owner.plugin,
        .owner_flags = finding->owner.flags,
        .owner_instance = finding->owner.instance,
        .released_node = lasting(finding->released_node),
        .detail = finding->detail,
        .address = finding->address,
        .size = finding->size,
        .owner_stamp = finding->owner.stamp,
        .first_stamp = stamp,
        .last_stamp = stamp,
    };
    struct lock_mask mask;
    bool listed = false;

    if (lock_acquire(&tracer->table_lock, &mask)) {
        listed = list_locked(tracer->ring, &fresh);
        lock_release(&tracer->table_lock, &mask);
    }
    if (!listed)
        atomic_fetch_add_explicit(&tracer->ring->unlisted_findings, 1, memory_order_relaxed);
}

void finding_report(const struct npn_caller *caller, const struct finding *finding)
{
    struct operation operation;
    struct event stack;

    if (!operation_enter(&operation, caller->stack_pointer))
        return;
    struct event event = call_event(&operation, caller, EVENT_NONE, &stack);
    finding_put(&operation, caller->plugin, event.instance, event.node, event.stamp, finding);
    operation_leave(&operation);
}

void finding_report_fault(const struct npn_caller *caller, const struct finding *finding)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL ? thread_self(tracer) : NULL;

    if (thread == NULL)
        return;
    thread->is_elsewhere = true;
    finding_report(caller, finding);
    thread->is_elsewhere = false;
}
