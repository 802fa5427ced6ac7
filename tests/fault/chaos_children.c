/* tests/fault/chaos_children.c - the children that the threads of the chaos make */
/* SPDX-License-Identifier: MIT */

#include "tests/fault/chaos.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_BLOCKS 30

static char *const true_command[] = {(char *)"/bin/true", NULL};

static void wait_for(pid_t child)
{
    int status;
    pid_t found;

    do
        found = waitpid(child, &status, 0);
    while (found < 0 && errno == EINTR);
    atomic_fetch_add(found == child && status == 0 ? &chaos_page->children
                                                   : &chaos_page->bad_children,
                     1);
}

/* A child that hangs is the watchdog's business: it sees that its parent waits. */
static _Noreturn void child_allocates(struct chaos *chaos)
{
    void *blocks[CHILD_BLOCKS];

    for (unsigned i = 0; i < CHILD_BLOCKS; i++)
        blocks[i] = malloc(chaos_random(chaos, 2000));
    for (unsigned i = 0; i < CHILD_BLOCKS; i++)
        free(realloc(blocks[i], 100 + i));
    _exit(0);
}

void chaos_fork(struct chaos *chaos)
{
    pid_t child = fork();

    if (child == 0)
        child_allocates(chaos);
    wait_for(child);
}

void chaos_fork_and_execute(struct chaos *chaos)
{
    pid_t child = fork();

    (void)chaos;
    if (child == 0) {
        free(malloc(100));
        execv(true_command[0], true_command);
        _exit(127);
    }
    wait_for(child);
}

void chaos_vfork(struct chaos *chaos)
{
    pid_t child = vfork();

    (void)chaos;
    if (child == 0) {
        execv(true_command[0], true_command);
        _exit(127);
    }
    wait_for(child);
}

void chaos_spawn(struct chaos *chaos)
{
    pid_t child;

    (void)chaos;
    if (posix_spawn(&child, true_command[0], NULL, NULL, true_command, environ) == 0)
        wait_for(child);
    else
        atomic_fetch_add(&chaos_page->bad_children, 1);
}
