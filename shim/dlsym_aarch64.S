/* shim/dlsym_aarch64.S - dlsym and dlvsym as seen by the host */
/* SPDX-License-Identifier: MIT */

/* See shim/dlsym_x86_64.S: calls not for us go on by a jump, with the host's return address. */
#if defined(__aarch64__)

        .text

        .macro  gate name, offset, filter
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        hint    #34                     /* bti c */
        adrp    x9, originals
        add     x9, x9, :lo12:originals
        ldr     x9, [x9, #\offset]
        cbz     x9, 1f
        adrp    x10, opened_pending
        ldr     w10, [x10, :lo12:opened_pending]
        cbnz    w10, 1f
        cbz     x1, 2f
        ldrb    w10, [x1]
        cmp     w10, #'N'
        b.ne    2f
        ldrb    w10, [x1, #1]
        cmp     w10, #'P'
        b.ne    2f
        ldrb    w10, [x1, #2]
        cmp     w10, #'_'
        b.eq    1f
2:      mov     x16, x9
        br      x16
1:      stp     x29, x30, [sp, #-48]!
        .cfi_adjust_cfa_offset 48
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x0, x1, [sp, #16]
        str     x2, [sp, #32]
        bl      \filter
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

        gate    dlsym, 0, dlsym_filter
        gate    dlvsym, 8, dlvsym_filter

#endif

        .section .note.GNU-stack, "", %progbits
