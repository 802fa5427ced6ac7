/* recorder/launch.h - finds, examines and starts the command that is to be recorded */
/* SPDX-License-Identifier: MIT */

/*
 * The loader takes our library into the command by LD_PRELOAD. Some programs never read that
 * variable: static ones, those that run with more rights than their caller, and those of another
 * word size or machine. They are started all the same, since what they start in turn may be
 * recorded.
 *
 * The child begins as the recorder was begun: same signal mask and dispositions, same descriptors.
 * Errors are 0 or -errno. For one thread.
 */
#ifndef NPNTRACE_RECORDER_LAUNCH_H
#define NPNTRACE_RECORDER_LAUNCH_H

#include <signal.h>
#include <sys/types.h>

#include "recorder/signals.h"

/* The file that the shell would run for this name, malloc'ed. -ENOENT: there is none; -EACCES: it
 * may not be executed; -EISDIR. *ret_path is then what was looked at last, or NULL. */
int launch_find(const char *name, char **ret_path);

/* Why nothing can be recorded in a program, malloc'ed, as the end of "... because ": "it is
 * statically linked". NULL: no reason known. */
char *launch_examine(const char *path);

/* The name of the program that this file becomes, as a pattern of fnmatch(3), malloc'ed: of a
 * script, the program that runs it. NULL: no memory. */
char *launch_follow(const char *path);

/* libnpntrace.so, absolute, malloc'ed: $NPNTRACE_LIBRARY, beside this program (build tree), in
 * ../lib of it, in the directory given at configuration. -ENOENT: nowhere; -EINVAL: at *ret_path,
 * but the loader cannot be told a path with ':' or white space. */
int launch_library(char **ret_path);

/* What the library is told through the environment. NULL: what the user told it. */
struct launch_settings {
    const char *heap;   /* NPNTRACE_HEAP */
    const char *follow; /* NPNTRACE_FOLLOW */
    const char *selfcheck; /* NPNTRACE_SELFCHECK */
};

/* Starts path with argv, the library preloaded (before what the user preloads) and recorder_name
 * and settings in the environment. -errno is that of the child's execve(2) too. */
int launch_start(const char *path, char *const argv[], const char *library,
                 const char *recorder_name, const struct launch_settings *settings,
                 const struct signals *signals, pid_t *ret_pid);

#endif
