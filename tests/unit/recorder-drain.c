/* tests/unit/recorder-drain.c - from a segment into a file: complete, in order, unharmed */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/contract.h"
#include "recorder/live.h"
#include "tests/unit/recorder_rig.h"

static void assert_sorted(const struct read_trace *trace)
{
    for (size_t i = 1; i < trace->event_count; i++)
        assert_true(trace->events[i - 1].event.stamp <= trace->events[i].event.stamp);
}

static void test_two_threads_in_order(void **unused)
{
    struct rig rig;
    struct fake_writer writer[2];

    (void)unused;
    rig_open(&rig, RING_DROP);
    uint32_t node = fake_stack(rig.segment.header, 3);
    fake_writer_open(&writer[0], rig.segment.header, 0);
    fake_writer_open(&writer[1], rig.segment.header, 1);
    for (unsigned i = 0; i < 1000; i++)
        fake_alloc(&writer[i % 3 == 0], 0x1000 + 16 * i, i, node, 1000 + i);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 1000);
    assert_int_equal(trace->live_count, 1000);
    assert_sorted(trace);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(trace->events[i].event.size, i);
        assert_int_equal(trace->events[i].tid, 1000 + (i % 3 == 0));
        assert_int_equal(trace->events[i].event.node, 4); /* the root and three frames */
    }
    assert_int_equal(trace->node_count, 5);
    assert_true(trace->nodes[4].pc == FAKE_PC + 32);
    assert_int_equal(trace->nodes[4].parent, 3);
    assert_string_equal(read_string(trace, trace->plugins[0].path), FAKE_PLUGIN);
    assert_string_equal(read_string(trace, trace->instances[0].mime), FAKE_MIME);
    assert_int_equal(trace->plugins[0].npn.allocs, 1000);
    read_trace_free(trace);
}

static void test_open_chunk_grows(void **unused)
{
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 0);
    assert_false(drain_round(&rig.drain, false));
    for (unsigned i = 0; i < 20; i++) {
        fake_alloc(&writer, 0x1000 + 16 * i, i, 0, 1000 + i);
        assert_true(drain_round(&rig.drain, false));
        assert_false(drain_round(&rig.drain, false));
        assert_int_equal(drain_waiting(&rig.drain), i + 1);
    }
    assert_int_equal(writer.chunk->state, RING_CHUNK_WRITING);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 20);
    read_trace_free(trace);
}

static void test_full_chunk_goes_back(void **unused)
{
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 0);
    fake_alloc(&writer, 0x1000, 1, 0, 1000);
    struct ring_chunk *chunk = writer.chunk;
    drain_round(&rig.drain, false);
    fake_alloc(&writer, 0x2000, 2, 0, 1001);
    fake_hand_over(&writer);
    uint32_t word = atomic_load(&rig.segment.header->pool_word);
    assert_true(drain_round(&rig.drain, false));
    assert_int_equal(chunk->state, RING_CHUNK_FREE);
    assert_int_not_equal(atomic_load(&rig.segment.header->pool_word), word);
    assert_false(drain_round(&rig.drain, false));
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 2);
    read_trace_free(trace);
}

/* More than a block and many times the ring, with chunks going round. */
static void test_many_events(void **unused)
{
    enum { EVENTS = 600000, STEP = 2000 };
    struct rig rig;
    struct fake_writer writer[3];
    struct event event = {.type = EVENT_NPN_FLUSH, .plugin = 1};

    (void)unused;
    rig_open(&rig, RING_DROP);
    for (unsigned i = 0; i < 3; i++)
        fake_writer_open(&writer[i], rig.segment.header, i);
    for (unsigned i = 0; i < EVENTS; i++) {
        event.stamp = 1000 + i;
        event.size = i;
        assert_true(fake_put(&writer[i % 3], &event, 1));
        if (i % STEP == 0)
            drain_round(&rig.drain, false);
        if (i % STEP == 0)
            assert_int_equal(drain_merge(&rig.drain, event.stamp - STEP / 2), 0);
    }
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, EVENTS);
    assert_sorted(trace);
    for (unsigned i = 0; i < EVENTS; i++)
        assert_int_equal(trace->events[i].event.size, i);
    assert_true(trace->blocks_of[TRACE_EVENTS] >= EVENTS / TRACE_EVENTS_MAX);
    read_trace_free(trace);
}

