/* shim/stubs_pool.h - macros that write pools of stubs */
/* SPDX-License-Identifier: MIT */

/*
 * For stubs.c and stubs_table.c alone. POOL(returns, gate, parameters, arguments) defines 64
 * functions, of which number N calls gate(N, arguments), and the array gate_stubs of them.
 */
#ifndef NPNTRACE_SHIM_STUBS_POOL_H
#define NPNTRACE_SHIM_STUBS_POOL_H

/* DO(group, number, ...) for the 64 numbers of a group; numbers are octal digits for the names'
 * sake. */
#define EIGHT(DO, G, T, ...)                                                                       \
    DO(G, T##0, __VA_ARGS__)                                                                       \
    DO(G, T##1, __VA_ARGS__)                                                                       \
    DO(G, T##2, __VA_ARGS__) DO(G, T##3, __VA_ARGS__) DO(G, T##4, __VA_ARGS__)                     \
        DO(G, T##5, __VA_ARGS__) DO(G, T##6, __VA_ARGS__) DO(G, T##7, __VA_ARGS__)
#define SIXTY_FOUR(DO, G, ...)                                                                     \
    EIGHT(DO, G, 00, __VA_ARGS__)                                                                  \
    EIGHT(DO, G, 01, __VA_ARGS__)                                                                  \
    EIGHT(DO, G, 02, __VA_ARGS__) EIGHT(DO, G, 03, __VA_ARGS__) EIGHT(DO, G, 04, __VA_ARGS__)      \
        EIGHT(DO, G, 05, __VA_ARGS__) EIGHT(DO, G, 06, __VA_ARGS__) EIGHT(DO, G, 07, __VA_ARGS__)

#define REST(...) , ##__VA_ARGS__

/* One stub: gate_0_017(arguments) calls gate(15, arguments). */
#define STUB(G, N, returns, gate, parameters, arguments)                                           \
    static returns gate##_##G##_##N parameters                                                     \
    {                                                                                              \
        return gate((G)*64 + N REST arguments);                                                    \
    }
#define NAME(G, N, gate) (void *)gate##_##G##_##N,

#define POOL(returns, gate, parameters, arguments)                                                 \
    SIXTY_FOUR(STUB, 0, returns, gate, parameters, arguments)                                      \
    static void *const gate##_stubs[] = {SIXTY_FOUR(NAME, 0, gate)};

/* One more, which says who called in place of a number. */
#define SHARED_POOL(returns, gate, parameters, arguments)                                          \
    SIXTY_FOUR(STUB, 0, returns, gate, parameters, arguments)                                      \
    static returns gate##_shared parameters                                                        \
    {                                                                                              \
        return gate((uintptr_t)__builtin_return_address(0) REST arguments);                        \
    }                                                                                              \
    static void *const gate##_stubs[] = {SIXTY_FOUR(NAME, 0, gate)(void *) gate##_shared};

#endif
