/* shim/check.c - red zones behind NPN blocks, and what writes to them */
/* SPDX-License-Identifier: MIT */

#include "shim/check.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/hooks.h"
#include "shim/quarantine.h"
#include "tracer/contract.h"
#include "tracer/findings.h"
#include "tracer/heap.h"
#include "tracer/registry.h"
#include "tracer/sys.h"

/* Never 0, which is what one writes behind a string. */
static unsigned char pattern_byte(uint64_t address, uint32_t i)
{
    return (unsigned char)((address >> 4) * 29 + i * 73 + 11) | 1;
}

static bool fits(uint32_t size)
{
    return size > 0 && size <= UINT32_MAX - CHECK_ZONE_BYTES;
}

uint32_t check_asked_bytes(uint32_t size)
{
    return fits(size) ? size + CHECK_ZONE_BYTES : size;
}

void check_new_block(void *block, uint32_t size)
{
    unsigned char *zone = (unsigned char *)block + size;

    if (!fits(size))
        return;
    for (uint32_t i = 0; i < CHECK_ZONE_BYTES; i++)
        zone[i] = pattern_byte((uint64_t)(uintptr_t)block, i);
}

int check_zone(uint64_t address, uint32_t size)
{
    unsigned char zone[CHECK_ZONE_BYTES];

    if (!sys_read_memory(address + size, zone, sizeof(zone)))
        return CHECK_UNREADABLE;
    for (uint32_t i = 0; i < CHECK_ZONE_BYTES; i++)
        if (zone[i] != pattern_byte(address, i))
            return (int)i;
    return CHECK_INTACT;
}

bool check_has_zone(const struct live_block *block)
{
    return EVENT_ORIGIN(block->flags) == NPN_ORIGIN_ALLOC && fits(block->size_bytes);
}

static void report_overrun(const struct npn_caller *caller, const struct live_block *block,
                           int offset)
{
    struct tracer *tracer = tracer_if_running();
    struct finding finding = {
        .kind = FINDING_OVERRUN,
        .detail = (uint32_t)offset,
        .address = block->address,
        .size = block->size_bytes,
        .owner = *block,
    };

    if (tracer != NULL && finding_is_certain(tracer))
        finding_report(caller, &finding);
}

bool check_examine(const struct npn_caller *caller, const void *block, struct live_block *ret_block)
{
    int kept_errno = errno;

    if ((whatif_modes & RING_WHATIF_CHECK) == 0 || !npn_find(block, ret_block) ||
        !check_has_zone(ret_block))
        return false;
    int zone = check_zone(ret_block->address, ret_block->size_bytes);
    if (zone >= 0)
        report_overrun(caller, ret_block, zone);
    errno = kept_errno;
    return zone == CHECK_INTACT;
}

void check_given_away(const struct npn_caller *caller, const void *block)
{
    struct live_block known;
    int kept_errno = errno;

    if (!check_examine(caller, block, &known))
        quarantine_drop(block);
    errno = kept_errno;
}

void check_freed_by_heap(const void *block, const void *frame, uint32_t set)
{
    int kept_errno = errno;
    struct live_block known;
    struct npn_caller caller = {
        .plugin = hooks_by(set) / HEAP_BY(1),
        .stack_pointer = (uint64_t)(uintptr_t)frame,
    };

    if ((whatif_modes & RING_WHATIF_CHECK) != 0) {
        check_examine(&caller, block, &known);
        quarantine_drop(block);
        if (atomic_load_explicit(&heap_tracing, memory_order_relaxed) == RING_HEAP_OFF)
            npn_freed_by_heap(&caller, block);
    }
    errno = kept_errno;
}

/* ---- what is never freed ----------------------------------------------------------------- */

/* Blocks of this plug-in were freed where nobody saw it, or may have been: those that are listed
 * may be gone, too. */
static bool is_doubtful(struct tracer *tracer, const struct ring_plugin *plugin)
{
    return plugin == NULL || !contract_sees_hand_over(tracer) ||
           atomic_load_explicit(&plugin->npn.freed_elsewhere, memory_order_relaxed) > 0;
}

static void examine_slot(struct tracer *tracer, uint64_t address, uint32_t plugin)
{
    struct live_block block, after;

    if (address == 0 || !live_find(tracer, address, &block) || block.plugin != plugin ||
        !check_has_zone(&block))
        return;
    int zone = check_zone(block.address, block.size_bytes);
    /* Another thread may have freed it while we looked. */
    if (zone < 0 || !live_find(tracer, address, &after) || after.stamp != block.stamp)
        return;
    struct npn_caller caller = {
        .plugin = plugin,
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
    };
    report_overrun(&caller, &block, zone);
}

/* The side table is large, and most of its pages have never come into being: those are passed over,
 * since reading them would make them. */
static void examine_live(struct tracer *tracer, uint32_t plugin)
{
    const struct ring_live *slots = ring_area(tracer->ring, RING_LIVE);
    uint32_t count = ring_capacity(tracer->ring, RING_LIVE);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), looked_at = 0;
    unsigned char there = 0;

    for (uint32_t i = 0; i < count; i++) {
        uintptr_t in_page = (uintptr_t)&slots[i].address & ~(page - 1);
        if (in_page != looked_at && mincore((void *)in_page, page, &there) != 0)
            there = 1; /* it cannot be told */
        looked_at = in_page;
        if ((there & 1) != 0)
            examine_slot(tracer, atomic_load_explicit(&slots[i].address, memory_order_acquire),
                         plugin);
    }
}

void check_plugin_ends(uint32_t plugin)
{
    struct tracer *tracer = tracer_if_running();
    int kept_errno = errno;

    if ((whatif_modes & RING_WHATIF_CHECK) == 0 || tracer == NULL)
        return;
    if (!is_doubtful(tracer, registry_plugin(tracer, plugin)))
        examine_live(tracer, plugin);
    quarantine_empty(plugin);
    errno = kept_errno;
}

/* Those that were shut down have been examined. */
__attribute__((destructor)) static void at_exit(void)
{
    struct tracer *tracer = tracer_if_running();

    if ((whatif_modes & RING_WHATIF_CHECK) == 0 || tracer == NULL)
        return;
    uint32_t plugins =
        atomic_load_explicit(&tracer->ring->used[RING_PLUGINS], memory_order_acquire);
    for (uint32_t id = 1; id <= plugins; id++) {
        struct ring_plugin *plugin = registry_plugin(tracer, id);
        if (!is_doubtful(tracer, plugin) && atomic_load(&plugin->end_stamp) == 0)
            examine_live(tracer, id);
    }
    quarantine_look();
}
