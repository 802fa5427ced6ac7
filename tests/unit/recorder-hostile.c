/* tests/unit/recorder-hostile.c - a process damages its segment while it is recorded: no harm */
/* SPDX-License-Identifier: MIT */

/*
 * Threads record heap and NPN events as the tracer does. Between the recorder's rounds the segment
 * is written to as no tracer does: the words of events, heads of chunks, tables, counters, and at
 * the end the layout itself. Whatever comes of it, the recorder goes on, uses no more than it
 * should, and each block of the file can be decoded. Run with sanitizers this proves that nothing
 * out of bounds is touched; tests/unit/chance.h says how to run it for longer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "recorder/contract.h"
#include "recorder/live.h"
#include "tests/unit/chance.h"
#include "tests/unit/heap_stream.h"
#include "tests/unit/recorder_rig.h"
#include "tests/unit/trace_decode.h"

#define WRITERS 4u
#define STACKS 20u
#define STEPS 60u
#define SETTLED_NS UINT64_C(5000000) /* events are stamped so long ago: merged at once */

struct host {
    struct rig rig;
    struct chance chance;
    struct fake_writer writers[WRITERS];
    struct heap_stream *streams[WRITERS];
    uint32_t nodes[STACKS];
};

static void host_begin(struct host *host, uint64_t seed)
{
    host->chance = chance_begin(seed);
    rig_open(&host->rig, RING_DROP);
    for (unsigned i = 0; i < STACKS; i++)
        host->nodes[i] = fake_stack(host->rig.segment.header, i + 1);
    for (unsigned i = 0; i < WRITERS; i++) {
        fake_writer_open(&host->writers[i], host->rig.segment.header, i);
        host->streams[i] = heap_stream_new(i, host->nodes, STACKS);
    }
    for (unsigned i = 0; i < STACKS; i++) {
        fake_object(host->rig.segment.header, 0x1000 + 64 * i, 1 + i, host->nodes[i], fake_now());
        fake_finding(host->rig.segment.header, FINDING_DOUBLE_FREE, 0x1000, host->nodes[i],
                     host->nodes[0], fake_now());
    }
}

/* ---- what a tracer does ------------------------------------------------------------------ */

static void put_heap(struct host *host, struct fake_writer *writer, struct heap_stream *stream)
{
    struct event events[3] = {{.type = EVENT_HEAP_CONTEXT, .plugin = 1, .instance = 1}};
    unsigned context = chance_below(&host->chance, 4) == 0, count = 1 + context;

    events[context] = heap_stream_next(stream);
    if (chance_below(&host->chance, 8) == 0) { /* as of a realloc */
        events[count++] = (struct event){
            .type = EVENT_HEAP_ALLOC, .function = EVENT_REALLOC, .address = 16, .size = UINT64_MAX};
    }
    for (unsigned i = 0; i < count; i++)
        events[i].stamp = fake_now() - SETTLED_NS;
    fake_put(writer, events, count);
}

static void put_stack(struct host *host, struct fake_writer *writer)
{
    struct event_frame frames[40];
    struct event events[2] = {
        {.type = EVENT_STACK, .frame_count = 1 + chance_below(&host->chance, 40), .frames = frames},
        {.type = chance_below(&host->chance, 2) ? EVENT_HEAP_ALLOC : EVENT_NPN_ALLOC,
         .node = RING_NODE_INLINE, .plugin = 1},
    };

    for (unsigned i = 0; i < events[0].frame_count; i++)
        frames[i] = (struct event_frame){FAKE_PC + chance_below(&host->chance, 9), 0};
    events[0].stamp = events[1].stamp = fake_now() - SETTLED_NS;
    fake_put(writer, events, 2);
}

