/* shim/whatif.h - NPN_Mem* calls that are made to fail, budgets, and checked blocks, on demand */
/* SPDX-License-Identifier: MIT */

/*
 * Off unless the environment asks for it (format/whatif.h); then memory_alloc() and memory_free()
 * come here instead of calling the host. The environment is read once, when the library is loaded.
 *
 *   fail    chosen calls return NULL, and the host is not called
 *   limit   a call that would take its plug-in beyond its budget has the host flush once, and then
 *           returns NULL
 *   check   red zones and a quarantine: shim/check.h
 *
 * What fails is recorded as a failed NPN_MemAlloc with EVENT_INJECTED. Calls are counted in each
 * process, from its start or that of its parent. errno is as the plug-in left it. Any thread; no
 * lock is held while the host is called; nothing is allocated.
 */
#ifndef NPNTRACE_SHIM_WHATIF_H
#define NPNTRACE_SHIM_WHATIF_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/npapi.h"
#include "tracer/npn.h"

/* enum ring_whatif bits. Written once, before the program's first function runs. */
extern uint32_t whatif_modes __attribute__((visibility("hidden")));

static inline bool whatif_on(void)
{
    return __builtin_expect(whatif_modes != 0, 0);
}

/* NPN_MemAlloc from npn_alloc_begin(), which returned token, to npn_alloc_end(). */
void *whatif_alloc(const struct npn_caller *caller, uint32_t token, NPN_MemAllocProcPtr host,
                   uint32_t size);

/* NPN_MemFree of a block that is not NULL, recording included. */
void whatif_free(const struct npn_caller *caller, NPN_MemFreeProcPtr host, void *block);

/* What the recording says of itself. */
void whatif_note_modes(void);

#endif
