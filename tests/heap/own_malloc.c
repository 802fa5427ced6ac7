/* tests/heap/own_malloc.c - an allocator that is linked into a plug-in */
/* SPDX-License-Identifier: MIT */

/* Visible or hidden, as it is compiled. */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/heap/say.h"

#define ARENA_BYTES 65536
#define ALIGNMENT 16

static _Alignas(ALIGNMENT) char arena[ARENA_BYTES];
static size_t used;

void *malloc(size_t size)
{
    size_t bytes = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

    if (bytes < size || ARENA_BYTES - used < bytes)
        return NULL;
    used += bytes;
    return &arena[used - bytes];
}

void *calloc(size_t count, size_t size)
{
    return malloc(count * size);
}

/* Blocks of others are left to nobody: a plug-in with its own allocator gets none. */
void free(void *block)
{
    if (block != NULL && ((char *)block < arena || (char *)block >= arena + ARENA_BYTES))
        say("own malloc: a foreign block\n");
}
