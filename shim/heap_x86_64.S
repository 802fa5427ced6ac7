/* shim/heap_x86_64.S - malloc and its family as seen by the process */
/* SPDX-License-Identifier: MIT */

/*
 * While no heap calls are recorded, a call costs a look at a flag and at a pointer, and a jump.
 * Everything else is in C (shim/heap.c), behind another jump: its return address is the caller's,
 * whatever the compiler thinks of tail calls.
 */
#if defined(__x86_64__)

#include "shim/hooks_pool.h"

        .text

        .macro  gate name
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
        cmpl    $0, heap_tracing(%rip)
        jne     heap_\name
        movq    heap_next+8*slot(%rip), %rax
        testq   %rax, %rax
        jz      heap_\name
        jmpq    *%rax
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

        .section .note.GNU-stack, "", @progbits
