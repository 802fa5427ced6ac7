/* shim/heap_gates.S - malloc and its family as seen by the process */
/* SPDX-License-Identifier: MIT */

/*
 * While no heap calls are recorded, a call costs a look at a flag and at a pointer, and a jump.
 * Everything else is in C (shim/heap.c), behind another jump: its return address is the caller's,
 * whatever the compiler thinks of tail calls.
 */
#include "shim/assembler.h"
#include "shim/hooks_pool.h"

        .macro  gate name
        function \name
        go_if_set heap_tracing, 1f
        load_target heap_next+8*slot
        go_if_no_target 1f
        go_on
1:      go_to   heap_\name
        end     \name
        .set    slot, slot + 1
        .endm

        .hidden heap_tracing
        .hidden heap_next
        .set    slot, 0
#define HOOK(name, symbol, arguments) gate name;
        HOOKS_FAMILY
        HOOKS_THREADS
        gate    malloc_usable_size
