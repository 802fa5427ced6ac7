/* viewer/progress.h - how far long work has come, for somebody who watches */
/* SPDX-License-Identifier: MIT */

/*
 * One line on stderr, only if that is a terminal and the work has taken longer than a second; it is
 * wiped out at the end. Costs a clock reading now and then. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_PROGRESS_H
#define NPNTRACE_VIEWER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "reading events" */
    uint64_t begin_ns, shown_ns;
    bool watched;
    bool shown;
};

struct progress progress_begin(const char *what);
void progress_update(struct progress *progress, uint64_t done, uint64_t total);
void progress_end(struct progress *progress);

#endif
