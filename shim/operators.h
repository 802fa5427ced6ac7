/* shim/operators.h - operators new and delete that do not end in a call of malloc that we see */
/* SPDX-License-Identifier: MIT */

/*
 * libstdc++'s operators call malloc and free by name, which are ours. Those of preloaded allocators
 * (jemalloc, tcmalloc, mimalloc) do their work inside. If we exported operators ourselves, they
 * would come before a program's own in some hosts and lead C programs' plug-ins astray. So what
 * is bound to such an allocator's operators is redirected instead:
 *
 *   - slots of all loaded objects that hold their addresses
 *   - their entries in the allocator's symbol table, for whatever will be bound to them later: a
 *     reference finds the same definition as without us, and gets the hook's address for it
 *
 * Addresses that the program has copied elsewhere are not found. A host whose own malloc comes
 * before ours is left alone: its calls are not seen, and that is reported (tracer/allocators.h).
 */
#ifndef NPNTRACE_SHIM_OPERATORS_H
#define NPNTRACE_SHIM_OPERATORS_H

#include <stdbool.h>

#include "shim/hooks.h"

/* Done once, when recording of heap calls begins; nothing if the operators are seen anyway. */
void operators_make_visible(void);

/* Does the function that an operator is bound to call a malloc or free that is seen? */
bool operators_end_in_malloc(void *target, enum hook hook);

#endif
