/* tracer/sys.c - system calls made without libc's help */
/* SPDX-License-Identifier: MIT */

#include "tracer/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES 4096u             /* or a multiple; then less is populated */
#define HUGE_BYTES ((size_t)2 << 20) /* where they have another size, they are just not used */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

uint32_t sys_gettid(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

bool sys_thread_gone(uint32_t tid)
{
    return syscall(SYS_tgkill, syscall(SYS_getpid), tid, 0) != 0 && errno == ESRCH;
}

void *sys_map(size_t bytes)
{
    void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

void *sys_map_huge(size_t bytes)
{
    size_t all = bytes + HUGE_BYTES;
    char *address = sys_map(all);

    if (address == NULL)
        return NULL;
    size_t before = -(uintptr_t)address % HUGE_BYTES;
    if (before > 0)
        munmap(address, before);
    if (all - before > bytes)
        munmap(address + before + bytes, all - before - bytes);
    madvise(address + before, bytes, MADV_HUGEPAGE);
    sys_populate(address + before, bytes);
    return address + before;
}

void sys_unmap(void *address, size_t bytes)
{
    munmap(address, bytes);
}

void sys_populate(void *address, size_t bytes)
{
    uintptr_t start = ((uintptr_t)address + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    uintptr_t end = ((uintptr_t)address + bytes) / PAGE_BYTES * PAGE_BYTES;

    if (end > start)
        madvise((void *)start, end - start, MADV_POPULATE_WRITE);
}

bool sys_futex_wait(const void *word, uint32_t expected, uint64_t timeout_ns, bool shared)
{
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000u),
        .tv_nsec = (long)(timeout_ns % 1000000000u),
    };
    return syscall(SYS_futex, word, FUTEX_WAIT | (shared ? 0 : FUTEX_PRIVATE_FLAG), expected,
                   &timeout, NULL, 0) == 0 ||
           errno != ETIMEDOUT;
}

void sys_futex_wake(const void *word, int count, bool shared)
{
    syscall(SYS_futex, word, FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG), count, NULL, NULL, 0);
}

bool sys_read_memory(uint64_t address, void *ret_bytes, size_t bytes)
{
    struct iovec local = {.iov_base = ret_bytes, .iov_len = bytes};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = bytes};

    return syscall(SYS_process_vm_readv, syscall(SYS_getpid), &local, 1ul, &remote, 1ul, 0ul) ==
           (long)bytes;
}

ssize_t sys_read_file(const char *path, char *text, size_t capacity)
{
    long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    size_t filled = 0;

    if (descriptor < 0)
        return -errno;
    while (filled + 1 < capacity) {
        long got = syscall(SYS_read, descriptor, text + filled, capacity - 1 - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        filled += (size_t)got;
    }
    text[filled] = '\0';
    syscall(SYS_close, descriptor);
    return (ssize_t)filled;
}
