/* tests/fault/chaos_library.c - a library, and a plug-in, that comes and goes */
/* SPDX-License-Identifier: MIT */

/*
 * Compiled twice; with CHAOS_SECOND the frames are larger and there is a destructor. Its
 * constructor allocates, so that much happens inside dlopen too.
 */
#include <stdlib.h>
#include <string.h>

#include "shim/npapi.h"
#include "tests/fault/chaos.h"

#define EXPORT __attribute__((visibility("default")))
#ifdef CHAOS_SECOND
#define ROOM_BYTES 400
#else
#define ROOM_BYTES 48
#endif

EXPORT chaos_work chaos_library_work, chaos_plugin_work;
EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);

static NPNetscapeFuncs browser;
static void *kept;

__attribute__((constructor)) static void begin(void)
{
    kept = malloc(77);
}

__attribute__((destructor)) static void end(void)
{
    free(kept);
}

static __attribute__((noinline)) void work_at(unsigned depth)
{
    volatile char room[ROOM_BYTES];

    room[0] = (char)depth;
    if (depth > 0)
        work_at(depth - 1);
    free(malloc(50 + depth));
    if (room[0] != (char)depth)
        abort();
}

unsigned chaos_library_work(unsigned rounds)
{
    work_at(rounds);
    return rounds + 1;
}

NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions)
{
    size_t bytes = table->size < sizeof(browser) ? table->size : sizeof(browser);

    memcpy(&browser, table, bytes);
    functions->version = 27;
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}

/* Called between NP_Initialize and NP_Shutdown. */
unsigned chaos_plugin_work(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        void *block = browser.memalloc(100 + i);
        free(calloc(1, 10 + i));
        browser.memfree(block);
    }
    return rounds;
}
