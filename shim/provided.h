/* shim/provided.h - NPN_Mem* of our own, where there is no host */
/* SPDX-License-Identifier: MIT */

/*
 * Plug-in code under a unit test, or in a host that offers no memory functions, gets these. They
 * keep the promises of the API: NULL when memory is exhausted even after flushing; a free of what
 * was not issued is refused; a flush really gives memory back, says how many bytes it measured, and
 * says 0 when there was nothing left, so that "call it until it returns 0" ends.
 */
#ifndef NPNTRACE_SHIM_PROVIDED_H
#define NPNTRACE_SHIM_PROVIDED_H

#include <stdbool.h>
#include <stdint.h>

void *provided_alloc(uint32_t size);
void provided_free(void *block);
uint32_t provided_flush(uint32_t size);

/* True if block was issued by provided_alloc and is live, or if that cannot be told any more
 * because the side table is incomplete (full, or left behind by a fork). */
bool provided_issued(void *block);

#endif
