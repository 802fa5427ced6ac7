/* tests/unit/recorder-contract.c - what was received, handed over, held and misused is recorded */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/contract.h"
#include "recorder/ticks.h"
#include "tests/unit/recorder_rig.h"

#define LATE_NS UINT64_C(10000000000) /* no test lasts so long */

/* In the file they stand by address, whatever their slots. */
static void test_objects(void **unused)
{
    enum { OBJECTS = 100 };
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    uint32_t first = fake_stack(rig.segment.header, 2), last = fake_stack(rig.segment.header, 3);
    for (unsigned i = 0; i < OBJECTS; i++) {
        uint64_t address = 0x10000 + 64 * ((i * 37 + 5) % OBJECTS);
        struct ring_object *object =
            fake_object(rig.segment.header, address, 1 + i, first, 1000 + i);
        object->last_node = last;
        object->step = OBJECT_RETAINED;
        object->most_refs = 2 + i;
    }
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->object_count, OBJECTS);
    for (unsigned i = 0; i < OBJECTS; i++) {
        const struct trace_object *object = &trace->objects[i];
        assert_int_equal(object->address, 0x10000 + 64 * i);
        assert_int_equal(object->most_refs, object->refs + 1);
        assert_int_equal(object->stamp, 999 + object->refs);
        assert_true(trace->nodes[object->node].pc == FAKE_PC + 16);
        assert_true(trace->nodes[object->last_node].pc == FAKE_PC + 32);
        assert_int_equal(object->step, OBJECT_RETAINED);
        assert_int_equal(object->plugin, 1);
        assert_int_equal(object->instance, 1);
    }
    read_trace_free(trace);
}

/* A slot that is empty, being emptied or being filled is no object. */
static void test_half_objects(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_object(rig.segment.header, 0x1000, 1, 0, 1000);
    atomic_store(&fake_object(rig.segment.header, 0x2000, 1, 0, 1000)->address, 0);
    atomic_store(&fake_object(rig.segment.header, 0x3000, 1, 0, 1000)->refs, 0);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->object_count, 1);
    assert_int_equal(trace->objects[0].address, 0x1000);
    read_trace_free(trace);
}

/* The table's first and last slots, which lie on its first and last pages. */
static void test_edges_of_table(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    struct ring_object *table = ring_area(rig.segment.header, RING_OBJECTS);
    uint32_t count = ring_capacity(rig.segment.header, RING_OBJECTS);
    const uint32_t at[4] = {0, 4096 / sizeof(*table), count / 2, count - 1}; /* one on two pages */
    for (unsigned i = 0; i < 4; i++) {
        table[at[i]] = (struct ring_object){.plugin = 1, .refs = 1 + i, .address = 0x1000 + 8 * i};
        assert_int_equal(at[i] < count, 1);
    }
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->object_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(trace->objects[i].refs, 1 + i);
    read_trace_free(trace);
}

static void test_same_object_of_two_plugins(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    fake_object(rig.segment.header, 0x1000, 5, 0, 1000);
    fake_object(rig.segment.header, 0x1000, 6, 0, 1001)->plugin = 0;
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->object_count, 2);
    assert_int_equal(trace->objects[0].refs, 6);
    assert_int_equal(trace->objects[1].refs, 5);
    read_trace_free(trace);
}

static void test_findings(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    struct ring_header *ring = rig.segment.header;
    uint32_t node = fake_stack(ring, 1), owner = fake_stack(ring, 2), freed = fake_stack(ring, 3);
    struct ring_finding *late =
        fake_finding(ring, FINDING_HANDED_THEN_FREED, 0x1000, node, owner, 3000);
    late->released_node = freed;
    late->detail = NPN_WAY_FORM;
    late->owner_flags = NPN_ORIGIN_VARIANT << EVENT_ORIGIN_SHIFT;
    atomic_store(&late->last_stamp, 5000);
    atomic_store(&late->count, 77);
    fake_finding(ring, FINDING_OVERRUN, 0x2000, node, 0, 2000);
    atomic_store(&fake_finding(ring, FINDING_OVERRUN, 0x3000, node, 0, 1000)->count, 0);
    fake_finding(ring, FINDING_NONE, 0x4000, node, 0, 1000);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->finding_count, 2);
    assert_int_equal(trace->findings[0].kind, FINDING_OVERRUN);
    assert_int_equal(trace->findings[0].count, 1);
    assert_int_equal(trace->findings[0].owner_node, 0);
    const struct trace_finding *finding = &trace->findings[1];
    assert_int_equal(finding->kind, FINDING_HANDED_THEN_FREED);
    assert_int_equal(finding->count, 77);
    assert_int_equal(finding->detail, NPN_WAY_FORM);
    assert_int_equal(EVENT_ORIGIN(finding->owner_flags), NPN_ORIGIN_VARIANT);
    assert_int_equal(finding->address, 0x1000);
    assert_int_equal(finding->size, 16);
    assert_int_equal(finding->owner_stamp, 2999);
    assert_int_equal(finding->first_stamp, 3000);
    assert_int_equal(finding->last_stamp, 5000);
    assert_true(trace->nodes[finding->node].pc == FAKE_PC);
    assert_true(trace->nodes[finding->owner_node].pc == FAKE_PC + 16);
    assert_true(trace->nodes[finding->released_node].pc == FAKE_PC + 32);
    read_trace_free(trace);
}

/* The table is full: all of it fits into the file. */
static void test_many_findings(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    uint32_t count = ring_capacity(rig.segment.header, RING_FINDINGS);
    for (uint32_t i = 0; i < count; i++)
        fake_finding(rig.segment.header, FINDING_DOUBLE_FREE, i, 0, 0, UINT64_MAX - i);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->finding_count, count);
    assert_int_equal(trace->findings[0].address, count - 1);
    read_trace_free(trace);
}

