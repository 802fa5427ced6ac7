/* shim/heap_aarch64.S - malloc and its family as seen by the process */
/* SPDX-License-Identifier: MIT */

/* See shim/heap_x86_64.S: a look at a flag and at a pointer, and a jump. */
#if defined(__aarch64__)

#include "shim/hooks_pool.h"

        .text

        .macro  gate name
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        hint    #34                     /* bti c */
        adrp    x9, heap_tracing
        ldr     w9, [x9, :lo12:heap_tracing]
        cbnz    w9, 1f
        adrp    x9, heap_next+8*slot
        add     x9, x9, :lo12:heap_next+8*slot
        ldar    x16, [x9]
        cbz     x16, 1f
        br      x16
1:      b       heap_\name
        .cfi_endproc
        .size   \name, . - \name
        .set    slot, slot + 1
        .endm

        .hidden heap_tracing
        .hidden heap_next
        .set    slot, 0
#define HOOK(name, symbol, arguments) gate name;
        HOOKS_FAMILY
        HOOKS_THREADS
        gate    malloc_usable_size

#endif

        .section .note.GNU-stack, "", %progbits
