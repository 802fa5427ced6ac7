/* tracer/got.h - redirecting what one object calls in others */
/* SPDX-License-Identifier: MIT */

/*
 * Writes into the global offset table of one loaded object, so that its calls of a function go
 * elsewhere and nobody else's do. Read-only tables are made writable for the moment of the change.
 */
#ifndef NPNTRACE_TRACER_GOT_H
#define NPNTRACE_TRACER_GOT_H

#include <link.h>
#include <stdbool.h>

/* True if the object calls the function by its procedure linkage table, which now leads to `to`. */
bool got_redirect(const struct link_map *object, const char *function, void *to);

#endif
