/* shim/scope_x86_64.S - asking the loader on behalf of another object */
/* SPDX-License-Identifier: MIT */

#if defined(__x86_64__)

        .text

        /* void *scope_ask(void *function, const void *at_return, const char *name,
         *                 const char *version) */
        .globl  scope_ask
        .hidden scope_ask
        .type   scope_ask, @function
        .p2align 4
scope_ask:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        movq    %rdi, %rax
        leaq    1f(%rip), %r8
        subq    $8, %rsp                /* the function begins as after a call */
        pushq   %r8
        pushq   %rsi
        xorl    %edi, %edi              /* RTLD_DEFAULT */
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        jmpq    *%rax
1:      leave
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   scope_ask, . - scope_ask

        /* int scope_can_ask(void): a shadow stack would not let the function return elsewhere.
         * rdsspq, a hint that does nothing where there is none. */
        .globl  scope_can_ask
        .hidden scope_can_ask
        .type   scope_can_ask, @function
        .p2align 4
scope_can_ask:
        .cfi_startproc
        endbr64
        xorl    %eax, %eax
        .byte   0xf3, 0x48, 0x0f, 0x1e, 0xc8
        testq   %rax, %rax
        sete    %al
        movzbl  %al, %eax
        ret
        .cfi_endproc
        .size   scope_can_ask, . - scope_can_ask

#endif

        .section .note.GNU-stack, "", @progbits
