/* tracer/tally.c - the counters of a plug-in, an instance, and all together */
/* SPDX-License-Identifier: MIT */

#include "tracer/tally.h"

#include <stddef.h>

#include "format/event.h"
#include "tracer/registry.h"

struct accounts {
    struct ring_counters *of[3];
    unsigned count;
};

static struct accounts accounts_of(struct tracer *tracer, uint32_t plugin, uint32_t instance)
{
    struct accounts accounts = {.of = {&tracer->ring->totals}, .count = 1};
    struct ring_plugin *plugin_entry = registry_plugin(tracer, plugin);
    struct ring_instance *instance_entry = registry_instance(tracer, instance);

    if (plugin_entry != NULL)
        accounts.of[accounts.count++] = &plugin_entry->npn;
    if (instance_entry != NULL)
        accounts.of[accounts.count++] = &instance_entry->npn;
    return accounts;
}

static uint64_t add(_Atomic uint64_t *counter, uint64_t amount)
{
    return atomic_fetch_add_explicit(counter, amount, memory_order_relaxed) + amount;
}

static void raise_to(_Atomic uint64_t *peak, uint64_t value)
{
    uint64_t seen = atomic_load_explicit(peak, memory_order_relaxed);

    while (value > seen && !atomic_compare_exchange_weak_explicit(
                               peak, &seen, value, memory_order_relaxed, memory_order_relaxed))
        continue;
}

void tally_alloc(struct tracer *tracer, uint32_t plugin, uint32_t instance, uint32_t size_bytes)
{
    struct accounts accounts = accounts_of(tracer, plugin, instance);

    for (unsigned i = 0; i < accounts.count; i++) {
        struct ring_counters *counters = accounts.of[i];
        add(&counters->allocs, 1);
        add(&counters->bytes_allocated, size_bytes);
        add(&counters->live_blocks, 1);
        raise_to(&counters->peak_bytes, add(&counters->live_bytes, size_bytes));
    }
}

void tally_failed_alloc(struct tracer *tracer, uint32_t plugin, uint32_t instance)
{
    struct accounts accounts = accounts_of(tracer, plugin, instance);

    for (unsigned i = 0; i < accounts.count; i++)
        add(&accounts.of[i]->failed_allocs, 1);
}

void tally_free(struct tracer *tracer, uint32_t plugin, uint32_t instance, bool known)
{
    struct accounts accounts = accounts_of(tracer, plugin, instance);

    for (unsigned i = 0; i < accounts.count; i++) {
        add(&accounts.of[i]->frees, 1);
        if (!known)
            add(&accounts.of[i]->unknown_frees, 1);
    }
}

void tally_flush(struct tracer *tracer, uint32_t plugin, uint32_t instance)
{
    struct accounts accounts = accounts_of(tracer, plugin, instance);

    for (unsigned i = 0; i < accounts.count; i++)
        add(&accounts.of[i]->flushes, 1);
}

void tally_received(struct tracer *tracer, uint32_t plugin, uint32_t instance)
{
    struct accounts accounts = accounts_of(tracer, plugin, instance);

    for (unsigned i = 0; i < accounts.count; i++) {
        add(&accounts.of[i]->received_blocks, 1);
        add(&accounts.of[i]->received_live_blocks, 1);
    }
}

/* Live, and freed elsewhere, are about what the plug-in itself allocated. */
void tally_gone(struct tracer *tracer, const struct live_block *block, enum tally_end end)
{
    struct accounts accounts = accounts_of(tracer, block->plugin, block->instance);
    bool received = EVENT_ORIGIN(block->flags) != NPN_ORIGIN_ALLOC;

    for (unsigned i = 0; i < accounts.count; i++) {
        struct ring_counters *counters = accounts.of[i];
        if (end == TALLY_HANDED)
            add(&counters->handed_over, 1);
        if (received) {
            add(&counters->received_live_blocks, (uint64_t)-1);
            continue;
        }
        add(&counters->live_blocks, (uint64_t)-1);
        add(&counters->live_bytes, -(uint64_t)block->size_bytes);
        if (end == TALLY_ELSEWHERE)
            add(&counters->freed_elsewhere, 1);
    }
}
