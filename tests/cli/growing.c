/* tests/cli/growing.c - a plug-in that leaks by functions of many names, and a program that does */
/* SPDX-License-Identifier: MIT */

/*
 * What is built of it depends on macros: with PROGRAM a program that leaks the same from malloc,
 * for LeakSanitizer; with REBUILT the same plug-in as another day's build, in which functions
 * moved, are inlined, and lost a detour. Each function leaks a number of bytes of its own, a power
 * of two, so that a sum says which were counted. $GROWING is how often keep_text() is called more.
 */
#include <stdlib.h>
#include <string.h>

#ifdef PROGRAM
#define ALLOC(bytes) malloc(bytes)
#else
#include "shim/npapi.h"
static NPNetscapeFuncs *host;
#define ALLOC(bytes) host->memalloc(bytes)
#endif

#ifdef REBUILT
#define MAY_INLINE static inline __attribute__((always_inline))
#define MOVED_BYTES 4096
__attribute__((used)) static int moved(int n)
{
    static volatile char space[MOVED_BYTES];
    for (int i = 0; i < n; i++)
        space[i % MOVED_BYTES] ^= (char)i;
    return space[n % MOVED_BYTES];
}
#else
#define MAY_INLINE static __attribute__((noinline))
#endif

/* A live pointer in a register or on the stack would be no leak to LeakSanitizer. */
static void lose(void *block)
{
    if (block != NULL)
        memset(block, 0, 1);
    __asm__ volatile("" : : "r"(block) : "memory");
}

MAY_INLINE void grow_cache(void)
{
    lose(ALLOC(1));
}

MAY_INLINE void grow_table(void)
{
    lose(ALLOC(2));
}

MAY_INLINE void keep_text(void)
{
    lose(ALLOC(4));
}

MAY_INLINE void regrow(void)
{
    lose(ALLOC(8));
}

MAY_INLINE void nested_grow(void)
{
    lose(ALLOC(16));
    regrow();
}

static __attribute__((noinline)) void leak_all(void)
{
    const char *more = getenv("GROWING");

    grow_cache();
    grow_table();
    keep_text();
    nested_grow();
    for (int i = more != NULL ? atoi(more) : 0; i > 0; i--)
        keep_text();
}

static __attribute__((noinline)) void wipe_stack(void)
{
    volatile char wiped[4096];

    for (size_t i = 0; i < sizeof(wiped); i++)
        wiped[i] = 0;
}

#ifdef PROGRAM
int main(void)
{
    leak_all();
    wipe_stack();
    return 0;
}
#else
NPError NP_Initialize(NPNetscapeFuncs *browser, NPPluginFuncs *functions)
{
    (void)functions;
    host = browser;
    leak_all();
    wipe_stack();
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}

const char *NP_GetMIMEDescription(void)
{
    return "application/x-growing::";
}

NPError NP_GetValue(void *unused, NPPVariable variable, void *value)
{
    (void)unused;
    (void)variable;
    *(const char **)value = "growing";
    return NPERR_NO_ERROR;
}
#endif
