/* shim/assembler.h - what functions in assembler are made of, for each machine */
/* SPDX-License-Identifier: MIT */

/*
 * Functions that must not have a frame of their own: they are left by a jump, so that the caller's
 * return address and arguments are found where they go on. They are written once, of macros that
 * are written here for each machine:
 *
 *   function NAME, end NAME      around one; it may be called indirectly (endbr64, bti c)
 *   go_to NAME                   goes on to a function of this library
 *   load_target ADDRESS          the target is the pointer there; pairs with a release store
 *   go_on                        goes on to the target
 *   go_if_no_target LABEL        skips; so do the following
 *   go_if_set WORD, LABEL        where a 32-bit word is not 0
 *   go_unless_np LABEL           where the second argument is no string that begins with "NP_"
 *   ask_target FUNCTION          the target is what the function returns, for the same arguments;
 *                                three integer arguments are kept
 *   pass NUMBER, COUNT           one more argument, behind COUNT integer arguments
 *
 * Only registers are changed that a call may change and that hold no argument.
 */
#ifndef NPNTRACE_SHIM_ASSEMBLER_H
#define NPNTRACE_SHIM_ASSEMBLER_H

        .macro  function name
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        landing_pad
        .endm

        .macro  end name
        .cfi_endproc
        .size   \name, . - \name
        .endm

#if defined(__x86_64__)

        /* The target is in rax. */

        .macro  landing_pad
        endbr64
        .endm

        .macro  go_to name
        jmp     \name
        .endm

        .macro  load_target address
        movq    \address(%rip), %rax
        .endm

        .macro  go_on
        jmpq    *%rax
        .endm

        .macro  go_if_no_target label
        testq   %rax, %rax
        jz      \label
        .endm

        .macro  go_if_set word, label
        cmpl    $0, \word(%rip)
        jne     \label
        .endm

        .macro  go_unless_np label
        testq   %rsi, %rsi
        jz      \label
        cmpb    $'N', 0(%rsi)
        jne     \label
        cmpb    $'P', 1(%rsi)
        jne     \label
        cmpb    $'_', 2(%rsi)
        jne     \label
        .endm

        .macro  ask_target function
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rdx
        .cfi_adjust_cfa_offset 8
        call    \function
        popq    %rdx
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        .endm

        .macro  pass number, count
        .if     \count == 1
        movl    $\number, %esi
        .elseif \count == 2
        movl    $\number, %edx
        .elseif \count == 3
        movl    $\number, %ecx
        .else
        movl    $\number, %r8d
        .endif
        .endm

#elif defined(__aarch64__)

        /* The target is in x16, from where a jump may lead to any landing pad. */

        .macro  landing_pad
        hint    #34                     /* bti c */
        .endm

        .macro  go_to name
        b       \name
        .endm

        .macro  load_target address
        adrp    x9, \address
        add     x9, x9, :lo12:\address
        ldar    x16, [x9]
        .endm

        .macro  go_on
        br      x16
        .endm

        .macro  go_if_no_target label
        cbz     x16, \label
        .endm

        .macro  go_if_set word, label
        adrp    x9, \word
        ldr     w9, [x9, :lo12:\word]
        cbnz    w9, \label
        .endm

        .macro  go_unless_np label
        cbz     x1, \label
        ldrb    w9, [x1]
        cmp     w9, #'N'
        b.ne    \label
        ldrb    w9, [x1, #1]
        cmp     w9, #'P'
        b.ne    \label
        ldrb    w9, [x1, #2]
        cmp     w9, #'_'
        b.ne    \label
        .endm

        .macro  ask_target function
        stp     x29, x30, [sp, #-48]!
        .cfi_adjust_cfa_offset 48
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x0, x1, [sp, #16]
        str     x2, [sp, #32]
        bl      \function
        mov     x16, x0
        ldp     x0, x1, [sp, #16]
        ldr     x2, [sp, #32]
        ldp     x29, x30, [sp], #48
        .cfi_adjust_cfa_offset -48
        .cfi_restore x29
        .cfi_restore x30
        .endm

        .macro  pass number, count
        mov     w\count, #\number
        .endm

#else
#error "the gates are not written for this machine"
#endif

        .section .note.GNU-stack, "", %progbits
        .text

#endif
