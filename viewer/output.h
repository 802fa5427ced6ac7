/* viewer/output.h - the file that a verb was asked to write */
/* SPDX-License-Identifier: MIT */

/*
 * "-" and NULL are standard output. A file appears under its name only when it is complete: what is
 * there already stays if anything goes wrong, and nothing else is left (viewer/unfinished.h).
 * Threads: one; one at a time.
 */
#ifndef NPNTRACE_VIEWER_OUTPUT_H
#define NPNTRACE_VIEWER_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    const char *path;
    const char *temporary; /* NULL: standard output, or a file that is written in place */
    FILE *file;
};

/* Devices, pipes and links are written in place; what is not there yet, or is a file, is replaced.
 */
bool output_is_replaced(const char *path);

/* False after a message. */
bool output_begin(struct output *output, const char *path);

/* False after a message. Errors of standard output are for main() to find. */
bool output_end(struct output *output);

/* Why nothing can be written to it, an errno: the first failure was long ago, so it is tried once
 * more. */
int output_why(FILE *file);

/* Says on stderr what was written, and how big it is. */
void output_say(const struct output *output, const char *what, const char *advice);

#endif
