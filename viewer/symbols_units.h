/* viewer/symbols_units.h - which compilation unit an address belongs to, without .debug_aranges */
/* SPDX-License-Identifier: MIT */

/*
 * GCC lists each unit's addresses in .debug_aranges; clang and rustc do not. This table is made
 * from the ranges of the units themselves, once for a module, and searched by bisection. Threads:
 * one at a time. Memory: the caller's until symbols_units_free(); units belong to libdwfl.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_UNITS_H
#define NPNTRACE_VIEWER_SYMBOLS_UNITS_H

#include <elfutils/libdwfl.h>

struct symbols_units;

struct symbols_units *symbols_units_new(Dwfl_Module *module);
void symbols_units_free(struct symbols_units *units); /* NULL is fine */

/* The unit that contains an address of libdwfl's address space, NULL if there is none. *ret_bias is
 * what to take off the address for the unit's own addresses. */
Dwarf_Die *symbols_units_find(const struct symbols_units *units, Dwarf_Addr address,
                              Dwarf_Addr *ret_bias);

#endif
