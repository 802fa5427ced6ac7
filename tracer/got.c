/* tracer/got.c - redirecting what one object calls in others */
/* SPDX-License-Identifier: MIT */

#include "tracer/got.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracer/region.h"

/* The loader has already turned d_ptr into addresses. */
struct linkage {
    const ElfW(Rela) * relocations;
    size_t bytes;
    const ElfW(Sym) * symbols;
    const char *strings;
};

static struct linkage linkage_of(const struct link_map *object)
{
    struct linkage linkage = {.bytes = 0};

    for (const ElfW(Dyn) *entry = object->l_ld; entry->d_tag != DT_NULL; entry++)
        switch (entry->d_tag) {
        case DT_JMPREL: linkage.relocations = (const void *)entry->d_un.d_ptr; break;
        case DT_PLTRELSZ: linkage.bytes = entry->d_un.d_val; break;
        case DT_SYMTAB: linkage.symbols = (const void *)entry->d_un.d_ptr; break;
        case DT_STRTAB: linkage.strings = (const void *)entry->d_un.d_ptr; break;
        default: break;
        }
    return linkage;
}

static bool store(void **slot, void *to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)slot & ~(page - 1));
    struct region region;

    if (!region_find((uintptr_t)slot, &region))
        return false;
    if (!region.writable && mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return false;
    __atomic_store_n(slot, to, __ATOMIC_RELEASE);
    if (!region.writable)
        mprotect(start, page, PROT_READ);
    return true;
}

bool got_redirect(const struct link_map *object, const char *function, void *to)
{
    struct linkage linkage = linkage_of(object);

    if (linkage.relocations == NULL || linkage.symbols == NULL || linkage.strings == NULL)
        return false;
    for (size_t i = 0; i < linkage.bytes / sizeof(*linkage.relocations); i++) {
        const ElfW(Rela) *relocation = &linkage.relocations[i];
        const ElfW(Sym) *symbol = &linkage.symbols[ELF64_R_SYM(relocation->r_info)];
        if (strcmp(linkage.strings + symbol->st_name, function) == 0)
            return store((void **)(object->l_addr + relocation->r_offset), to);
    }
    return false;
}
