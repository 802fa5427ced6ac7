/* viewer/bundle_write.h - makes the archives that viewer/bundle.h reads */
/* SPDX-License-Identifier: MIT */

/*
 * Entries are noted and written all at once by bundle_write_end(), into a file beside the archive
 * that takes its name only when it is complete. Threads: one. Memory: by entries.
 */
#ifndef NPNTRACE_VIEWER_BUNDLE_WRITE_H
#define NPNTRACE_VIEWER_BUNDLE_WRITE_H

#include <stdbool.h>
#include <stdint.h>

struct bundle_write;

/* A new archive at path, whose file is replaced if it exists. NULL: *ret_why says why, which is the
 * caller's to free. */
struct bundle_write *bundle_write_begin(const char *path, char **ret_why);

/* Adds a file as an entry; one that is there already is left as it is. `packed`: its bytes are
 * compressed already. False: it cannot be read. */
bool bundle_write_add(struct bundle_write *write, const char *entry, const char *file, bool packed);

/* Adds a text. False: there is no room for it. */
bool bundle_write_text(struct bundle_write *write, const char *entry, const char *text);

/* Writes everything and frees. NULL, or why it failed, which is the caller's to free; then there is
 * no new archive. */
char *bundle_write_end(struct bundle_write *write);

/* Frees without writing. */
void bundle_write_discard(struct bundle_write *write);

#endif
