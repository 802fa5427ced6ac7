/* tests/shim/slots_plugin.c: a plug-in that calls every function of the browser's table. */
/* SPDX-License-Identifier: MIT */

#include <stddef.h>

#include "tests/shim/slots.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions);
EXPORT NPError NP_Shutdown(void);

/* These take a function; none is called later. */
static uint64_t word(size_t offset, int n)
{
    if ((offset == offsetof(NPNetscapeFuncs, pluginthreadasynccall) && n == 1) ||
        (offset == offsetof(NPNetscapeFuncs, scheduletimer) && n == 3))
        return 0;
    return SLOTS_WORD(n);
}

static void before(const char *name)
{
    printf("%s\n", name);
    errno = SLOTS_ERRNO_PLUGIN;
}

static void after(uintmax_t answer)
{
    int left = errno;
    printf("  answer %jx, errno %d\n", answer, left);
}

#define WORDS(slot)                                                                                \
    W(slot, 0), W(slot, 1), W(slot, 2), W(slot, 3), W(slot, 4), W(slot, 5), W(slot, 6),            \
        W(slot, 7), W(slot, 8), W(slot, 9)
#define W(slot, n) word(offsetof(NPNetscapeFuncs, slot), n)
#define TEN_WORDS                                                                                  \
    uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,      \
        uint64_t

/* Integers and floating point have registers of their own, so one call fits all signatures. */
#define CALL(returns, slot, parameters, arguments)                                                 \
    static void call_##slot(const NPNetscapeFuncs *table)                                          \
    {                                                                                              \
        returns (*function)(double, double, TEN_WORDS);                                            \
        memcpy(&function, &table->slot, sizeof function);                                          \
        before(#slot);                                                                             \
        returns answer = function(3.0, 5.0, WORDS(slot));                                          \
        after((uintmax_t)(uintptr_t)answer);                                                       \
    }
#define VOID_CALL(slot, parameters, arguments)                                                     \
    static void call_##slot(const NPNetscapeFuncs *table)                                          \
    {                                                                                              \
        void (*function)(double, double, TEN_WORDS);                                               \
        memcpy(&function, &table->slot, sizeof function);                                          \
        before(#slot);                                                                             \
        function(3.0, 5.0, WORDS(slot));                                                           \
        after(0);                                                                                  \
    }
#define RUN(returns, slot, parameters, arguments) call_##slot(table);
#define VOID_RUN(slot, parameters, arguments) call_##slot(table);

TABLE_WATCHED_SLOTS(CALL, VOID_CALL)
TABLE_PLAIN_SLOTS(CALL, VOID_CALL)
CALL(void *, getJavaEnv, (void), ())

NPError NP_Initialize(NPNetscapeFuncs *table, NPPluginFuncs *functions)
{
    (void)functions;
    TABLE_WATCHED_SLOTS(RUN, VOID_RUN)
    TABLE_PLAIN_SLOTS(RUN, VOID_RUN)
    call_getJavaEnv(table);
    return NPERR_NO_ERROR;
}

NPError NP_Shutdown(void)
{
    return NPERR_NO_ERROR;
}
