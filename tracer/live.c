/* tracer/live.c - the side table of live NPN blocks */
/* SPDX-License-Identifier: MIT */

#include "tracer/live.h"

#define MAX_REACH 255u /* as stored: slots that a block may lie in */

struct table {
    struct ring_live *slots;
    _Atomic uint8_t *reach;
    uint32_t mask;
};

static struct table table_of(struct tracer *tracer)
{
    return (struct table){
        .slots = ring_area(tracer->ring, RING_LIVE),
        .reach = ring_area(tracer->ring, RING_REACH),
        .mask = ring_capacity(tracer->ring, RING_LIVE) - 1,
    };
}

static void copy_out(const struct ring_live *slot, uint64_t address, struct live_block *ret_block)
{
    *ret_block = (struct live_block){
        .address = address,
        .stamp = slot->stamp,
        .size_bytes = slot->size_bytes,
        .node = slot->node,
        .instance = slot->instance,
        .plugin = slot->plugin,
        .flags = slot->flags,
    };
}

/* Pairs with the release store of the address in live_insert. */
static struct ring_live *lookup(const struct table *table, uint64_t address)
{
    uint32_t home = ring_live_home(address, table->mask);
    uint32_t reach = atomic_load_explicit(&table->reach[home], memory_order_acquire);

    for (uint32_t i = 0; i < reach; i++) {
        struct ring_live *slot = &table->slots[(home + i) & table->mask];
        if (atomic_load_explicit(&slot->address, memory_order_acquire) == address)
            return slot;
    }
    return NULL;
}

void live_expect(struct tracer *tracer, uint64_t address)
{
    struct table table = table_of(tracer);
    uint32_t home = ring_live_home(address, table.mask);

    __builtin_prefetch((const void *)&table.reach[home]);
    __builtin_prefetch(&table.slots[home], 1);
}

bool live_take(struct tracer *tracer, uint64_t address, struct live_block *ret_block)
{
    struct table table = table_of(tracer);
    struct ring_live *slot;

    if (address <= RING_LIVE_BUSY)
        return false;
    while ((slot = lookup(&table, address)) != NULL) {
        uint64_t expected = address;
        /* Of two threads that free the same block, one gets it. */
        if (!atomic_compare_exchange_strong_explicit(&slot->address, &expected, RING_LIVE_BUSY,
                                                     memory_order_acquire, memory_order_relaxed))
            continue;
        copy_out(slot, address, ret_block);
        atomic_store_explicit(&slot->address, 0, memory_order_release);
        return true;
    }
    return false;
}

static void widen(_Atomic uint8_t *reach, uint32_t distance)
{
    uint8_t seen = atomic_load_explicit(reach, memory_order_relaxed);

    while (distance > seen &&
           !atomic_compare_exchange_weak_explicit(reach, &seen, (uint8_t)distance,
                                                  memory_order_release, memory_order_relaxed))
        continue;
}

bool live_insert(struct tracer *tracer, const struct live_block *block)
{
    struct table table = table_of(tracer);
    uint32_t home = ring_live_home(block->address, table.mask);

    for (uint32_t i = 0; i < MAX_REACH; i++) {
        struct ring_live *slot = &table.slots[(home + i) & table.mask];
        uint64_t empty = 0;
        if (atomic_load_explicit(&slot->address, memory_order_relaxed) != 0 ||
            !atomic_compare_exchange_strong_explicit(&slot->address, &empty, RING_LIVE_BUSY,
                                                     memory_order_acquire, memory_order_relaxed))
            continue;
        /* Whoever copies the last entry out meanwhile sees that it has gone, if he sees anything of
         * this one. Pairs with the fence in live_find. */
        atomic_thread_fence(memory_order_release);
        slot->stamp = block->stamp;
        slot->size_bytes = block->size_bytes;
        slot->node = block->node;
        slot->instance = block->instance;
        slot->plugin = block->plugin;
        slot->flags = block->flags;
        widen(&table.reach[home], i + 1);
        atomic_store_explicit(&slot->address, block->address, memory_order_release);
        return true;
    }
    atomic_fetch_add_explicit(&tracer->ring->untracked_blocks, 1, memory_order_relaxed);
    return false;
}

bool live_find(struct tracer *tracer, uint64_t address, struct live_block *ret_block)
{
    struct table table = table_of(tracer);
    struct ring_live *slot = address > RING_LIVE_BUSY ? lookup(&table, address) : NULL;

    if (slot == NULL)
        return false;
    copy_out(slot, address, ret_block);
    /* Another thread may have taken the block, and filled the slot anew. */
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&slot->address, memory_order_relaxed) == address;
}
