/* viewer/progress.h - how far long work has come, for somebody who watches */
/* SPDX-License-Identifier: MIT */

/*
 * One line on stderr, only if that is a terminal that can wipe it and the work has taken longer
 * than a second; it is wiped out at the end. It is never wider than the terminal: in a narrow one
 * the bar is left out first, then the rate and the name.
 *
 *   reading heap events  45 % [##########-------------] 21.3 M/s, 25 s left
 *
 * Costs a clock reading now and then. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_PROGRESS_H
#define NPNTRACE_VIEWER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "reading events" */
    uint64_t items;   /* the caller's: things done that a rate is of; 0: none */
    uint64_t begin_ns, shown_ns;
    bool watched;
    bool shown;
};

struct progress progress_begin(const char *what);
void progress_update(struct progress *progress, uint64_t done, uint64_t total);
void progress_end(struct progress *progress);

#define PROGRESS_LINE_MAX 256

/* The line without what wipes the last one, after so much time, in at most `width` columns. Returns
 * its length; total is not 0. */
size_t progress_line(const struct progress *progress, uint64_t elapsed_ns, uint64_t done,
                     uint64_t total, size_t width, char line[PROGRESS_LINE_MAX]);

#endif
