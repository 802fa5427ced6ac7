/* shim/heap_boot.h - memory for calls before the loader has relocated this library */
/* SPDX-License-Identifier: MIT */

/*
 * The loader relocates objects one after the other, and may run code of one (resolvers of
 * STT_GNU_IFUNC symbols) while ours is not relocated yet. Such code finds our malloc all the same.
 * Until then nothing outside of this library can be called and no thread-local variable used,
 * errno included; only one thread exists. So it is served from a small static arena that is never
 * freed, and whose blocks are recognised for ever.
 */
#ifndef NPNTRACE_SHIM_HEAP_BOOT_H
#define NPNTRACE_SHIM_HEAP_BOOT_H

#include <stdbool.h>
#include <stddef.h>

/* True once this library is relocated. */
bool heap_boot_over(void);

/* NULL: the arena is used up. A block is zeroed. alignment: a power of two. */
void *heap_boot_alloc(size_t size, size_t alignment);
void *heap_boot_calloc(size_t count, size_t size);
void *heap_boot_realloc(void *block, size_t size);

/* True if the block is one of the arena's; then its size, rounded up. */
bool heap_boot_owns(const void *block);
size_t heap_boot_size(const void *block);

/* True if there are such blocks. */
bool heap_boot_used(void);

#endif
