/* recorder/trace_writer.c - appends blocks to a trace file */
/* SPDX-License-Identifier: MIT */

#include "recorder/trace_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define ZSTD_LEVEL 3
#define ZSTD_LEVEL_HEAP 1 /* twice as fast, and hardly larger: the model has found what repeats */

static int fail(struct trace_writer *writer, int error)
{
    writer->error = error;
    /* Nothing can be done if this fails too: readers then find a torn last block. */
    if (ftruncate(writer->fd, (off_t)writer->good_bytes) != 0)
        return error;
    return error;
}

static int write_at(struct trace_writer *writer, const void *bytes, size_t length, uint64_t at)
{
    const char *from = bytes;

    while (length > 0) {
        ssize_t done = pwrite(writer->fd, from, length, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return fail(writer, done < 0 ? -errno : -EIO);
        from += done;
        at += (uint64_t)done;
        length -= (size_t)done;
    }
    return 0;
}

/* Behind the last complete block, the payload before its header: a recorder that is killed in
 * between leaves a header of zeros, which no cut file has, so readers can tell the two apart. */
static int append(struct trace_writer *writer, const void *head, size_t head_bytes,
                  const void *body, size_t body_bytes)
{
    uint64_t at = writer->good_bytes;
    int error = write_at(writer, body, body_bytes, at + head_bytes);

    if (error == 0)
        error = write_at(writer, head, head_bytes, at);
    if (error == 0)
        writer->good_bytes = at + head_bytes + body_bytes;
    return error;
}

int trace_writer_open(struct trace_writer *writer, int fd)
{
    uint8_t header[TRACE_HEADER_BYTES];
    struct trace_writer made = {.fd = fd, .zstd = ZSTD_createCCtx()};

    trace_header_encode(header);
    trace_header_seal(header, (uint32_t)crc32(0, header, TRACE_HEADER_SUMMED_BYTES));
    int error = made.zstd == NULL ? -ENOMEM : append(&made, header, sizeof(header), NULL, 0);
    if (error != 0) {
        ZSTD_freeCCtx(made.zstd);
        close(fd);
        return error;
    }
    *writer = made;
    return 0;
}

/* Compresses into writer->stored. Returns its size, or 0 where that is no gain or not possible. */
static size_t compress_block(struct trace_writer *writer, const struct trace_buffer *raw, int level)
{
    struct trace_buffer *stored = &writer->stored;
    size_t bound = ZSTD_compressBound(raw->length);

    trace_buffer_clear(stored);
    if (stored->capacity < bound) {
        trace_buffer_free(stored);
        stored->bytes = malloc(bound);
        if (stored->bytes == NULL)
            return 0;
        stored->capacity = bound;
    }
    size_t bytes = ZSTD_compressCCtx(writer->zstd, stored->bytes, stored->capacity, raw->bytes,
                                     raw->length, level);
    return ZSTD_isError(bytes) || bytes >= raw->length ? 0 : bytes;
}

int trace_writer_put(struct trace_writer *writer, enum trace_block_type type,
                     const struct trace_buffer *raw)
{
    uint8_t header[TRACE_BLOCK_HEADER_BYTES];

    if (writer->error != 0)
        return writer->error;
    if (raw->error != 0)
        return fail(writer, raw->error);
    if (raw->length > TRACE_BLOCK_MAX_BYTES)
        return fail(writer, -EMSGSIZE);

    int level = type == TRACE_HEAP ? ZSTD_LEVEL_HEAP : ZSTD_LEVEL;
    size_t compressed = compress_block(writer, raw, level);
    const uint8_t *payload = compressed ? writer->stored.bytes : raw->bytes;
    struct trace_block block = {
        .type = type,
        .sequence = writer->sequence,
        .codec = compressed ? TRACE_CODEC_ZSTD : TRACE_CODEC_RAW,
        .stored_bytes = (uint32_t)(compressed ? compressed : raw->length),
        .raw_bytes = (uint32_t)raw->length,
    };
    trace_block_encode(&block, header);
    uLong crc = crc32(0, header, TRACE_BLOCK_SUMMED_BYTES);
    if (block.stored_bytes > 0)
        crc = crc32(crc, payload, block.stored_bytes);
    trace_block_seal(header, (uint32_t)crc);

    int error = append(writer, header, sizeof(header), payload, block.stored_bytes);
    if (error == 0)
        writer->sequence++;
    return error;
}

int trace_writer_close(struct trace_writer *writer)
{
    int error = writer->error;

    if (close(writer->fd) != 0 && error == 0 && errno != EINTR)
        error = -errno;
    ZSTD_freeCCtx(writer->zstd);
    trace_buffer_free(&writer->stored);
    *writer = (struct trace_writer){.fd = -1};
    return error;
}
