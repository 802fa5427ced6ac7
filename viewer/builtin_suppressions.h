/* viewer/builtin_suppressions.h - what libraries keep for as long as they are loaded */
/* SPDX-License-Identifier: MIT */

/*
 * Some libraries allocate once and never free, whoever calls them: the loader its maps and the
 * memory of thread-local variables, the C library its locales, Qt and GLib their types. On the heap
 * that shows as leaked by the plug-in that happened to come first. An entry fits a call stack like
 *
 *      malloc  allocate_dtv  _dl_allocate_tls | pthread_create  NP_Initialize  ...
 *      `---- inner frames ----' `- the match -'
 *
 * where a frame is in one of its modules and functions, and all frames within that one are in the
 * same modules, in the C library or the loader, or in the modules that it names further. So a
 * constructor or callback that the loader or GLib calls is not covered by them: what it leaks is
 * its own. A frame in the plug-in's own file ends the search, whatever the entry says.
 *
 * Globs are those of fnmatch(3), on a module's file name and on a function's name. The list is kept
 * to what is certainly allocated once, or kept by design. Threads: any.
 */
#ifndef NPNTRACE_VIEWER_BUILTIN_SUPPRESSIONS_H
#define NPNTRACE_VIEWER_BUILTIN_SUPPRESSIONS_H

#include "viewer/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUILTIN_MAX 64 /* entries: a bit of a uint64_t each */

struct builtin_suppression {
    const char *name;             /* for people: what it is */
    const char *const *modules;   /* NULL-terminated; the match is in one of them */
    const char *const *functions; /* NULL: any, by the module alone */
    const char *const *inner;     /* NULL: only modules, the C library and the loader */
};

extern const struct builtin_suppression builtin_suppressions[];
extern const size_t builtin_suppression_count;

/* Bits of the entries that fit this line of a stack, by its module and function. */
uint64_t builtin_suppressions_fit(const struct names_line *line);

/* Bits of the entries that a frame in this module (a path) may be an inner frame of. */
uint64_t builtin_suppressions_allow(const char *module);

/* The C library, the loader, the C++ library: between a caller and the allocation. */
bool builtin_suppressions_is_runtime(const char *module);

#endif
