/* viewer/mapping.h - a file in memory, read-only */
/* SPDX-License-Identifier: MIT */

/*
 * A file that shrinks while it is mapped raises SIGBUS at its lost pages. mapping_open() installs a
 * handler that says so and ends the program with status 2, as any other unreadable file would. A
 * program that reads many files for long survives it instead, see mapping_survive().
 * Threads: one, but for mapping_losses(). Memory: the mapping lives until mapping_close().
 */
#ifndef NPNTRACE_VIEWER_MAPPING_H
#define NPNTRACE_VIEWER_MAPPING_H

#include <stddef.h>
#include <stdint.h>

struct mapping {
    const void *base; /* NULL if empty */
    uint64_t bytes;   /* of the file */
    uint64_t mapped_bytes;
};

/* Maps the whole of a regular file. -errno; -EINVAL: not a regular file. An empty one is mapped as
 * NULL. */
int mapping_open(const char *path, struct mapping *ret_mapping);

/* A private, writable image of total_bytes with the file's content at its start and zeros behind,
 * for reading around damage. Takes the place of the mapping. -errno: unchanged. */
int mapping_stretch(struct mapping *mapping, uint64_t total_bytes);

/* The pages that lie wholly in these bytes are not needed for now: gives their memory back. They
 * are read again when they are touched. Not for a stretched mapping. */
void mapping_release(const struct mapping *mapping, uint64_t offset, uint64_t bytes);

/* From now on lost pages read as zeros, and the program goes on. Who reads a file then looks
 * whether mapping_losses() has become more meanwhile: what was read is worth nothing if it has. */
void mapping_survive(void);
uint64_t mapping_losses(void);

/* Called before that handler ends the program; async-signal-safe, NULL: nothing. */
extern void (*mapping_before_dying)(void);

/* Pages beside those that are touched are not to be read as well: of a file most of which nobody
 * has written to yet, memory would be made for them. */
void mapping_touch_little(const struct mapping *mapping);

void mapping_close(struct mapping *mapping);

#endif
