/* tests/plugins/sample_end.c: the sample plug-ins' steps that end something: calls, processes. */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/plugins/sample.h"

/* crash: a write to an address that nobody has */
static long step_crash(struct sample_step *step)
{
    static volatile int *volatile nowhere;
    (void)step;
    *nowhere = 1;
    return 0;
}

/* kill: SIGKILL, of which nobody is told */
static long step_kill(struct sample_step *step)
{
    (void)step;
    return kill(getpid(), SIGKILL);
}

static long step_abort(struct sample_step *step)
{
    (void)step;
    abort();
}

static long step_exit(struct sample_step *step)
{
    exit((int)sample_number(step, 0, 0));
}

static long step_exitnow(struct sample_step *step)
{
    _exit((int)sample_number(step, 0, 0));
}

/* pause: for ever, for whoever comes to kill the process */
static long step_pause(struct sample_step *step)
{
    (void)step;
    while (pause() != 0)
        continue;
    return 0;
}

/* forkalloc BYTES: a child that goes on using the table, and ends by exit() */
static long step_forkalloc(struct sample_step *step)
{
    SITE_ENTER();
    pid_t child = fork();
    if (child == 0) {
        void *block = SAMPLE_ALLOC(sample_number(step, 0, 8));
        (void)SAMPLE_ALLOC(sample_number(step, 0, 8) + 1);
        SAMPLE_FREE(block);
        if (step->instance->slot_count > 0 && step->instance->slots[0] != NULL)
            SAMPLE_FREE(step->instance->slots[0]);
        exit(5);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- jumps ----------------------------------------------------------------------------------- */

static jmp_buf jump_target;
static bool jump_set;

/* jump: back to where `jumpover` was, over whatever host functions lie between */
static long step_jump(struct sample_step *step)
{
    if (!jump_set)
        return -1;
    jump_set = false;
    (void)step; /* not released: nobody comes back here */
    longjmp(jump_target, 1);
}

/* jumpover SCRIPT: has the host run a script that is to call `jump`. Returns 1 if it did. */
static long step_jumpover(struct sample_step *step)
{
    SITE_ENTER();
    struct site_frame *const top = site_top;
    const int current = tally_current;
    if (setjmp(jump_target) != 0) {
        site_top = top;
        tally_current = current;
        return 1;
    }
    jump_set = true;
    SITE_AT(sample_command_find("eval")->run(step));
    return 0;
}

const struct sample_command sample_end_commands[] = {
    {"crash", step_crash},         {"kill", step_kill},
    {"abort", step_abort},         {"exit", step_exit},
    {"exitnow", step_exitnow},     {"pause", step_pause},
    {"forkalloc", step_forkalloc}, {"jump", step_jump},
    {"jumpover", step_jumpover},   {NULL, NULL},
};
