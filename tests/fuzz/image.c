/* tests/fuzz/image.c - a segment of a megabyte in a few hundred bytes */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/image.h"

#include <string.h>

#define QUIET_BYTES 16u /* zeros that end a run */
#define RUN_BYTES 1024u

static uint16_t load(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void store(uint8_t *bytes, uint64_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

void image_take(struct pieces *pieces, const uint8_t *data, size_t size)
{
    while (size >= PIECE_HEAD_BYTES) {
        const uint8_t *head = data;
        size_t length = load(head + 6);
        data += PIECE_HEAD_BYTES;
        size -= PIECE_HEAD_BYTES;
        if (length > size)
            length = size;
        if (pieces_add(pieces, head, data, length) == NULL)
            return;
        data += length;
        size -= length;
    }
}

size_t image_put(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed)
{
    size_t length = 0;

    (void)seed;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->list[i];
        size_t bytes = piece->length < UINT16_MAX ? piece->length : UINT16_MAX;
        if (room - length < PIECE_HEAD_BYTES + bytes)
            break;
        memcpy(out + length, piece->head, PIECE_HEAD_BYTES);
        store(out + length + 6, bytes);
        memcpy(out + length + PIECE_HEAD_BYTES, pieces->room + piece->at, bytes);
        length += PIECE_HEAD_BYTES + bytes;
    }
    return length;
}

uint64_t image_place(const struct ring_layout *layout, const struct piece *piece,
                     size_t *ret_bytes)
{
    unsigned where = piece->head[0] % IMAGE_PLACES;
    uint64_t entry = load(piece->head + 2), at = load(piece->head + 4);

    if (where == IMAGE_HEADER) {
        at %= sizeof(struct ring_header);
    } else {
        const struct ring_extent *area = &layout->area[where];
        at = area->offset + entry % area->count * area->entry_bytes + at;
    }
    at %= layout->total_bytes;
    *ret_bytes = piece->length < layout->total_bytes - at ? piece->length
                                                          : (size_t)(layout->total_bytes - at);
    return at;
}

/* Bytes from the first one to the last that is not zero, before QUIET_BYTES zeros or the end. */
static size_t run_of(const uint8_t *bytes, size_t length)
{
    size_t last = 0;

    for (size_t i = 0; i < length && i < RUN_BYTES && i < last + QUIET_BYTES; i++)
        if (bytes[i] != 0)
            last = i + 1;
    return last;
}

static void add_area(struct pieces *pieces, unsigned area, const uint8_t *bytes, size_t length,
                     size_t entry_bytes)
{
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] == 0)
            continue;
        size_t run = run_of(bytes + at, length - at);
        uint8_t head[PIECE_HEAD_BYTES] = {(uint8_t)area};
        /* Strings are entries of one byte: there are more than fit. */
        size_t entry = entry_bytes > 1 ? at / entry_bytes : 0;
        store(head + 2, entry);
        store(head + 4, at - entry * entry_bytes);
        store(head + 6, run);
        if (pieces_add(pieces, head, bytes + at, run) == NULL)
            return;
        at += run;
    }
}

void image_of(struct pieces *pieces, const void *base, const struct ring_layout *layout)
{
    const uint8_t *bytes = base;

    add_area(pieces, IMAGE_HEADER, bytes, sizeof(struct ring_header), sizeof(struct ring_header));
    for (unsigned i = 0; i < RING_AREAS; i++) {
        const struct ring_extent *area = &layout->area[i];
        add_area(pieces, i, bytes + area->offset, (size_t)area->count * area->entry_bytes,
                 area->entry_bytes);
    }
}
