/* shim/dlsym_x86_64.S - dlsym and dlvsym as seen by the host */
/* SPDX-License-Identifier: MIT */

/*
 * The loader's dlsym looks at its return address: RTLD_NEXT, RTLD_DEFAULT and the namespace depend
 * on who calls. So every call that is not for us goes on by a jump, with the host's return address
 * on the stack. Only names that begin with "NP_" are looked at closer (shim/dlsym.c says where to
 * jump), and all while a plug-in's library is waited for (shim/opened.h).
 */
#if defined(__x86_64__)

        .text

        /* enter with the real function's slot in \slot, the filter in \filter */
        .macro  gate name, slot, filter
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
        movq    \slot(%rip), %rax
        testq   %rax, %rax
        jz      1f
        cmpl    $0, opened_pending(%rip)
        jne     1f
        testq   %rsi, %rsi
        jz      2f
        cmpb    $'N', 0(%rsi)
        jne     2f
        cmpb    $'P', 1(%rsi)
        jne     2f
        cmpb    $'_', 2(%rsi)
        je      1f
2:      jmpq    *%rax
1:      pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rdx
        .cfi_adjust_cfa_offset 8
        call    \filter
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

        gate    dlsym, originals, dlsym_filter
        gate    dlvsym, originals+8, dlvsym_filter

#endif

        .section .note.GNU-stack, "", @progbits
