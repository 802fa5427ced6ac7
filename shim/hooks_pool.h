/* shim/hooks_pool.h - the functions that are redirected, for C and for the assembler */
/* SPDX-License-Identifier: MIT */

/*
 * HOOK(name, symbol, arguments): how we call it, what it is called in symbol tables, and how many
 * integer arguments it has. The pool of stubs (hooks_pool.S) holds HOOKS_SETS stubs of HOOKS_BYTES
 * for each of them, in this order. Stub N of a function passes its arguments on, and N behind them,
 * to hook_NAME by a jump: the hook's return address is the caller's.
 */
#ifndef NPNTRACE_SHIM_HOOKS_POOL_H
#define NPNTRACE_SHIM_HOOKS_POOL_H

#define HOOKS_SETS 128
#define HOOKS_BYTES 16

/* clang-format off: a table, for two languages */
#define HOOKS_FAMILY                                                                               \
    HOOK(malloc, malloc, 1)                                                                        \
    HOOK(calloc, calloc, 2)                                                                        \
    HOOK(realloc, realloc, 2)                                                                      \
    HOOK(reallocarray, reallocarray, 3)                                                            \
    HOOK(free, free, 1)                                                                            \
    HOOK(cfree, cfree, 1)                                                                          \
    HOOK(memalign, memalign, 2)                                                                    \
    HOOK(aligned_alloc, aligned_alloc, 2)                                                          \
    HOOK(posix_memalign, posix_memalign, 3)                                                        \
    HOOK(valloc, valloc, 1)                                                                        \
    HOOK(pvalloc, pvalloc, 1)                                                                      \
    HOOK(free_sized, free_sized, 2)                                                                \
    HOOK(free_aligned_sized, free_aligned_sized, 3)

/* new and delete, size_t being unsigned long */
#define HOOKS_OPERATORS                                                                            \
    HOOK(new, _Znwm, 1)                                                                            \
    HOOK(new_nothrow, _ZnwmRKSt9nothrow_t, 2)                                                      \
    HOOK(new_aligned, _ZnwmSt11align_val_t, 2)                                                     \
    HOOK(new_aligned_nothrow, _ZnwmSt11align_val_tRKSt9nothrow_t, 3)                               \
    HOOK(array_new, _Znam, 1)                                                                      \
    HOOK(array_new_nothrow, _ZnamRKSt9nothrow_t, 2)                                                \
    HOOK(array_new_aligned, _ZnamSt11align_val_t, 2)                                               \
    HOOK(array_new_aligned_nothrow, _ZnamSt11align_val_tRKSt9nothrow_t, 3)                         \
    HOOK(delete, _ZdlPv, 1)                                                                        \
    HOOK(delete_sized, _ZdlPvm, 2)                                                                 \
    HOOK(delete_nothrow, _ZdlPvRKSt9nothrow_t, 2)                                                  \
    HOOK(delete_aligned, _ZdlPvSt11align_val_t, 2)                                                 \
    HOOK(delete_sized_aligned, _ZdlPvmSt11align_val_t, 3)                                          \
    HOOK(delete_aligned_nothrow, _ZdlPvSt11align_val_tRKSt9nothrow_t, 3)                           \
    HOOK(array_delete, _ZdaPv, 1)                                                                  \
    HOOK(array_delete_sized, _ZdaPvm, 2)                                                           \
    HOOK(array_delete_nothrow, _ZdaPvRKSt9nothrow_t, 2)                                            \
    HOOK(array_delete_aligned, _ZdaPvSt11align_val_t, 2)                                           \
    HOOK(array_delete_sized_aligned, _ZdaPvmSt11align_val_t, 3)                                    \
    HOOK(array_delete_aligned_nothrow, _ZdaPvSt11align_val_tRKSt9nothrow_t, 3)

#define HOOKS_THREADS                                                                              \
    HOOK(pthread_create, pthread_create, 4)                                                        \
    HOOK(thrd_create, thrd_create, 3)

#define HOOKS_LOADER                                                                               \
    HOOK(dlopen, dlopen, 2)                                                                        \
    HOOK(dlmopen, dlmopen, 3)

#define HOOKS HOOKS_FAMILY HOOKS_OPERATORS HOOKS_THREADS HOOKS_LOADER
/* clang-format on */

#endif
