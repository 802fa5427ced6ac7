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
#include <sched.h>
#include <stdbool.h>
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

struct run {
    double elapsed, busy; /* seconds */
    double resident_mib;
};

static void run_report(const char *npntrace, const char *path, bool alone, bool part)
{
    cpu_set_t first;
    int processor = sched_getcpu();

    if (freopen("/dev/null", "w", stdout) == NULL)
        die("/dev/null");
    CPU_ZERO(&first);
    CPU_SET(processor < 0 ? 0 : processor, &first);
    if (alone && sched_setaffinity(0, sizeof(first), &first) != 0)
        die("sched_setaffinity");
    execlp(npntrace, npntrace, "report", "--no-symbols", path, part ? "--from=50%" : (char *)NULL,
           "--to=51%", "--by=plugin", (char *)NULL);
    die(npntrace);
}

static struct run measure(const char *npntrace, const char *path, bool alone, bool part)
{
    double begin = now_seconds();
    struct rusage usage;
    int status;
    pid_t child = fork();

    if (child < 0)
        die("fork");
    if (child == 0)
        run_report(npntrace, path, alone, part);
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("the report failed");
    return (struct run){
        .elapsed = now_seconds() - begin,
        .busy = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime),
        .resident_mib = (double)usage.ru_maxrss / 1024,
    };
}

static void print_run(const char *name, const struct run *run)
{
    printf(",\"%s\":{\"seconds\":%.3f,\"processor_seconds\":%.3f,\"resident_mib\":%.1f}", name,
           run->elapsed, run->busy, run->resident_mib);
}

/* Nothing is printed before the last child is made: it would print that again. */
static void measure_all(const char *npntrace, const char *path, uint64_t events, uint64_t bytes)
{
    cpu_set_t processors;
    bool has_two =
        sched_getaffinity(0, sizeof(processors), &processors) == 0 && CPU_COUNT(&processors) > 1;
    struct run one = measure(npntrace, path, true, false);
    struct run part = measure(npntrace, path, false, true);
    struct run two = has_two ? measure(npntrace, path, false, false) : one;

    printf("{\"events\":%" PRIu64 ",\"seconds\":%.3f,\"processor_seconds\":%.3f,"
           "\"events_per_second\":%.0f,\"bytes_per_event\":%.3f,\"resident_mib\":%.1f",
           events, one.elapsed, one.busy, (double)events / one.busy, (double)bytes / (double)events,
           one.resident_mib);
    if (has_two)
        print_run("two_processors", &two);
    else
        printf(",\"two_processors\":null");
    print_run("part", &part);
    puts("}");
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
    measure_all(argv[1], path, events, bytes);
    if (argc <= 5)
        unlink(temporary);
    return 0;
}
