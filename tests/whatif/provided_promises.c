/* tests/whatif/provided_promises.c - what NPN_Mem* of our own promise, where malloc does not */
/* SPDX-License-Identifier: MIT */

/*
 * Needs a preloaded library with NPN_MemAlloc. `provided_promises retry|flush` prints a line.
 *
 *   retry   the C library keeps 30 MiB of freed memory at the end of its heap, which cannot grow
 *           there, and the address space has room for 8 MiB more: 33 MiB can be had only by giving
 *           the 30 back first
 *   flush   returns as many bytes as the process has lost
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

enum { SMALL_BLOCKS = 40000, SMALL_BYTES = 1000 };

static void *(*npn_alloc)(uint32_t size);
static void (*npn_free)(void *block);
static uint32_t (*npn_flush)(uint32_t size);

static void find_functions(void)
{
    *(void **)&npn_alloc = dlsym(RTLD_DEFAULT, "NPN_MemAlloc");
    *(void **)&npn_free = dlsym(RTLD_DEFAULT, "NPN_MemFree");
    *(void **)&npn_flush = dlsym(RTLD_DEFAULT, "NPN_MemFlush");
    if (npn_alloc == NULL || npn_free == NULL || npn_flush == NULL)
        exit(99);
    npn_free(npn_alloc(1)); /* recording begins, which takes memory */
}

/* The fields of /proc/self/statm: 0: address space, 1: resident. */
static size_t statm(unsigned field)
{
    unsigned long fields[2] = {0, 0};
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%lu %lu", &fields[0], &fields[1]) != 2)
        exit(99);
    fclose(file);
    return fields[field] * (size_t)sysconf(_SC_PAGESIZE);
}

static void keep_what_is_freed(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 * MIB);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    char *block = malloc(30 * MIB);
    memset(block, 1, 30 * MIB);
    free(block);
}

static void confine(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)sbrk(0) + page - 1) & ~(page - 1);

    if (mmap((void *)end, page, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)end)
        exit(99);
    struct rlimit limit = {.rlim_cur = statm(0) + 8 * MIB, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &limit);
}

static void try_again(void)
{
    void *plain = malloc(33 * MIB);
    char *npn = npn_alloc(33 * MIB);

    printf("retry: malloc %s, NPN_MemAlloc %s\n", plain != NULL ? "has it" : "has not",
           npn != NULL ? "has it" : "has not");
    if (npn != NULL)
        memset(npn, 1, 33 * MIB);
    npn_free(npn);
}

static void flush(void)
{
    static void *blocks[SMALL_BLOCKS];

    for (int i = 0; i < SMALL_BLOCKS; i++)
        memset(blocks[i] = npn_alloc(SMALL_BYTES), 1, SMALL_BYTES);
    for (int i = 0; i + 1 < SMALL_BLOCKS; i++) /* the last one holds the others' pages */
        npn_free(blocks[i]);
    size_t before = statm(1), flushed = npn_flush(1), after = statm(1);
    size_t lost = before > after ? before - after : 0;
    size_t apart = lost > flushed ? lost - flushed : flushed - lost;
    printf("flush: %s, %s\n", flushed >= 30 * MIB ? "most" : "little",
           apart <= MIB / 4 ? "as measured" : "not as measured");
    npn_free(blocks[SMALL_BLOCKS - 1]);
}

int main(int argc, char **argv)
{
    find_functions();
    if (argc == 2 && strcmp(argv[1], "flush") == 0) {
        flush();
    } else if (argc == 2 && strcmp(argv[1], "retry") == 0) {
        keep_what_is_freed();
        confine();
        try_again();
    }
    return 0;
}
