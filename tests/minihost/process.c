/* tests/minihost/process.c: the mini-host's actions with processes, and how it may end. */
/* SPDX-License-Identifier: MIT */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/minihost/host.h"
#include "tests/minihost/memory.h"
#include "tests/minihost/table.h"
#include "tests/plugins/malloc_count.h"

int return_status = -1;

/* fork ACTION...: a child does it and ends by exit(), the parent waits */
static long act_fork(int count, char **words)
{
    pid_t child = fork();
    if (child == 0) {
        action_run_words(count - 1, words + 1);
        exit(3);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        script_error("fork did not work");
    if (WIFEXITED(status))
        say("  the child exited with %d", WEXITSTATUS(status));
    else
        say("  the child was ended by signal %d", WTERMSIG(status));
    return status;
}

/* exec PROGRAM [ARGUMENT...]: becomes another program */
static long act_exec(int count, char **words)
{
    words[count] = NULL;
    execvp(words[1], words + 1);
    return -1;
}

static void end_by_return(int status)
{
    return_status = status;
}

static void end_by_abort(int status)
{
    (void)status;
    abort();
}

static void end_by_segv(int status)
{
    static volatile int *volatile nowhere;
    *nowhere = status;
}

static void end_by_kill(int status)
{
    (void)status;
    kill(getpid(), SIGKILL);
}

/* end HOW [STATUS] */
static long act_end(int count, char **words)
{
    static const struct {
        const char *how;
        void (*end)(int status);
    } ends[] = {
        {"return", end_by_return},  {"exit", exit},        {"_exit", _exit},
        {"abort", end_by_abort},    {"segv", end_by_segv}, {"kill", end_by_kill},
        {"quick_exit", quick_exit},
    };
    const int status = count > 2 ? atoi(words[2]) : 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strcmp(words[1], ends[i].how) == 0) {
            ends[i].end(status);
            return 0;
        }
    }
    script_error("`%s' is no way to end", words[1]);
}

/* check: the table is as it was; counts: what the host's memory functions were asked for */
static long act_check(int count, char **words)
{
    (void)count, (void)words;
    return table_unchanged() ? 0 : -1;
}

static long act_counts(int count, char **words)
{
    (void)count, (void)words;
    memory_say_counts();
    return 0;
}

static const char *library_of(void *symbol)
{
    Dl_info info;
    if (symbol == NULL || dladdr(symbol, &info) == 0)
        return "nowhere";
    const char *slash = strrchr(info.dli_fname, '/');
    return slash != NULL ? slash + 1 : info.dli_fname;
}

/* next NAME: where dlsym(RTLD_NEXT) and dlsym(RTLD_DEFAULT) find it, seen from the host */
static long act_next(int count, char **words)
{
    (void)count;
    say("  next in %s", library_of(dlsym(RTLD_NEXT, words[1])));
    say("  default in %s", library_of(dlsym(RTLD_DEFAULT, words[1])));
    return 0;
}

/* mallocs ACTION...: how often it calls malloc and its like, if the counting library is there */
static long act_mallocs(int count, char **words)
{
    malloc_count_func calls_so_far;
    *(void **)&calls_so_far = dlsym(RTLD_DEFAULT, "malloc_count");
    if (calls_so_far == NULL)
        script_error("libmalloccount.so is not preloaded");
    const unsigned long before = calls_so_far();
    long result = action_run_words(count - 1, words + 1);
    const unsigned long calls = calls_so_far() - before;
    say("  %lu calls of the malloc family", calls);
    return result;
}

/* write NUMBER TEXT: to a descriptor that may not be open */
static long act_write(int count, char **words)
{
    (void)count;
    ssize_t written = write(atoi(words[1]), words[2], strlen(words[2]));
    say("  written: %zd, %s", written, written < 0 ? strerrorname_np(errno) : "no error");
    return written;
}

/* closefd NUMBER: closes a descriptor, as hosts do with their standard error */
static long act_closefd(int count, char **words)
{
    (void)count;
    return close(atoi(words[1]));
}

/* obey PATH: the actions that are written to a pipe, one a line, until its writers are gone */
static long act_obey(int count, char **words)
{
    char line[HOST_ACTION_BYTES];
    size_t used = 0;
    int pipe = open(words[1], O_RDONLY | O_CLOEXEC);
    (void)count;
    if (pipe < 0)
        script_error("cannot open %s: %s", words[1], strerrorname_np(errno));
    while (used < sizeof line && read(pipe, line + used, 1) == 1) {
        if (line[used++] != '\n')
            continue;
        line[used - 1] = '\0';
        used = 0;
        say("> %s", line);
        action_run(line);
    }
    return close(pipe);
}

const struct action process_actions[] = {
    {"fork", "ACTION...", 1, act_fork},
    {"exec", "PROGRAM [ARGUMENT...]", 1, act_exec},
    {"end", "return|exit|_exit|quick_exit|abort|segv|kill [STATUS]", 1, act_end},
    {"check", "", 0, act_check},
    {"counts", "", 0, act_counts},
    {"next", "NAME", 1, act_next},
    {"mallocs", "ACTION...", 1, act_mallocs},
    {"write", "NUMBER TEXT", 2, act_write},
    {"closefd", "NUMBER", 1, act_closefd},
    {"obey", "PATH", 1, act_obey},
    {NULL, NULL, 0, NULL},
};
