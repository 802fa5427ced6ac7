/* shim/redirect.h - a plug-in's own calls of the malloc family, and what else is its alone */
/* SPDX-License-Identifier: MIT */

/*
 * When heap calls are recorded and a plug-in is met, the slots of its global offset table, and of
 * the libraries that it brought in (shim/brought.h), that lead to the malloc family, to operators
 * new and delete, to pthread_create, thrd_create, dlopen and dlmopen are made to lead to hooks that
 * know whose call it is (shim/hooks.h) and go on to where the slot led. That way deeply bound
 * plug-ins are seen too, whose slots lead past our exported functions, and so are those of hosts
 * that have an allocator of their own. Deeply bound plug-ins' dlsym, dlvsym and dlclose lead to our
 * exported ones, as everybody else's do. If heap calls are not recorded, but NPN blocks checked
 * (shim/check.h), free, realloc and delete alone are redirected, which may be given such a block.
 *
 * Covered: calls by the procedure linkage table and the global offset table, function pointers in
 * initialised data. Not covered: calls bound inside an object (an allocator linked into the plug-in
 * with hidden symbols or -Bsymbolic, tracer/allocators.h), addresses got from dlsym, and what the
 * plug-in's constructors did before it was met. Operators that end in a call of malloc that is seen
 * are left alone: then the call of malloc is recorded, by the thread's entry.
 *
 * Libraries that a plug-in opens itself are looked at as soon as it asks one for a name, and when
 * an entry into the plug-in returns (shim/opened.h).
 *
 * A slot keeps leading to its hook until its object leaves the process. An object that stays when
 * its plug-in leaves, for somebody else's sake, gets its slots back. Not for signal handlers; the
 * loader's lock is taken for moments.
 */
#ifndef NPNTRACE_SHIM_REDIRECT_H
#define NPNTRACE_SHIM_REDIRECT_H

#include <link.h>

#include "shim/plugin.h"

/* If heap calls are recorded or NPN blocks checked: redirects the calls of the plug-in, whose code
 * is at `code`, and of what it brought in. May be done again: what is redirected stays so. errno is
 * kept. */
void redirect_plugin(struct plugin *plugin, const void *code);

/* The same for an object that the plug-in opened. It must stay loaded meanwhile. */
void redirect_opened(struct plugin *plugin, const struct link_map *object);

/* How many objects the loader has loaded, if anything is redirected, else 0. To be asked before it
 * is seen that a plug-in's object has left the process. */
uint64_t redirect_loads(void);

/* It has left: gives what it brought in, and what stays, its slots back. `loads`: as above, so
 * that the plug-in's next life is left alone, which may have begun. */
void redirect_plugin_left(struct plugin *plugin, uint64_t loads);

#endif
