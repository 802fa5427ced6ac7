/* tests/fuzz/trace_pieces.h - a trace file as a list of blocks */
/* SPDX-License-Identifier: MIT */

/* A piece is a block: its content the raw payload, its head the type (4 bytes, little-endian) and
 * whether it is compressed (1 byte, 0 or other). Threads: one. */
#ifndef NPNTRACE_TESTS_FUZZ_TRACE_PIECES_H
#define NPNTRACE_TESTS_FUZZ_TRACE_PIECES_H

#include "tests/fuzz/pieces.h"

/* Up to the first block that cannot be read. */
void trace_pieces_take(struct pieces *pieces, const uint8_t *data, size_t size);

/* Returns the length of the file; blocks that do not fit are left out. */
size_t trace_pieces_put(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed);

#endif
