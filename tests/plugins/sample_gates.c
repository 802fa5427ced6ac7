/* tests/plugins/sample_gates.c: a plug-in's own NPN_Mem* functions, which call the host's table. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/sample.h"

/*
 * Plug-ins of an old school have one such gate for each function of the table and export them all.
 * A preloaded library that exports these names comes before them.
 */

SAMPLE_EXPORT void *NPN_MemAlloc(uint32_t size)
{
    return sample_table()->memalloc(size);
}

SAMPLE_EXPORT void NPN_MemFree(void *ptr)
{
    sample_table()->memfree(ptr);
}

SAMPLE_EXPORT uint32_t NPN_MemFlush(uint32_t size)
{
    return sample_table()->memflush(size);
}
