/* format/trace_bytes.c - growing buffers, bounded cursors, and the integers of a trace file */
/* SPDX-License-Identifier: MIT */

#include "format/trace_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VARINT_MAX_BYTES 10

void trace_buffer_free(struct trace_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct trace_buffer){0};
}

void trace_buffer_clear(struct trace_buffer *buffer)
{
    buffer->length = 0;
    buffer->error = 0;
}

/* Room for `more` bytes behind the length. Doubling keeps the cost of a put constant. */
static int buffer_grow(struct trace_buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;

    if (buffer->error != 0)
        return buffer->error;
    if (more > SIZE_MAX / 4 || buffer->length > SIZE_MAX / 4)
        return buffer->error = -ENOMEM;
    while (capacity - buffer->length < more)
        capacity *= 2;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL)
        return buffer->error = -ENOMEM;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

static inline int buffer_reserve(struct trace_buffer *buffer, size_t more)
{
    if (buffer->error == 0 && buffer->capacity - buffer->length >= more)
        return 0;
    return buffer_grow(buffer, more);
}

void trace_put_bytes(struct trace_buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0 || buffer_reserve(buffer, length) != 0)
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

void trace_put_byte(struct trace_buffer *buffer, uint8_t byte)
{
    if (buffer_reserve(buffer, 1) != 0)
        return;
    buffer->bytes[buffer->length++] = byte;
}

void trace_put_varint(struct trace_buffer *buffer, uint64_t value)
{
    if (buffer_reserve(buffer, VARINT_MAX_BYTES) != 0)
        return;
    uint8_t *to = buffer->bytes + buffer->length;
    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    buffer->length = (size_t)(to - buffer->bytes);
}

void trace_put_difference(struct trace_buffer *buffer, uint64_t value, uint64_t from)
{
    uint64_t difference = value - from;
    uint64_t sign = (difference >> 63) ? UINT64_MAX : 0;

    trace_put_varint(buffer, (difference << 1) ^ sign);
}

void trace_put_text(struct trace_buffer *buffer, const char *text, size_t length)
{
    trace_put_varint(buffer, length);
    trace_put_bytes(buffer, text, length);
}

struct trace_cursor trace_cursor_over(const void *bytes, size_t length)
{
    return (struct trace_cursor){.bytes = bytes, .length = length};
}

int trace_cursor_fail(struct trace_cursor *cursor, const char *what)
{
    if (cursor->fault.what == NULL)
        cursor->fault = (struct trace_fault){.offset = cursor->position, .what = what};
    /* Nothing is left to read, so that getters need only one comparison. */
    cursor->position = cursor->length;
    return -EBADMSG;
}

uint8_t trace_get_byte(struct trace_cursor *cursor)
{
    if (cursor->position >= cursor->length) {
        trace_cursor_fail(cursor, "ends in the middle of an entry");
        return 0;
    }
    return cursor->bytes[cursor->position++];
}

static uint64_t get_long_varint(struct trace_cursor *cursor)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 7 * VARINT_MAX_BYTES; shift += 7) {
        if (cursor->position >= cursor->length) {
            trace_cursor_fail(cursor, "ends in the middle of a number");
            return 0;
        }
        uint8_t byte = cursor->bytes[cursor->position];
        if (shift == 63 && byte > 1)
            break;
        cursor->position++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    trace_cursor_fail(cursor, "holds a number of more than 64 bits");
    return 0;
}

uint64_t trace_get_varint(struct trace_cursor *cursor)
{
    if (cursor->position < cursor->length && cursor->bytes[cursor->position] < 0x80)
        return cursor->bytes[cursor->position++];
    return get_long_varint(cursor);
}

uint64_t trace_get_limited(struct trace_cursor *cursor, uint64_t limit)
{
    uint64_t value = trace_get_varint(cursor);

    if (value > limit) {
        trace_cursor_fail(cursor, "holds a number out of its range");
        return 0;
    }
    return value;
}

uint32_t trace_get_u32(struct trace_cursor *cursor)
{
    return (uint32_t)trace_get_limited(cursor, UINT32_MAX);
}

uint64_t trace_get_difference(struct trace_cursor *cursor, uint64_t from)
{
    uint64_t zigzag = trace_get_varint(cursor);

    return cursor->fault.what ? 0 : from + ((zigzag >> 1) ^ (~(zigzag & 1) + 1));
}

const uint8_t *trace_get_bytes(struct trace_cursor *cursor, size_t length)
{
    if (cursor->fault.what != NULL || length > cursor->length - cursor->position) {
        trace_cursor_fail(cursor, "a length goes beyond its end");
        return NULL;
    }
    const uint8_t *bytes = cursor->bytes + cursor->position;
    cursor->position += length;
    return bytes;
}

uint64_t trace_get_count(struct trace_cursor *cursor, size_t min_entry_bytes)
{
    uint64_t count = trace_get_varint(cursor);

    if (count > (cursor->length - cursor->position) / min_entry_bytes) {
        trace_cursor_fail(cursor, "counts more entries than it can hold");
        return 0;
    }
    return count;
}

struct trace_text trace_get_text(struct trace_cursor *cursor)
{
    uint32_t length = trace_get_u32(cursor);
    const uint8_t *bytes = trace_get_bytes(cursor, length);

    if (bytes == NULL)
        return (struct trace_text){.bytes = "", .length = 0};
    return (struct trace_text){.bytes = (const char *)bytes, .length = length};
}

int trace_cursor_end(struct trace_cursor *cursor, struct trace_fault *ret_fault)
{
    if (cursor->fault.what == NULL && cursor->position != cursor->length)
        trace_cursor_fail(cursor, "holds bytes after its last entry");
    if (cursor->fault.what == NULL)
        return 0;
    if (ret_fault != NULL)
        *ret_fault = cursor->fault;
    return -EBADMSG;
}

void trace_store_u32(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

uint32_t trace_load_u32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}
