/* tests/heap/front.c - a preloaded library that hands calls on to the next one */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

static void *(*next_malloc)(size_t size) = __libc_malloc;
static void (*next_free)(void *block) = __libc_free;

__attribute__((constructor)) static void begin(void)
{
    *(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&next_free = dlsym(RTLD_NEXT, "free");
}

EXPORT void *malloc(size_t size)
{
    return next_malloc(size);
}

EXPORT void free(void *block)
{
    next_free(block);
}
