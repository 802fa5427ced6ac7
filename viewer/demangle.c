/* viewer/demangle.c - C++ and Rust symbols to the names that their authors wrote */
/* SPDX-License-Identifier: MIT */

#include "viewer/demangle.h"
#include "viewer/xalloc.h"

#include <libiberty/demangle.h>
#include <string.h>

/* Longer symbols exist only in damaged files: a hostile one could take the demangler forever. */
#define SYMBOL_MAX_BYTES 16384

static int looks_mangled(const char *symbol)
{
    return strncmp(symbol, "_Z", 2) == 0 || strncmp(symbol, "_R", 2) == 0 ||
           strncmp(symbol, "_GLOBAL_", 8) == 0;
}

char *demangle(const char *symbol)
{
    char *name = NULL;

    if (looks_mangled(symbol) && strnlen(symbol, SYMBOL_MAX_BYTES) < SYMBOL_MAX_BYTES)
        name = cplus_demangle(symbol, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
    return name != NULL ? name : xalloc_string(symbol);
}
