/* recorder/launch.c - finds and starts the command that is to be recorded */
/* SPDX-License-Identifier: MIT */

#include "recorder/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/handover.h"

#define LIBRARY_NAME "libnpntrace.so"
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* ---- the command ------------------------------------------------------------------------- */

static int check_executable(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    if (!S_ISREG(status.st_mode) || access(path, X_OK) != 0)
        return -EACCES;
    return 0;
}

/* Like execvp: the first that can be executed, else an error that says more than "not there". */
static int search_path(const char *name, char **ret_path)
{
    const char *path = getenv("PATH");
    int result = -ENOENT;

    for (const char *at = path ? path : DEFAULT_PATH, *end; at != NULL; at = end ? end + 1 : NULL) {
        char *candidate;

        end = strchr(at, ':');
        int length = end ? (int)(end - at) : (int)strlen(at);
        if (asprintf(&candidate, "%.*s/%s", length ? length : 1, length ? at : ".", name) < 0)
            return -ENOMEM;
        int error = check_executable(candidate);
        if (error == 0 || (error == -EACCES && result == -ENOENT)) {
            free(*ret_path);
            *ret_path = candidate;
            result = error;
        } else {
            free(candidate);
        }
        if (error == 0)
            return 0;
    }
    return result;
}

int launch_find(const char *name, char **ret_path)
{
    *ret_path = NULL;
    if (*name == '\0')
        return -ENOENT;
    if (strchr(name, '/') == NULL)
        return search_path(name, ret_path);
    *ret_path = strdup(name);
    return *ret_path == NULL ? -ENOMEM : check_executable(name);
}

/* ---- the library ------------------------------------------------------------------------- */

/* *ret_path is set to the absolute path if there is such a file. */
static int try_library(char *path, char **ret_path)
{
    char *real = path ? realpath(path, NULL) : NULL;

    free(path);
    if (real == NULL)
        return -ENOENT;
    *ret_path = real;
    return strpbrk(real, ": \t\n") ? -EINVAL : 0;
}

static char *beside_program(const char *below)
{
    char program[PATH_MAX], *path;
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

    if (length <= 0)
        return NULL;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL || asprintf(&path, "%.*s/%s", (int)(slash - program), program, below) < 0)
        return NULL;
    return path;
}

int launch_library(char **ret_path)
{
    static const char *const places[] = {".libs/" LIBRARY_NAME, LIBRARY_NAME,
                                         "../lib/" LIBRARY_NAME};
    const char *told = getenv("NPNTRACE_LIBRARY");
    int error = -ENOENT;

    *ret_path = NULL;
    if (told != NULL && *told != '\0')
        return try_library(strdup(told), ret_path);
    for (size_t i = 0; error == -ENOENT && i < sizeof(places) / sizeof(*places); i++)
        error = try_library(beside_program(places[i]), ret_path);
    if (error == -ENOENT)
        error = try_library(strdup(NPNTRACE_LIBDIR "/" LIBRARY_NAME), ret_path);
    return error;
}

/* ---- the start --------------------------------------------------------------------------- */

static int set_settings(const struct launch_settings *settings)
{
    const struct {
        const char *name, *value;
    } variables[] = {
        {"NPNTRACE_HEAP", settings->heap},
        {"NPNTRACE_FOLLOW", settings->follow},
        {"NPNTRACE_SELFCHECK", settings->selfcheck},
    };

    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        if (variables[i].value != NULL && setenv(variables[i].name, variables[i].value, 1) != 0)
            return -errno;
    return 0;
}

static int set_environment(const char *library, const char *recorder_name,
                           const struct launch_settings *settings)
{
    const char *others = getenv("LD_PRELOAD");
    char *preload;
    int length = others != NULL && *others != '\0' ? asprintf(&preload, "%s:%s", library, others)
                                                   : asprintf(&preload, "%s", library);

    if (length < 0)
        return -ENOMEM;
    if (setenv("LD_PRELOAD", preload, 1) != 0 ||
        setenv(HANDOVER_ENVIRONMENT, recorder_name, 1) != 0)
        return -errno;
    return set_settings(settings);
}

/* A file without "#!" that is no program is given to the shell, as every shell does. */
static void execute_as_script(const char *path, char *const argv[])
{
    size_t count = 0;

    while (argv[count] != NULL)
        count++;
    char **arguments = calloc(count + 2, sizeof(*arguments));
    if (arguments == NULL)
        return;
    arguments[0] = (char *)"sh";
    arguments[1] = (char *)path;
    for (size_t i = 1; i < count; i++)
        arguments[i + 1] = argv[i];
    execv("/bin/sh", arguments);
}

__attribute__((noreturn)) static void run_child(const char *path, char *const argv[],
                                                const char *library, const char *recorder_name,
                                                const struct launch_settings *settings,
                                                const struct signals *signals, int error_pipe)
{
    int error = set_environment(library, recorder_name, settings);

    if (error == 0) {
        signals_restore(signals);
        execv(path, argv);
        error = -errno;
        if (error == -ENOEXEC)
            execute_as_script(path, argv);
    }
    if (write(error_pipe, &error, sizeof(error)) != (ssize_t)sizeof(error))
        _exit(126);
    _exit(127);
}

int launch_start(const char *path, char *const argv[], const char *library,
                 const char *recorder_name, const struct launch_settings *settings,
                 const struct signals *signals, pid_t *ret_pid)
{
    int ends[2], error = 0;
    ssize_t got;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    pid_t pid = fork();
    if (pid < 0) {
        error = -errno;
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (pid == 0)
        run_child(path, argv, library, recorder_name, settings, signals, ends[1]);
    close(ends[1]);
    do /* ends when the child has executed the program, or could not */
        got = read(ends[0], &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    close(ends[0]);
    if (got == (ssize_t)sizeof(error)) {
        waitpid(pid, NULL, 0);
        return error;
    }
    *ret_pid = pid;
    return 0;
}
