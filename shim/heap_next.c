/* shim/heap_next.c - the functions behind the ones that we export */
/* SPDX-License-Identifier: MIT */

#include "shim/heap_next.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shim/exported.h"
#include "shim/heap_boot.h"
#include "shim/heap_gates.h"
#include "shim/hooks_pool.h"
#include "shim/loaded.h"
#include "tracer/dynsym.h"

struct heap_next heap_next;
const struct nested_code *heap_next_code;

enum place {
#define HOOK(name, symbol, arguments) PLACE_##name,
    HOOKS_FAMILY HOOKS_THREADS
#undef HOOK
};
#define HOOK(name, symbol, arguments)                                                              \
    _Static_assert(offsetof(struct heap_next, name) == sizeof(void *) * PLACE_##name,              \
                   "the gates find it there");
HOOKS_FAMILY HOOKS_THREADS
#undef HOOK

    /* The same, where the arena's blocks are known not to come. */
    static struct heap_next found;
static void *libc_reallocarray;

/* ---- what nobody else defines ---------------------------------------------------------------- */

static void provided_cfree(void *block)
{
    HEAP_NEXT(free)(block);
}

static void provided_free_sized(void *block, size_t size)
{
    (void)size;
    HEAP_NEXT(free)(block);
}

static void provided_free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment, (void)size;
    HEAP_NEXT(free)(block);
}

/* The C library's own calls realloc by name, which is ours; so it is done here, to be seen once. */
static void *provided_reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return HEAP_NEXT(realloc)(block, bytes);
}

/* ---- with blocks of the arena about ---------------------------------------------------------- */

static void careful_free(void *block)
{
    if (!heap_boot_owns(block))
        found.free(block);
}

static void careful_cfree(void *block)
{
    if (!heap_boot_owns(block))
        found.cfree(block);
}

static void careful_free_sized(void *block, size_t size)
{
    if (!heap_boot_owns(block))
        found.free_sized(block, size);
}

static void careful_free_aligned_sized(void *block, size_t alignment, size_t size)
{
    if (!heap_boot_owns(block))
        found.free_aligned_sized(block, alignment, size);
}

static void *careful_realloc(void *block, size_t size)
{
    if (!heap_boot_owns(block))
        return found.realloc(block, size);
    size_t old_size = heap_boot_size(block);
    void *fresh = found.malloc(size);
    if (fresh != NULL)
        memcpy(fresh, block, old_size < size ? old_size : size);
    return fresh;
}

static void *careful_reallocarray(void *block, size_t count, size_t size)
{
    return heap_boot_owns(block) ? provided_reallocarray(block, count, size)
                                 : found.reallocarray(block, count, size);
}

static size_t careful_usable_size(void *block)
{
    return heap_boot_owns(block) ? heap_boot_size(block) : found.malloc_usable_size(block);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* `careful`: to be used instead when there are blocks of the arena. */
static const struct wanted {
    const char *name;
    void **found;
    void **used;
    void *provided;
    void *careful;
} wanted[] = {
#define WANTED(name) #name, (void **)&found.name, (void **)&heap_next.name
    {WANTED(malloc), NULL, NULL},
    {WANTED(calloc), NULL, NULL},
    {WANTED(realloc), NULL, (void *)careful_realloc},
    {WANTED(reallocarray), (void *)provided_reallocarray, (void *)careful_reallocarray},
    {WANTED(free), NULL, (void *)careful_free},
    {WANTED(cfree), (void *)provided_cfree, (void *)careful_cfree},
    {WANTED(memalign), NULL, NULL},
    {WANTED(aligned_alloc), NULL, NULL},
    {WANTED(posix_memalign), NULL, NULL},
    {WANTED(valloc), NULL, NULL},
    {WANTED(pvalloc), NULL, NULL},
    {WANTED(free_sized), (void *)provided_free_sized, (void *)careful_free_sized},
    {WANTED(free_aligned_sized), (void *)provided_free_aligned_sized,
     (void *)careful_free_aligned_sized},
    {WANTED(pthread_create), NULL, NULL},
    {WANTED(thrd_create), NULL, NULL},
    {WANTED(malloc_usable_size), NULL, (void *)careful_usable_size},
#undef WANTED
};
#define WANTED_COUNT (sizeof(wanted) / sizeof(wanted[0]))

/* In the objects behind this library, up to the C library: those that the process started with
 * come first in the list, and they are never unloaded. */
static void *find(const char *name, const struct link_map *libc, void *provided)
{
    const struct link_map *own = loaded_self();

    for (const struct link_map *map = own != NULL ? own->l_next : NULL; map != NULL;
         map = map->l_next) {
        void *function = dynsym_function(map, name);
        if (function != NULL)
            return function;
        if (map == libc)
            return provided;
    }
    void *function = dynsym_function(libc, name); /* we are not in front of it */
    return function != NULL ? function : provided;
}

bool heap_next_resolve(void)
{
    if (!heap_boot_over())
        return false;
    const struct link_map *libc = loaded_libc();

    if (libc == NULL)
        abort();
    libc_reallocarray = dynsym_function(libc, "reallocarray");
    for (size_t i = 0; i < WANTED_COUNT; i++) {
        void *function = find(wanted[i].name, libc, wanted[i].provided);
        if (function == NULL)
            abort(); /* a C library without it: nothing that needs it could have been loaded */
        if (function == libc_reallocarray)
            function = (void *)provided_reallocarray;
        __atomic_store_n(wanted[i].found, function, __ATOMIC_RELAXED);
    }
    static struct nested_code code;
    if (nested_code_of((void *)found.malloc, &code))
        heap_next_code = &code;
    /* In a second round: from here on they call each other. */
    for (size_t i = 0; i < WANTED_COUNT; i++)
        __atomic_store_n(wanted[i].used,
                         heap_boot_used() && wanted[i].careful != NULL ? wanted[i].careful
                                                                       : *wanted[i].found,
                         __ATOMIC_RELEASE);
    return true;
}

/* ---- by address ------------------------------------------------------------------------------ */

static const struct {
    void *exported;
    void **behind;
} exported[] = {
#define HOOK(name, symbol, arguments) {(void *)name, (void **)&heap_next.name},
    HOOKS_FAMILY HOOKS_THREADS
#undef HOOK
};

void *heap_next_behind(void *function)
{
    if (HEAP_NEXT(malloc) == NULL)
        heap_next_resolve();
    if (function == libc_reallocarray)
        return (void *)heap_next.reallocarray;
    for (size_t i = 0; i < sizeof(exported) / sizeof(exported[0]); i++)
        if (function == exported[i].exported)
            return *exported[i].behind;
    return function;
}

void *heap_next_exported(void *function)
{
    for (size_t i = 0; i < sizeof(exported) / sizeof(exported[0]); i++)
        if (function == *exported[i].behind)
            return exported[i].exported;
    return function;
}
