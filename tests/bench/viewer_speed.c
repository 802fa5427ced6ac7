/* tests/bench/viewer_speed.c - how fast the viewer reads heap events, from file to report */
/* SPDX-License-Identifier: MIT */

/*
 * Usage: viewer_speed NPNTRACE [EVENTS [LIVE [STACKS [FILE]]]]
 *
 * Makes a trace file of that many events of a process with that many live blocks and distinct
 * stacks (tests/unit/heap_made.h), runs `NPNTRACE report` on it, and prints one JSON object: events
 * a second of processor time, bytes an event in the file, and what memory it took. FILE is kept;
 * without it the trace is a temporary file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/heap_made.h"

static void die(const char *what)
{
    fprintf(stderr, "viewer_speed: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_report(const char *npntrace, const char *path)
{
    if (freopen("/dev/null", "w", stdout) == NULL)
        die("/dev/null");
    execlp(npntrace, npntrace, "report", "--no-symbols", path, (char *)NULL);
    die(npntrace);
}

static void measure(const char *npntrace, const char *path, uint64_t events, uint64_t bytes)
{
    double begin = now_seconds();
    struct rusage usage;
    int status;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0)
        run_report(npntrace, path);
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("the report failed");
    double elapsed = now_seconds() - begin;
    double busy = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
    printf("{\"events\":%" PRIu64 ",\"seconds\":%.3f,\"processor_seconds\":%.3f,"
           "\"events_per_second\":%.0f,\"bytes_per_event\":%.3f,\"resident_mib\":%.1f}\n",
           events, elapsed, busy, (double)events / busy, (double)bytes / (double)events,
           (double)usage.ru_maxrss / 1024);
}

static uint64_t number(int argc, char **argv, int at, uint64_t otherwise)
{
    return at < argc ? strtoull(argv[at], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t events = number(argc, argv, 2, 20000000), live = number(argc, argv, 3, 100000),
             stacks = number(argc, argv, 4, 20000);
    char temporary[] = "/tmp/viewer_speed.XXXXXX";
    const char *path = argc > 5 ? argv[5] : temporary;

    if (argc < 2 || events == 0 || live == 0 || stacks == 0 || live > UINT32_MAX ||
        stacks > UINT32_MAX) {
        fputs("usage: viewer_speed NPNTRACE [EVENTS [LIVE [STACKS [FILE]]]]\n", stderr);
        return 2;
    }
    int fd =
        argc > 5 ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : mkstemp(temporary);
    if (fd < 0)
        die(path);
    struct heap_made *made = heap_made_new(1, (uint32_t)stacks, (uint32_t)live);
    uint64_t bytes = heap_made_save(made, events, fd);
    heap_made_free(made);
    measure(argv[1], path, events, bytes);
    if (argc <= 5)
        unlink(temporary);
    return 0;
}
