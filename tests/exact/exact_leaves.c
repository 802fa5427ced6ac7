/* tests/exact/exact_leaves.c - the functions that call the allocator, one for each of its own */
/* SPDX-License-Identifier: MIT */

#include "tests/exact/exact_walk.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define TOO_MUCH ((size_t)PTRDIFF_MAX - 4096) /* no allocator has it, no compiler minds it */

#define ENTER walk_enter(walk, __builtin_return_address(0))
#define LEAVE walk_leave(walk)

/* Where the tracer exports them, they are there; the C library of today does not know them. */
extern void free_sized(void *block, size_t size) __attribute__((weak));
extern void free_aligned_sized(void *block, size_t alignment, size_t size) __attribute__((weak));

/* ---- allocating ---- */

static void leaf_malloc(struct walk *walk)
{
    size_t size = walk_size(walk);

    ENTER;
    void *block = malloc(size);
    if (block != NULL && malloc_usable_size(block) < size)
        exact_fail("a block is too small", size, malloc_usable_size(block));
    walk_allocated(walk, EXACT_MALLOC, block, size, 0);
    LEAVE;
}

static void leaf_malloc_too_much(struct walk *walk)
{
    size_t size = TOO_MUCH - walk_random(walk, 1000);

    ENTER;
    walk_allocated(walk, EXACT_MALLOC, malloc(size), size, 0);
    LEAVE;
}

static void leaf_calloc(struct walk *walk)
{
    size_t size = walk_size(walk), count = 1 + walk_random(walk, 4);

    ENTER;
    unsigned char *block = calloc(count, size);
    for (size_t i = 0; block != NULL && i < count * size && i < 4096; i++)
        if (block[i] != 0)
            exact_fail("calloc's block is not all zero", (uintptr_t)block, i);
    walk_allocated(walk, EXACT_CALLOC, block, count * size, 0);
    LEAVE;
}

/* Not 0 bytes: some allocators return a block then that they cannot free. */
static void leaf_memalign(struct walk *walk)
{
    size_t size = 1 + walk_size(walk), alignment = (size_t)16 << walk_random(walk, 9);

    ENTER;
    walk_allocated(walk, EXACT_MEMALIGN, memalign(alignment, size), size, alignment);
    LEAVE;
}

/* The standard wants a multiple of the alignment. */
static void leaf_aligned_alloc(struct walk *walk)
{
    size_t alignment = (size_t)16 << walk_random(walk, 9);
    size_t size = alignment * (1 + walk_size(walk) / alignment);

    ENTER;
    walk_allocated(walk, EXACT_ALIGNED_ALLOC, aligned_alloc(alignment, size), size, alignment);
    LEAVE;
}

static void leaf_posix_memalign(struct walk *walk)
{
    size_t size = 1 + walk_size(walk), alignment = (size_t)8 << walk_random(walk, 10);
    void *block = NULL;

    ENTER;
    if (posix_memalign(&block, alignment, size) != 0)
        block = NULL;
    walk_allocated(walk, EXACT_POSIX_MEMALIGN, block, size, alignment);
    LEAVE;
}

static void leaf_valloc(struct walk *walk)
{
    size_t size = 1 + walk_size(walk);

    ENTER;
    walk_allocated(walk, EXACT_VALLOC, valloc(size), size, 4096);
    LEAVE;
}

/* An allocator that has no pvalloc leaves it to the C library and cannot free the block. */
static void leaf_pvalloc(struct walk *walk)
{
    size_t size = 1 + walk_size(walk);

    ENTER;
    if (!walk->phase->without_pvalloc)
        walk_allocated(walk, EXACT_PVALLOC, pvalloc(size), size, 4096);
    LEAVE;
}

/* ---- resizing ---- */

/* A block that a C function made, or NULL, which makes realloc a malloc. */
static const struct exact_record *take_for_realloc(struct walk *walk)
{
    const struct exact_record *old = walk_random(walk, 4) != 0 ? walk_take(walk) : NULL;

    if (old == NULL || walk_is_c(old))
        return old;
    walk_release(walk, old);
    return NULL;
}

