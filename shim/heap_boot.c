/* shim/heap_boot.c - memory for calls before the loader has relocated this library */
/* SPDX-License-Identifier: MIT */

#include "shim/heap_boot.h"

#include <gnu/libc-version.h>
#include <stdatomic.h>
#include <stdint.h>

#define ARENA_BYTES (64 * 1024)
#define ALIGNMENT 16 /* of every block; before it its size, in as many bytes */

static _Alignas(ALIGNMENT) unsigned char arena[ARENA_BYTES];
static _Atomic size_t arena_used;

/* Filled in by the loader, by name: after the relocations that need no look-up. */
static const char *(*const volatile relocated)(void) = gnu_get_libc_version;

bool heap_boot_over(void)
{
    return relocated != NULL;
}

static size_t *size_before(const void *block)
{
    return (size_t *)((uintptr_t)block - ALIGNMENT);
}

void *heap_boot_alloc(size_t size, size_t alignment)
{
    size_t used = atomic_load_explicit(&arena_used, memory_order_relaxed);
    size_t start;

    if (alignment < ALIGNMENT)
        alignment = ALIGNMENT;
    if (size > ARENA_BYTES || alignment > ARENA_BYTES)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    do {
        uintptr_t at = (uintptr_t)arena + used + ALIGNMENT;
        start = ((at + alignment - 1) & ~(uintptr_t)(alignment - 1)) - (uintptr_t)arena;
        if (start + size >= ARENA_BYTES) /* a block of 0 bytes lies inside as well */
            return NULL;
    } while (!atomic_compare_exchange_weak(&arena_used, &used, start + size));
    *size_before(&arena[start]) = size;
    return &arena[start];
}

void *heap_boot_calloc(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : heap_boot_alloc(bytes, ALIGNMENT);
}

void *heap_boot_realloc(void *block, size_t size)
{
    unsigned char *fresh = heap_boot_alloc(size, ALIGNMENT);
    size_t old_size = block != NULL ? heap_boot_size(block) : 0;

    for (size_t i = 0; fresh != NULL && i < old_size && i < size; i++)
        fresh[i] = ((unsigned char *)block)[i];
    return fresh;
}

bool heap_boot_owns(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < ARENA_BYTES;
}

size_t heap_boot_size(const void *block)
{
    return *size_before(block);
}

bool heap_boot_used(void)
{
    return atomic_load_explicit(&arena_used, memory_order_relaxed) != 0;
}
