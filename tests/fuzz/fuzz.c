/* tests/fuzz/fuzz.c - what the harnesses share */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_require(int is_true, const char *what)
{
    if (is_true)
        return;
    fprintf(stderr, "fuzz: not so: %s\n", what);
    abort();
}

int fuzz_file(void)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    fuzz_require(fd >= 0, "memfd_create");
    return fd;
}

const char *fuzz_path(int fd)
{
    static char path[40];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

void fuzz_fill(int fd, const void *bytes, size_t length)
{
    fuzz_require(ftruncate(fd, 0) == 0, "ftruncate");
    fuzz_require(pwrite(fd, bytes, length, 0) == (ssize_t)length, "pwrite");
}

void fuzz_hush(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fuzz_require(nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0, "/dev/null");
    close(nowhere);
}

void fuzz_processors(int just_one)
{
    static cpu_set_t all, one;

    if (CPU_COUNT(&all) == 0) {
        fuzz_require(sched_getaffinity(0, sizeof(all), &all) == 0, "sched_getaffinity");
        size_t at = 0;
        for (int left = getpid() % CPU_COUNT(&all); left >= 0; at++)
            left -= CPU_ISSET(at, &all) != 0;
        CPU_SET(at - 1, &one);
    }
    sched_setaffinity(0, sizeof(all), just_one ? &one : &all);
}
