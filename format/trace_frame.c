/* format/trace_frame.c - the file header and the block headers of a trace file */
/* SPDX-License-Identifier: MIT */

/*
 *   file header                         block header
 *   0  8  TRACE_MAGIC                   0  4  TRACE_BLOCK_MAGIC
 *   8  4  version                       4  4  type
 *   12 4  endian mark                   8  4  sequence
 *   16 4  bytes of this header          12 4  codec
 *   20 8  zero                          16 4  stored bytes
 *   28 4  crc32 of bytes 0 .. 27        20 4  raw bytes
 *                                       24 4  zero
 *                                       28 4  crc32 of bytes 0 .. 27 and of the stored payload
 */
#include "format/trace.h"

#include <errno.h>
#include <string.h>

static int fail(struct trace_fault *ret_fault, int error, size_t offset, const char *what)
{
    if (ret_fault != NULL)
        *ret_fault = (struct trace_fault){.offset = offset, .what = what};
    return error;
}

void trace_header_encode(uint8_t header[TRACE_HEADER_BYTES])
{
    memset(header, 0, TRACE_HEADER_BYTES);
    memcpy(header, TRACE_MAGIC, 8);
    trace_store_u32(header + 8, TRACE_VERSION);
    trace_store_u32(header + 12, TRACE_ENDIAN_MARK);
    trace_store_u32(header + 16, TRACE_HEADER_BYTES);
}

void trace_header_seal(uint8_t header[TRACE_HEADER_BYTES], uint32_t crc)
{
    trace_store_u32(header + TRACE_HEADER_SUMMED_BYTES, crc);
}

int trace_header_check(const uint8_t *header, size_t length, uint32_t crc,
                       struct trace_fault *ret_fault)
{
    if (length < 8 || memcmp(header, TRACE_MAGIC, 8) != 0)
        return fail(ret_fault, -EBADMSG, 0, "not an npntrace trace file");
    if (length < TRACE_HEADER_BYTES)
        return fail(ret_fault, -EBADMSG, length, "ends inside its header");
    if (trace_load_u32(header + 12) != TRACE_ENDIAN_MARK)
        return fail(ret_fault, -EBADMSG, 12, "the byte order mark is damaged");

    uint32_t version = trace_load_u32(header + 8);
    if (version > TRACE_VERSION)
        return fail(ret_fault, -EPROTONOSUPPORT, 8, "a newer version than this program reads");
    if (trace_load_u32(header + TRACE_HEADER_SUMMED_BYTES) != crc)
        return fail(ret_fault, -EBADMSG, TRACE_HEADER_SUMMED_BYTES,
                    "the header's checksum does not match");
    if (version == 0 || trace_load_u32(header + 16) != TRACE_HEADER_BYTES)
        return fail(ret_fault, -EBADMSG, 8, "the header's version or size is damaged");
    return 0;
}

void trace_block_encode(const struct trace_block *block, uint8_t header[TRACE_BLOCK_HEADER_BYTES])
{
    memset(header, 0, TRACE_BLOCK_HEADER_BYTES);
    memcpy(header, TRACE_BLOCK_MAGIC, 4);
    trace_store_u32(header + 4, block->type);
    trace_store_u32(header + 8, block->sequence);
    trace_store_u32(header + 12, block->codec);
    trace_store_u32(header + 16, block->stored_bytes);
    trace_store_u32(header + 20, block->raw_bytes);
}

void trace_block_seal(uint8_t header[TRACE_BLOCK_HEADER_BYTES], uint32_t crc)
{
    trace_store_u32(header + TRACE_BLOCK_SUMMED_BYTES, crc);
}

int trace_block_decode(const uint8_t *header, uint32_t sequence, struct trace_block *ret_block,
                       struct trace_fault *ret_fault)
{
    struct trace_block block = {
        .type = trace_load_u32(header + 4),
        .sequence = trace_load_u32(header + 8),
        .codec = trace_load_u32(header + 12),
        .stored_bytes = trace_load_u32(header + 16),
        .raw_bytes = trace_load_u32(header + 20),
        .crc = trace_load_u32(header + TRACE_BLOCK_SUMMED_BYTES),
    };

    if (memcmp(header, TRACE_BLOCK_MAGIC, 4) != 0)
        return fail(ret_fault, -EBADMSG, 0, "no block begins here");
    if (block.sequence != sequence)
        return fail(ret_fault, -EBADMSG, 8, "a block is missing or out of order");
    if (block.codec >= TRACE_CODECS)
        return fail(ret_fault, -EBADMSG, 12, "a block is compressed in an unknown way");
    if (block.stored_bytes > TRACE_BLOCK_MAX_BYTES)
        return fail(ret_fault, -EBADMSG, 16, "a block's stored size is beyond the limit");
    if (block.raw_bytes > TRACE_BLOCK_MAX_BYTES)
        return fail(ret_fault, -EBADMSG, 20, "a block's raw size is beyond the limit");
    if (block.codec == TRACE_CODEC_RAW && block.raw_bytes != block.stored_bytes)
        return fail(ret_fault, -EBADMSG, 20, "a block's two sizes contradict each other");
    *ret_block = block;
    return 0;
}

const char *trace_block_name(unsigned type)
{
    static const char *const names[TRACE_BLOCK_TYPES] = {
        [TRACE_PROCESS] = "PROCESS",     [TRACE_STRINGS] = "STRINGS",
        [TRACE_MODULES] = "MODULES",     [TRACE_PLUGINS] = "PLUGINS",
        [TRACE_INSTANCES] = "INSTANCES", [TRACE_NODES] = "NODES",
        [TRACE_EVENTS] = "EVENTS",       [TRACE_SYMBOLS] = "SYMBOLS",
        [TRACE_LIVE] = "LIVE",           [TRACE_STATE] = "STATE",
        [TRACE_END] = "END",             [TRACE_HEAP] = "HEAP",
        [TRACE_OBJECTS] = "OBJECTS",     [TRACE_FINDINGS] = "FINDINGS",
        [TRACE_INDEX] = "INDEX",
    };
    return type < TRACE_BLOCK_TYPES ? names[type] : NULL;
}
