/* tests/unit/recorder-heap.c - heap events from a segment into HEAP blocks */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/heap_stream.h"
#include "tests/unit/recorder_rig.h"

#define THREADS 5u
#define STACKS 40u
#define ROOM_FOR_ALL 64u /* bytes: a context and the largest heap event */

struct heap_writer {
    struct fake_writer fake;
    uint16_t plugin; /* of the last context */
    uint32_t instance;
};

/* As the tracer does it: a context where it changes, and at the start of a chunk. */
static void put_heap(struct heap_writer *writer, uint16_t plugin, uint32_t instance,
                     const struct event *event)
{
    struct event both[2] = {
        {.type = EVENT_HEAP_CONTEXT, .stamp = event->stamp, .plugin = plugin, .instance = instance},
        *event,
    };
    uint64_t room = writer->fake.ring->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;
    bool first = writer->fake.chunk == NULL || writer->fake.used_bytes + ROOM_FOR_ALL > room;
    bool same = writer->plugin == plugin && writer->instance == instance;

    writer->plugin = plugin;
    writer->instance = instance;
    if (same && !first)
        assert_true(fake_put(&writer->fake, event, 1));
    else
        assert_true(fake_put(&writer->fake, both, 2));
}

/* Stack number i has i + 1 frames below its root. */
static void make_stacks(struct ring_header *ring, uint32_t nodes[STACKS])
{
    for (unsigned i = 0; i < STACKS; i++)
        nodes[i] = fake_stack(ring, i + 1);
}

static unsigned depth_of(const struct read_trace *trace, uint32_t node)
{
    unsigned depth = 0;

    for (; node != 0; node = trace->nodes[node].parent)
        depth += (trace->nodes[node].flags & RING_NODE_ROOT) == 0;
    return depth;
}

static void assert_heap_event(const struct read_trace *trace, size_t index,
                              const struct event *expected, uint32_t tid)
{
    const struct trace_heap_event *found = &trace->heap[index];

    assert_int_equal(found->stamp, expected->stamp);
    assert_int_equal(found->type, expected->type);
    assert_int_equal(found->function, expected->function);
    assert_true(found->address == expected->address);
    assert_true(found->size == expected->size);
    assert_int_equal(found->tid, tid);
    assert_int_equal(found->plugin, expected->plugin);
    assert_int_equal(found->instance, expected->instance);
}

/* Several threads in any order, contexts, rounds in between, chunks going round many times. */
static void test_threads(void **unused)
{
    enum { EVENTS = 400000 };
    struct heap_writer writers[THREADS] = {{.plugin = 0}};
    struct heap_stream *streams[THREADS];
    struct event *expected = calloc(EVENTS, sizeof(*expected));
    uint8_t *threads = calloc(EVENTS, 1);
    uint32_t nodes[STACKS];
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    make_stacks(rig.segment.header, nodes);
    for (unsigned i = 0; i < THREADS; i++) {
        fake_writer_open(&writers[i].fake, rig.segment.header, i);
        streams[i] = heap_stream_new(i, nodes, STACKS);
    }
    srandom(1);
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned thread = (unsigned)random() % THREADS;
        struct event event = heap_stream_next(streams[thread]);

        event.stamp = 1000 + i;
        event.plugin = event.instance = i / 100 % 3 == 0;
        put_heap(&writers[thread], event.plugin, event.instance, &event);
        expected[i] = event;
        threads[i] = (uint8_t)thread;
        if (random() % 3000 == 0) {
            drain_round(&rig.drain, false);
            assert_int_equal(drain_merge(&rig.drain, event.stamp), 0);
        }
    }
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, EVENTS);
    assert_int_equal(trace->event_count, 0);
    assert_int_equal(trace->stack_events, 0);
    for (unsigned i = 0; i < EVENTS; i++) {
        assert_heap_event(trace, i, &expected[i], 1000 + threads[i]);
        if (expected[i].type == EVENT_HEAP_ALLOC)
            assert_int_equal(nodes[depth_of(trace, trace->heap[i].node) - 1], expected[i].node);
    }
    read_trace_free(trace);
    for (unsigned i = 0; i < THREADS; i++)
        heap_stream_free(streams[i]);
    free(expected);
    free(threads);
}

