/* tests/minihost/memory.h: the host's memory, as plug-ins and the host itself use it. */
/* SPDX-License-Identifier: MIT */

/*
 * Two sets of NPN_Mem* functions do the same and are counted apart, so that one can see which a
 * plug-in has reached after its table was rewritten. What the host allocates for a plug-in or frees
 * for it internally (strings, arrays, variants) goes past both and is not counted.
 * Safe from any thread; with --mem=arena also from signal handlers.
 */

#ifndef NPNTRACE_TESTS_MINIHOST_MEMORY_H
#define NPNTRACE_TESTS_MINIHOST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { MEMORY_SETS = 2, MEMORY_ERRNO = 777 };

struct memory_set {
    void *(*memalloc)(uint32_t size);
    void (*memfree)(void *block);
    uint32_t (*memflush)(uint32_t size);
};

extern const struct memory_set memory_sets[MEMORY_SETS];

/* The host's own use of the same memory. */
void *memory_own_alloc(size_t bytes);
void memory_own_free(void *block);
char *memory_own_string(const char *text);

/* Says what was counted. */
void memory_say_counts(void);

#endif
