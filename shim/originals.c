/* shim/originals.c - the loader's own functions, behind the ones that we export */
/* SPDX-License-Identifier: MIT */

#include "shim/originals.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#define VERSION_BEFORE_2_34 "GLIBC_2.2.5"
#else
#define VERSION_BEFORE_2_34 "GLIBC_2.17"
#endif
#define VERSION_2_34 "GLIBC_2.34"

struct originals originals;

struct symbol_table {
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *gnu_hash;
};

/* The loader has already turned d_ptr into addresses. */
static struct symbol_table tables_of(const struct link_map *map)
{
    struct symbol_table table = {NULL, NULL, NULL};

    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        switch (entry->d_tag) {
        case DT_SYMTAB: table.symbols = (const void *)entry->d_un.d_ptr; break;
        case DT_STRTAB: table.strings = (const void *)entry->d_un.d_ptr; break;
        case DT_GNU_HASH: table.gnu_hash = (const void *)entry->d_un.d_ptr; break;
        default: break;
        }
    return table;
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
static void *find_function(const struct link_map *map, const char *name)
{
    struct symbol_table table = tables_of(map);
    uint32_t hash = gnu_hash_of(name);

    if (table.symbols == NULL || table.strings == NULL || table.gnu_hash == NULL)
        return NULL;
    uint32_t bucket_count = table.gnu_hash[0];
    uint32_t first = table.gnu_hash[1];
    const uint32_t *buckets = table.gnu_hash + 4 + table.gnu_hash[2] * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chains = buckets + bucket_count;
    uint32_t index = buckets[hash % bucket_count];

    for (; index >= first; index++) {
        uint32_t chain = chains[index - first];
        const ElfW(Sym) *symbol = &table.symbols[index];
        if ((chain | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF &&
            strcmp(table.strings + symbol->st_name, name) == 0)
            return (void *)(map->l_addr + symbol->st_value);
        if (chain & 1)
            break;
    }
    return NULL;
}

typedef void *dlvsym_function(void *, const char *, const char *);

static void *next(dlvsym_function *libc_dlvsym, const char *name)
{
    void *found = libc_dlvsym(RTLD_NEXT, name, VERSION_2_34);

    return found != NULL ? found : libc_dlvsym(RTLD_NEXT, name, VERSION_BEFORE_2_34);
}

void originals_resolve(void)
{
    struct dl_find_object libc;
    dlvsym_function *libc_dlvsym = NULL;

    if (_dl_find_object((void *)(uintptr_t)gnu_get_libc_version, &libc) == 0)
        libc_dlvsym = (dlvsym_function *)find_function(libc.dlfo_link_map, "dlvsym");
    if (libc_dlvsym == NULL)
        abort(); /* a C library without dlvsym: no host that loads plug-ins could run on it */
    originals.dlvsym = (dlvsym_function *)next(libc_dlvsym, "dlvsym");
    originals.dlclose = (int (*)(void *))next(libc_dlvsym, "dlclose");
    /* Last: dlsym.S takes it for the sign that all are there. */
    __atomic_store_n(&originals.dlsym, (void *(*)(void *, const char *))next(libc_dlvsym, "dlsym"),
                     __ATOMIC_RELEASE);
}
