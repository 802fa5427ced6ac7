/* tests/exact/naive_tracer.c - a second opinion on what a program allocates */
/* SPDX-License-Identifier: MIT */

/*
 * Preloaded into the allocation program in the tracer's place, it writes a log like the program's
 * own (exact_log.h) to the file that NPNEXACT_NAIVE names. The comparison that is to judge the
 * tracer is thereby tried out on a recorder that shares nothing with it: stacks are the C library's
 * backtrace(), the allocator is the C library's. A record's `block` is the number of the event in
 * the order of all threads; `frames` are the program's own.
 */
#include "tests/exact/exact_log.h"

#include <execinfo.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>

#define MOST_FRAMES 256

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void *__libc_valloc(size_t size);
extern void *__libc_pvalloc(size_t size);
extern void __libc_free(void *block);

static __thread struct exact_log log_of_thread __attribute__((tls_model("initial-exec")));
static __thread int busy __attribute__((tls_model("initial-exec")));
static _Atomic uint64_t next_event;
static uint64_t program_start, program_end;
static int is_open;

static int program_range(struct dl_phdr_info *info, size_t bytes, void *unused)
{
    (void)bytes;
    (void)unused;
    program_start = info->dlpi_addr;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            program_end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
    return 1;
}

__attribute__((constructor)) static void open_log(void)
{
    const char *path = getenv("NPNEXACT_NAIVE");
    void *frames[1];

    if (path == NULL)
        return;
    dl_iterate_phdr(program_range, NULL);
    backtrace(frames, 1); /* the first call allocates */
    exact_log_open(path);
    is_open = 1;
}

__attribute__((destructor)) static void close_log(void)
{
    if (is_open)
        exact_log_finish();
}

/* The program's own frames among all, as the log has them. */
static unsigned own_frames(uint64_t *own)
{
    void *frames[MOST_FRAMES];
    int count = backtrace(frames, MOST_FRAMES);
    unsigned kept = 0;

    for (int i = 0; i < count; i++) {
        uint64_t pc = (uint64_t)(uintptr_t)frames[i];
        if (pc >= program_start && pc < program_end)
            own[kept++] = pc - program_start;
    }
    return kept;
}

static void note(enum exact_kind kind, enum exact_function function, const void *block, size_t size)
{
    uint64_t frames[MOST_FRAMES];
    int error = errno;

    if (!is_open || busy++ > 0)
        return;
    if (log_of_thread.tid == 0)
        exact_log_thread(&log_of_thread);
    unsigned depth = kind == EXACT_ALLOCATED ? own_frames(frames) : 0;
    struct exact_record *record = exact_log_add(&log_of_thread, depth);
    record->kind = (uint8_t)kind;
    record->function = (uint8_t)function;
    record->address = (uint64_t)(uintptr_t)block;
    record->size = size;
    record->block = atomic_fetch_add(&next_event, 1);
    for (unsigned i = 0; i < depth; i++)
        record->frames[i] = frames[i];
    busy = 0;
    errno = error;
}

static void *allocated(enum exact_function function, void *block, size_t size)
{
    note(EXACT_ALLOCATED, function, block, size);
    return block;
}

void *malloc(size_t size)
{
    return allocated(EXACT_MALLOC, __libc_malloc(size), size);
}

void *calloc(size_t count, size_t size)
{
    return allocated(EXACT_CALLOC, __libc_calloc(count, size), count * size);
}

/* The free is noted before the block can be anybody else's; sizes that must fail free nothing. */
static void *resize(enum exact_function function, void *block, size_t size)
{
    if (block == NULL)
        return allocated(function, __libc_malloc(size), size);
    if (size < PTRDIFF_MAX / 2)
        note(EXACT_FREEING, function, block, 0);
    void *fresh = __libc_realloc(block, size);
    if (fresh != NULL || size != 0)
        note(EXACT_ALLOCATED, function, fresh, size);
    return fresh;
}

void *realloc(void *block, size_t size)
{
    return resize(EXACT_REALLOC, block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    return resize(EXACT_REALLOCARRAY, block, count * size);
}

void *memalign(size_t alignment, size_t size)
{
    return allocated(EXACT_MEMALIGN, __libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return allocated(EXACT_ALIGNED_ALLOC, __libc_memalign(alignment, size), size);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    void *block = allocated(EXACT_POSIX_MEMALIGN, __libc_memalign(alignment, size), size);

    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

void *valloc(size_t size)
{
    return allocated(EXACT_VALLOC, __libc_valloc(size), size);
}

void *pvalloc(size_t size)
{
    return allocated(EXACT_PVALLOC, __libc_pvalloc(size), size);
}

void free(void *block)
{
    if (block != NULL)
        note(EXACT_FREEING, EXACT_FREE, block, 0);
    __libc_free(block);
}
