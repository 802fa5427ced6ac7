/* tests/heap/early.c - a library that allocates before anything else is ready */
/* SPDX-License-Identifier: MIT */

/* The loader asks the resolver of an indirect function when it relocates this library. */
#include "tests/heap/early.h"

#include <malloc.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static struct early early_blocks;

static int answer(void)
{
    return 42;
}

static int (*resolve_answer(void))(void)
{
    early_blocks.plain = malloc(100);
    early_blocks.zeroed = calloc(10, 20);
    early_blocks.resized = realloc(malloc(16), 200);
    if (posix_memalign(&early_blocks.aligned, 256, 100) != 0)
        early_blocks.aligned = NULL;
    free(malloc(50));
    early_blocks.usable = malloc_usable_size(early_blocks.plain);
    return answer;
}

EXPORT int early_answer(void) __attribute__((ifunc("resolve_answer")));

EXPORT const struct early *early_get(void)
{
    return &early_blocks;
}

/* A use of it that is relocated when the library is. */
int (*volatile early_pointer)(void) = early_answer;

__attribute__((constructor)) static void begin(void)
{
    early_blocks.constructed = malloc(70);
}
