/* shim/scope.h - what a name is bound to in an object */
/* SPDX-License-Identifier: MIT */

/*
 * A call of an object's procedure linkage table that was not made yet is not bound yet. What it
 * would be bound to depends on how the object was opened (RTLD_DEEPBIND, RTLD_LOCAL, dlmopen), of
 * which nothing is to be seen from outside. But the loader answers dlsym(RTLD_DEFAULT, ...) in the
 * scope of its caller, which it tells by the return address. So it is called with a return address
 * in the object, where there is nothing but a return instruction, and comes back to us from there.
 *
 * Where that cannot be done (a shadow stack, other machines) the global scope is asked, then the
 * object's own.
 */
#ifndef NPNTRACE_SHIM_SCOPE_H
#define NPNTRACE_SHIM_SCOPE_H

#include <link.h>

/* version: NULL: any. NULL: bound to nothing. Takes the loader's lock. */
void *scope_find(const struct link_map *object, const char *name, const char *version);

#endif
