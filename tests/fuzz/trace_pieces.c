/* tests/fuzz/trace_pieces.c - a trace file as a list of blocks */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/trace_pieces.h"
#include "format/trace.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define ZSTD_LEVEL 1

static bool take_block(struct pieces *pieces, const struct trace_block *block,
                       const uint8_t *stored)
{
    uint8_t head[PIECE_HEAD_BYTES] = {0};
    bool is_raw = block->codec == TRACE_CODEC_RAW;

    trace_store_u32(head, block->type);
    head[4] = !is_raw;
    uint8_t *to = pieces_add(pieces, head, is_raw ? stored : NULL, block->raw_bytes);
    if (to == NULL || is_raw)
        return to != NULL;
    size_t bytes = ZSTD_decompress(to, block->raw_bytes, stored, block->stored_bytes);
    return !ZSTD_isError(bytes);
}

void trace_pieces_take(struct pieces *pieces, const uint8_t *data, size_t size)
{
    struct trace_block block;
    uint32_t sequence = 0;

    for (size_t at = TRACE_HEADER_BYTES; at + TRACE_BLOCK_HEADER_BYTES <= size; sequence++) {
        if (trace_block_decode(data + at, sequence, &block, NULL) != 0)
            return;
        at += TRACE_BLOCK_HEADER_BYTES;
        if (block.stored_bytes > size - at || !take_block(pieces, &block, data + at))
            return;
        at += block.stored_bytes;
    }
}

static size_t put_header(uint8_t *out)
{
    trace_header_encode(out);
    trace_header_seal(out, (uint32_t)crc32(0, out, TRACE_HEADER_SUMMED_BYTES));
    return TRACE_HEADER_BYTES;
}

/* Returns its length, 0 where there is no room. */
static size_t put_block(const struct piece *piece, const uint8_t *raw, uint32_t sequence,
                        uint8_t *out, size_t room)
{
    uint8_t *to = out + TRACE_BLOCK_HEADER_BYTES;
    size_t stored = 0;

    if (room < TRACE_BLOCK_HEADER_BYTES + piece->length)
        return 0;
    if (piece->head[4] != 0)
        stored = ZSTD_compress(to, room - TRACE_BLOCK_HEADER_BYTES, raw, piece->length, ZSTD_LEVEL);
    bool is_raw = stored == 0 || ZSTD_isError(stored);
    if (is_raw) {
        memcpy(to, raw, piece->length);
        stored = piece->length;
    }
    struct trace_block block = {
        .type = trace_load_u32(piece->head),
        .sequence = sequence,
        .codec = is_raw ? TRACE_CODEC_RAW : TRACE_CODEC_ZSTD,
        .stored_bytes = (uint32_t)stored,
        .raw_bytes = (uint32_t)piece->length,
    };
    trace_block_encode(&block, out);
    uLong sum = crc32(0, out, TRACE_BLOCK_SUMMED_BYTES);
    trace_block_seal(out, (uint32_t)crc32(sum, to, (uInt)stored));
    return TRACE_BLOCK_HEADER_BYTES + stored;
}

size_t trace_pieces_put(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed)
{
    (void)seed;
    if (room < TRACE_HEADER_BYTES)
        return 0;
    size_t length = put_header(out);
    uint32_t sequence = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->list[i];
        size_t bytes = put_block(piece, pieces->room + piece->at, sequence, out + length,
                                 room - length);
        length += bytes;
        sequence += bytes != 0;
    }
    return length;
}
