/* tests/unit/viewer_made_calls.c - the calls of NPN_Mem* in recordings made by hand */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/viewer_made.h"

#include <stddef.h>

struct accounts {
    struct ring_counters *of[3];
};

static struct accounts accounts_of(struct made *made, uint32_t plugin, uint32_t instance)
{
    static struct ring_counters nobody;
    struct ring_plugin *plugins = ring_area(made->base, RING_PLUGINS);
    struct ring_instance *instances = ring_area(made->base, RING_INSTANCES);

    return (struct accounts){{&made->header->totals,
                              plugin != 0 ? &plugins[plugin - 1].npn : &nobody,
                              instance != 0 ? &instances[instance - 1].npn : &nobody}};
}

/* ---- the side table -------------------------------------------------------------------------- */

struct ring_live *made_live(struct made *made, uint64_t address)
{
    struct ring_live *slots = ring_area(made->base, RING_LIVE);
    uint32_t mask = ring_capacity(made->base, RING_LIVE) - 1, home = ring_live_home(address, mask);

    for (uint32_t i = 0; i < 256; i++)
        if (atomic_load(&slots[(home + i) & mask].address) == address)
            return &slots[(home + i) & mask];
    return NULL;
}

static void insert_live(struct made *made, const struct event *event)
{
    struct ring_live *slots = ring_area(made->base, RING_LIVE);
    _Atomic uint8_t *reach = ring_area(made->base, RING_REACH);
    uint32_t mask = ring_capacity(made->base, RING_LIVE) - 1,
             home = ring_live_home(event->address, mask), i = 0;

    while (atomic_load(&slots[(home + i) & mask].address) != 0)
        i++;
    struct ring_live *slot = &slots[(home + i) & mask];
    slot->size_bytes = (uint32_t)event->size;
    slot->node = event->node;
    slot->plugin = event->plugin;
    slot->flags = event->flags;
    slot->instance = event->instance;
    slot->stamp = event->stamp;
    if (i > atomic_load(&reach[home]))
        atomic_store(&reach[home], (uint8_t)i);
    atomic_store(&slot->address, event->address);
}

/* Takes a live block out of the table and off its owner's accounts, which are returned; the event
 * then names it. */
static struct accounts remove_live(struct made *made, struct ring_live *live, struct event *event)
{
    struct accounts owner = accounts_of(made, live->plugin, live->instance);

    event->size = live->size_bytes;
    event->owner_plugin = live->plugin;
    event->owner_flags = live->flags;
    event->owner_instance = live->instance;
    event->owner_node = live->node;
    event->owner_stamp = live->stamp;
    for (unsigned i = 0; i < 3; i++) {
        bool received = EVENT_ORIGIN(live->flags) != NPN_ORIGIN_ALLOC;
        owner.of[i]->received_live_blocks -= received;
        owner.of[i]->live_blocks -= !received;
        owner.of[i]->live_bytes -= received ? 0 : live->size_bytes;
    }
    atomic_store(&live->address, 0);
    return owner;
}

/* ---- NPN_Mem* -------------------------------------------------------------------------------- */

void made_alloc(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                uint64_t address, uint32_t size, uint32_t node)
{
    struct accounts accounts = accounts_of(made, plugin, instance);
    struct event event = {.type = EVENT_NPN_ALLOC,
                          .stamp = made_tick(made),
                          .address = address,
                          .size = size,
                          .node = node,
                          .plugin = (uint16_t)plugin,
                          .instance = instance};

    for (unsigned i = 0; i < 3; i++) {
        struct ring_counters *counters = accounts.of[i];
        if (address == 0) {
            counters->failed_allocs++;
            continue;
        }
        counters->allocs++;
        counters->bytes_allocated += size;
        counters->live_blocks++;
        counters->live_bytes += size;
        if (counters->live_bytes > counters->peak_bytes)
            counters->peak_bytes = counters->live_bytes;
    }
    if (address != 0)
        insert_live(made, &event);
    made_commit(made, thread, &event, 1);
}

