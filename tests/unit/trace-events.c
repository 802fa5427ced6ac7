/* tests/unit/trace-events.c - events as columns: round trip, limits, columns of a later version */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/trace.h"

#define FRAMES EVENT_MAX_FRAMES

static struct event_frame frames[FRAMES];

static const uint8_t types[] = {
    EVENT_NPN_ALLOC, EVENT_NPN_FREE,     EVENT_NPN_ELSEWHERE, EVENT_NPN_FLUSH,  EVENT_PLUGIN,
    EVENT_INSTANCE,  EVENT_NPN_RECEIVED, EVENT_NPN_RELEASED,  EVENT_NPN_HANDED, EVENT_OBJECT,
    EVENT_STACK};

/* Every type that stands in EVENTS, with values that leave no byte of any field untried. */
static struct trace_event sample(unsigned i)
{
    uint64_t wide = i * UINT64_C(0x9e3779b97f4a7c15);
    struct trace_event event = {.tid = (uint32_t)wide, .event.type = types[i % sizeof(types)]};
    struct event *it = &event.event;
    uint32_t columns = trace_event_columns(it->type);

    it->stamp = wide >> (i % 64);
    if (columns & (1u << TRACE_COLUMN_ADDRESS)) {
        it->flags = (uint16_t)(wide >> 3);
        it->address = wide * 3;
        it->size = (uint32_t)(wide >> 5);
        it->node = i % 5 ? (uint32_t)(wide >> 7) : RING_NODE_INLINE;
        it->plugin = (uint16_t)(wide >> 11);
        it->instance = (uint32_t)(wide >> 13);
    }
    if (columns & (1u << TRACE_COLUMN_OWNER_PLUGIN)) {
        it->owner_plugin = (uint16_t)(wide >> 17);
        it->owner_flags = (uint16_t)(wide >> 19);
        it->owner_instance = (uint32_t)(wide >> 23);
        it->owner_node = (uint32_t)(wide >> 29);
        it->owner_stamp = wide * 7;
    }
    if (it->type == EVENT_STACK) {
        it->frame_count = i % (FRAMES + 1);
        it->frames = frames;
    }
    return event;
}

static void assert_same(const struct trace_event *got, const struct trace_event *wanted)
{
    struct trace_event a = *got, b = *wanted;

    if (a.event.type == EVENT_STACK) {
        assert_int_equal(a.event.frame_count, b.event.frame_count);
        for (uint32_t i = 0; i < b.event.frame_count; i++) {
            assert_true(a.event.frames[i].pc == b.event.frames[i].pc);
            assert_true(a.event.frames[i].flags == b.event.frames[i].flags);
        }
    }
    assert_int_equal(a.tid, b.tid);
    assert_int_equal(a.event.type, b.event.type);
    assert_int_equal(a.event.flags, b.event.flags);
    assert_true(a.event.stamp == b.event.stamp);
    assert_true(a.event.address == b.event.address);
    assert_int_equal(a.event.size, b.event.size);
    assert_int_equal(a.event.node, b.event.node);
    assert_int_equal(a.event.plugin, b.event.plugin);
    assert_int_equal(a.event.instance, b.event.instance);
    assert_int_equal(a.event.owner_plugin, b.event.owner_plugin);
    assert_int_equal(a.event.owner_flags, b.event.owner_flags);
    assert_int_equal(a.event.owner_instance, b.event.owner_instance);
    assert_int_equal(a.event.owner_node, b.event.owner_node);
    assert_true(a.event.owner_stamp == b.event.owner_stamp);
}

static struct trace_buffer encode_samples(unsigned count, unsigned gaps)
{
    struct trace_events_writer writer = {.count = 0};
    struct trace_buffer raw = {0};

    for (unsigned i = 0; i < gaps; i++) {
        struct trace_gap gap = {i % TRACE_GAP_KINDS, i, i * 3, UINT64_MAX - i, i * 7};
        trace_events_add_gap(&writer, &gap);
    }
    for (unsigned i = 0; i < count; i++) {
        struct trace_event event = sample(i);
        trace_events_add(&writer, &event);
    }
    trace_events_encode(&writer, &raw);
    assert_int_equal(raw.error, 0);
    trace_events_free(&writer);
    return raw;
}

/* Of new types readers know nothing: a block holds those that have columns, and no others. */
static void test_columns(void **unused)
{
    unsigned with = 0;

    (void)unused;
    for (unsigned i = 0; i < sizeof(types); i++)
        assert_int_not_equal(trace_event_columns(types[i]), 0);
    for (unsigned type = 0; type <= UINT8_MAX; type++)
        with += trace_event_columns(type) != 0;
    assert_int_equal(with, sizeof(types));
    assert_int_equal(trace_event_columns(EVENT_NPN_RECEIVED), trace_event_columns(EVENT_NPN_ALLOC));
    assert_int_equal(trace_event_columns(EVENT_OBJECT), trace_event_columns(EVENT_NPN_ALLOC));
    assert_int_equal(trace_event_columns(EVENT_NPN_RELEASED), trace_event_columns(EVENT_NPN_FREE));
    assert_int_equal(trace_event_columns(EVENT_NPN_HANDED), trace_event_columns(EVENT_NPN_FREE));
}

