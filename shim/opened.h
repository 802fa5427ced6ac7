/* shim/opened.h - libraries that a plug-in opens itself */
/* SPDX-License-Identifier: MIT */

/*
 * A plug-in's call of dlopen goes on to the loader by a jump, since the loader looks at the
 * caller; so there is no moment after it that is ours. What it opened is looked for later: when
 * somebody calls dlsym, which is before any function of it can be called by name, and when an entry
 * into the plug-in returns. It is told by its file name, among what was loaded since the call.
 * Calls by a library's constructors are the thread's entry's, like all that is not redirected.
 */
#ifndef NPNTRACE_SHIM_OPENED_H
#define NPNTRACE_SHIM_OPENED_H

#include <stdatomic.h>
#include <stdint.h>

/* One bit for each call of dlopen whose objects were not found yet; dlsym_gates.S looks whether
 * there is any. */
extern _Atomic uint32_t opened_pending __attribute__((visibility("hidden")));

/* Before a redirected call: returns the function to go on to (hooks_pool.S). */
void *opened_before_dlopen(const char *file, int flags, uint32_t set);
void *opened_before_dlmopen(long space, const char *file, int flags, uint32_t set);

/* Redirects the calls of objects that have appeared. errno is kept. */
void opened_look(void);

/* The same, at the end of an entry: this thread's calls of dlopen have returned. */
void opened_entry_ends(void);

#endif
