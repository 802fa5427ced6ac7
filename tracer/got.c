/* tracer/got.c - redirecting what one object calls in others */
/* SPDX-License-Identifier: MIT */

#include "tracer/got.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracer/region.h"

#if defined(__x86_64__)
#define RELOCATION_CALL R_X86_64_JUMP_SLOT
#define RELOCATION_ADDRESS R_X86_64_GLOB_DAT
#define RELOCATION_POINTER R_X86_64_64
#else
#define RELOCATION_CALL R_AARCH64_JUMP_SLOT
#define RELOCATION_ADDRESS R_AARCH64_GLOB_DAT
#define RELOCATION_POINTER R_AARCH64_ABS64
#endif

/* The loader has already turned d_ptr into addresses. */
struct linkage {
    const ElfW(Rela) * calls;
    size_t calls_bytes;
    const ElfW(Rela) * others;
    size_t others_bytes;
    size_t relative; /* of them: the first ones, without symbols */
    const ElfW(Sym) * symbols;
    const char *strings;
};

static struct linkage linkage_of(const struct link_map *object)
{
    struct linkage linkage = {.calls_bytes = 0};

    for (const ElfW(Dyn) *entry = object->l_ld; entry->d_tag != DT_NULL; entry++)
        switch (entry->d_tag) {
        case DT_JMPREL: linkage.calls = (const void *)entry->d_un.d_ptr; break;
        case DT_PLTRELSZ: linkage.calls_bytes = entry->d_un.d_val; break;
        case DT_RELA: linkage.others = (const void *)entry->d_un.d_ptr; break;
        case DT_RELASZ: linkage.others_bytes = entry->d_un.d_val; break;
        case DT_RELACOUNT: linkage.relative = entry->d_un.d_val; break;
        case DT_SYMTAB: linkage.symbols = (const void *)entry->d_un.d_ptr; break;
        case DT_STRTAB: linkage.strings = (const void *)entry->d_un.d_ptr; break;
        default: break;
        }
    return linkage;
}

bool got_store(void **slot, void *to)
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

static bool slot_of(const struct link_map *object, const struct linkage *linkage,
                    const ElfW(Rela) * relocation, struct got_slot *ret_slot)
{
    unsigned symbol = (unsigned)ELF64_R_SYM(relocation->r_info);

    if (symbol == 0)
        return false;
    switch (ELF64_R_TYPE(relocation->r_info)) {
    case RELOCATION_CALL: ret_slot->kind = GOT_CALL; break;
    case RELOCATION_ADDRESS: ret_slot->kind = GOT_ADDRESS; break;
    case RELOCATION_POINTER: ret_slot->kind = GOT_POINTER; break;
    default: return false;
    }
    if (relocation->r_addend != 0)
        return false;
    ret_slot->symbol = symbol;
    ret_slot->name = linkage->strings + linkage->symbols[symbol].st_name;
    ret_slot->at = (void **)(object->l_addr + relocation->r_offset);
    return true;
}

/* Whether the slot's symbol is one of those asked for. */
static bool is_among(const ElfW(Rela) * relocation, const unsigned *symbols, unsigned count)
{
    unsigned symbol = (unsigned)ELF64_R_SYM(relocation->r_info);

    for (unsigned i = 0; i < count; i++)
        if (symbols[i] == symbol)
            return true;
    return symbols == NULL;
}

void got_each_of(const struct link_map *object, const unsigned *symbols, unsigned count,
                 void (*visit)(const struct got_slot *slot, void *context), void *context)
{
    struct linkage linkage = linkage_of(object);
    const ElfW(Rela) *calls = linkage.calls, *others = linkage.others;
    struct got_slot slot;

    if (linkage.symbols == NULL || linkage.strings == NULL)
        return;
    for (size_t i = 0; calls != NULL && i < linkage.calls_bytes / sizeof(*calls); i++)
        if (is_among(&calls[i], symbols, count) && slot_of(object, &linkage, &calls[i], &slot))
            visit(&slot, context);
    for (size_t i = linkage.relative; others != NULL && i < linkage.others_bytes / sizeof(*others);
         i++)
        if (is_among(&others[i], symbols, count) && slot_of(object, &linkage, &others[i], &slot))
            visit(&slot, context);
}

void got_each(const struct link_map *object,
              void (*visit)(const struct got_slot *slot, void *context), void *context)
{
    got_each_of(object, NULL, 0, visit, context);
}

struct wanted {
    const char *function;
    void *to;
    bool stored;
};

static void redirect_if_wanted(const struct got_slot *slot, void *context)
{
    struct wanted *wanted = context;

    if (slot->kind == GOT_CALL && !wanted->stored && strcmp(slot->name, wanted->function) == 0)
        wanted->stored = got_store(slot->at, wanted->to);
}

bool got_redirect(const struct link_map *object, const char *function, void *to)
{
    struct wanted wanted = {.function = function, .to = to};

    got_each(object, redirect_if_wanted, &wanted);
    return wanted.stored;
}