static void test_round_trip(void **unused)
{
    static struct trace_events_reader reader;
    struct trace_buffer raw = encode_samples(5000, 10);
    struct trace_fault fault = {0};
    struct trace_event event, wanted;
    struct trace_gap gap;

    (void)unused;
    assert_int_equal(trace_events_open(&reader, raw.bytes, raw.length, &fault), 0);
    for (unsigned i = 0; i < 5000; i++) {
        assert_int_equal(trace_events_next(&reader, &event, &fault), 1);
        wanted = sample(i);
        assert_same(&event, &wanted);
    }
    assert_int_equal(trace_events_next(&reader, &event, &fault), 0);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(trace_events_next_gap(&reader, &gap, &fault), 1);
        assert_int_equal(gap.kind, i % TRACE_GAP_KINDS);
        assert_int_equal(gap.tid, i);
        assert_true(gap.before_stamp == UINT64_MAX - i);
        assert_int_equal(gap.events, i * 7);
    }
    assert_int_equal(trace_events_next_gap(&reader, &gap, &fault), 0);
    trace_buffer_free(&raw);
}

static void test_empty(void **unused)
{
    static struct trace_events_reader reader;
    struct trace_buffer raw = encode_samples(0, 0);
    struct trace_event event;
    struct trace_gap gap;

    (void)unused;
    assert_int_equal(trace_events_open(&reader, raw.bytes, raw.length, NULL), 0);
    assert_int_equal(trace_events_next(&reader, &event, NULL), 0);
    assert_int_equal(trace_events_next_gap(&reader, &gap, NULL), 0);
    trace_buffer_free(&raw);
}

/* Appends a column to a block. */
static void add_column(struct trace_buffer *raw, uint64_t id, const char *bytes)
{
    trace_put_varint(raw, id);
    trace_put_text(raw, bytes, strlen(bytes));
}

static void test_unknown_column(void **unused)
{
    static struct trace_events_reader reader;
    struct trace_buffer raw = encode_samples(10, 0);
    struct trace_event event;
    unsigned count = 0;

    (void)unused;
    add_column(&raw, TRACE_COLUMNS + 5, "of a later version");
    assert_int_equal(trace_events_open(&reader, raw.bytes, raw.length, NULL), 0);
    while (trace_events_next(&reader, &event, NULL) == 1)
        count++;
    assert_int_equal(count, 10);
    trace_buffer_free(&raw);
}

static void test_column_twice(void **unused)
{
    static struct trace_events_reader reader;
    struct trace_buffer raw = encode_samples(10, 0);
    struct trace_fault fault;

    (void)unused;
    add_column(&raw, TRACE_COLUMN_FLAGS, "x");
    assert_int_equal(trace_events_open(&reader, raw.bytes, raw.length, &fault), -EBADMSG);
    assert_string_equal(fault.what, "holds a column twice");
    trace_buffer_free(&raw);
}

static void test_left_over(void **unused)
{
    static struct trace_events_reader reader;
    struct trace_events_writer writer = {.count = 0};
    struct trace_event event = {.event = {.type = EVENT_NPN_ALLOC}};
    struct trace_buffer raw = {0};
    struct trace_fault fault;

    (void)unused;
    trace_events_add(&writer, &event);
    trace_put_byte(&writer.column[TRACE_COLUMN_SIZE], 1); /* a size of no event */
    trace_events_encode(&writer, &raw);
    assert_int_equal(trace_events_open(&reader, raw.bytes, raw.length, &fault), 0);
    assert_int_equal(trace_events_next(&reader, &event, &fault), 1);
    assert_int_equal(trace_events_next(&reader, &event, &fault), -EBADMSG);
    trace_events_free(&writer);
    trace_buffer_free(&raw);
}

/* However large its stacks, a block ends before the limit of the file. */
static void test_full_block_fits(void **unused)
{
    struct trace_events_writer writer = {.count = 0};
    struct trace_event stack = {
        .event = {.type = EVENT_STACK, .frame_count = FRAMES, .frames = frames}};
    struct trace_buffer raw = {0};

    (void)unused;
    while (!trace_events_is_full(&writer))
        trace_events_add(&writer, &stack);
    trace_events_encode(&writer, &raw);
    assert_in_range(raw.length, TRACE_EVENTS_FULL_BYTES, TRACE_BLOCK_MAX_BYTES);
    trace_events_reset(&writer);
    for (unsigned i = 0; !trace_events_is_full(&writer); i++) {
        struct trace_event event = sample(i % 2);
        trace_events_add(&writer, &event);
        assert_true(i < TRACE_EVENTS_MAX);
    }
    assert_int_equal(writer.count, TRACE_EVENTS_MAX);
    trace_events_free(&writer);
    trace_buffer_free(&raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_unknown_column),
        cmocka_unit_test(test_column_twice),
        cmocka_unit_test(test_left_over),
        cmocka_unit_test(test_full_block_fits),
    };
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] =
            (struct event_frame){i * UINT64_C(0xfedcba9876543211), i % 3 ? i % 8 : UINT64_MAX};
    return cmocka_run_group_tests_name("trace-events", tests, NULL, NULL);
}
