/* tests/exact/exact_log.h - what the allocation program did, written down by itself */
/* SPDX-License-Identifier: MIT */

/*
 * The log is a file, mapped shared and sparse, so that writing it allocates nothing. After the
 * header come pieces of EXACT_PIECE_BYTES, each filled by one thread with records one after the
 * other; a record whose `words` is 0 ends a piece. A thread's records are in the order of its
 * calls: pieces later in the file were begun later.
 *
 *   piece 0          piece 1                     piece 2
 *   | header, 0... | record record record 0... | record record ...
 *
 * A record of an allocation is written after the function returned, one of a free before it is
 * called. The frames of an allocation are return addresses less the program's load bias, innermost
 * first, beginning with that of the leaf function: the leaf's own is known by its name only.
 * tests/exact/heaplog.py reads it.
 */
#ifndef NPNTRACE_TESTS_EXACT_LOG_H
#define NPNTRACE_TESTS_EXACT_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/exact/exact_calls.h"

#define EXACT_MAGIC UINT64_C(0x31544341584550)
#define EXACT_PIECE_BYTES (64u << 10)
#define EXACT_LOG_BYTES (UINT64_C(1) << 30)

enum exact_kind { EXACT_ALLOCATED = 1, EXACT_FREEING };

struct exact_record {
    uint32_t words; /* of 8 bytes, frames included */
    uint8_t kind;
    uint8_t function;
    uint16_t depth; /* frames */
    uint32_t tid;
    uint32_t alignment; /* that the caller may rely on; 0: as malloc's */
    uint64_t address;   /* 0: it failed */
    uint64_t size;      /* as requested */
    uint64_t block;     /* EXACT_FREEING: where in the file the allocation's record is */
    uint64_t frames[];
};

struct exact_header {
    uint64_t magic;
    uint64_t bias;             /* of the program */
    _Atomic uint64_t next;     /* offset of the first piece that is not begun */
    _Atomic uint32_t finished; /* 1: the program has come to its end */
    uint32_t main_tid;
};

struct exact_log { /* a thread's */
    uint64_t at;   /* offset of the next record */
    uint64_t end;  /* of the piece */
    uint32_t tid;
};

/* Once, before any thread. The process ends with a message if it cannot be done. */
void exact_log_open(const char *path);
void exact_log_finish(void);

void exact_log_thread(struct exact_log *log);

/* A record of this thread with room for `depth` frames, zeroed but for words, depth and tid. */
struct exact_record *exact_log_add(struct exact_log *log, unsigned depth);

/* Where a record is in the file, and back. */
uint64_t exact_log_offset(const struct exact_record *record);
struct exact_record *exact_log_at(uint64_t offset);

/* The program's load bias. */
uint64_t exact_log_bias(void);

/* Ends the process: the allocator or the tracer did something wrong. */
_Noreturn void exact_fail(const char *what, uint64_t a, uint64_t b);

#endif
