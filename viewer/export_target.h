/* viewer/export_target.h - where an exported file goes, whole or not at all */
/* SPDX-License-Identifier: MIT */

/*
 * A file is written under another name beside its own and renamed when it is complete, so that a
 * failure leaves what was there, and a signal nothing else (viewer/unfinished.h). What is no
 * regular file (a pipe, /dev/null, a link) is written directly, as viewer/output.h does. Threads:
 * one. Memory: until export_target_end(). Errors: false after a message.
 */
#ifndef NPNTRACE_VIEWER_EXPORT_TARGET_H
#define NPNTRACE_VIEWER_EXPORT_TARGET_H

#include <stdbool.h>
#include <stdio.h>

struct export_target {
    const char *path;      /* NULL: standard output */
    const char *temporary; /* NULL: written directly */
    FILE *out;             /* NULL: somebody else writes `temporary` */
    bool is_directory;
};

/* path NULL is standard output. */
bool export_target_begin(struct export_target *target, const char *path);

/* For formats that write a file by themselves, or a directory of files: target->temporary. A
 * directory must not be there before. */
bool export_target_begin_file(struct export_target *target, const char *path);
bool export_target_begin_directory(struct export_target *target, const char *path);

/* good: all was written; false: undone, as far as it can be. */
bool export_target_end(struct export_target *target, bool good);

#endif
