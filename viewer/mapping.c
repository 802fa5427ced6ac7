/* viewer/mapping.c - a file in memory, read-only */
/* SPDX-License-Identifier: MIT */

#include "viewer/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void (*mapping_before_dying)(void);

static volatile sig_atomic_t survives;
static _Atomic uint64_t losses;

/* In place of a page that the file has no longer. */
static bool put_zeros(const void *address)
{
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)address / page_bytes * page_bytes);

    return mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                -1, 0) != MAP_FAILED;
}

static void lose_page(int number, siginfo_t *info, void *context)
{
    static const char text[] = "npntrace: the file became shorter while it was read\n";
    int error = errno;

    (void)number, (void)context;
    if (survives && info->si_code == BUS_ADRERR && put_zeros(info->si_addr)) {
        losses++;
        errno = error;
        return;
    }
    if (mapping_before_dying != NULL)
        mapping_before_dying();
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        _exit(2);
    _exit(2);
}

void mapping_survive(void)
{
    survives = 1;
}

uint64_t mapping_losses(void)
{
    return losses;
}

static int map(int fd, struct mapping *mapping)
{
    struct sigaction action = {.sa_sigaction = lose_page, .sa_flags = SA_SIGINFO};
    struct stat status;

    if (fstat(fd, &status) != 0)
        return -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    *mapping = (struct mapping){.bytes = (uint64_t)status.st_size};
    if (mapping->bytes == 0)
        return 0;
    void *base = mmap(NULL, mapping->bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return -errno;
    mapping->base = base;
    mapping->mapped_bytes = mapping->bytes;
    sigaction(SIGBUS, &action, NULL);
    return 0;
}

int mapping_open(const char *path, struct mapping *ret_mapping)
{
    /* O_NONBLOCK: a FIFO without a writer must not be waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return -errno;
    int error = map(fd, ret_mapping);
    close(fd);
    return error;
}

int mapping_stretch(struct mapping *mapping, uint64_t total_bytes)
{
    char *base = mmap(NULL, total_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED)
        return -errno;
    memcpy(base, mapping->base, mapping->bytes < total_bytes ? mapping->bytes : total_bytes);
    munmap((void *)mapping->base, mapping->mapped_bytes);
    mapping->base = base;
    mapping->mapped_bytes = total_bytes;
    return 0;
}

void mapping_release(const struct mapping *mapping, uint64_t offset, uint64_t bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t begin = (offset + page - 1) / page * page, end = (offset + bytes) / page * page;

    if (begin < end && end <= mapping->mapped_bytes)
        madvise((char *)(uintptr_t)mapping->base + begin, end - begin, MADV_DONTNEED);
}

void mapping_touch_little(const struct mapping *mapping)
{
    madvise((void *)(uintptr_t)mapping->base, mapping->mapped_bytes, MADV_RANDOM);
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->base != NULL)
        munmap((void *)mapping->base, mapping->mapped_bytes);
    *mapping = (struct mapping){0};
}
