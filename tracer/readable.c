/* tracer/readable.c - which part of the stack a thread may read without asking */
/* SPDX-License-Identifier: MIT */

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tracer/thread.h"

#define PAGE_BYTES UINT64_C(4096) /* or a part of a page: never less than is asked for */
#define PAGES_AT_ONCE 64u
#define FARTHEST_BYTES (UINT64_C(64) << 20) /* a range grows by at most so much at a time */

/* The kernel reads a byte of each page for us, and stops at the first that it cannot. */
static bool pages_readable(uint64_t start, uint64_t end)
{
    struct iovec pages[PAGES_AT_ONCE];
    char bytes[PAGES_AT_ONCE];
    long self = syscall(SYS_getpid);

    while (start < end) {
        unsigned long count = 0;
        for (; count < PAGES_AT_ONCE && start < end; count++, start += PAGE_BYTES)
            pages[count] = (struct iovec){.iov_base = (void *)(uintptr_t)start, .iov_len = 1};
        struct iovec local = {.iov_base = bytes, .iov_len = count};
        if (syscall(SYS_process_vm_readv, self, &local, 1ul, pages, count, 0ul) != (long)count)
            return false;
    }
    return true;
}

static void set_range(struct thread *thread, uint64_t start, uint64_t end)
{
    thread->readable_start = start;
    thread->readable_bytes = end - start - (sizeof(uint64_t) - 1);
}

bool thread_find_readable(struct thread *thread, uint64_t address)
{
    uint64_t start = thread->readable_start;
    uint64_t end = start == 0 ? 0 : start + thread->readable_bytes + (sizeof(uint64_t) - 1);
    uint64_t first = address & ~(PAGE_BYTES - 1);
    uint64_t last = ((address + sizeof(uint64_t) - 1) & ~(PAGE_BYTES - 1)) + PAGE_BYTES;

    if (last < first)
        return false;
    if (end != 0 && last > end && first >= start && last - end <= FARTHEST_BYTES &&
        pages_readable(end, last)) {
        set_range(thread, start, last);
        return true;
    }
    if (end != 0 && first < start && last <= end && start - first <= FARTHEST_BYTES &&
        pages_readable(first, start)) {
        set_range(thread, first, end);
        return true;
    }
    if (!pages_readable(first, last))
        return false;
    set_range(thread, first, last);
    return true;
}
