/* viewer/symbols_names.h - the ELF symbol at an address, for code without debug information */
/* SPDX-License-Identifier: MIT */

/*
 * libdwfl looks through all symbols for each address. Here they are sorted once. Threads: one.
 * Memory: by symbols; until symbols_names_free(). Names are the module's.
 */
#ifndef NPNTRACE_VIEWER_SYMBOLS_NAMES_H
#define NPNTRACE_VIEWER_SYMBOLS_NAMES_H

#include <elfutils/libdwfl.h>

struct symbols_names;

struct symbols_names *symbols_names_new(Dwfl_Module *module);
void symbols_names_free(struct symbols_names *names); /* NULL is fine */

/* The symbol whose bytes hold the address, the one that begins last; NULL: none. A symbol without a
 * size has its first byte alone: that it reaches to the next one would be a guess. */
const char *symbols_names_at(const struct symbols_names *names, GElf_Addr address);

#endif
