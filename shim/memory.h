/* shim/memory.h - NPN_MemAlloc, NPN_MemFree and NPN_MemFlush through the table */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_SHIM_MEMORY_H
#define NPNTRACE_SHIM_MEMORY_H

#include <stdint.h>

#include "shim/npapi.h"
#include "tracer/npn.h"

/* The tracer knows by itself that what happens inside these is the host's (tracer/thread.h).
 * Calls a host's function and records the call; value, errno and side effects are the host's. */
void *memory_alloc(const struct npn_caller *caller, NPN_MemAllocProcPtr host, uint32_t size);
void memory_free(const struct npn_caller *caller, NPN_MemFreeProcPtr host, void *block);
uint32_t memory_flush(const struct npn_caller *caller, NPN_MemFlushProcPtr host, uint32_t size);

#endif
