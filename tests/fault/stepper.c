/* tests/fault/stepper.c - kills a heaphost at one instruction of a heap call */
/* SPDX-License-Identifier: MIT */

/*
 * stepper WARM PART HEAPHOST PAGE ...
 *
 * Starts the heaphost (tests/fault/heaphost.h) under ptrace, lets it run until WARM calls have
 * returned, and then takes it forward one instruction after the other. Of some calls it counts the
 * instructions that lie in libnpntrace.so; in a later one it kills the process after PART
 * thousandths of that number. Where the library is not loaded, all instructions count. It prints
 *
 *   stepper: 210 of 420 instructions, at libnpntrace.so+0x1234
 *
 * and exits with 128 + SIGKILL.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/heaphost.h"

#define MEASURED_CALLS 4
#define MOST_STEPS 20000000u

#if defined(__x86_64__)
#define PC_OFFSET offsetof(struct user_regs_struct, rip)
#endif

struct range {
    uint64_t start, end, base;
};

static struct heaphost_page *page;
static pid_t child;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "stepper: %s: %s\n", what, strerror(errno));
    if (child > 0)
        kill(child, SIGKILL);
    exit(3);
}

static void map_page(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CLOEXEC);

    if (descriptor < 0)
        fail(path);
    page = mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (page == MAP_FAILED)
        fail(path);
}

static void start(char **command)
{
    int status;

    child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(command[0], command);
        _exit(127);
    }
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        fail(command[0]);
    if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_EXITKILL) != 0)
        fail("PTRACE_SETOPTIONS");
}

/* Lets it run until enough calls have returned, and stops it anywhere. */
static void warm_up(uint64_t calls)
{
    const struct timespec moment = {0, 100000};
    int status;

    if (ptrace(PTRACE_CONT, child, NULL, NULL) != 0)
        fail("PTRACE_CONT");
    while (atomic_load(&page->threads[0].completed) < calls) {
        if (waitpid(child, &status, WNOHANG) != 0)
            fail("it stopped by itself");
        nanosleep(&moment, NULL);
    }
    kill(child, SIGSTOP);
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        fail("it did not stop");
}

/* The library's code; all addresses if it is not there. */
static struct range library_code(void)
{
    struct range range = {0, UINT64_MAX, 0};
    char name[64], line[512], flags[8];
    unsigned long long from, to, offset;

    snprintf(name, sizeof(name), "/proc/%d/maps", (int)child);
    FILE *maps = fopen(name, "re");
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
        if (strstr(line, "/libnpntrace.so") != NULL &&
            sscanf(line, "%llx-%llx %7s %llx", &from, &to, flags, &offset) == 4 &&
            flags[2] == 'x')
            range = (struct range){from, to, from - offset};
    if (maps != NULL)
        fclose(maps);
    return range;
}

static uint64_t pc(void)
{
#if defined(__x86_64__)
    errno = 0;
    long value = ptrace(PTRACE_PEEKUSER, child, PC_OFFSET, NULL);
    if (errno != 0)
        fail("PTRACE_PEEKUSER");
    return (uint64_t)value;
#else
    return 0;
#endif
}

static uint64_t step(void)
{
    int status;

    if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0)
        fail("PTRACE_SINGLESTEP");
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        fail("it ended");
    return pc();
}

/* Takes it through calls until `count` instructions of one lie in the range; the pc there. At the
 * end of `calls` calls it gives up: 0. *ret_most: the most instructions of one call. */
static uint64_t step_through(const struct range *range, unsigned calls, uint64_t count,
                             uint64_t *ret_most)
{
    const struct heaphost_thread *thread = &page->threads[0];
    uint64_t inside = 0, begun = atomic_load(&thread->started);

    for (unsigned steps = 0; steps < MOST_STEPS; steps++) {
        uint64_t at = step(), now = atomic_load(&thread->started);
        if (now != begun) {
            begun = now;
            inside = 0;
            if (calls-- == 0)
                return 0;
        }
        inside += at >= range->start && at < range->end;
        *ret_most = inside > *ret_most ? inside : *ret_most;
        if (inside == count)
            return at;
    }
    fail("too many steps");
}

int main(int argc, char **argv)
{
    uint64_t most = 0, ignored = 0, at = 0, count;

    if (argc < 5) {
        fprintf(stderr, "usage: stepper WARM PART HEAPHOST PAGE ...\n");
        return 2;
    }
    map_page(argv[4]);
    start(&argv[3]);
    warm_up(strtoull(argv[1], NULL, 10));
    struct range range = library_code();
    step_through(&range, MEASURED_CALLS, UINT64_MAX, &most);
    if (most == 0) {
        errno = ENOMSG;
        fail("heap calls do not go through libnpntrace.so");
    }
    count = 1 + most * strtoull(argv[2], NULL, 10) / 1000;
    while (at == 0)
        at = step_through(&range, MEASURED_CALLS, count, &ignored);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    fprintf(stderr, "stepper: %llu of %llu instructions, at %s+%#llx\n",
            (unsigned long long)count, (unsigned long long)most,
            range.base != 0 ? "libnpntrace.so" : "", (unsigned long long)(at - range.base));
    return 128 + SIGKILL;
}
