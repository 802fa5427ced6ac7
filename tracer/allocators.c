/* tracer/allocators.c - allocators whose calls cannot be seen */
/* SPDX-License-Identifier: MIT */

#include "tracer/allocators.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracer/dynsym.h"
#include "tracer/got.h"

static const struct link_map *object_of(const void *address)
{
    struct dl_find_object object;

    return _dl_find_object((void *)(uintptr_t)address, &object) == 0 ? object.dlfo_link_map : NULL;
}

static const struct link_map *self(void)
{
    return object_of((void *)(uintptr_t)allocators_unseen);
}

static const struct link_map *head_of(const struct link_map *object)
{
    while (object->l_prev != NULL)
        object = object->l_prev;
    return object;
}

static bool defines_malloc(const struct link_map *object)
{
    struct dynsym tables;

    return dynsym_open(object, &tables) && dynsym_find(&tables, "malloc") != NULL;
}

/* The one that our own calls go on to: the first behind us. */
static bool is_next(const struct link_map *object)
{
    const struct link_map *map = self()->l_next;

    while (map != NULL && !defines_malloc(map))
        map = map->l_next;
    return map == object;
}

static bool is_before_us(const struct link_map *object)
{
    for (const struct link_map *map = self()->l_prev; map != NULL; map = map->l_prev)
        if (map == object)
            return true;
    return false;
}

/* The one that everybody calls who is not deeply bound. */
static const struct link_map *first(void)
{
    const struct link_map *map = head_of(self());

    while (map != NULL && !defines_malloc(map))
        map = map->l_next;
    return map;
}

/* ---- where its calls lead --------------------------------------------------------------- */

struct calls {
    const struct link_map *object;
    const struct link_map *first;
    unsigned ours;      /* slots that lead to us */
    unsigned unbound;   /* or will, unless the object is deeply bound */
    unsigned elsewhere; /* slots that lead past us */
};

static const char *const family[] = {"malloc", "calloc", "realloc", "free"};
#define FAMILY (sizeof(family) / sizeof(family[0]))

/* The symbols by which the object refers to them: undefined, or its own. */
static unsigned family_symbols(const struct link_map *object, unsigned symbols[2 * FAMILY])
{
    struct dynsym tables;
    unsigned count = 0;

    if (!dynsym_open(object, &tables))
        return 0;
    for (size_t i = 0; i < FAMILY; i++) {
        const ElfW(Sym) *own = dynsym_find(&tables, family[i]);
        if (own != NULL)
            symbols[count++] = (unsigned)(own - tables.symbols);
    }
    uint32_t end = dynsym_undefined_end(&tables);
    for (uint32_t index = 1; index < end && count < 2 * FAMILY; index++) {
        const char *name = tables.strings + tables.symbols[index].st_name;
        for (size_t i = 0; i < FAMILY; i++)
            if (name[0] == family[i][0] && tables.symbols[index].st_shndx == SHN_UNDEF &&
                strcmp(name, family[i]) == 0)
                symbols[count++] = index;
    }
    return count;
}

static void count_slot(const struct got_slot *slot, void *context)
{
    struct calls *calls = context;
    void *value = __atomic_load_n(slot->at, __ATOMIC_ACQUIRE);

    if (value == NULL)
        return;
    const struct link_map *target = object_of(value);
    if (target == self())
        calls->ours++;
    else if (target == calls->object && slot->kind == GOT_CALL)
        calls->unbound++;
    else if (target != calls->first && (target == NULL || defines_malloc(target)))
        calls->elsewhere++; /* not by way of a program's PLT entry, which is where the function is
                               for those who take its address */
}

static struct calls calls_of(const struct link_map *object)
{
    struct calls calls = {.object = object, .first = first()};
    unsigned symbols[2 * FAMILY];
    unsigned count = family_symbols(object, symbols);

    if (count > 0)
        got_each_of(object, symbols, count, count_slot, &calls);
    return calls;
}

/* ---- hidden symbols --------------------------------------------------------------------- */

struct file {
    const unsigned char *bytes; /* mapped; NULL: cannot be read */
    size_t size;
};

