/* tests/bench/twin.c: the forwarding functions of both twins. */
/* SPDX-License-Identifier: MIT */

/*
 * Included by twin_noop.c and twin_stamp.c, so that their hooks can be compiled into each function.
 * Before the constructor has run, calls go to the C library's own entry points.
 */

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/bench/twin.h"

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static struct {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t);
    size_t (*usable)(void *);
} real = {__libc_malloc, __libc_free, __libc_calloc, __libc_realloc, __libc_memalign, NULL};

static void resolve(void **slot, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found != NULL)
        *slot = found;
}

static __attribute__((constructor)) void resolve_all(void)
{
    resolve((void **)&real.malloc, "malloc");
    resolve((void **)&real.free, "free");
    resolve((void **)&real.calloc, "calloc");
    resolve((void **)&real.realloc, "realloc");
    resolve((void **)&real.memalign, "memalign");
    resolve((void **)&real.usable, "malloc_usable_size");
}

EXPORT void *malloc(size_t bytes)
{
    void *block = real.malloc(bytes);

    twin_allocated(block, bytes);
    return block;
}

EXPORT void free(void *block)
{
    if (block != NULL)
        twin_freeing(block);
    real.free(block);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
    void *block = real.calloc(count, bytes);

    twin_allocated(block, count * bytes);
    return block;
}

EXPORT void *realloc(void *old, size_t bytes)
{
    if (old != NULL)
        twin_freeing(old);
    void *block = real.realloc(old, bytes);
    twin_allocated(block, bytes);
    return block;
}

EXPORT void *reallocarray(void *old, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, total);
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
    void *block = real.memalign(alignment, bytes);

    twin_allocated(block, bytes);
    return block;
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t bytes)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    int kept = errno;
    void *block = memalign(alignment, bytes);
    errno = kept;
    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

EXPORT void *valloc(size_t bytes)
{
    return memalign(4096, bytes);
}

EXPORT void *pvalloc(size_t bytes)
{
    return memalign(4096, (bytes + 4095) & ~(size_t)4095);
}

EXPORT size_t malloc_usable_size(void *block)
{
    return real.usable != NULL ? real.usable(block) : 0;
}
