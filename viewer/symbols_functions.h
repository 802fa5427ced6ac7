/* viewer/symbols_functions.h - which functions an address lies in, one inlined into the other */
/* SPDX-License-Identifier: MIT */

/*
 * libdw answers this for one address by going through the whole compilation unit. Recordings ask
 * for thousands of addresses of one unit, so the functions of each unit that is asked for are
 * sorted once. Threads: one. Memory: by functions of those units; until symbols_functions_free().
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_FUNCTIONS_H
#define NPNTRACE_VIEWER_SYMBOLS_FUNCTIONS_H

#include <elfutils/libdw.h>
#include <stddef.h>

struct symbols_functions;

struct symbols_functions *symbols_functions_new(void);
void symbols_functions_free(struct symbols_functions *functions); /* NULL is fine */

/* The inlined functions around address in the unit, innermost first, and last the function that
 * they are inlined into. Returns how many; at most `capacity`, the outer ones being left out. */
size_t symbols_functions_at(struct symbols_functions *functions, Dwarf_Die *unit,
                            Dwarf_Addr address, Dwarf_Die *scopes, size_t capacity);

#endif
