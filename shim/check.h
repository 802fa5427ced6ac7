/* shim/check.h - red zones behind NPN blocks, and what writes to them */
/* SPDX-License-Identifier: MIT */

/*
 * `record --check`. Every NPN_MemAlloc asks the host for CHECK_ZONE_BYTES more, and what lies
 * behind the bytes that the plug-in asked for gets a pattern:
 *
 *   host's block   | size bytes for the plug-in | CHECK_ZONE_BYTES of pattern |
 *                  ^ the pointer, as the host gave it
 *
 * The side table (tracer/live.h) knows which blocks these are and how long. The pattern is looked
 * at when the block is freed, when it is handed over or released to the browser, and, for blocks
 * that are never freed, when the process exits. A size of 0 gets no zone, since hosts may answer it
 * with NULL, and neither does one that would overflow.
 *
 * Blocks that the plug-in frees are kept for a while before the host gets them: shim/quarantine.h.
 *
 * A block of which the side table does not know the truth, because somebody freed it unseen, may be
 * gone: memory is read through the kernel, and only written where the zone is intact. Any thread.
 */
#ifndef NPNTRACE_SHIM_CHECK_H
#define NPNTRACE_SHIM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/whatif.h"
#include "tracer/live.h"

#define CHECK_ZONE_BYTES 16u

/* What the host is to be asked for. */
uint32_t check_asked_bytes(uint32_t size);

/* A fresh block, before anybody knows of it. */
void check_new_block(void *block, uint32_t size);

/* The zone at address behind size bytes: -1 intact, -2 cannot be read, else the first byte that was
 * changed. */
#define CHECK_INTACT (-1)
#define CHECK_UNREADABLE (-2)
int check_zone(uint64_t address, uint32_t size);

/* Does this block have a zone? */
bool check_has_zone(const struct live_block *block);

/* A block that the plug-in is about to give away or to free: reports an overrun. True: it is a
 * checked block, intact, and described. */
bool check_examine(const struct npn_caller *caller, const void *block,
                   struct live_block *ret_block);

/* NP_Shutdown of the plug-in (id) has returned, and the host is still there: reports overruns of
 * blocks that are still live, and gives the host what is in quarantine. */
void check_plugin_ends(uint32_t plugin);

/* For whoever sees a block go to the browser: before npn_handed_over() and npn_released(). */
void check_given_away(const struct npn_caller *caller, const void *block);

/* free() and its family, called by a plug-in: stub `set` of shim/hooks.h, in whose frame it is.
 * Without --check nothing. A block that comes from NPN_MemAlloc is reported; it is the C library's
 * from now on. */
void check_freed_by_heap(const void *block, const void *frame, uint32_t set);

static inline __attribute__((always_inline)) void check_heap_free(const void *block, uint32_t set)
{
    if (whatif_on() && block != NULL)
        check_freed_by_heap(block, __builtin_frame_address(0), set);
}

static inline void check_block(const struct npn_caller *caller, const void *block)
{
    if (whatif_on() && block != NULL)
        check_given_away(caller, block);
}

#endif
