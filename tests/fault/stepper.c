/* tests/fault/stepper.c - kills a heaphost at one instruction of a heap call */
/* SPDX-License-Identifier: MIT */

/*
 * stepper WARM WHERE NUMBER HEAPHOST PAGE ...
 *
 * Starts the heaphost (tests/fault/heaphost.h) under ptrace, lets it run until WARM calls have
 * returned, and then takes it forward one instruction after the other. Of a few calls it learns
 * what they do in libnpntrace.so; in a later call it kills the process:
 *
 *   part N      after N thousandths of the library's instructions that a call takes
 *   commit N    -N instructions of the library before the store that commits an event (0: with the
 *               store as the next instruction), or N after it
 *
 * It prints where that was, and exits with 128 + SIGKILL.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/heaphost.h"
#include "tests/fault/stepper_ring.h"

#define LEARNT_CALLS 6
#define MOST_STEPS 20000000u
#define PATH 64 /* instructions remembered on each side of a commit */

struct stepper {
    uint64_t start, end, base; /* the library's code */
    struct stepper_ring ring;
    uint64_t committed; /* as the word stood last */
    uint64_t calls;     /* begun since the stepping began */
    uint64_t inside;    /* instructions of the library in the present call */
    bool is_committed;  /* an event of the present call is */
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

/* ---- the process ---- */

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

static void find_library(struct stepper *stepper)
{
    char name[64], line[512], flags[8];
    unsigned long long from, to, offset;

    snprintf(name, sizeof(name), "/proc/%d/maps", (int)child);
    FILE *maps = fopen(name, "re");
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
        if (strstr(line, "/libnpntrace.so") != NULL &&
            sscanf(line, "%llx-%llx %7s %llx", &from, &to, flags, &offset) == 4 &&
            flags[2] == 'x') {
            stepper->start = from;
            stepper->end = to;
            stepper->base = from - offset;
        }
    if (maps != NULL)
        fclose(maps);
    errno = ENOMSG;
    if (stepper->start == 0 || !stepper_ring_find(&stepper->ring, child))
        fail("the host does not record itself with libnpntrace.so");
    stepper->committed = stepper_ring_committed(&stepper->ring);
}

/* ---- instruction by instruction ---- */

static uint64_t program_counter(void)
{
#if defined(__x86_64__)
    errno = 0;
    long value = ptrace(PTRACE_PEEKUSER, child, offsetof(struct user_regs_struct, rip), NULL);
    if (errno != 0)
        fail("PTRACE_PEEKUSER");
    return (uint64_t)value;
#else
    errno = ENOSYS;
    fail("single steps");
#endif
}

/* One instruction of the library is executed, and what lies outside of it before the next one. The
 * pc of the next; *ret_fresh: that was one's own commit. */
static uint64_t step(struct stepper *stepper, bool *ret_fresh)
{
    for (unsigned steps = 0; steps < MOST_STEPS; steps++) {
        uint64_t begun = atomic_load(&page->threads[0].started);
        int status;

        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0)
            fail("PTRACE_SINGLESTEP");
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
            fail("it ended");
        if (atomic_load(&page->threads[0].started) != begun) {
            stepper->calls++;
            stepper->inside = 0;
            stepper->is_committed = false;
        }
        uint64_t pc = program_counter();
        if (pc < stepper->start || pc >= stepper->end)
            continue;
        uint64_t committed = stepper_ring_committed(&stepper->ring);
        *ret_fresh = committed > stepper->committed;
        stepper->is_committed |= *ret_fresh;
        stepper->committed = committed;
        stepper->inside++;
        return pc;
    }
    fail("too many steps");
}

/* ---- where to kill ---- */

/* After a part of a call. Calls that are shorter than that pass. */
static uint64_t to_part(struct stepper *stepper, long thousandths)
{
    uint64_t most = 0, pc = 0;
    bool fresh;

    while (stepper->calls < LEARNT_CALLS) {
        step(stepper, &fresh);
        most = stepper->calls > 0 && stepper->inside > most ? stepper->inside : most;
    }
    uint64_t count = 1 + most * (uint64_t)thousandths / 1000;
    do
        pc = step(stepper, &fresh);
    while (stepper->inside != count);
    printf("stepper: %llu of %llu instructions", (unsigned long long)count,
           (unsigned long long)most);
    return pc;
}

/* Learns the instructions around a commit, and stops at one of them when it comes again, on the
 * same side of a commit. */
static uint64_t to_commit(struct stepper *stepper, long distance)
{
    uint64_t before[PATH] = {0}, target, pc = 0;
    unsigned count = 0;
    bool fresh = false;

    while (!fresh || count <= PATH || stepper->calls < 2) {
        pc = step(stepper, &fresh);
        if (!fresh)
            before[count++ % PATH] = pc;
    }
    /* The store was the last one noted; `pc` is the one after it. */
    target = distance <= 0 ? before[(count - 1 + distance) % PATH] : pc;
    for (long i = 1; i < distance; i++)
        target = step(stepper, &fresh);
    uint64_t learnt = stepper->calls;
    do
        pc = step(stepper, &fresh);
    while (stepper->calls == learnt || pc != target || stepper->is_committed != (distance > 0));
    printf("stepper: %ld instructions from the commit", distance);
    return pc;
}

int main(int argc, char **argv)
{
    struct stepper stepper = {0};
    uint64_t pc;

    if (argc < 6) {
        fprintf(stderr, "usage: stepper WARM part|commit NUMBER HEAPHOST PAGE ...\n");
        return 2;
    }
    long number = strtol(argv[3], NULL, 10);
    if (labs(number) >= PATH && strcmp(argv[2], "commit") == 0) {
        fprintf(stderr, "stepper: %s: too far from the commit\n", argv[3]);
        return 2;
    }
    map_page(argv[5]);
    start(&argv[4]);
    warm_up(strtoull(argv[1], NULL, 10));
    find_library(&stepper);
    pc = strcmp(argv[2], "part") == 0 ? to_part(&stepper, number) : to_commit(&stepper, number);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    printf(", at libnpntrace.so+%#llx\n", (unsigned long long)(pc - stepper.base));
    return 128 + SIGKILL;
}