/* A round that looked at a chunk too early to meet it, and then meets the next of its thread. */
static void test_chunk_missed(void **unused)
{
    struct event event = {.type = EVENT_HEAP_FREE};
    struct ring_chunk *missed = NULL;
    struct fake_writer writer;
    unsigned events = 0;
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 0);
    drain_round(&rig.drain, false);
    for (; missed == NULL || writer.chunk == missed; events++) {
        event.stamp = fake_now();
        event.address = 16 * events + 16;
        assert_true(fake_put(&writer, &event, 1));
        missed = missed == NULL ? writer.chunk : missed;
    }
    uint64_t sequence = atomic_exchange(&missed->sequence, 0);
    drain_round(&rig.drain, false);
    assert_int_equal(rig.drain.copied_events, 1);
    rig.drain.round_stamp = rig.segment.ticks.last.ns; /* it began before all of this */
    assert_int_equal(drain_merge(&rig.drain, drain_horizon(&rig.drain)), 0);
    atomic_store(&missed->sequence, sequence);
    drain_round(&rig.drain, false);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, events);
    for (unsigned i = 0; i < events; i++)
        assert_int_equal(trace->heap[i].address, 16 * i + 16);
    read_trace_free(trace);
}

/* A realloc's free goes back to before the call, past what another thread did meanwhile. Of equal
 * stamps the free is first. */
static void test_order(void **unused)
{
    struct event realloc_pair[2] = {
        {.type = EVENT_HEAP_FREE, .function = EVENT_REALLOC, .stamp = 100, .address = 0x1000},
        {.type = EVENT_HEAP_ALLOC, .function = EVENT_REALLOC, .stamp = 200, .address = 0x2000},
    };
    struct event other[2] = {
        {.type = EVENT_HEAP_ALLOC, .function = EVENT_MALLOC, .stamp = 150, .address = 0x1000},
        {.type = EVENT_HEAP_FREE, .function = EVENT_FREE, .stamp = 200, .address = 0x3000},
    };
    struct fake_writer writer[2];
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    for (unsigned i = 0; i < 2; i++)
        fake_writer_open(&writer[i], rig.segment.header, i);
    assert_true(fake_put(&writer[0], realloc_pair, 2));
    assert_true(fake_put(&writer[1], &other[0], 1));
    assert_true(fake_put(&writer[1], &other[1], 1));
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, 4);
    assert_heap_event(trace, 0, &realloc_pair[0], 1000);
    assert_heap_event(trace, 1, &other[0], 1001);
    assert_heap_event(trace, 2, &other[1], 1001);
    assert_heap_event(trace, 3, &realloc_pair[1], 1000);
    read_trace_free(trace);
}

static void test_odd_values(void **unused)
{
    struct event events[] = {
        {.type = EVENT_HEAP_ALLOC, .function = EVENT_MALLOC, .stamp = 1, .size = UINT32_MAX},
        {.type = EVENT_HEAP_ALLOC, .function = EVENT_CALLOC, .stamp = 2, .size = UINT64_MAX},
        {.type = EVENT_HEAP_ALLOC, .function = EVENT_NEW, .stamp = 3, .address = 8},
        {.type = EVENT_HEAP_FREE, .function = EVENT_DELETE, .stamp = 4,
         .address = EVENT_ADDRESS_MASK},
        {.type = EVENT_HEAP_FREE, .function = 200, .stamp = 5, .address = 16}, /* damaged */
        {.type = EVENT_HEAP_ALLOC, .stamp = 6, .address = 32, .node = RING_NODE_INLINE}, /* too */
        {.type = EVENT_HEAP_ALLOC, .stamp = UINT64_C(1) << 54, .address = 48}, /* too */
    };
    enum { COUNT = sizeof(events) / sizeof(*events) };
    struct fake_writer writer;
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 0);
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(fake_put(&writer, &events[i], 1));
    uint64_t before = fake_now();
    drain_round(&rig.drain, false);
    uint64_t after = fake_now();
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, COUNT);
    events[4].function = EVENT_FUNCTION_NONE;
    for (unsigned i = 0; i < COUNT - 1; i++)
        assert_heap_event(trace, i, &events[i], 1000);
    assert_int_equal(trace->heap[5].node, 0);
    assert_in_range(trace->heap[6].stamp, before, after); /* of the future: when it was read */
    read_trace_free(trace);
}

