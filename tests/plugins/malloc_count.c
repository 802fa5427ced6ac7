/* tests/plugins/malloc_count.c: counts the calls of the malloc family of a whole process. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/malloc_count.h"

#include <stdatomic.h>
#include <stdlib.h>

/* The C library's own, under names that nobody interposes. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static atomic_ulong calls;

unsigned long malloc_count(void)
{
    return atomic_load(&calls);
}

void *malloc(size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_realloc(block, size);
}

void free(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&calls, 1);
    __libc_free(block);
}
