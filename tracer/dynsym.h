/* tracer/dynsym.h - the dynamic symbols of a loaded object */
/* SPDX-License-Identifier: MIT */

/*
 * Reads what the loader has mapped: no call of the loader, no allocation, no lock, so it may be
 * used before the C library is initialised and inside malloc. The object must stay mapped
 * meanwhile. Any thread.
 */
#ifndef NPNTRACE_TRACER_DYNSYM_H
#define NPNTRACE_TRACER_DYNSYM_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

struct dynsym {
    const struct link_map *map;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash; /* NULL: none */
    const uint32_t *hash;     /* DT_HASH; NULL: none */
    const ElfW(Versym) * versions;
    const ElfW(Verneed) * needed_versions;
};

/* False: it has no dynamic symbols. */
bool dynsym_open(const struct link_map *map, struct dynsym *ret_tables);

/* The object's own definition of name, of the default version if there are several. NULL: none. */
const ElfW(Sym) * dynsym_find(const struct dynsym *tables, const char *name);

/* Undefined symbols have indices below this one, and above 0; so may others. */
uint32_t dynsym_undefined_end(const struct dynsym *tables);

/* The address of a function that the object defines; of one that a resolver of the object chooses
 * (STT_GNU_IFUNC), the resolver is asked, so the object must be relocated. NULL: none. */
void *dynsym_function(const struct link_map *map, const char *name);

/* True if a reference to any version of the name is bound to the object's definition of it. */
bool dynsym_answers_all(const struct link_map *map, const char *name);

/* The version that an undefined symbol of the object asks for. NULL: any. */
const char *dynsym_wanted_version(const struct dynsym *tables, unsigned index);

#endif