void made_free_block(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                     uint64_t address, uint32_t node)
{
    struct accounts accounts = accounts_of(made, plugin, instance);
    struct ring_live *live = made_live(made, address);
    struct event event = {.type = EVENT_NPN_FREE,
                          .stamp = made_tick(made),
                          .address = address,
                          .node = node,
                          .plugin = (uint16_t)plugin,
                          .instance = instance};

    for (unsigned i = 0; i < 3; i++) {
        accounts.of[i]->frees++;
        accounts.of[i]->unknown_frees += live == NULL;
    }
    if (live != NULL) {
        event.flags = EVENT_KNOWN;
        remove_live(made, live, &event);
    }
    made_commit(made, thread, &event, 1);
}

void made_flush(struct made *made, uint32_t thread, uint32_t plugin)
{
    struct accounts accounts = accounts_of(made, plugin, 0);
    struct event event = {
        .type = EVENT_NPN_FLUSH, .address = 0, .size = 65536, .plugin = (uint16_t)plugin};

    accounts.of[0]->flushes++;
    accounts.of[1]->flushes++;
    made_event(made, thread, &event);
}

/* ---- received and handed over ---------------------------------------------------------------- */

/* Of an address that is issued again, by a call of `again`. */
static struct event freed_elsewhere(struct made *made, struct ring_live *live,
                                    const struct event *again)
{
    struct event event = {.type = EVENT_NPN_ELSEWHERE,
                          .stamp = again->stamp,
                          .address = again->address,
                          .node = again->node,
                          .plugin = again->plugin,
                          .instance = again->instance};
    struct accounts owner = remove_live(made, live, &event);

    for (unsigned i = 0; i < 3; i++)
        owner.of[i]->freed_elsewhere++;
    return event;
}

void made_received(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                   enum npn_origin origin, uint64_t address, uint32_t size, uint32_t node)
{
    struct accounts accounts = accounts_of(made, plugin, instance);
    struct ring_live *live = made_live(made, address);
    struct event events[2] = {{.type = EVENT_NPN_RECEIVED,
                               .flags = (uint16_t)(origin << EVENT_ORIGIN_SHIFT),
                               .stamp = made_tick(made),
                               .address = address,
                               .size = size,
                               .node = node,
                               .plugin = (uint16_t)plugin,
                               .instance = instance}};

    for (unsigned i = 0; i < 3; i++) {
        accounts.of[i]->received_blocks++;
        accounts.of[i]->received_live_blocks++;
    }
    if (live != NULL) {
        events[0].flags |= EVENT_REISSUED;
        events[1] = events[0];
        events[0] = freed_elsewhere(made, live, &events[1]);
    }
    insert_live(made, &events[live != NULL]);
    made_commit(made, thread, events, 1 + (live != NULL));
}

/* Returns the accounts of the block's owner. */
static struct accounts give_away(struct made *made, uint32_t thread, struct event *event)
{
    struct ring_live *live = made_live(made, event->address);

    event->stamp = made_tick(made);
    event->flags |= EVENT_KNOWN;
    struct accounts owner = remove_live(made, live, event);
    made_commit(made, thread, event, 1);
    return owner;
}

void made_released(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                   uint64_t address, uint32_t node)
{
    struct event event = {.type = EVENT_NPN_RELEASED,
                          .address = address,
                          .node = node,
                          .plugin = (uint16_t)plugin,
                          .instance = instance};

    give_away(made, thread, &event);
}

void made_handed(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                 enum npn_way way, uint64_t address, uint32_t node)
{
    struct event event = {.type = EVENT_NPN_HANDED,
                          .flags = (uint16_t)(way << EVENT_ORIGIN_SHIFT),
                          .address = address,
                          .node = node,
                          .plugin = (uint16_t)plugin,
                          .instance = instance};
    struct accounts owner = give_away(made, thread, &event);

    for (unsigned i = 0; i < 3; i++)
        owner.of[i]->handed_over++;
}
