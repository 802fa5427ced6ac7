/* viewer/progress.c - how far long work has come, for somebody who watches */
/* SPDX-License-Identifier: MIT */

#include "viewer/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SILENT_NS UINT64_C(1000000000) /* work that is shorter says nothing */
#define EVERY_NS UINT64_C(200000000)
#define WIPE "\r\033[K"

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

struct progress progress_begin(const char *what)
{
    uint64_t now = now_ns();

    return (struct progress){
        .what = what, .begin_ns = now, .shown_ns = now, .watched = isatty(STDERR_FILENO) == 1};
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
    if (!progress->watched || total == 0)
        return;
    uint64_t now = now_ns();
    if (now - progress->begin_ns < SILENT_NS || now - progress->shown_ns < EVERY_NS)
        return;
    progress->shown_ns = now;
    progress->shown = true;
    fprintf(stderr, WIPE "%s: %" PRIu64 " %%", progress->what, done * 100 / total);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs(WIPE, stderr);
    progress->shown = false;
}
