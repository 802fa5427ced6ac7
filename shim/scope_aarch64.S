/* shim/scope_aarch64.S - asking the loader on behalf of another object: not done here */
/* SPDX-License-Identifier: MIT */

/* A return instruction alone would not come back to us: the return address is in a register. */
#if defined(__aarch64__)

        .text

        .globl  scope_ask
        .hidden scope_ask
        .type   scope_ask, %function
        .globl  scope_can_ask
        .hidden scope_can_ask
        .type   scope_can_ask, %function
        .p2align 2
scope_ask:
scope_can_ask:
        .cfi_startproc
        hint    #34                     /* bti c */
        mov     x0, #0
        ret
        .cfi_endproc
        .size   scope_ask, . - scope_ask
        .size   scope_can_ask, . - scope_can_ask

#endif

        .section .note.GNU-stack, "", %progbits
