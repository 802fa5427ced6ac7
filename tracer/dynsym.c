/* tracer/dynsym.c - the dynamic symbols of a loaded object */
/* SPDX-License-Identifier: MIT */

#include "tracer/dynsym.h"

#include <string.h>
#include <sys/auxv.h>

#define VERSION_HIDDEN 0x8000 /* not the default one of that name */
#define VERSION_MASK 0x7fff

/* The loader has turned d_ptr into addresses where it uses them often; DT_VERNEED it has not. */
bool dynsym_open(const struct link_map *map, struct dynsym *ret_tables)
{
    struct dynsym tables = {.map = map};

    for (const ElfW(Dyn) *entry = map->l_ld; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        const void *address = (const void *)entry->d_un.d_ptr;
        switch (entry->d_tag) {
        case DT_SYMTAB: tables.symbols = address; break;
        case DT_STRTAB: tables.strings = address; break;
        case DT_GNU_HASH: tables.gnu_hash = address; break;
        case DT_HASH: tables.hash = address; break;
        case DT_VERSYM: tables.versions = address; break;
        case DT_VERNEED:
            tables.needed_versions = (const void *)(map->l_addr + entry->d_un.d_ptr);
            break;
        default: break;
        }
    }
    /* But not those of the kernel's own object, whose section is read-only. */
    if (tables.symbols == NULL || tables.strings == NULL || (uintptr_t)tables.symbols < map->l_addr)
        return false;
    *ret_tables = tables;
    return true;
}

/* Keeps the better of two symbols: the default version's. True if there can be no better. */
static bool consider(const struct dynsym *tables, uint32_t index, const char *name,
                     const ElfW(Sym) * *found)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];

    if (symbol->st_shndx == SHN_UNDEF || strcmp(tables->strings + symbol->st_name, name) != 0)
        return false;
    bool hidden = tables->versions != NULL && (tables->versions[index] & VERSION_HIDDEN) != 0;
    if (*found == NULL || !hidden)
        *found = symbol;
    return !hidden;
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t hash = 5381;

    while (*name != '\0')
        hash = hash * 33 + (unsigned char)*name++;
    return hash;
}

/* Layout of DT_GNU_HASH: nbuckets, symoffset, bloom_size, bloom_shift, bloom words, buckets,
 * chains. */
static const ElfW(Sym) * find_by_gnu_hash(const struct dynsym *tables, const char *name)
{
    uint32_t hash = gnu_hash_of(name);
    uint32_t bucket_count = tables->gnu_hash[0];
    uint32_t first = tables->gnu_hash[1];
    const uint32_t *buckets = tables->gnu_hash + 4 + tables->gnu_hash[2] * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chains = buckets + bucket_count;
    const ElfW(Sym) *found = NULL;

    if (bucket_count == 0)
        return NULL;
    for (uint32_t index = buckets[hash % bucket_count]; index >= first && index != 0; index++) {
        uint32_t chain = chains[index - first];
        if (((chain | 1) == (hash | 1) && consider(tables, index, name, &found)) || chain & 1)
            break;
    }
    return found;
}

/* Layout of DT_HASH: nbucket, nchain (which is the number of symbols), buckets, chains. */
static const ElfW(Sym) * find_by_number(const struct dynsym *tables, const char *name)
{
    const ElfW(Sym) *found = NULL;

    for (uint32_t index = 1; index < tables->hash[1]; index++)
        if (consider(tables, index, name, &found))
            break;
    return found;
}

const ElfW(Sym) * dynsym_find(const struct dynsym *tables, const char *name)
{
    if (tables->gnu_hash != NULL)
        return find_by_gnu_hash(tables, name);
    return tables->hash != NULL ? find_by_number(tables, name) : NULL;
}

uint32_t dynsym_undefined_end(const struct dynsym *tables)
{
    if (tables->gnu_hash != NULL)
        return tables->gnu_hash[1];
    return tables->hash != NULL ? tables->hash[1] : 0;
}

void *dynsym_function(const struct link_map *map, const char *name)
{
    struct dynsym tables;

    if (!dynsym_open(map, &tables))
        return NULL;
    const ElfW(Sym) *symbol = dynsym_find(&tables, name);
    if (symbol == NULL)
        return NULL;
    uintptr_t value = map->l_addr + symbol->st_value;
    if (ELF64_ST_TYPE(symbol->st_info) != STT_GNU_IFUNC)
        return (void *)value;
    return ((void *(*)(unsigned long))value)(getauxval(AT_HWCAP));
}

bool dynsym_answers_all(const struct link_map *map, const char *name)
{
    struct dynsym tables;

    if (!dynsym_open(map, &tables))
        return false;
    const ElfW(Sym) *symbol = dynsym_find(&tables, name);
    return symbol != NULL && (tables.versions == NULL || (tables.versions[symbol - tables.symbols] &
                                                          VERSION_MASK) == VER_NDX_GLOBAL);
}

static const void *further(const void *base, uint32_t bytes)
{
    return (const char *)base + bytes;
}

const char *dynsym_wanted_version(const struct dynsym *tables, unsigned index)
{
    if (tables->versions == NULL || tables->needed_versions == NULL)
        return NULL;
    unsigned wanted = tables->versions[index] & VERSION_MASK;

    for (const ElfW(Verneed) *need = tables->needed_versions;;
         need = further(need, need->vn_next)) {
        const ElfW(Vernaux) *version = further(need, need->vn_aux);
        for (unsigned i = 0; i < need->vn_cnt; i++, version = further(version, version->vna_next))
            if ((version->vna_other & VERSION_MASK) == wanted)
                return tables->strings + version->vna_name;
        if (need->vn_next == 0)
            return NULL;
    }
}
