/* tests/heap/family.c - calls of every function of the malloc family */
/* SPDX-License-Identifier: MIT */

#include "tests/heap/family.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/heap/say.h"

#define TOO_MUCH ((size_t)PTRDIFF_MAX - 4096)
#define KEPT_ERRNO 77 /* successful calls leave it */

/* Not in every C library. */
extern void cfree(void *block) __attribute__((weak));
extern void free_sized(void *block, size_t size) __attribute__((weak));
extern void free_aligned_sized(void *block, size_t alignment, size_t size) __attribute__((weak));

/* What nobody can know when it is compiled. */
static volatile size_t too_much = TOO_MUCH;
static volatile size_t three = 3;

/* Keeps calls from being tail calls and blocks from being optimised away. */
static void *keep(void *block)
{
    __asm__ volatile("" : "+r"(block) : : "memory");
    return block;
}

static void *stated(const char *function, void *block, size_t size)
{
    say_alloc(function, keep(block), size);
    errno = KEPT_ERRNO;
    return block;
}

static void release(void *block)
{
    uintptr_t gone = (uintptr_t)block;

    free(block);
    say_free("free", (void *)gone);
    errno = KEPT_ERRNO;
}

static void *resized(const char *function, uintptr_t old, void *fresh, size_t size)
{
    int error = errno;

    if (fresh != NULL || (size == 0 && error == KEPT_ERRNO))
        say_free(function, (void *)old);
    if (fresh != NULL || size != 0)
        stated(function, fresh, size);
    errno = KEPT_ERRNO;
    return fresh;
}

static void plain(void)
{
    void *none = stated("malloc", malloc(0), 0);
    char *block = stated("malloc", malloc(24), 24);

    memset(block, 1, 24);
    release(block);
    release(none);
    free(NULL); /* no call to record */
    int *zeros = stated("calloc", calloc(three, 40), 120);
    for (unsigned i = 0; i < 30; i++)
        if (zeros[i] != 0)
            abort();
    release(zeros);
    release(stated("malloc", malloc(1 << 20), 1 << 20));
    stated("malloc", malloc(too_much), too_much);
    stated("calloc", calloc(too_much, three), SIZE_MAX);
}

static void resizing(void)
{
    void *block = stated("realloc", realloc(NULL, 10), 10);
    uintptr_t old = (uintptr_t)block;

    block = resized("realloc", old, realloc(block, 5000), 5000);
    old = (uintptr_t)block;
    block = resized("realloc", old, realloc(block, 20), 20);
    old = (uintptr_t)block;
    stated("realloc", realloc(block, too_much), too_much);
    block = resized("realloc", old, realloc((void *)old, 0), 0);
    if (block != NULL)
        release(block);
    block = stated("reallocarray", reallocarray(NULL, three, 50), 150);
    old = (uintptr_t)block;
    block = resized("reallocarray", old, reallocarray(block, three, 700), 2100);
    old = (uintptr_t)keep(block);
    stated("reallocarray", reallocarray(block, too_much, three), SIZE_MAX);
    __asm__ volatile("" : "+r"(old)); /* it failed: the block is still there */
    release((void *)old);
}

static void aligning(void)
{
    void *block = NULL;

    release(stated("memalign", memalign(64, 100), 100));
    release(stated("aligned_alloc", aligned_alloc(128, 256), 256));
    if (posix_memalign(&block, 4096, 300) == 0)
        release(stated("posix_memalign", block, 300));
    if (posix_memalign(&block, three, 301) != 0)
        stated("posix_memalign", NULL, 301);
    block = stated("valloc", valloc(1000), 1000);
    if (((uintptr_t)block & 4095) != 0)
        abort();
    release(block);
}

/* An allocator may lack pvalloc and cfree, and the C library's do not know its blocks. */
static int has_all(void)
{
    return getenv("FAMILY_LACKS") == NULL;
}

static void freeing(void)
{
    void *block = stated("malloc", malloc(33), 33);

    if (malloc_usable_size(block) < 33)
        abort();
    if (cfree != NULL && has_all()) {
        cfree(block);
        say_free("cfree", block);
        block = stated("malloc", malloc(34), 34);
    }
    if (free_sized != NULL) {
        free_sized(block, 34);
        say_free("free_sized", block);
        block = stated("aligned_alloc", aligned_alloc(64, 64), 64);
    }
    if (free_aligned_sized != NULL) {
        free_aligned_sized(block, 64, 64);
        say_free("free_aligned_sized", block);
    } else {
        release(block);
    }
}

void family_run(void)
{
    errno = KEPT_ERRNO;
    plain();
    resizing();
    aligning();
    if (has_all())
        release(stated("pvalloc", pvalloc(1000), 1000));
    freeing();
}

/* Not const: the compiler may not look through it. */
static struct {
    void *(*allocate)(size_t size);
    void (*release)(void *block);
} pointers = {malloc, free};

void family_by_pointers(void)
{
    __asm__ volatile("" : : "r"(&pointers) : "memory");
    void *block = stated("malloc", pointers.allocate(55), 55);
    uintptr_t gone = (uintptr_t)block;
    pointers.release(block);
    say_free("free", (void *)gone);
}

void family_few(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        void *kept = stated("malloc", malloc(100 + i), 100 + i);
        void *block = stated("calloc", calloc(1, 7 + i), 7 + i);
        release(block);
        release(kept);
    }
}
