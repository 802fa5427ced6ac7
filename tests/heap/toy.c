/* tests/heap/toy.c - a preloaded allocator that calls itself by name */
/* SPDX-License-Identifier: MIT */

/*
 * calloc and realloc are made of malloc and free, which are called by name: who is in front of this
 * library sees both the outer call and the inner ones.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

EXPORT void *malloc(size_t size)
{
    return __libc_malloc(size);
}

EXPORT void free(void *block)
{
    __libc_free(block);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *block;

    if (__builtin_mul_overflow(count, size, &bytes) || (block = malloc(bytes)) == NULL)
        return NULL;
    return memset(block, 0, bytes);
}

EXPORT void *realloc(void *block, size_t size)
{
    size_t old_size = block != NULL ? malloc_usable_size(block) : 0;
    void *fresh = malloc(size);

    if (fresh == NULL)
        return NULL;
    if (block != NULL) {
        memcpy(fresh, block, old_size < size ? old_size : size);
        free(block);
    }
    return fresh;
}
