/* tests/fuzz/pieces.c - inputs that are lists of pieces */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/pieces.h"

#include <string.h>

void pieces_clear(struct pieces *pieces)
{
    pieces->count = 0;
    pieces->used = 0;
}

uint8_t *pieces_add(struct pieces *pieces, const uint8_t head[PIECE_HEAD_BYTES],
                    const void *content, size_t length)
{
    if (pieces->count == PIECES_MAX || length > PIECES_BYTES - pieces->used)
        return NULL;
    struct piece *piece = &pieces->list[pieces->count++];
    uint8_t *to = pieces->room + pieces->used;
    memcpy(piece->head, head, PIECE_HEAD_BYTES);
    piece->at = pieces->used;
    piece->length = length;
    pieces->used += length;
    if (content != NULL)
        memcpy(to, content, length);
    else
        memset(to, 0, length);
    return to;
}
