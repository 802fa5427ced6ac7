/* shim/scope.c - what a name is bound to in an object */
/* SPDX-License-Identifier: MIT */

#include "shim/scope.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "shim/loaded.h"
#include "shim/nested.h"
#include "shim/originals.h"
#include "tracer/dynsym.h"
#include "tracer/lock.h"

#define RETURN_INSTRUCTION 0xc3 /* x86-64 */

/* In scope_*.S: calls dlsym or dlvsym(RTLD_DEFAULT, name, version), which return to at_return, in
 * another object, and from there to us. NULL at_return: not possible here. */
void *scope_ask(void *function, const void *at_return, const char *name, const char *version);
int scope_can_ask(void);

/* Any byte will do that is a return instruction when it is jumped to. */
static const void *find_return(const struct link_map *object)
{
    struct dl_find_object found;

    if (_dl_find_object(object->l_ld, &found) != 0)
        return NULL;
    const ElfW(Ehdr) *header = found.dlfo_map_start;
    size_t mapped = (size_t)((char *)found.dlfo_map_end - (char *)found.dlfo_map_start);
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phoff > mapped ||
        header->e_phnum > (mapped - header->e_phoff) / sizeof(ElfW(Phdr)))
        return NULL;
    const ElfW(Phdr) *segment = (const void *)((const char *)header + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type != PT_LOAD || (segment[i].p_flags & PF_X) == 0)
            continue;
        const unsigned char *code = (const unsigned char *)(object->l_addr + segment[i].p_vaddr);
        for (size_t at = 0; at < segment[i].p_filesz; at++)
            if (code[at] == RETURN_INSTRUCTION)
                return &code[at];
    }
    return NULL;
}

static void *find_elsewhere(const struct link_map *object, const char *name)
{
    void *found = originals.dlsym(RTLD_DEFAULT, name);

    if (found == NULL)
        found = originals.dlsym((void *)(uintptr_t)object, name); /* a handle is a link map */
    return found;
}

/* dlvsym wants the very version, whereas the loader, when it binds, takes the first definition of
 * the name that has this version or none. */
static void *find_version(const void *at_return, const char *name, const char *version)
{
    void *first = scope_ask((void *)originals.dlsym, at_return, name, NULL);
    const struct link_map *definer = first != NULL ? loaded_at(first) : NULL;

    if (version == NULL || definer == NULL || dynsym_answers_all(definer, name))
        return first;
    void *exact = scope_ask((void *)originals.dlvsym, at_return, name, version);
    return exact != NULL ? exact : first;
}

/* The loader may allocate for its own tables or an error message, with a call stack that leads
 * through the object: nothing to record. */
void *scope_find(const struct link_map *object, const char *name, const char *version)
{
    const void *at_return = scope_can_ask() ? find_return(object) : NULL;
    int kept_errno = errno;
    struct lock_mask mask;

    lock_block_signals(&mask);
    struct nested outer = nested_in;
    nested_possible = true;
    nested_in = (struct nested){.frame = NESTED_EVERYTHING};
    void *found =
        at_return != NULL ? find_version(at_return, name, version) : find_elsewhere(object, name);
    dlerror(); /* our questions, not the host's */
    nested_in = outer;
    lock_unblock_signals(&mask);
    errno = kept_errno;
    return found;
}