static struct file map_file(const char *path)
{
    struct file file = {.bytes = NULL};
    long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0)
        return file;
    long end = syscall(SYS_lseek, descriptor, 0L, SEEK_END);
    if (end > (long)sizeof(ElfW(Ehdr))) {
        void *at = mmap(NULL, (size_t)end, PROT_READ, MAP_PRIVATE, (int)descriptor, 0);
        if (at != MAP_FAILED)
            file = (struct file){.bytes = at, .size = (size_t)end};
    }
    syscall(SYS_close, descriptor);
    return file;
}

static bool holds(const struct file *file, uint64_t offset, uint64_t bytes)
{
    return offset <= file->size && bytes <= file->size - offset;
}

static bool has_malloc(const struct file *file, const ElfW(Shdr) * symbols,
                       const ElfW(Shdr) * strings)
{
    const ElfW(Sym) *symbol = (const void *)(file->bytes + symbols->sh_offset);
    const char *names = (const char *)file->bytes + strings->sh_offset;

    if (!holds(file, symbols->sh_offset, symbols->sh_size) ||
        !holds(file, strings->sh_offset, strings->sh_size) || strings->sh_size == 0 ||
        names[strings->sh_size - 1] != '\0')
        return false;
    for (size_t i = 0; i < symbols->sh_size / sizeof(*symbol); i++)
        if (symbol[i].st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC &&
            symbol[i].st_name < strings->sh_size &&
            strcmp(names + symbol[i].st_name, "malloc") == 0)
            return true;
    return false;
}

static bool symbol_table_has_malloc(const struct file *file)
{
    const ElfW(Ehdr) *header = (const void *)file->bytes;

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_shentsize != sizeof(ElfW(Shdr)) ||
        !holds(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(ElfW(Shdr))))
        return false;
    const ElfW(Shdr) *sections = (const void *)(file->bytes + header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_link < header->e_shnum &&
            has_malloc(file, &sections[i], &sections[sections[i].sh_link]))
            return true;
    return false;
}

static bool file_has_malloc(const struct link_map *object)
{
    const char *path =
        object->l_name != NULL && *object->l_name != '\0' ? object->l_name : "/proc/self/exe";
    struct file file = map_file(path);

    if (file.bytes == NULL)
        return false;
    bool found = symbol_table_has_malloc(&file);
    munmap((void *)(uintptr_t)file.bytes, file.size);
    return found;
}

/* ---- all together ----------------------------------------------------------------------- */

/* The loader, the C library, ourselves: what they allocate is everybody's affair. The kernel's own
 * object has no tables that can be read. */
static bool is_system(const struct link_map *object)
{
    struct dynsym tables;

    return object == self() || object == object_of((void *)(uintptr_t)gnu_get_libc_version) ||
           !dynsym_open(object, &tables) || dynsym_find(&tables, "_dl_find_object") != NULL;
}

static enum allocators_unseen look(const struct link_map *object)
{
    if (self() == NULL || is_system(object))
        return ALLOCATORS_SEEN;
    struct calls calls = calls_of(object);
    if (head_of(object) != head_of(self()))
        return calls.unbound + calls.elsewhere > 0 ? ALLOCATORS_NAMESPACE : ALLOCATORS_SEEN;
    if (defines_malloc(object)) {
        if (is_next(object))
            return ALLOCATORS_SEEN;
        if (is_before_us(object))
            return ALLOCATORS_FIRST;
        return calls.ours == 0 ? ALLOCATORS_OWN : ALLOCATORS_SEEN;
    }
    if (calls.elsewhere > 0)
        return ALLOCATORS_BOUND;
    if (calls.ours + calls.unbound == 0 && file_has_malloc(object))
        return ALLOCATORS_HIDDEN;
    return ALLOCATORS_SEEN;
}

enum allocators_unseen allocators_unseen(const struct link_map *object)
{
    int kept_errno = errno;
    enum allocators_unseen unseen = look(object);

    errno = kept_errno;
    return unseen;
}

const char *allocators_unseen_text(enum allocators_unseen unseen)
{
    static const char *const texts[] = {
        [ALLOCATORS_OWN] = "has a malloc of its own",
        [ALLOCATORS_FIRST] = "has the malloc that everybody calls",
        [ALLOCATORS_NAMESPACE] = "is in a namespace of its own",
        [ALLOCATORS_BOUND] = "is bound to another malloc",
        [ALLOCATORS_HIDDEN] = "has a hidden malloc",
    };

    return texts[unseen];
}
