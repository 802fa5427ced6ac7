/* tests/fault/heaphost_children.c - children of every kind, while threads allocate */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/heaphost.h"

#include <sched.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_BLOCKS 40
#define CHILD_SECONDS 30 /* a child that takes longer hangs */
#define CHILD_STACK_BYTES (256u << 10)

static char *const true_command[] = {(char *)"/bin/true", NULL};

/* The child of a process with threads: only this one goes on. */
static void child_allocates(void)
{
    void *blocks[CHILD_BLOCKS];

    alarm(CHILD_SECONDS);
    for (unsigned i = 0; i < CHILD_BLOCKS; i++)
        blocks[i] = i % 4 == 0 ? calloc(1, 100 + i) : malloc(1000 + i);
    for (unsigned i = 0; i < CHILD_BLOCKS; i++)
        blocks[i] = realloc(blocks[i], 3000);
    for (unsigned i = 0; i < CHILD_BLOCKS; i++)
        free(blocks[i]);
    _exit(0);
}

static pid_t by_fork(struct heaphost *host)
{
    pid_t child = fork();

    (void)host;
    if (child == 0)
        child_allocates();
    return child;
}

static pid_t by_async_fork(struct heaphost *host)
{
    pid_t child = _Fork();

    (void)host;
    if (child == 0)
        child_allocates();
    return child;
}

static pid_t by_raw_clone(struct heaphost *host)
{
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    (void)host;
    if (child == 0)
        child_allocates();
    return child;
}

static int runs_in_parent(void *argument)
{
    struct heaphost *host = argument;

    heaphost_run(host, host->next + 3);
    return 0;
}

/* Runs in its parent's memory, which waits: its calls are the parent's. */
static pid_t by_shared_memory(struct heaphost *host)
{
    static char *stack;

    if (stack == NULL)
        stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    return clone(runs_in_parent, stack + CHILD_STACK_BYTES, CLONE_VM | CLONE_VFORK | SIGCHLD, host);
}

static pid_t by_vfork(struct heaphost *host)
{
    pid_t child = vfork();

    (void)host;
    if (child == 0) {
        execv(true_command[0], true_command);
        _exit(127);
    }
    return child;
}

static pid_t by_spawn(struct heaphost *host)
{
    pid_t child;

    (void)host;
    return posix_spawn(&child, true_command[0], NULL, NULL, true_command, environ) == 0 ? child
                                                                                          : -1;
}

static const struct {
    const char *name;
    pid_t (*make)(struct heaphost *host);
} kinds[] = {
    {"fork", by_fork},   {"_Fork", by_async_fork}, {"clone", by_raw_clone},
    {"vm", by_shared_memory}, {"vfork", by_vfork},      {"spawn", by_spawn},
};

static bool ended_well(pid_t child)
{
    int status;

    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

bool heaphost_children(const char *kind, unsigned count, struct heaphost *host)
{
    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        if (strcmp(kinds[k].name, kind) != 0)
            continue;
        for (unsigned i = 0; i < count; i++)
            atomic_fetch_add(ended_well(kinds[k].make(host)) ? &heaphost_page->children
                                                             : &heaphost_page->bad_children,
                             1);
        return true;
    }
    return false;
}