/* Stacks for which the tree had no room become nodes, each once, also together with the tree's. */
static void test_inline_stacks(void **unused)
{
    static const struct event_frame frames[3] = {
        {FAKE_PC + 32, 0}, {FAKE_PC + 16, 0}, {FAKE_PC, 0}};
    struct event unit[2] = {
        {.type = EVENT_STACK, .frame_count = 3, .frames = frames},
        {.type = EVENT_HEAP_ALLOC, .node = RING_NODE_INLINE, .address = 0x1000, .size = 7},
    };
    struct event other = {.type = EVENT_HEAP_ALLOC, .address = 0x2000};
    struct event npn = {.type = EVENT_NPN_ALLOC, .node = RING_NODE_INLINE, .plugin = 1};
    struct fake_writer writer;
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_writer_open(&writer, rig.segment.header, 0);
    for (unsigned i = 0; i < 100; i++) {
        unit[0].stamp = unit[1].stamp = 1000 + i;
        unit[0].frame_count = 3 - i % 2;
        assert_true(fake_put(&writer, unit, 2));
    }
    other.node = fake_stack(rig.segment.header, 3); /* the same three frames */
    other.stamp = 2000;
    assert_true(fake_put(&writer, &other, 1));
    unit[0].stamp = npn.stamp = 2001;
    unit[1] = npn;
    assert_true(fake_put(&writer, unit, 2));
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, 101);
    for (unsigned i = 0; i < 100; i++) {
        uint32_t node = trace->heap[i].node;
        assert_int_equal(node, trace->heap[i % 2].node);
        assert_int_equal(depth_of(trace, node), 3 - i % 2);
        assert_true(trace->nodes[node].pc == FAKE_PC + 32);
    }
    assert_int_equal(trace->heap[100].node, trace->heap[0].node);
    assert_int_equal(trace->node_count, 1 + 1 + 3 + 2); /* none, root, three frames; two frames */
    assert_int_equal(trace->event_count, 1);
    assert_int_equal(trace->stack_events, 1); /* NPN events keep theirs */
    read_trace_free(trace);
}

/* Stamps are ticks in the segment and nanoseconds in the file, everywhere. */
static void test_ticks(void **unused)
{
#if defined(__x86_64__)
    enum { EVENTS = 3000 };
    static uint64_t before[EVENTS], after[EVENTS];
    const uint64_t slack = 2000000; /* the first lines are drawn through near points */
    struct event npn = {.type = EVENT_NPN_FREE, .flags = EVENT_KNOWN, .plugin = 1};
    struct fake_writer writer;
    struct rig rig;

    (void)unused;
    uint64_t begin = fake_now();
    rig_open_with(&rig, RING_DROP, RING_CLOCK_TSC, RING_MIN_BYTES);
    fake_writer_open(&writer, rig.segment.header, 0);
    npn.owner_stamp = fake_stamp(rig.segment.header);
    for (unsigned i = 0; i < EVENTS; i++) {
        struct event event = {.type = EVENT_HEAP_FREE, .address = 16};

        before[i] = fake_now();
        event.stamp = fake_stamp(rig.segment.header);
        after[i] = fake_now();
        assert_true(fake_put(&writer, &event, 1));
        if (i % 30 == 0) {
            usleep(1000);
            drain_round(&rig.drain, false);
            assert_int_equal(drain_merge(&rig.drain, drain_horizon(&rig.drain)), 0);
        }
    }
    npn.stamp = fake_stamp(rig.segment.header);
    assert_true(fake_put(&writer, &npn, 1));
    fake_alloc(&writer, 0x7000, 5, 0, fake_stamp(rig.segment.header));
    struct read_trace *trace = rig_close(&rig);
    uint64_t end = fake_now();
    assert_int_equal(trace->heap_count, EVENTS);
    for (unsigned i = 0; i < EVENTS; i++) {
        assert_in_range(trace->heap[i].stamp, before[i] - slack, after[i] + slack);
        assert_true(i == 0 || trace->heap[i].stamp >= trace->heap[i - 1].stamp);
    }
    assert_int_equal(trace->event_count, 2);
    assert_in_range(trace->events[0].event.stamp, before[EVENTS - 1] - slack, end + slack);
    assert_in_range(trace->events[0].event.owner_stamp, begin - slack, before[0] + slack);
    assert_in_range(trace->plugins[0].met_stamp, begin - slack, before[0] + slack);
    assert_in_range(trace->instances[0].created_stamp, begin - slack, before[0] + slack);
    assert_int_equal(trace->instances[0].destroyed_stamp, 0);
    assert_in_range(trace->live[0].stamp, before[EVENTS - 1] - slack, end + slack);
    read_trace_free(trace);
#else
    (void)unused;
    skip();
#endif
}

/* After some time there are as many lines as there may be: they are joined, and what lies on them
 * hardly moves and never goes back. */
