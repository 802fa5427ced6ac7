/* viewer/symbols_names.c - the ELF symbol at an address, for code without debug information */
/* SPDX-License-Identifier: MIT */

#include "viewer/symbols_names.h"

#include <stdlib.h>

#include "viewer/ranges.h"
#include "viewer/xalloc.h"

struct name {
    GElf_Addr start, end;
    GElf_Addr furthest; /* end of this one and all before */
    const char *text;
    unsigned rank; /* of those with the same start the last one is taken */
};

struct symbols_names {
    struct name *names; /* by start, then rank */
    size_t count, capacity;
};

/* The name that a linker would choose, then the one that has a size. */
static unsigned rank_of(const GElf_Sym *symbol)
{
    unsigned binding = GELF_ST_BIND(symbol->st_info);

    return (binding == STB_GLOBAL ? 4u : binding == STB_WEAK ? 2u : 0u) + (symbol->st_size != 0);
}

static bool is_code(const GElf_Sym *symbol)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static int compare_names(const void *left, const void *right)
{
    const struct name *a = left, *b = right;

    if (a->start != b->start)
        return a->start > b->start ? 1 : -1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? 1 : -1;
    return (a->text < b->text) - (a->text > b->text); /* the first one of the string table last */
}

struct symbols_names *symbols_names_new(Dwfl_Module *module)
{
    struct symbols_names *names = xalloc_zeroed(1, sizeof(*names));
    int count = dwfl_module_getsymtab(module);

    for (int i = 1; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr start;
        const char *text = dwfl_module_getsym_info(module, i, &symbol, &start, NULL, NULL, NULL);
        if (text == NULL || text[0] == '\0' || !is_code(&symbol))
            continue;
        names->names =
            xalloc_grown(names->names, names->count, &names->capacity, sizeof(*names->names));
        names->names[names->count++] = (struct name){
            .start = start,
            .end = start + (symbol.st_size != 0 ? symbol.st_size : 1),
            .text = text,
            .rank = rank_of(&symbol),
        };
    }
    if (names->count != 0)
        qsort(names->names, names->count, sizeof(*names->names), compare_names);
    for (size_t i = 0; i < names->count; i++) {
        GElf_Addr before = i > 0 ? names->names[i - 1].furthest : 0;
        names->names[i].furthest = names->names[i].end > before ? names->names[i].end : before;
    }
    return names;
}

void symbols_names_free(struct symbols_names *names)
{
    if (names == NULL)
        return;
    free(names->names);
    free(names);
}

const char *symbols_names_at(const struct symbols_names *names, GElf_Addr address)
{
    size_t low = ranges_upto(names->names, names->count, sizeof(*names->names), address);

    while (low > 0 && names->names[low - 1].furthest > address) {
        if (address < names->names[low - 1].end)
            return names->names[low - 1].text;
        low--;
    }
    return NULL;
}