static void put_npn(struct host *host, struct fake_writer *writer)
{
    static const uint8_t types[] = {
        EVENT_NPN_ALLOC, EVENT_NPN_FREE,     EVENT_NPN_ELSEWHERE, EVENT_NPN_FLUSH,  EVENT_PLUGIN,
        EVENT_INSTANCE,  EVENT_NPN_RECEIVED, EVENT_NPN_RELEASED,  EVENT_NPN_HANDED, EVENT_OBJECT};
    struct event event = {
        .type = types[chance_below(&host->chance, sizeof(types))],
        .flags = (uint16_t)chance_below(&host->chance, EVENT_STEPS),
        .stamp = fake_now() - SETTLED_NS,
        .address = chance_word(&host->chance),
        .node = host->nodes[chance_below(&host->chance, STACKS)],
        .plugin = 1,
        .instance = 1,
    };
    fake_put(writer, &event, 1);
}

static void record(struct host *host)
{
    for (unsigned left = chance_below(&host->chance, 300); left > 0; left--) {
        unsigned which = chance_below(&host->chance, WRITERS);
        struct fake_writer *writer = &host->writers[which];
        uint32_t kind = chance_below(&host->chance, 12);

        if (kind == 0)
            put_stack(host, writer);
        else if (kind == 1)
            put_npn(host, writer);
        else
            put_heap(host, writer, host->streams[which]);
    }
}

/* ---- what it does not -------------------------------------------------------------------- */

static uint32_t odd_word(struct chance *chance, uint32_t word)
{
    static const uint32_t odd[] = {0, 1, 2, 7, 8, 9, 0xff, 0x10000, 0x7fffffff, UINT32_MAX};
    uint32_t which = chance_below(chance, 16);

    if (which < sizeof(odd) / sizeof(*odd))
        return odd[which];
    if (which < 12)
        return (uint32_t)chance_word(chance);
    return which < 14 ? word + chance_below(chance, 17) - 8 : word ^ 1u << chance_below(chance, 32);
}

static void damage_bytes(struct chance *chance, void *at, size_t bytes)
{
    uint32_t *words = at;

    for (unsigned left = 1 + chance_below(chance, 3); left > 0; left--) {
        uint32_t *word = &words[chance_below(chance, (uint32_t)(bytes / sizeof(*words)))];
        *word = odd_word(chance, *word);
    }
}

static struct ring_chunk *some_chunk(struct host *host)
{
    struct fake_writer *writer = &host->writers[chance_below(&host->chance, WRITERS)];
    uint32_t index = chance_below(&host->chance, host->rig.drain.chunks_used + 2);

    if (writer->chunk != NULL && chance_below(&host->chance, 2) == 0)
        return writer->chunk;
    return segment_entry(&host->rig.segment, RING_CHUNKS, index);
}

/* Near to the ends of what is possible, several times, and each time it is looked at. */
static void damage_committed(struct host *host, struct ring_chunk *chunk)
{
    uint32_t most = host->rig.segment.layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;

    drain_round(&host->rig.drain, false);
    for (unsigned left = 1 + chance_below(&host->chance, 4); left > 0; left--) {
        const uint32_t ends[3] = {8, most, (uint32_t)atomic_load(&chunk->committed)};
        uint32_t bytes = ends[chance_below(&host->chance, 3)] + 8 - chance_below(&host->chance, 17);

        atomic_store(&chunk->committed, (uint64_t)chance_below(&host->chance, 1000) << 32 | bytes);
        drain_round(&host->rig.drain, false);
    }
}

static void damage_table(struct host *host)
{
    enum ring_area area = chance_below(&host->chance, RING_CHUNKS);
    struct ring_extent extent = host->rig.segment.layout.area[area];
    size_t bytes = (size_t)extent.count * extent.entry_bytes;

    damage_bytes(&host->chance, segment_entry(&host->rig.segment, area, 0),
                 bytes < 2048 ? bytes : 2048);
}

static void damage(struct host *host)
{
    struct ring_chunk *chunk = some_chunk(host);
    char *header = (char *)host->rig.segment.header;
    size_t prefix = offsetof(struct ring_header, host_origin);
    uint32_t kind = chance_below(&host->chance, 6);

    if (kind == 0)
        damage_table(host);
    else if (kind == 1)
        damage_bytes(&host->chance, header + prefix, sizeof(struct ring_header) - prefix);
    else if (chunk == NULL)
        return;
    else if (kind == 2)
        damage_committed(host, chunk);
    else if (kind == 3)
        damage_bytes(&host->chance, chunk, sizeof(*chunk));
    else
        damage_bytes(&host->chance, chunk + 1, 1024);
}