static void test_old_lines(void **unused)
{
    enum { LENGTH = 1000 };
    const uint64_t slope = UINT64_C(1) << 31; /* half a nanosecond a tick */
    struct ticks ticks;
    uint64_t last = 0;

    (void)unused;
    ticks_open(&ticks);
    ticks_begin(&ticks, RING_CLOCK_TSC);
    const struct ring_clock_pair from = {
        .stamp = ticks.last.stamp - TICKS_LINES * LENGTH,
        .ns = ticks.last.ns - TICKS_LINES * LENGTH / 2,
    };
    for (ticks.count = 0; ticks.count < TICKS_LINES; ticks.count++)
        ticks.lines[ticks.count] = (struct ticks_line){
            .stamp = from.stamp + ticks.count * LENGTH,
            .ns = from.ns + ticks.count * LENGTH / 2 + ticks.count % 2, /* wavers by one */
            .slope = ticks.count % 2 ? slope - slope / 500 : slope + slope / 500,
        };
    ticks.wait_ns = 0; /* the next is due */
    usleep(1000);
    ticks_follow(&ticks);
    assert_int_equal(ticks.count, TICKS_LINES / 2 + 2);
    for (uint64_t at = 0; at < TICKS_LINES * LENGTH; at += 50) {
        uint64_t ns = ticks_ns(&ticks, from.stamp + at);
        assert_in_range(ns, from.ns + at / 2 - 2, from.ns + at / 2 + 2);
        assert_true(ns >= last);
        last = ns;
    }
}

/* ---- a recorder that cannot keep up ------------------------------------------------------ */

#define SLOW_EVENTS 200000u

static void *write_all(void *argument)
{
    struct fake_writer *writer = argument;
    struct event event = {.type = EVENT_HEAP_FREE, .function = EVENT_FREE};
    uintptr_t failed = 0;

    for (unsigned i = 0; i < SLOW_EVENTS; i++) {
        event.stamp = fake_now();
        event.address = 16 * i + 16;
        failed += !fake_put(writer, &event, 1);
    }
    fake_hand_over(writer);
    return (void *)failed; /* NOLINT: a count */
}

/* The process waits, and nothing is lost. */
static void test_slow_recorder(void **unused)
{
    unsigned seen_waiting = 0;
    struct fake_writer writer;
    pthread_t thread;
    struct rig rig;
    void *failed;

    (void)unused;
    rig_open(&rig, RING_BLOCK);
    rig.drain.rate_limit = 500000;
    fake_writer_open(&writer, rig.segment.header, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_all, &writer), 0);
    while (atomic_load(&rig.segment.header->committed_events) < SLOW_EVENTS) {
        seen_waiting += atomic_load(&rig.segment.header->pool_waiters) != 0;
        drain_round(&rig.drain, false);
        assert_int_equal(drain_merge(&rig.drain, drain_horizon(&rig.drain)), 0);
        usleep(500);
    }
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_true(seen_waiting > 0);
    assert_int_equal(rig.segment.header->dropped_events, 0);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, SLOW_EVENTS);
    assert_int_equal(trace->gap_count, 0);
    for (unsigned i = 0; i < SLOW_EVENTS; i++)
        assert_int_equal(trace->heap[i].address, 16 * i + 16);
    read_trace_free(trace);
}

/* Many threads with a chunk each, of which only some are taken in each round. */
static void test_slow_rounds(void **unused)
{
    enum { WRITERS = 30, EACH = 300 };
    struct fake_writer writers[WRITERS];
    struct event event = {.type = EVENT_HEAP_FREE, .address = 16};
    unsigned rounds = 0;
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    rig.drain.rate_limit = 200000;
    for (unsigned i = 0; i < WRITERS; i++)
        fake_writer_open(&writers[i], rig.segment.header, i);
    for (unsigned i = 0; i < WRITERS * EACH; i++) {
        event.stamp = 1000 + i;
        assert_true(fake_put(&writers[i % WRITERS], &event, 1));
        if (i % 500 == 0)
            drain_round(&rig.drain, false);
    }
    while (rig.drain.copied_events < WRITERS * EACH) {
        drain_round(&rig.drain, false);
        rounds++;
        usleep(200);
    }
    assert_true(rounds > 1);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->heap_count, WRITERS * EACH);
    for (unsigned i = 0; i < WRITERS * EACH; i++)
        assert_int_equal(trace->heap[i].stamp, 1000 + i);
    read_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),       cmocka_unit_test(test_chunk_missed),
        cmocka_unit_test(test_order),         cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_inline_stacks), cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_old_lines),     cmocka_unit_test(test_slow_recorder),
        cmocka_unit_test(test_slow_rounds),
    };
    if (rig_begin() != 0)
        return 99;
    return cmocka_run_group_tests_name("recorder-heap", tests, NULL, NULL);
}
