/* tracer/object.c - what the loader knows of the ELF object at an address */
/* SPDX-License-Identifier: MIT */

#include "tracer/object.h"

#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

bool object_at(uint64_t address, struct object *ret_object)
{
    struct dl_find_object found;

    if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
        return false;
    const struct link_map *map = found.dlfo_link_map;
    uint64_t start = (uintptr_t)found.dlfo_map_start;
    *ret_object = (struct object){
        .start = start,
        .end = (uintptr_t)found.dlfo_map_end,
        .bias = map->l_addr,
        .eh_frame_header = (uintptr_t)found.dlfo_eh_frame,
        .name = map->l_name != NULL ? map->l_name : "",
        .is_main = map->l_prev == NULL && (map->l_name == NULL || map->l_name[0] == '\0'),
        .is_vdso = start == getauxval(AT_SYSINFO_EHDR),
    };
    return true;
}

static bool take_note(const ElfW(Nhdr) * note, struct build_id *ret_id)
{
    const char *name = (const char *)(note + 1);

    if (note->n_type != NT_GNU_BUILD_ID || note->n_namesz != 4 || memcmp(name, "GNU", 4) != 0)
        return false;
    ret_id->count =
        (uint8_t)(note->n_descsz < RING_BUILD_ID_BYTES ? note->n_descsz : RING_BUILD_ID_BYTES);
    memcpy(ret_id->bytes, name + 4, ret_id->count);
    return true;
}

static bool scan_notes(uint64_t at, uint64_t end, struct build_id *ret_id)
{
    while (at + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *note = (const void *)(uintptr_t)at;
        uint64_t bytes =
            sizeof(*note) + ((note->n_namesz + 3u) & ~3ull) + ((note->n_descsz + 3u) & ~3ull);
        if (at + bytes > end)
            break;
        if (take_note(note, ret_id))
            return true;
        at += bytes;
    }
    return false;
}

void object_build_id(const struct object *object, struct build_id *ret_id)
{
    const ElfW(Ehdr) *header = (const void *)(uintptr_t)object->start;

    *ret_id = (struct build_id){.count = 0};
    /* The first segment of every object that the loader maps begins with the ELF header. */
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phoff + (uint64_t)header->e_phnum * sizeof(ElfW(Phdr)) > 4096)
        return;
    const ElfW(Phdr) *segment = (const void *)(uintptr_t)(object->start + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        uint64_t at = object->bias + segment[i].p_vaddr;
        if (segment[i].p_type == PT_NOTE && at >= object->start &&
            at + segment[i].p_memsz <= object->end &&
            scan_notes(at, at + segment[i].p_memsz, ret_id))
            return;
    }
}

static unsigned copy(const char *text, char *path, unsigned capacity)
{
    size_t length = strlen(text);

    if (length >= capacity)
        length = capacity - 1;
    memcpy(path, text, length);
    path[length] = '\0';
    return (unsigned)length;
}

unsigned object_path(const struct object *object, char *path, unsigned capacity)
{
    if (object->is_main) {
        long got = syscall(SYS_readlinkat, -100 /* AT_FDCWD */, "/proc/self/exe", path,
                           (long)capacity - 1);
        path[got < 0 ? 0 : got] = '\0';
        return got < 0 ? 0 : (unsigned)got;
    }
    if (object->name[0] == '/' || object->is_vdso || strchr(object->name, '/') == NULL)
        return copy(object->name, path, capacity);
    /* Opened by a relative path: relative to the directory of that moment, which is most likely
     * this one. */
    long got = syscall(SYS_getcwd, path, (long)capacity); /* counts the NUL */
    if (got <= 1 || path[0] != '/' || (unsigned)got + strlen(object->name) + 1 > capacity)
        return copy(object->name, path, capacity);
    path[got - 1] = '/';
    return (unsigned)got + copy(object->name, path + got, capacity - (unsigned)got);
}
