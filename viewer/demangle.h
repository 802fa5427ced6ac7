/* viewer/demangle.h - C++ and Rust symbols to the names that their authors wrote */
/* SPDX-License-Identifier: MIT */

/*
 * Pure functions over libiberty. Threads: any. Memory: the result is the caller's to free().
 */
#ifndef NPNTRACE_VIEWER_DEMANGLE_H
#define NPNTRACE_VIEWER_DEMANGLE_H

/* The demangled name, or a copy of the symbol if it is not a mangled one. */
char *demangle(const char *symbol);

#endif