static void test_dropped_leave_gap(void **unused)
{
    struct rig rig;
    struct fake_writer writer;
    struct event event = {.type = EVENT_NPN_FLUSH, .plugin = 1, .stamp = 1000};
    unsigned written = 0, dropped = 0;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 5);
    while (dropped < 77) {
        event.stamp++;
        if (fake_put(&writer, &event, 1))
            written++;
        else
            dropped++;
    }
    drain_round(&rig.drain, false);
    event.stamp = 5000000;
    assert_true(fake_put(&writer, &event, 1));
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, written + 1);
    assert_int_equal(trace->gap_count, 1);
    assert_int_equal(trace->gaps[0].kind, TRACE_GAP_DROPPED);
    assert_int_equal(trace->gaps[0].events, 77);
    assert_int_equal(trace->gaps[0].tid, 1005);
    assert_int_equal(trace->gaps[0].after_stamp, 1000 + written);
    assert_int_equal(trace->gaps[0].before_stamp, 5000000);
    read_trace_free(trace);
}

/* A chunk that is taken while the round begins lies before an older one that nobody has seen. */
static void test_newer_chunk_hides_none(void **unused)
{
    struct fake_writer older, newer;
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&newer, rig.segment.header, 0);
    fake_writer_open(&older, rig.segment.header, 1);
    fake_alloc(&newer, 0x1000, 1, 0, 1001); /* the chunk with index 0 */
    fake_alloc(&older, 0x2000, 1, 0, 1000);
    atomic_store(&newer.chunk->sequence, 2);
    atomic_store(&older.chunk->sequence, 1);
    atomic_store(&rig.segment.header->next_sequence, 2); /* as it was a moment ago */
    drain_round(&rig.drain, false);
    assert_int_equal(rig.drain.copied_events, 2);
    atomic_store(&rig.segment.header->next_sequence, 3);
    read_trace_free(rig_close(&rig));
}

/* An inline stack and its events stay together though another thread has the same stamps. */
static void test_inline_stack(void **unused)
{
    static const struct event_frame frames[2] = {{FAKE_PC, 0}, {FAKE_PC + 64, RING_NODE_GUESSED}};
    struct event unit[3] = {
        {.type = EVENT_STACK, .frame_count = 2, .frames = frames},
        {.type = EVENT_NPN_ELSEWHERE, .node = RING_NODE_INLINE, .plugin = 1, .owner_plugin = 1},
        {.type = EVENT_NPN_ALLOC, .node = RING_NODE_INLINE, .plugin = 1},
    };
    struct event other = {.type = EVENT_NPN_FLUSH, .plugin = 1};
    struct fake_writer writer[2];
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer[0], rig.segment.header, 0);
    fake_writer_open(&writer[1], rig.segment.header, 1);
    for (unsigned i = 0; i < 500; i++) {
        unit[0].stamp = unit[1].stamp = unit[2].stamp = other.stamp = 1000 + i / 4;
        assert_true(fake_put(&writer[0], &other, 1));
        assert_true(fake_put(&writer[1], unit, 3));
        if (i % 50 == 0)
            drain_round(&rig.drain, false);
    }
    struct read_trace *trace =
        rig_close(&rig); /* the reader checks that stacks stand before their events */
    assert_int_equal(trace->event_count, 1500);
    assert_int_equal(trace->stack_events, 500);
    read_trace_free(trace);
}

static void test_damaged_chunk(void **unused)
{
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 0);
    for (unsigned i = 0; i < 10; i++)
        fake_alloc(&writer, 0x1000 + 16 * i, i, 0, 1000 + i);
    uint64_t *words = (uint64_t *)((char *)writer.chunk + RING_CHUNK_HEADER_BYTES);
    words[4 * 6] = UINT64_C(0xfe); /* the seventh event: no such type */
    fake_hand_over(&writer);
    fake_alloc(&writer, 0x9000, 10, 0, 2000);
    drain_round(&rig.drain, false);
    assert_int_equal(rig.drain.damaged_chunks, 1);
    assert_int_equal(rig.drain.damaged_events, 4);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 7); /* six before, one in the next chunk */
    assert_int_equal(trace->gap_count, 1);
    assert_int_equal(trace->gaps[0].kind, TRACE_GAP_DAMAGED);
    assert_int_equal(trace->gaps[0].events, 4);
    read_trace_free(trace);
}

static void test_impossible_commit(void **unused)
{
    static const uint64_t bad[] = {UINT64_MAX, UINT32_MAX, 0x10001, UINT64_C(1) << 32 | 7};
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    rig_open(&rig, RING_DROP);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        fake_writer_open(&writer, rig.segment.header, i);
        fake_alloc(&writer, 0x1000 + 16 * i, i, 0, 1000 + i);
        atomic_store(&writer.chunk->committed, bad[i]);
    }
    drain_round(&rig.drain, false);
    assert_int_equal(rig.drain.damaged_chunks, sizeof(bad) / sizeof(*bad));
    read_trace_free(rig_close(&rig));
}

/* What a chunk says of itself after it said something impossible is not believed, even if it might
 * be true. */
