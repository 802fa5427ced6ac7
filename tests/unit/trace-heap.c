/* tests/unit/trace-heap.c - HEAP blocks: what goes in comes out; damage is refused or harmless */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/trace.h"
#include "format/trace_heap.h"

#define LIVE_MAX 3000

/* A little program: threads with call paths that repeat, and an allocator that reuses. */
struct program {
    uint64_t random;
    uint64_t stamp;
    uint64_t live[LIVE_MAX];
    uint32_t live_count;
    uint64_t fresh; /* where the next fresh block comes from */
    uint64_t freed[64];
    uint32_t freed_count;
};

static uint32_t dice(struct program *program, uint32_t sides)
{
    program->random = program->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((program->random >> 33) % sides);
}

static struct trace_heap_event make_free(struct program *program)
{
    uint32_t live = program->live_count;
    uint32_t which = dice(program, 4) ? live - 1 : dice(program, live);
    struct trace_heap_event event = {.type = EVENT_HEAP_FREE, .function = EVENT_FREE};

    event.address = program->live[which];
    program->live[which] = program->live[--program->live_count];
    if (program->freed_count < 64)
        program->freed[program->freed_count++] = event.address;
    return event;
}

static struct trace_heap_event make_alloc(struct program *program)
{
    uint32_t node = dice(program, 60);
    struct trace_heap_event event = {.type = EVENT_HEAP_ALLOC, .function = EVENT_MALLOC};

    event.node = node * 331;
    event.size = dice(program, 8) ? node % 7 * 24 : dice(program, 5000);
    if (program->freed_count > 0 && dice(program, 3)) {
        event.address = program->freed[--program->freed_count];
    } else {
        event.address = program->fresh;
        program->fresh += (event.size + 31) / 16 * 16;
    }
    program->live[program->live_count++] = event.address;
    return event;
}

/* What no sane program does, but the file must hold all the same. */
static struct trace_heap_event make_odd(struct program *program)
{
    static const uint64_t values[] = {0, 1, 15, 16, 0x7fffffff, UINT32_MAX, UINT64_C(1) << 40,
                                      EVENT_ADDRESS_MASK, EVENT_ADDRESS_MASK - 15};
    struct trace_heap_event event = {
        .type = dice(program, 2) ? EVENT_HEAP_ALLOC : EVENT_HEAP_FREE,
        .function = (uint8_t)dice(program, EVENT_FUNCTIONS),
        .address = values[dice(program, 9)] + (dice(program, 9) ? 0 : dice(program, 99)),
    };

    event.address &= EVENT_ADDRESS_MASK;
    if (event.type == EVENT_HEAP_ALLOC) {
        event.node = (uint32_t)values[dice(program, 9)];
        event.size = dice(program, 9) ? values[dice(program, 9)] : UINT64_MAX - dice(program, 20);
    }
    return event;
}

static void make_events(uint64_t seed, struct trace_heap_event *events, size_t count,
                        unsigned odd_of_1000, unsigned threads)
{
    struct program program = {.random = seed, .fresh = UINT64_C(0x555500001010)};
    unsigned run = 0, thread = 0;

    program.stamp = UINT64_C(5000000000) + seed;
    for (size_t i = 0; i < count; i++) {
        bool odd = dice(&program, 1000) < odd_of_1000;
        struct trace_heap_event event;

        if (odd)
            event = make_odd(&program);
        else if (program.live_count == LIVE_MAX ||
                 (program.live_count > 0 && dice(&program, 2)))
            event = make_free(&program);
        else
            event = make_alloc(&program);
        if (run-- == 0) {
            run = dice(&program, 20);
            thread = dice(&program, threads);
        }
        program.stamp += odd ? dice(&program, 1u << 31) - UINT64_C(1000000) : dice(&program, 400);
        event.stamp = program.stamp;
        event.tid = 4000 + thread;
        event.plugin = (uint16_t)(thread % 3);
        event.instance = odd ? dice(&program, UINT32_MAX) : thread % 2;
        events[i] = event;
    }
}

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
        make_events(seed, events, count, seed % 4 == 3 ? 1000 : seed % 4 * 10,
                    1 + seed % 5 * (seed % 3) * 7);
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

/* ---- damage ------------------------------------------------------------------------------ */