/* Nothing was held and nothing misused: the file has no blocks about it. */
static void test_nothing(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->blocks_of[TRACE_OBJECTS], 0);
    assert_int_equal(trace->blocks_of[TRACE_FINDINGS], 0);
    read_trace_free(trace);
}

static void put(struct fake_writer *writer, enum event_type type, unsigned flags, uint32_t node,
                uint64_t stamp)
{
    struct event event = {
        .type = (uint8_t)type,
        .flags = (uint16_t)(flags << EVENT_ORIGIN_SHIFT),
        .stamp = stamp,
        .address = 0x1000,
        .size = 24,
        .node = node,
        .plugin = 1,
        .instance = 1,
        .owner_plugin = 1,
        .owner_flags = NPN_ORIGIN_VARIANT << EVENT_ORIGIN_SHIFT,
        .owner_instance = 1,
        .owner_node = node,
        .owner_stamp = stamp - 1,
    };
    assert_true(fake_put(writer, &event, 1));
}

static void test_events(void **unused)
{
    struct rig rig;
    struct fake_writer writer;

    (void)unused;
    rig_open(&rig, RING_DROP);
    uint32_t node = fake_stack(rig.segment.header, 3);
    fake_writer_open(&writer, rig.segment.header, 0);
    put(&writer, EVENT_NPN_RECEIVED, NPN_ORIGIN_IDENTIFIER, node, 1000);
    put(&writer, EVENT_NPN_RELEASED, 0, node, 1001);
    put(&writer, EVENT_NPN_HANDED, NPN_WAY_SAVED, node, 1002);
    put(&writer, EVENT_OBJECT, OBJECT_GOT, node, 1003);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->event_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct event *event = &trace->events[i].event;
        bool owned = event->type == EVENT_NPN_RELEASED || event->type == EVENT_NPN_HANDED;
        assert_int_equal(event->stamp, 1000 + i);
        assert_int_equal(event->address, 0x1000);
        assert_int_equal(event->size, 24);
        assert_true(trace->nodes[event->node].pc == FAKE_PC + 32);
        assert_int_equal(event->owner_node, owned ? event->node : 0);
        assert_int_equal(event->owner_stamp, owned ? event->stamp - 1 : 0);
        assert_int_equal(EVENT_ORIGIN(event->owner_flags), owned ? NPN_ORIGIN_VARIANT : 0);
    }
    assert_int_equal(trace->events[0].event.type, EVENT_NPN_RECEIVED);
    assert_int_equal(EVENT_ORIGIN(trace->events[0].event.flags), NPN_ORIGIN_IDENTIFIER);
    assert_int_equal(EVENT_ORIGIN(trace->events[2].event.flags), NPN_WAY_SAVED);
    assert_int_equal(EVENT_ORIGIN(trace->events[3].event.flags), OBJECT_GOT);
    read_trace_free(trace);
}

static void assert_now(uint64_t stamp, uint64_t before, uint64_t after)
{
    assert_in_range(stamp, before, after);
}

/* Ticks become nanoseconds, those of owners as well. */
static void test_ticks(void **unused)
{
    struct rig rig;
    struct fake_writer writer;
    uint64_t before = ticks_clock_ns() - LATE_NS;

    (void)unused;
    rig_open_with(&rig, RING_DROP, RING_CLOCK_TSC, RING_MIN_BYTES);
    struct ring_header *ring = rig.segment.header;
    fake_writer_open(&writer, ring, 0);
    put(&writer, EVENT_NPN_HANDED, NPN_WAY_RESULT, 0, fake_stamp(ring));
    fake_object(ring, 0x1000, 1, 0, fake_stamp(ring));
    fake_finding(ring, FINDING_OFF_THREAD, 0, 0, 0, fake_stamp(ring));
    struct read_trace *trace = rig_close(&rig);
    uint64_t after = ticks_clock_ns() + LATE_NS;
    assert_now(trace->events[0].event.stamp, before, after);
    assert_now(trace->events[0].event.owner_stamp, before, after);
    assert_now(trace->objects[0].stamp, before, after);
    assert_now(trace->findings[0].owner_stamp, before, after);
    assert_now(trace->findings[0].first_stamp, before, after);
    assert_now(trace->findings[0].last_stamp, before, after);
    read_trace_free(trace);
}

/* Names that lead nowhere, and counts that are no counts. */
static void test_impossible(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_open(&rig, RING_DROP);
    struct ring_header *ring = rig.segment.header;
    uint32_t beyond = ring_capacity(ring, RING_NODES);
    fake_object(ring, 0x1000, UINT32_MAX, beyond, UINT64_MAX);
    fake_finding(ring, UINT16_MAX, 0x1000, beyond, UINT32_MAX - 1, 1000)->released_node = beyond;
    atomic_store(&ring->used[RING_OBJECTS], UINT32_MAX);
    atomic_store(&ring->used[RING_FINDINGS], UINT32_MAX);
    struct read_trace *trace = rig_close(&rig);
    assert_int_equal(trace->object_count, 1);
    assert_int_equal(trace->objects[0].node, 0);
    assert_int_equal(trace->finding_count, 1);
    assert_int_equal(trace->findings[0].kind, UINT16_MAX);
    assert_int_equal(trace->findings[0].owner_node, 0);
    assert_int_equal(trace->findings[0].released_node, 0);
    read_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_half_objects),
        cmocka_unit_test(test_edges_of_table),
        cmocka_unit_test(test_same_object_of_two_plugins),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_many_findings),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_impossible),
    };
    if (rig_begin() != 0)
        return 99;
    return cmocka_run_group_tests_name("recorder-contract", tests, NULL, NULL);
}
