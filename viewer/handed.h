/* viewer/handed.h - blocks that plug-ins gave to the host and that the host never freed */
/* SPDX-License-Identifier: MIT */

/*
 * Hosts free what they were given by free(), unseen by the table of live NPN blocks. Where every
 * call of malloc and free was recorded, the heap tells: the block is still the one that the host's
 * NPN_MemAlloc took from it. That is a leak of the host's own. Known only of whole recordings with
 * --heap=all, of hosts whose NPN memory is heap memory.
 *
 * Threads: one. Memory: by the blocks that are found; until handed_free().
 */
#ifndef NPNTRACE_VIEWER_HANDED_H
#define NPNTRACE_VIEWER_HANDED_H

#include "viewer/model.h"

struct handed_block; /* of uthash */

struct handed {
    struct handed_block *blocks;
    uint64_t count, bytes;
};

/* Reads the events again, if there is something to find. */
struct handed handed_find(const struct model *model);
void handed_free(struct handed *handed);

/* How this block came to the host; NPN_WAY_NONE: it is none of them. */
enum npn_way handed_way(const struct handed *handed, uint64_t address);

#endif
