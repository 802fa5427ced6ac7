/* shim/hooks_aarch64.S - the pool of stubs that redirected calls go to */
/* SPDX-License-Identifier: MIT */

#if defined(__aarch64__)

#include "shim/hooks_pool.h"

        .text

        .macro  pool name, arguments
        .set    number, 0
        .rept   HOOKS_SETS
        .p2align 4
        hint    #34                     /* bti c */
        mov     w\arguments, #number
        b       hook_\name
        .set    number, number + 1
        .endr
        .endm

        .globl  hooks_stubs
        .hidden hooks_stubs
        .globl  hooks_stubs_end
        .hidden hooks_stubs_end
        .type   hooks_stubs, %function
        .p2align 4
hooks_stubs:
        .cfi_startproc
#define HOOK(name, symbol, arguments) pool name, arguments;
        HOOKS
        .p2align 4
        .cfi_endproc
        .size   hooks_stubs, . - hooks_stubs
hooks_stubs_end:

        /* See shim/hooks_x86_64.S: dlopen looks at its return address. */
        .macro  open name, before
        .globl  \name
        .hidden \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        hint    #34                     /* bti c */
        stp     x29, x30, [sp, #-48]!
        .cfi_adjust_cfa_offset 48
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x0, x1, [sp, #16]
        str     x2, [sp, #32]
        bl      \before
        mov     x16, x0
        ldp     x0, x1, [sp, #16]
        ldr     x2, [sp, #32]
        ldp     x29, x30, [sp], #48
        .cfi_adjust_cfa_offset -48
        .cfi_restore x29
        .cfi_restore x30
        br      x16
        .cfi_endproc
        .size   \name, . - \name
        .endm

        open    hook_dlopen, opened_before_dlopen
        open    hook_dlmopen, opened_before_dlmopen

#endif

        .section .note.GNU-stack, "", %progbits
