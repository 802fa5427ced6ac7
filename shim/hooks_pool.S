/* shim/hooks_pool.S - the pool of stubs that redirected calls go to */
/* SPDX-License-Identifier: MIT */

#include "shim/assembler.h"
#include "shim/hooks_pool.h"

        .macro  pool name, arguments
        .set    number, 0
        .rept   HOOKS_SETS
        .p2align 4
        landing_pad
        pass    number, \arguments
        go_to   hook_\name
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
        end     hooks_stubs
hooks_stubs_end:

        /*
         * dlopen looks at its return address, for the caller's RUNPATH and namespace. So the call
         * goes on by a jump, to where the function in C said.
         */
        .macro  open name, before
        .hidden \name
        function \name
        ask_target \before
        go_on
        end     \name
        .endm

        open    hook_dlopen, opened_before_dlopen
        open    hook_dlmopen, opened_before_dlmopen
