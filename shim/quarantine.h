/* shim/quarantine.h - blocks that were freed, and that the host gets a little later */
/* SPDX-License-Identifier: MIT */

/*
 * `record --check`. A block that the plug-in frees is filled with QUARANTINE_BYTE and kept, the
 * latest QUARANTINE_BLOCKS of them and at most QUARANTINE_BYTES; then, or when its plug-in's
 * NP_Shutdown has returned, a byte that has changed is reported, and the host's memfree is called.
 * At the process's exit blocks are looked at and left.
 *
 * One table with a lock, in memory that fork wipes: what is in it is dropped in a child. The lock
 * is not held while the host is called. Any thread; errno may change.
 */
#ifndef NPNTRACE_SHIM_QUARANTINE_H
#define NPNTRACE_SHIM_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/npapi.h"
#include "tracer/live.h"

#define QUARANTINE_BYTE 0xdb
#define QUARANTINE_BLOCKS 256u
#define QUARANTINE_BYTES (UINT64_C(1) << 20)

/* Takes over a block with an intact zone, whose free by plug-in `freer` (id) has been recorded.
 * False: it is too big, or there is no memory; the host is to free it. */
bool quarantine_keep(const struct live_block *block, uint32_t freer, NPN_MemFreeProcPtr host);

bool quarantine_has(const void *block);

/* The block goes to the browser, although it was freed: that is to free it, not we. */
void quarantine_drop(const void *block);

/* Gives the host all blocks that were this plug-in's (id), or that it freed. */
void quarantine_empty(uint32_t plugin);

/* Looks at all blocks. */
void quarantine_look(void);

#endif
