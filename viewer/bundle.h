/* viewer/bundle.h - a recording in one file with what is needed to read it elsewhere */
/* SPDX-License-Identifier: MIT */

/*
 * What `npntrace archive` writes: a ZIP file, so that any machine can also unpack it.
 *
 *   recording/page.npt                              the recording, as it was
 *   files/usr/lib/libfoo.so                         a module of its stacks, by its recorded path
 *   files/usr/lib/debug/.build-id/ab/cdef01.debug   its debug information, by its build-id
 *   README.txt                                      what this is
 *
 * Unpacked, `files` serves as a --sysroot. Entries are unpacked one by one, when they are asked
 * for, into files in TMPDIR that have no name, so that nothing stays behind however the program
 * ends. Nothing in an archive is trusted: an entry that is damaged, larger than the directory says,
 * or too big for the room there is, is not there, and neither is what would make more of all of
 * them than the bytes of the archive can have been packed from.
 *
 * Threads: one. Memory: small; until bundle_close().
 */
#ifndef NPNTRACE_VIEWER_BUNDLE_H
#define NPNTRACE_VIEWER_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_RECORDING "recording/"
#define BUNDLE_FILES "files"
#define BUNDLE_SUFFIX ".npta"

struct bundle;

/* Does a file that begins with these bytes look like an archive? */
bool bundle_is(const void *bytes, uint64_t count);

/* Opens an archive and unpacks its recording into *ret_recording, an open file. NULL: *ret_why says
 * why, which is the caller's to free. */
struct bundle *bundle_open(const char *path, int *ret_recording, char **ret_why);
void bundle_close(struct bundle *bundle); /* NULL is fine */

/* The file that a module was mapped from, or its debug information: an open file, or -1. */
int bundle_file(struct bundle *bundle, const char *path);
int bundle_debug_file(struct bundle *bundle, const uint8_t *build_id, size_t build_id_bytes);

/* The name of an entry, which the caller frees. */
char *bundle_file_entry(const char *path);
char *bundle_debug_entry(const uint8_t *build_id, size_t build_id_bytes);

#endif
