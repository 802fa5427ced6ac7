/* tests/unit/trace-heap.c - HEAP blocks: what goes in comes out */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/trace.h"
#include "tests/unit/heap_stream.h"

static void assert_same(const struct trace_heap_event *a, const struct trace_heap_event *b)
{
    assert_true(a->stamp == b->stamp);
    assert_true(a->address == b->address);
    assert_true(a->size == b->size);
    assert_int_equal(a->node, b->node);
    assert_int_equal(a->tid, b->tid);
    assert_int_equal(a->instance, b->instance);
    assert_int_equal(a->plugin, b->plugin);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->function, b->function);
}

/* Reads a block in steps of various sizes and compares. */
static void assert_decodes(struct trace_heap_reader *reader, const struct trace_buffer *raw,
                           const struct trace_heap_event *events, size_t count)
{
    struct trace_fault fault = {0, NULL};
    struct trace_heap_event some[777];
    uint64_t found;
    size_t at = 0;

    assert_int_equal(trace_heap_open(reader, raw->bytes, raw->length, &found, &fault), 0);
    assert_int_equal(found, count);
    for (size_t step = 1; at < count; step = step * 3 % 777 + 1) {
        long got = trace_heap_next(reader, some, step, &fault);
        assert_true(got > 0);
        for (long i = 0; i < got; i++)
            assert_same(&some[i], &events[at + (size_t)i]);
        at += (size_t)got;
    }
    assert_int_equal(at, count);
    assert_int_equal(trace_heap_next(reader, some, 777, &fault), 0);
}

/* One writer and one reader over many blocks of different programs: nothing is carried over. */
static void test_round_trips(void **unused)
{
    struct trace_heap_writer *writer = trace_heap_writer_new();
    struct trace_heap_reader *reader = trace_heap_reader_new();
    struct trace_heap_event *events = calloc(50000, sizeof(*events));
    struct trace_buffer raw = {0};

    (void)unused;
    assert_true(writer != NULL && reader != NULL && events != NULL);
    for (unsigned seed = 0; seed < 60; seed++) {
        size_t count = seed % 10 == 0 ? seed / 10 : 50000u / (1 + seed % 7);
        heap_stream_mixed(seed, 1 + seed % 5 * (seed % 3) * 7,
                          seed % 4 == 3 ? 1000 : seed % 4 * 10, events, count);
        for (size_t at = 0; at < count; at += 1000)
            trace_heap_add(writer, events + at, count - at < 1000 ? count - at : 1000);
        assert_int_equal(trace_heap_count(writer), count);
        trace_buffer_clear(&raw);
        trace_heap_encode(writer, &raw);
        assert_int_equal(raw.error, 0);
        assert_int_equal(trace_heap_count(writer), 0);
        assert_decodes(reader, &raw, events, count);
    }
    trace_buffer_free(&raw);
    free(events);
    trace_heap_reader_free(reader);
    trace_heap_writer_free(writer);
}

/* As many events as a block takes, each as unlike the others as can be: it still fits. */
static void test_largest(void **unused)
{
    struct trace_heap_writer *writer = trace_heap_writer_new();
    struct trace_heap_reader *reader = trace_heap_reader_new();
    struct trace_heap_event *events = calloc(TRACE_HEAP_MAX, sizeof(*events));
    struct trace_buffer raw = {0};

    (void)unused;
    assert_true(writer != NULL && reader != NULL && events != NULL);
    for (uint32_t i = 0; i < TRACE_HEAP_MAX; i++)
        events[i] = (struct trace_heap_event){
            .stamp = i % 2 ? i : UINT64_MAX - i,
            .address = i % 2 ? 1 + i : EVENT_ADDRESS_MASK - i,
            .size = UINT64_MAX - i,
            .node = UINT32_MAX - i,
            .tid = UINT32_MAX - i,
            .instance = UINT32_MAX - i,
            .plugin = UINT16_MAX,
            .type = EVENT_HEAP_ALLOC,
            .function = EVENT_DELETE_ARRAY,
        };
    trace_heap_add(writer, events, TRACE_HEAP_MAX);
    trace_heap_encode(writer, &raw);
    assert_int_equal(raw.error, 0);
    assert_in_range(raw.length, 1, TRACE_BLOCK_MAX_BYTES);
    assert_decodes(reader, &raw, events, TRACE_HEAP_MAX);
    trace_buffer_free(&raw);
    free(events);
    trace_heap_reader_free(reader);
    trace_heap_writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_largest),
    };
    return cmocka_run_group_tests_name("trace-heap", tests, NULL, NULL);
}