/* ---- what comes of it -------------------------------------------------------------------- */

static uint8_t *unpack(const struct trace_block *block, const uint8_t *stored)
{
    uint8_t *raw = malloc(block->raw_bytes + 1);

    assert_non_null(raw);
    if (block->codec == TRACE_CODEC_RAW)
        memcpy(raw, stored, block->raw_bytes);
    else
        assert_int_equal(ZSTD_decompress(raw, block->raw_bytes, stored, block->stored_bytes),
                         block->raw_bytes);
    return raw;
}

static void assert_decodes(const uint8_t *file, size_t bytes)
{
    struct trace_fault fault = {0, NULL};
    struct trace_block block;
    uint32_t sequence = 0;

    for (size_t at = TRACE_HEADER_BYTES; at < bytes; sequence++) {
        assert_in_range(bytes - at, TRACE_BLOCK_HEADER_BYTES, bytes);
        assert_int_equal(trace_block_decode(file + at, sequence, &block, &fault), 0);
        at += TRACE_BLOCK_HEADER_BYTES;
        assert_in_range(block.stored_bytes, 1, bytes - at);
        uint8_t *raw = unpack(&block, file + at);
        if (trace_decode(block.type, raw, block.raw_bytes, &fault) != 0)
            fail_msg("a %s block: %s", trace_block_name(block.type), fault.what);
        free(raw);
        at += block.stored_bytes;
    }
    assert_true(sequence > 1);
}

static void assert_file_decodes(const char *path)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t bytes = (size_t)ftell(file);
    uint8_t *content = malloc(bytes);
    assert_non_null(content);
    rewind(file);
    assert_int_equal(fread(content, 1, bytes, file), bytes);
    fclose(file);
    assert_decodes(content, bytes);
    free(content);
}

static void host_end(struct host *host)
{
    struct rig *rig = &host->rig;
    uint64_t entries, busy, objects, findings;

    drain_round(&rig->drain, true);
    assert_int_equal(drain_flush(&rig->drain, UINT64_MAX), 0);
    assert_int_equal(drain_waiting(&rig->drain), 0);
    assert_int_equal(rig->drain.copied_bytes, 0);
    assert_int_equal(tables_write_final(&rig->tables), 0);
    assert_int_equal(live_write(&rig->tables, &entries, &busy), 0);
    assert_int_equal(contract_write(&rig->tables, &objects, &findings), 0);
    drain_close(&rig->drain);
    tables_close(&rig->tables);
    segment_destroy(&rig->segment);
    assert_int_equal(trace_writer_close(&rig->out), 0);
    assert_file_decodes(rig->path);
    unlink(rig->path);
    for (unsigned i = 0; i < WRITERS; i++)
        heap_stream_free(host->streams[i]);
}

static void run(uint64_t seed)
{
    struct host host;
    struct drain *drain = &host.rig.drain;

    host_begin(&host, seed);
    for (unsigned step = 0; step < STEPS; step++) {
        record(&host);
        for (unsigned left = chance_below(&host.chance, 4); left > 0; left--)
            damage(&host);
        drain_round(drain, false);
        assert_in_range(drain->writing.count, 0, drain->chunks_used); /* each chunk once */
        assert_int_equal(chance_below(&host.chance, 5) == 0
                             ? drain_flush(drain, drain_horizon(drain))
                             : drain_merge(drain, drain_horizon(drain)), 0);
    }
    assert_true(segment_is_intact(&host.rig.segment));
    if (seed % 2 == 0) {
        memset(host.rig.segment.header, (int)seed, offsetof(struct ring_header, host_origin));
        assert_false(segment_is_intact(&host.rig.segment));
    }
    host_end(&host);
}

static void test_damaged_while_recorded(void **unused)
{
    (void)unused;
    for (uint64_t i = 0; i < chance_runs(30); i++)
        run(chance_seed() + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged_while_recorded),
    };
    if (rig_begin() != 0)
        return 99;
    return cmocka_run_group_tests_name("recorder-hostile", tests, NULL, NULL);
}
