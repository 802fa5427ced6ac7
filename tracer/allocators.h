/* tracer/allocators.h - allocators whose calls cannot be seen */
/* SPDX-License-Identifier: MIT */

/*
 * Heap calls are seen where they are bound by name to our exported functions, or where a plug-in's
 * own slots were redirected. What an object does past that is missing from a recording, so it is to
 * be said. This tells from the object itself whether there is something of the kind:
 *
 *   OWN        it defines malloc, and calls its own: linked with -Bsymbolic, or -fvisibility
 *   FIRST      it defines malloc and comes before us: everybody calls that one
 *   NAMESPACE  it is in a namespace of its own (dlmopen) and allocates from the C library there
 *   BOUND      its calls are bound to another malloc than everybody's (RTLD_DEEPBIND), and it is
 *              no plug-in whose calls are redirected
 *   HIDDEN     a malloc is linked into it with a hidden symbol; told by the file's symbol table,
 *              which may have been stripped: then nothing can be told
 *
 * Ask when a plug-in's slots have been redirected: once its NP_Initialize has begun. Reads the
 * object's mapped tables, for HIDDEN its file; no lock, no allocation through libc, errno is kept.
 * The object must stay mapped meanwhile. Any thread.
 */
#ifndef NPNTRACE_TRACER_ALLOCATORS_H
#define NPNTRACE_TRACER_ALLOCATORS_H

#include <link.h>

enum allocators_unseen {
    ALLOCATORS_SEEN,
    ALLOCATORS_OWN,
    ALLOCATORS_FIRST,
    ALLOCATORS_NAMESPACE,
    ALLOCATORS_BOUND,
    ALLOCATORS_HIDDEN
};

/* Why the object's heap calls, or some, cannot be seen. */
enum allocators_unseen allocators_unseen(const struct link_map *object);

/* A few words for it: "has a malloc of its own", ... NULL for ALLOCATORS_SEEN. */
const char *allocators_unseen_text(enum allocators_unseen unseen);

#endif
