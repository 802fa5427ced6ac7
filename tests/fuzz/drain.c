/* tests/fuzz/drain.c - harness: the recorder, at a segment that a hostile process writes to */
/* SPDX-License-Identifier: MIT */

/*
 * The input is an image (tests/fuzz/image.h) that is drawn piece by piece over the segment of a
 * process that has begun. `how` of a piece says what the recorder does after it was drawn:
 *
 *     1   a round             2   merges up to its horizon      4   writes short blocks, too
 *     8   writes findings    16   the last round, in which it looks at every chunk
 *
 * Then the recording ends as it would when the process has. Whatever was in the segment, each block
 * of the file can be decoded.
 */
#include "recorder/contract.h"
#include "recorder/drain.h"
#include "recorder/live.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/image.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/trace_decode.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
    HOW_ROUND = 1,
    HOW_MERGE = 2,
    HOW_FLUSH = 4,
    HOW_FINDINGS = 8,
    HOW_EVERYTHING = 16,
};

struct recorder {
    struct segment segment;
    struct trace_writer out;
    struct tables tables;
    struct drain drain;
    uint32_t findings; /* written */
};

const struct pieces_form pieces_form = {image_take, image_put};
static struct segment_locks locks;
static struct pieces pieces;
static int file;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* for the assertions of trace_decode() */
    fuzz_require(segment_locks_install(&locks) == 0, "segment_locks_install");
    file = fuzz_file();
    return 0;
}

static void begin(struct recorder *recorder)
{
    struct trace_process process = {.pid = 1, .writer = {"fuzz", 4}};
    struct trace_buffer raw = {0};

    recorder->findings = 0;
    fuzz_require(ftruncate(file, 0) == 0, "ftruncate");
    fuzz_require(segment_create(&recorder->segment, &locks, IMAGE_BYTES, RING_DROP) == 0 &&
                     trace_writer_open(&recorder->out, dup(file)) == 0,
                 "a segment and a file");
    trace_process_encode(&process, &raw);
    fuzz_require(trace_writer_put(&recorder->out, TRACE_PROCESS, &raw) == 0, "PROCESS");
    trace_buffer_free(&raw);
    fuzz_require(tables_open(&recorder->tables, &recorder->segment, &recorder->out) == 0 &&
                     drain_open(&recorder->drain, &recorder->segment, &recorder->tables,
                                &recorder->out) == 0,
                 "tables and a drain");
    recorder->segment.header->clock = RING_CLOCK_MONOTONIC;
    fake_host_begin(recorder->segment.header);
    ticks_begin(&recorder->segment.ticks, RING_CLOCK_MONOTONIC);
}

/* The lock stays: it is the kernel's list that would follow what stands there. */
static void draw(struct recorder *recorder, const struct piece *piece)
{
    uint8_t *base = (uint8_t *)recorder->segment.header;
    pthread_mutex_t lock = recorder->segment.header->recorder_lock;
    size_t bytes;
    uint64_t at = image_place(&recorder->segment.layout, piece, &bytes);

    memcpy(base + at, pieces.room + piece->at, bytes);
    recorder->segment.header->recorder_lock = lock;
}

static void act(struct recorder *recorder, unsigned how)
{
    struct drain *drain = &recorder->drain;

    if ((how & HOW_ROUND) != 0)
        drain_round(drain, (how & HOW_EVERYTHING) != 0);
    if ((how & HOW_MERGE) != 0)
        fuzz_require(drain_merge(drain, drain_horizon(drain)) == 0, "drain_merge");
    if ((how & HOW_FLUSH) != 0)
        fuzz_require(drain_flush(drain, drain_horizon(drain)) == 0, "drain_flush");
    if ((how & HOW_FINDINGS) != 0)
        fuzz_require(contract_write_findings(&recorder->tables, &recorder->findings) == 0,
                     "contract_write_findings");
    segment_is_intact(&recorder->segment);
}

static void end(struct recorder *recorder)
{
    struct drain *drain = &recorder->drain;
    uint64_t entries, busy, objects, findings;

    drain_round(drain, true);
    fuzz_require(drain_flush(drain, UINT64_MAX) == 0, "drain_flush at the end");
    fuzz_require(drain_waiting(drain) == 0 && drain->copied_bytes == 0, "nothing is left");
    fuzz_require(tables_write_final(&recorder->tables) == 0 &&
                     live_write(&recorder->tables, &entries, &busy) == 0 &&
                     contract_write(&recorder->tables, &objects, &findings) == 0,
                 "the last tables");
    drain_close(drain);
    tables_close(&recorder->tables);
    segment_destroy(&recorder->segment);
    fuzz_require(trace_writer_close(&recorder->out) == 0, "trace_writer_close");
}

static void decode_block(const struct trace_block *block, const uint8_t *stored)
{
    struct trace_fault fault = {0};
    uint8_t *raw = malloc(block->raw_bytes + 1);

    fuzz_require(raw != NULL, "malloc");
    if (block->codec == TRACE_CODEC_RAW)
        memcpy(raw, stored, block->raw_bytes);
    else
        fuzz_require(ZSTD_decompress(raw, block->raw_bytes, stored, block->stored_bytes) ==
                         block->raw_bytes,
                     "a block can be decompressed");
    fuzz_require(trace_decode(block->type, raw, block->raw_bytes, &fault) == 0, fault.what);
    free(raw);
}

static void decode_file(void)
{
    struct trace_block block;
    struct trace_fault fault;
    struct stat status;

    fuzz_require(fstat(file, &status) == 0, "fstat");
    size_t bytes = (size_t)status.st_size;
    uint8_t *content = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file, 0);
    fuzz_require(content != MAP_FAILED, "mmap");
    uint32_t sequence = 0;
    for (size_t at = TRACE_HEADER_BYTES; at < bytes; sequence++) {
        fuzz_require(bytes - at >= TRACE_BLOCK_HEADER_BYTES &&
                         trace_block_decode(content + at, sequence, &block, &fault) == 0,
                     "a block begins here");
        at += TRACE_BLOCK_HEADER_BYTES;
        fuzz_require(block.stored_bytes <= bytes - at, "a block ends in the file");
        decode_block(&block, content + at);
        at += block.stored_bytes;
    }
    munmap(content, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recorder recorder;

    pieces_clear(&pieces);
    image_take(&pieces, data, size);
    begin(&recorder);
    for (size_t i = 0; i < pieces.count; i++) {
        draw(&recorder, &pieces.list[i]);
        act(&recorder, pieces.list[i].head[1]);
    }
    end(&recorder);
    decode_file();
    return 0;
}
