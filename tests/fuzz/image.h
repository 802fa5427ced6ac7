/* tests/fuzz/image.h - a segment of a megabyte in a few hundred bytes */
/* SPDX-License-Identifier: MIT */

/*
 * A segment is mostly zeros, and where its tables lie is a function of its size. An image is a list
 * of pieces that are not zero:
 *
 *     area  u8     enum ring_area, or IMAGE_HEADER
 *     how   u8     for the harness
 *     entry u16    of the area
 *     at    u16    bytes from where the entry begins
 *     bytes u16    of the content, which follows
 *
 * Any bytes are an image; numbers that are too large are taken modulo what there is. Threads: one.
 */
#ifndef NPNTRACE_TESTS_FUZZ_IMAGE_H
#define NPNTRACE_TESTS_FUZZ_IMAGE_H

#include "format/ring.h"
#include "tests/fuzz/pieces.h"

#define IMAGE_HEADER RING_AREAS
#define IMAGE_PLACES (RING_AREAS + 1u)
#define IMAGE_BYTES RING_MIN_BYTES

void image_take(struct pieces *pieces, const uint8_t *data, size_t size);
size_t image_put(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed);

/* Where the content of a piece goes: its offset in the segment, and how much of it fits. */
uint64_t image_place(const struct ring_layout *layout, const struct piece *piece,
                     size_t *ret_bytes);

/* The pieces of a whole segment: runs of what is not zero. */
void image_of(struct pieces *pieces, const void *base, const struct ring_layout *layout);

#endif