/* `block` is what realloc returned for `size`. */
static void resized(struct walk *walk, enum exact_function function,
                    const struct exact_record *old, void *block, size_t size)
{
    if (block == NULL && old != NULL && size == 0)
        return; /* it was a free, and noted as one */
    if (old != NULL)
        walk_check_head(old, block, size);
    walk_allocated(walk, function, block, size, 0);
}

static void leaf_realloc(struct walk *walk)
{
    const struct exact_record *old = take_for_realloc(walk);
    size_t size = walk_random(walk, 16) != 0 ? walk_size(walk) : 0;

    ENTER;
    if (old != NULL)
        walk_freeing(walk, EXACT_REALLOC, old);
    void *block = realloc(old != NULL ? (void *)(uintptr_t)old->address : NULL, size);
    if (block == NULL && (old == NULL || size != 0))
        exact_fail("realloc failed", size, 0);
    resized(walk, EXACT_REALLOC, old, block, size);
    LEAVE;
}

static void leaf_reallocarray(struct walk *walk)
{
    const struct exact_record *old = take_for_realloc(walk);
    size_t count = 1 + walk_random(walk, 5), size = 1 + walk_size(walk);

    ENTER;
    if (old != NULL)
        walk_freeing(walk, EXACT_REALLOCARRAY, old);
    void *block =
        reallocarray(old != NULL ? (void *)(uintptr_t)old->address : NULL, count, size);
    if (block == NULL)
        exact_fail("reallocarray failed", count, size);
    resized(walk, EXACT_REALLOCARRAY, old, block, count * size);
    LEAVE;
}

/* The old block stays, and is put back. */
static void leaf_realloc_too_much(struct walk *walk)
{
    const struct exact_record *old = take_for_realloc(walk);
    size_t size = TOO_MUCH - walk_random(walk, 1000);

    ENTER;
    if (old != NULL) {
        void *block = realloc((void *)(uintptr_t)old->address, size);
        walk_allocated(walk, EXACT_REALLOC, block, size, 0);
        walk_release(walk, old);
    }
    LEAVE;
}

/* ---- freeing ---- */

static void leaf_free(struct walk *walk)
{
    const struct exact_record *block = walk_take(walk);

    ENTER;
    if (block != NULL)
        walk_release(walk, block);
    else
        free(NULL); /* is no event */
    LEAVE;
}

static void release_c(struct walk *walk, const struct exact_record *block)
{
    void *address = (void *)(uintptr_t)block->address;
    bool is_plain = block->function == EXACT_MALLOC || block->function == EXACT_CALLOC;

    if (is_plain && free_sized != NULL && walk_random(walk, 2) == 0) {
        walk_freeing(walk, EXACT_FREE_SIZED, block);
        free_sized(address, block->size);
    } else if (block->function == EXACT_ALIGNED_ALLOC && free_aligned_sized != NULL &&
               walk_random(walk, 2) == 0) {
        walk_freeing(walk, EXACT_FREE_ALIGNED_SIZED, block);
        free_aligned_sized(address, block->alignment, block->size);
    } else {
        walk_freeing(walk, EXACT_FREE, block);
        free(address);
    }
}

void walk_release(struct walk *walk, const struct exact_record *block)
{
    if (walk_is_c(block)) {
        release_c(walk, block);
        return;
    }
    bool is_array = block->function == EXACT_NEW_ARRAY;
    walk_freeing(walk, is_array ? EXACT_DELETE_ARRAY : EXACT_DELETE, block);
    exact_delete((enum exact_function)block->function, (void *)(uintptr_t)block->address,
                 block->size, walk_random(walk, 2) == 0);
}

/* malloc stands here more than once because programs call it most. */
walk_function *const walk_leaves[] = {
    leaf_free,           leaf_free,        leaf_realloc,
    leaf_malloc,         leaf_malloc,      leaf_malloc,
    leaf_calloc,         leaf_calloc,      leaf_realloc,
    leaf_realloc,        leaf_reallocarray, leaf_memalign,
    leaf_aligned_alloc,  leaf_posix_memalign, leaf_valloc,
    leaf_pvalloc,        leaf_malloc_too_much, leaf_realloc_too_much,
    leaf_new,            leaf_new_array,
};
const unsigned walk_leaf_count = sizeof(walk_leaves) / sizeof(walk_leaves[0]);
const unsigned walk_freeing_leaf_count = 3;