static void test_possible_again(void **unused)
{
    const uint32_t event_bytes = 4 * 8;
    struct fake_writer writer;
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    uint64_t room = rig.segment.layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;
    fake_writer_open(&writer, rig.segment.header, 0);
    fake_alloc(&writer, 0x1000, 1, 0, 1000);
    drain_round(&rig.drain, false);
    atomic_store(&writer.chunk->committed, UINT64_C(1) << 32 | (event_bytes - 7));
    drain_round(&rig.drain, false);
    assert_int_equal(rig.drain.damaged_chunks, 1);
    atomic_store(&writer.chunk->committed, UINT64_C(9) << 32 | room);
    drain_round(&rig.drain, false);
    assert_int_equal(rig.drain.damaged_chunks, 1);
    assert_int_equal(rig.drain.damaged_events, 8);
    fake_hand_over(&writer);
    fake_alloc(&writer, 0x2000, 2, 0, 2000); /* the next chunk is as good as any */
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 2);
    assert_int_equal(trace->gap_count, 2);
    read_trace_free(trace);
}

static void test_impossible_nodes(void **unused)
{
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    rig_open(&rig, RING_DROP);
    uint32_t capacity = ring_capacity(rig.segment.header, RING_NODES);
    uint32_t loop = fake_node(rig.segment.header, 77, FAKE_PC, 0); /* parent above itself */
    uint32_t child = fake_node(rig.segment.header, loop, FAKE_PC, 0);
    fake_writer_open(&writer, rig.segment.header, 0);
    fake_alloc(&writer, 0x1000, 1, child, 1000);
    fake_alloc(&writer, 0x2000, 2, capacity, 1001);
    fake_alloc(&writer, 0x3000, 3, capacity - 1, 1002); /* never filled in: all zero */
    drain_round(&rig.drain, false);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 3);
    assert_int_equal(trace->events[0].event.node, 2);
    assert_int_equal(trace->nodes[1].parent, 0);
    assert_int_equal(trace->events[1].event.node, 0);
    assert_int_equal(trace->events[2].event.node, 3);
    read_trace_free(trace);
}

/* The process writes rubbish over its whole segment: nothing may come of it but damage. */
static void test_scribbled_segment(void **unused)
{
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    for (unsigned seed = 0; seed < 40; seed++) {
        rig_open(&rig, RING_DROP);
        fake_writer_open(&writer, rig.segment.header, 0);
        for (unsigned i = 0; i < 100; i++)
            fake_alloc(&writer, 0x1000 + 16 * i, i, 0, 1000 + i);
        if (seed % 2)
            drain_round(&rig.drain, false);
        srandom(seed);
        uint32_t *word = (uint32_t *)rig.segment.header;
        size_t words = rig.segment.layout.total_bytes / sizeof(*word);
        unsigned sparse = 1 + seed % 7; /* from every word to one in seven */
        for (size_t i = seed % 5 == 0 ? 0 : RING_HEADER_BYTES / sizeof(*word); i < words; i++)
            if (random() % sparse == 0)
                word[i] = seed % 3 ? (uint32_t)random() % 64 : (uint32_t)random() * 3u;
        for (unsigned round = 0; round < 3; round++)
            drain_round(&rig.drain, false);
        assert_int_equal(segment_is_intact(&rig.segment), seed % 5 != 0);
        drain_round(&rig.drain, true);
        drain_flush(&rig.drain, UINT64_MAX);
        tables_write_final(&rig.tables);
        uint64_t entries, busy, objects, findings;
        live_write(&rig.tables, &entries, &busy);
        contract_write(&rig.tables, &objects, &findings);
        assert_int_equal(rig.out.error, 0);
        drain_close(&rig.drain);
        tables_close(&rig.tables);
        segment_destroy(&rig.segment);
        assert_int_equal(trace_writer_close(&rig.out), 0);
        unlink(rig.path);
    }
}

static void test_lock_word(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    assert_false(fake_recorder_gone(rig.segment.header));
    segment_abandon(&rig.segment);
    assert_true(fake_recorder_gone(rig.segment.header));
    segment_abandon(&rig.segment);
    read_trace_free(rig_close(&rig));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_threads_in_order),
        cmocka_unit_test(test_open_chunk_grows),
        cmocka_unit_test(test_full_chunk_goes_back),
        cmocka_unit_test(test_many_events),
        cmocka_unit_test(test_dropped_leave_gap),
        cmocka_unit_test(test_newer_chunk_hides_none),
        cmocka_unit_test(test_inline_stack),
        cmocka_unit_test(test_damaged_chunk),
        cmocka_unit_test(test_impossible_commit),
        cmocka_unit_test(test_possible_again),
        cmocka_unit_test(test_impossible_nodes),
        cmocka_unit_test(test_scribbled_segment),
        cmocka_unit_test(test_lock_word),
    };
    if (rig_begin() != 0)
        return 99;
    return cmocka_run_group_tests_name("recorder-drain", tests, NULL, NULL);
}
