/* tests/bench/launch.c: runs a command some times and says how long each run took. */
/* SPDX-License-Identifier: MIT */

/*
 * launch OUTPUT RUNS [LIBRARY] -- COMMAND [ARGUMENT]...
 *
 * Appends a line of JSON to OUTPUT for each run: {"wall_ns": ..., "user_ns": ..., "system_ns": ...,
 * "peak_kib": ..., "status": wait status}. Only the command gets LIBRARY preloaded (beside what
 * LD_PRELOAD has already), this program does not. It stands between a recorder and a command, so
 * that the command's own time is known without what the recorder does after its end. A run that
 * fails ends it, with status 1.
 */

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t nanoseconds(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

/* LIBRARY goes before what is preloaded already. */
static void preload(const char *library)
{
    const char *others = getenv("LD_PRELOAD");
    char *both;

    if (others == NULL || *others == '\0') {
        setenv("LD_PRELOAD", library, 1);
        return;
    }
    if (asprintf(&both, "%s:%s", library, others) < 0)
        abort();
    setenv("LD_PRELOAD", both, 1);
    free(both);
}

/* Returns the wait status, or -1 if the command could not be started. */
static int run(FILE *output, char **command)
{
    struct rusage usage;
    pid_t pid;
    int status;
    uint64_t start_ns = now_ns();
    int error = posix_spawnp(&pid, command[0], NULL, NULL, command, environ);

    if (error != 0) {
        fprintf(stderr, "launch: %s: %s\n", command[0], strerror(error));
        return -1;
    }
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return -1;
    uint64_t end_ns = now_ns();
    fprintf(output,
            "{\"wall_ns\": %" PRIu64 ", \"user_ns\": %" PRIu64 ", \"system_ns\": %" PRIu64
            ", \"peak_kib\": %ld, \"status\": %d}\n",
            end_ns - start_ns, nanoseconds(&usage.ru_utime), nanoseconds(&usage.ru_stime),
            usage.ru_maxrss, status);
    return status;
}

int main(int argc, char **argv)
{
    int separator = 3;

    while (separator < argc && strcmp(argv[separator], "--") != 0)
        separator++;
    if (separator > 4 || separator + 1 >= argc) {
        fprintf(stderr, "usage: launch OUTPUT RUNS [LIBRARY] -- COMMAND [ARGUMENT]...\n");
        return 2;
    }
    FILE *output = fopen(argv[1], "ae");
    if (output == NULL) {
        fprintf(stderr, "launch: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    if (separator == 4)
        preload(argv[3]);
    for (long runs = strtol(argv[2], NULL, 10); runs > 0; runs--)
        if (run(output, argv + separator + 1) != 0)
            return 1;
    return fclose(output) == 0 ? 0 : 2;
}
