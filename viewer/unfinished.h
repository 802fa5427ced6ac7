/* viewer/unfinished.h - files under another name until they are complete */
/* SPDX-License-Identifier: MIT */

/*
 * What is being written stands beside its place, as NAME.XXXXXX, and is renamed when it is
 * complete. A signal that ends the program meanwhile takes it away first:
 *
 *   begin --- signal: unlink, die of it
 *     |---------------- rename, or removal ---------- done: signals are as they were
 *
 * Signals that were ignored stay so. Threads: one, others block signals; one file or directory at a
 * time. Memory: until unfinished_done(). Errors: -errno.
 */
#ifndef NPNTRACE_VIEWER_UNFINISHED_H
#define NPNTRACE_VIEWER_UNFINISHED_H

/* A new file beside `path`, with the permissions that a new file has: its descriptor. The name is
 * valid until unfinished_done(). */
int unfinished_file(const char *path, const char **ret_name);

/* A new directory beside `path`: 0. */
int unfinished_directory(const char *path, const char **ret_name);

#define UNFINISHED_FILES_MOST 3

/* Before a file is made in the directory, of at most so many; signals take it away as well. */
void unfinished_add(const char *path);

/* It was renamed or removed; or there was none. */
void unfinished_done(void);

#endif
