/* format/trace_bytes.h - growing buffers, bounded cursors, and the integers of a trace file */
/* SPDX-License-Identifier: MIT */

/*
 * Integers inside blocks are LEB128 varints: seven bits a byte, least significant first, the top
 * bit set on all but the last; at most ten bytes. A signed difference d is stored as the varint of
 * its zigzag form, (d << 1) ^ (d >> 63). Differences wrap modulo 2^64. Fixed integers, used by the
 * file and block headers only, are little-endian on every machine.
 *
 * Errors are sticky: a buffer that could not grow and a cursor that met something impossible keep
 * their error and do nothing more, so that a run of puts or gets needs one check at its end.
 * For one thread at a time; memory of a buffer is malloc's, a cursor borrows its bytes.
 */
#ifndef NPNTRACE_FORMAT_TRACE_BYTES_H
#define NPNTRACE_FORMAT_TRACE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct trace_buffer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    int error; /* 0 or -ENOMEM */
};

/* All-zero is an empty buffer. */
void trace_buffer_free(struct trace_buffer *buffer);
void trace_buffer_clear(struct trace_buffer *buffer); /* keeps the memory, forgets the error */

void trace_put_bytes(struct trace_buffer *buffer, const void *bytes, size_t length);
void trace_put_byte(struct trace_buffer *buffer, uint8_t byte);
void trace_put_varint(struct trace_buffer *buffer, uint64_t value);
void trace_put_difference(struct trace_buffer *buffer, uint64_t value, uint64_t from);
/* The length, then the bytes. */
void trace_put_text(struct trace_buffer *buffer, const char *text, size_t length);

/* Where decoding failed: an offset in the raw bytes of the block, and a constant phrase. */
struct trace_fault {
    size_t offset;
    const char *what;
};

struct trace_cursor {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    struct trace_fault fault; /* what == NULL: no fault yet */
};

struct trace_cursor trace_cursor_over(const void *bytes, size_t length);

/* After a fault all of these return 0, "" or NULL. */
uint8_t trace_get_byte(struct trace_cursor *cursor);
uint64_t trace_get_varint(struct trace_cursor *cursor);
uint64_t trace_get_limited(struct trace_cursor *cursor, uint64_t limit); /* fault if above limit */
uint32_t trace_get_u32(struct trace_cursor *cursor);
uint64_t trace_get_difference(struct trace_cursor *cursor, uint64_t from);
const uint8_t *trace_get_bytes(struct trace_cursor *cursor, size_t length);

/* A count of entries of at least min_entry_bytes each: never more than the bytes left allow. */
uint64_t trace_get_count(struct trace_cursor *cursor, size_t min_entry_bytes);

/* Bytes inside the block: not NUL-terminated. */
struct trace_text {
    const char *bytes;
    uint32_t length;
};

struct trace_text trace_get_text(struct trace_cursor *cursor);

/* Notes the first fault, at the cursor's position. Returns -EBADMSG. */
int trace_cursor_fail(struct trace_cursor *cursor, const char *what);

/* 0, or -EBADMSG with *ret_fault (may be NULL) set: something failed, or bytes are left over. */
int trace_cursor_end(struct trace_cursor *cursor, struct trace_fault *ret_fault);

void trace_store_u32(uint8_t *to, uint32_t value);
uint32_t trace_load_u32(const uint8_t *from);

#endif
