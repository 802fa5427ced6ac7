/* tracer/live.h - the side table of live NPN blocks */
/* SPDX-License-Identifier: MIT */

/*
 * Which blocks are live, who allocated them and where: exact even when the ring has forgotten the
 * events, even after a kill. A hash table in the segment, open addressing, lock-free: a slot is
 * claimed with one compare-and-swap (address 0 -> BUSY), filled, and published with one release
 * store.
 *
 * The caller keeps this order, so that a slow thread never deletes another's new entry: take before
 * the host's memfree runs, insert after its memalloc returned. An insert that finds its address
 * still live has found a block that was freed where nobody saw it.
 *
 * reach[home] says how far from its home slot any entry was ever put, plus 1: lookups stop there,
 * so emptied slots need no tombstones. 0: none ever was, which spares a look at the slots. The
 * table has a cap (its pages come into being as they are touched); what does not fit is counted in
 * untracked_blocks.
 */
#ifndef NPNTRACE_TRACER_LIVE_H
#define NPNTRACE_TRACER_LIVE_H

#include "tracer/tracer.h"

struct live_block {
    uint64_t address;
    uint64_t stamp;
    uint32_t size_bytes;
    uint32_t node;
    uint32_t instance;
    uint16_t plugin;
    uint16_t flags;
};

/* The block at address will be asked for soon: fetches its place into the cache. */
void live_expect(struct tracer *tracer, uint64_t address);

/* Removes the block at address and returns what was known of it; false if there is none. */
bool live_take(struct tracer *tracer, uint64_t address, struct live_block *ret_block);

/* Puts a block whose address is not in the table (live_take it first). False: no room. */
bool live_insert(struct tracer *tracer, const struct live_block *block);

/* What is known of the block at address, without removing it. A snapshot. */
bool live_find(struct tracer *tracer, uint64_t address, struct live_block *ret_block);

/* False: there is certainly no block at address. */
static inline bool live_may_hold(struct tracer *tracer, uint64_t address)
{
    const _Atomic uint8_t *reach = ring_area(tracer->ring, RING_REACH);
    uint32_t home = ring_live_home(address, ring_capacity(tracer->ring, RING_LIVE) - 1);

    return atomic_load_explicit(&reach[home], memory_order_acquire) != 0;
}

#endif
