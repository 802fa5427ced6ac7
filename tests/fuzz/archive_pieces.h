/* tests/fuzz/archive_pieces.h - a ZIP file as a list of entries */
/* SPDX-License-Identifier: MIT */

/*
 * A piece is an entry: its content a byte for how long its name is, the name, and the raw bytes.
 * The head has
 *
 *     how    u8    ARCHIVE_ bits
 *     method u8    with ARCHIVE_METHOD: the bytes stand in the file as they are, named so
 *     more   u8    with ARCHIVE_LIE: how many bytes more the entry is said to have
 *
 * Checksums, sizes and the directory are made right. Threads: one.
 */
#ifndef NPNTRACE_TESTS_FUZZ_ARCHIVE_PIECES_H
#define NPNTRACE_TESTS_FUZZ_ARCHIVE_PIECES_H

#include "tests/fuzz/pieces.h"

#define ARCHIVE_DEFLATE 1u /* else stored */
#define ARCHIVE_METHOD 2u
#define ARCHIVE_LIE 4u  /* about its size */
#define ARCHIVE_ZEROS 8u /* a quarter of a megabyte behind the content */

void archive_pieces_add(struct pieces *pieces, unsigned how, const char *name, const void *bytes,
                        size_t length);

/* Up to the first entry that cannot be read. */
void archive_pieces_take(struct pieces *pieces, const uint8_t *data, size_t size);

/* Returns the length of the file; entries that do not fit are left out. */
size_t archive_pieces_put(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed);

#endif