static void make_block(uint64_t seed, size_t count, unsigned odd, struct trace_buffer *out)
{
    struct trace_heap_writer *writer = trace_heap_writer_new();
    struct trace_heap_event *events = calloc(count, sizeof(*events));

    assert_true(writer != NULL && events != NULL);
    make_events(seed, events, count, odd, 3);
    trace_heap_add(writer, events, count);
    trace_heap_encode(writer, out);
    free(events);
    trace_heap_writer_free(writer);
}

/* Decodes a copy of its exact size, so that sanitizers and valgrind see any read beyond it. */
static int decode_copy(struct trace_heap_reader *reader, const uint8_t *bytes, size_t length)
{
    struct trace_fault fault = {SIZE_MAX, NULL};
    struct trace_heap_event some[64];
    uint8_t *copy = malloc(length ? length : 1);
    uint64_t count, met = 0;
    long got = 0;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    int result = trace_heap_open(reader, copy, length, &count, &fault);
    while (result == 0 && (got = trace_heap_next(reader, some, 64, &fault)) > 0)
        for (long i = 0; i < got; i++, met++) {
            assert_in_range(some[i].type, EVENT_HEAP_ALLOC, EVENT_HEAP_FREE);
            assert_in_range(some[i].function, 0, EVENT_FUNCTIONS - 1);
        }
    free(copy);
    if (result == 0)
        result = (int)got;
    if (result == 0) {
        assert_int_equal(met, count);
        return 0;
    }
    assert_int_equal(result, -EBADMSG);
    assert_non_null(fault.what);
    assert_in_range(fault.offset, 0, length);
    return result;
}

static void test_flipped(void **unused)
{
    struct trace_heap_reader *reader = trace_heap_reader_new();
    unsigned refused = 0;

    (void)unused;
    assert_non_null(reader);
    for (unsigned odd = 0; odd <= 300; odd += 100) {
        struct trace_buffer raw = {0};

        make_block(odd, 200, odd, &raw);
        assert_int_equal(decode_copy(reader, raw.bytes, raw.length), 0);
        for (size_t bit = 0; bit < 8 * raw.length; bit++) {
            raw.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            refused += decode_copy(reader, raw.bytes, raw.length) != 0;
            raw.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        trace_buffer_free(&raw);
    }
    assert_true(refused > 0);
    trace_heap_reader_free(reader);
}

static void test_overwritten(void **unused)
{
    static const uint8_t worst[] = {0x00, 0x7f, 0x80, 0xff};
    struct trace_heap_reader *reader = trace_heap_reader_new();
    struct trace_buffer raw = {0};

    (void)unused;
    assert_non_null(reader);
    make_block(1, 400, 50, &raw);
    for (size_t at = 0; at < raw.length; at++)
        for (size_t i = 0; i < sizeof(worst); i++) {
            uint8_t kept = raw.bytes[at];
            raw.bytes[at] = worst[i];
            decode_copy(reader, raw.bytes, raw.length);
            raw.bytes[at] = kept;
        }
    for (size_t i = 0; i < sizeof(worst); i++) {
        memset(raw.bytes + 40, worst[i], raw.length - 40);
        decode_copy(reader, raw.bytes, raw.length);
    }
    memset(raw.bytes, 0xff, raw.length);
    assert_int_equal(decode_copy(reader, raw.bytes, raw.length), -EBADMSG);
    trace_buffer_free(&raw);
    trace_heap_reader_free(reader);
}

static void test_truncated(void **unused)
{
    struct trace_heap_reader *reader = trace_heap_reader_new();
    struct trace_buffer raw = {0};

    (void)unused;
    assert_non_null(reader);
    make_block(2, 300, 50, &raw);
    for (size_t length = 0; length < raw.length; length++)
        assert_int_equal(decode_copy(reader, raw.bytes, length), -EBADMSG);
    trace_put_byte(&raw, 0);
    assert_int_equal(decode_copy(reader, raw.bytes, raw.length), -EBADMSG);
    trace_buffer_free(&raw);
    trace_heap_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips), cmocka_unit_test(test_largest),
        cmocka_unit_test(test_flipped),     cmocka_unit_test(test_overwritten),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests_name("trace-heap", tests, NULL, NULL);
}
