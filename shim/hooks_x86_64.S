/* shim/hooks_x86_64.S - the pool of stubs that redirected calls go to */
/* SPDX-License-Identifier: MIT */

#if defined(__x86_64__)

#include "shim/hooks_pool.h"

        .text

        /* the register behind the integer arguments */
        .macro  pass number, arguments
        .if     \arguments == 1
        movl    $\number, %esi
        .elseif \arguments == 2
        movl    $\number, %edx
        .elseif \arguments == 3
        movl    $\number, %ecx
        .else
        movl    $\number, %r8d
        .endif
        .endm

        .macro  pool name, arguments
        .set    number, 0
        .rept   HOOKS_SETS
        .p2align 4
        endbr64
        pass    %number, \arguments
        jmp     hook_\name
        .set    number, number + 1
        .endr
        .endm

        .altmacro
        .globl  hooks_stubs
        .hidden hooks_stubs
        .globl  hooks_stubs_end
        .hidden hooks_stubs_end
        .type   hooks_stubs, @function
        .p2align 4
hooks_stubs:
        .cfi_startproc
#define HOOK(name, symbol, arguments) pool name, arguments;
        HOOKS
        .p2align 4
        .cfi_endproc
        .size   hooks_stubs, . - hooks_stubs
hooks_stubs_end:

        /*
         * dlopen looks at its return address, for the caller's RUNPATH and namespace. So the call
         * goes on by a jump, to where the function in C said.
         */
        .macro  open name, before
        .globl  \name
        .hidden \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rdx
        .cfi_adjust_cfa_offset 8
        call    \before
        popq    %rdx
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        jmpq    *%rax
        .cfi_endproc
        .size   \name, . - \name
        .endm

        open    hook_dlopen, opened_before_dlopen
        open    hook_dlmopen, opened_before_dlmopen

#endif

        .section .note.GNU-stack, "", @progbits
