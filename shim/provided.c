/* shim/provided.c - NPN_Mem* of our own, where there is no host */
/* SPDX-License-Identifier: MIT */

#include "shim/provided.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "shim/nested.h"
#include "tracer/npn.h"
#include "tracer/sys.h"
#include "tracer/tracer.h"

/* The C library's allocator is the heap; doc/WHATIF.md has the figures behind that. */

#define STATM_RESIDENT 1 /* the second field of /proc/self/statm: resident pages */

static uint64_t resident_bytes(void)
{
    char text[128];
    char *at = text;
    uint64_t value = 0;

    if (sys_read_file("/proc/self/statm", text, sizeof(text)) <= 0)
        return 0;
    for (unsigned field = 0; field <= STATM_RESIDENT; field++)
        value = strtoull(at, &at, 10);
    return value * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* malloc_trim says whether it gave anything back, not how much; the kernel knows. */
uint32_t provided_flush(uint32_t size)
{
    uint64_t before = resident_bytes();

    (void)size; /* all that can go does: nothing here is worth keeping */
    malloc_trim(0);
    uint64_t after = resident_bytes();
    uint64_t flushed = before > after ? before - after : 0;
    return flushed > UINT32_MAX ? UINT32_MAX : (uint32_t)flushed;
}

/* These calls are nobody's part (shim/nested.h): an allocator's function may be under way that has
 * called the program back, or have been left by an exception. */
static const struct nested_code nobodys;

static void *alloc(size_t size)
{
    struct nested outer = nested_begin(&nobodys, NULL);
    void *block = malloc(size);

    nested_end(&nobodys, &outer);
    return block;
}

void *provided_alloc(uint32_t size)
{
    void *block = alloc(size != 0 ? size : 1);

    if (block != NULL)
        return block;
    /* Address space counts as well: what was measured may be 0, and the second try succeed. */
    provided_flush(size);
    return alloc(size != 0 ? size : 1);
}

void provided_free(void *block)
{
    struct nested outer = nested_begin(&nobodys, NULL);

    free(block);
    nested_end(&nobodys, &outer);
}

bool provided_issued(void *block)
{
    struct tracer *tracer = tracer_if_running();
    struct live_block known;

    if (npn_find(block, &known))
        return (known.flags & EVENT_PROVIDED) != 0;
    return tracer == NULL || tracer->forked ||
           atomic_load_explicit(&tracer->ring->untracked_blocks, memory_order_relaxed) > 0 ||
           atomic_load_explicit(&tracer->ring->missed_calls, memory_order_relaxed) > 0;
}
