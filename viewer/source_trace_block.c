/* viewer/source_trace_block.c - one block of a trace file: checksum and decompression */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_trace.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <zlib.h>
#include <zstd.h>

static const uint8_t *at(const struct mapping *mapping, uint64_t offset)
{
    return (const uint8_t *)mapping->base + offset;
}

bool source_trace_sum_is_right(const struct mapping *mapping, uint64_t offset,
                               const struct trace_block *block)
{
    uLong sum = crc32(0, at(mapping, offset), TRACE_BLOCK_SUMMED_BYTES);

    sum = crc32(sum, at(mapping, offset + TRACE_BLOCK_HEADER_BYTES), block->stored_bytes);
    return sum == block->crc;
}

static bool fail(struct recording *recording, uint64_t offset, const struct trace_block *block,
                 const char *what)
{
    const char *name = trace_block_name(block->type);

    problems_add(&recording->problems, PROBLEM_DAMAGE, offset, "block %" PRIu32 " (%s): %s",
                 block->sequence, name != NULL ? name : "unknown", what);
    return false;
}

static void make_room(struct trace_room *room, size_t bytes)
{
    if (room->capacity >= bytes)
        return;
    room->bytes = xalloc_resized(room->bytes, bytes, 1);
    room->capacity = bytes;
}

const char *source_trace_unpack_block(const struct mapping *mapping, uint64_t offset,
                                      const struct trace_block *block, ZSTD_DCtx *zstd,
                                      struct trace_room *room, const uint8_t **ret_raw)
{
    const uint8_t *stored = at(mapping, offset + TRACE_BLOCK_HEADER_BYTES);

    if (!source_trace_sum_is_right(mapping, offset, block))
        return "the checksum does not match";
    if (block->codec == TRACE_CODEC_RAW) {
        *ret_raw = stored;
        return NULL;
    }
    make_room(room, block->raw_bytes);
    size_t bytes =
        ZSTD_decompressDCtx(zstd, room->bytes, block->raw_bytes, stored, block->stored_bytes);
    if (ZSTD_isError(bytes) || bytes != block->raw_bytes)
        return "cannot be decompressed";
    mapping_release(mapping, offset, TRACE_BLOCK_HEADER_BYTES + block->stored_bytes);
    *ret_raw = room->bytes;
    return NULL;
}

bool source_trace_unpack(struct recording *recording, uint64_t offset,
                         const struct trace_block *block, struct trace_room *room,
                         const uint8_t **ret_raw)
{
    struct trace_source *source = trace_source_of(recording);
    const char *what =
        source_trace_unpack_block(&source->mapping, offset, block, source->zstd, room, ret_raw);

    return what == NULL || fail(recording, offset, block, what);
}
