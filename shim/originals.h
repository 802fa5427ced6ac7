/* shim/originals.h - the loader's own functions, behind the ones that we export */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_SHIM_ORIGINALS_H
#define NPNTRACE_SHIM_ORIGINALS_H

/*
 * Our own references to dlsym bind to our own definitions, and a version would not help: an
 * unversioned definition answers every version. So the C library's dlvsym is read from its symbol
 * table, and the rest is asked of it with RTLD_NEXT, which respects other preloaded libraries.
 * Resolved once, at the first call that needs one; a race resolves twice, to the same values. Any
 * thread.
 */
struct originals {
    void *(*dlsym)(void *handle, const char *name);
    void *(*dlvsym)(void *handle, const char *name, const char *version);
    int (*dlclose)(void *handle);
};

extern struct originals originals;

void originals_resolve(void);

#endif
