/* recorder/trace_writer.h - appends blocks to a trace file */
/* SPDX-License-Identifier: MIT */

/*
 * Puts raw blocks (format/trace.h) into a file: compressed where that makes them smaller, summed,
 * and each written with one system call behind the last. When that fails the file is cut back to
 * its last complete block, so that it stays a valid, unfinished trace; the error sticks, and later
 * puts do nothing but return it. For one thread.
 */
#ifndef NPNTRACE_RECORDER_TRACE_WRITER_H
#define NPNTRACE_RECORDER_TRACE_WRITER_H

#include <zstd.h>

#include "format/trace.h"

struct trace_writer {
    int fd;
    int error;           /* 0, or the -errno that ended writing */
    uint32_t sequence;   /* of the next block */
    uint64_t good_bytes; /* length of the file up to its last complete block */
    ZSTD_CCtx *zstd;
    struct trace_buffer stored;
};

/* Takes over fd, an empty file open for writing, and writes the file header. 0 or -errno; on
 * failure fd is closed as well. */
int trace_writer_open(struct trace_writer *writer, int fd);

/* Appends one block. raw is at most TRACE_BLOCK_MAX_BYTES; a raw->error is this call's error. */
int trace_writer_put(struct trace_writer *writer, enum trace_block_type type,
                     const struct trace_buffer *raw);

/* 0 or the first error, that of close(2) included. */
int trace_writer_close(struct trace_writer *writer);

#endif
