/* tests/unit/trace-contract.c - objects held and findings go into blocks and come out again */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/finding.h"
#include "format/trace.h"

#define MANY 1000u

static struct trace_object object(uint64_t i)
{
    uint64_t wide = i * UINT64_C(0x9e3779b97f4a7c15);

    return (struct trace_object){
        .address = wide,
        .stamp = wide >> (i % 64),
        .node = i % 7 ? (uint32_t)(wide >> 7) : RING_NODE_INLINE,
        .last_node = (uint32_t)(wide >> 9),
        .instance = (uint32_t)(wide >> 11),
        .plugin = (uint16_t)(wide >> 13),
        .step = (uint16_t)(wide >> 17),
        .refs = (uint32_t)(wide >> 19),
        .most_refs = (uint32_t)(wide >> 23),
    };
}

static struct trace_finding finding(uint64_t i)
{
    uint64_t wide = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    return (struct trace_finding){
        .kind = (uint16_t)(wide >> 3),
        .plugin = (uint16_t)(wide >> 5),
        .instance = (uint32_t)(wide >> 7),
        .node = (uint32_t)(wide >> 9),
        .owner_node = (uint32_t)(wide >> 11),
        .owner_plugin = (uint16_t)(wide >> 13),
        .owner_flags = (uint16_t)(wide >> 17),
        .owner_instance = (uint32_t)(wide >> 19),
        .released_node = (uint32_t)(wide >> 23),
        .detail = (uint32_t)(wide >> 29),
        .address = wide * 3,
        .size = wide * 5,
        .owner_stamp = wide * 7,
        .first_stamp = wide >> (i % 64),
        .last_stamp = wide * 11,
        .count = i % 3 ? i : UINT64_MAX,
    };
}

static int on_object(void *context, const struct trace_object *got)
{
    struct trace_object wanted = object((*(unsigned *)context)++);

    _Static_assert(sizeof(wanted) == 40, "no padding is compared");
    assert_memory_equal(got, &wanted, sizeof(wanted));
    return 0;
}

static int on_finding(void *context, const struct trace_finding *got)
{
    struct trace_finding wanted = finding((*(unsigned *)context)++);

    _Static_assert(sizeof(wanted) == 80, "no padding is compared");
    assert_memory_equal(got, &wanted, sizeof(wanted));
    return 0;
}

static struct trace_buffer encoded_objects(unsigned count)
{
    static struct trace_object objects[MANY];
    struct trace_buffer raw = {0};

    for (unsigned i = 0; i < count; i++)
        objects[i] = object(i);
    trace_objects_encode(objects, count, &raw);
    assert_int_equal(raw.error, 0);
    return raw;
}

static struct trace_buffer encoded_findings(unsigned count)
{
    static struct trace_finding findings[MANY];
    struct trace_buffer raw = {0};

    for (unsigned i = 0; i < count; i++)
        findings[i] = finding(i);
    trace_findings_encode(findings, count, &raw);
    assert_int_equal(raw.error, 0);
    return raw;
}

static void test_round_trip(void **unused)
{
    static const unsigned counts[] = {0, 1, 2, MANY};

    (void)unused;
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        struct trace_buffer raw = encoded_objects(counts[i]);
        unsigned met = 0;

        assert_int_equal(trace_objects_decode(raw.bytes, raw.length, on_object, &met, NULL), 0);
        assert_int_equal(met, counts[i]);
        trace_buffer_free(&raw);
        raw = encoded_findings(counts[i]);
        met = 0;
        assert_int_equal(trace_findings_decode(raw.bytes, raw.length, on_finding, &met, NULL), 0);
        assert_int_equal(met, counts[i]);
        trace_buffer_free(&raw);
    }
}

static int refuse_second(void *context, const struct trace_object *unused)
{
    (void)unused;
    return ++*(unsigned *)context == 2 ? -ECANCELED : 0;
}

static void test_callback_stops(void **unused)
{
    struct trace_buffer raw = encoded_objects(5);
    unsigned met = 0;

    (void)unused;
    assert_int_equal(trace_objects_decode(raw.bytes, raw.length, refuse_second, &met, NULL),
                     -ECANCELED);
    assert_int_equal(met, 2);
    trace_buffer_free(&raw);
}

static int never_finding(void *unused, const struct trace_finding *got)
{
    (void)unused, (void)got;
    fail_msg("an impossible finding was handed out");
    return 0;
}

/* The first column is the kind: two bytes in the structure, more in the block. */
static void test_number_out_of_range(void **unused)
{
    struct trace_finding one = {.kind = UINT16_MAX};
    struct trace_buffer raw = {0};
    struct trace_fault fault;

    (void)unused;
    trace_findings_encode(&one, 1, &raw);
    assert_int_equal(raw.bytes[0], 1); /* entries */
    assert_int_equal(raw.bytes[1], 3); /* bytes of the column */
    assert_int_equal(raw.bytes[4], 3); /* the upper bits of 0xffff */
    raw.bytes[4] = 4;
    assert_int_equal(trace_findings_decode(raw.bytes, raw.length, never_finding, NULL, &fault),
                     -EBADMSG);
    assert_in_range(fault.offset, 2, 5);
    trace_buffer_free(&raw);
}

/* A count that no column can have is refused before anything is done for it. */
static void test_count_beyond_bytes(void **unused)
{
    struct trace_buffer raw = {0};
    struct trace_fault fault;

    (void)unused;
    trace_put_varint(&raw, UINT64_C(1) << 40);
    for (unsigned i = 0; i < 64; i++)
        trace_put_byte(&raw, 0);
    assert_int_equal(trace_findings_decode(raw.bytes, raw.length, never_finding, NULL, &fault),
                     -EBADMSG);
    trace_buffer_free(&raw);
}

/* Each finding and each block has a name of its own. */
static void test_names(void **unused)
{
    (void)unused;
    assert_string_equal(trace_block_name(TRACE_OBJECTS), "OBJECTS");
    assert_string_equal(trace_block_name(TRACE_FINDINGS), "FINDINGS");
    assert_null(trace_block_name(TRACE_BLOCK_TYPES));
    for (unsigned i = FINDING_NONE + 1; i < FINDINGS; i++) {
        assert_non_null(finding_name(i));
        assert_non_null(finding_title(i));
        assert_non_null(finding_rule(i));
        for (unsigned j = FINDING_NONE + 1; j < i; j++)
            assert_string_not_equal(finding_name(i), finding_name(j));
    }
    assert_null(finding_name(FINDING_NONE));
    assert_null(finding_name(FINDINGS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_callback_stops),
        cmocka_unit_test(test_number_out_of_range),
        cmocka_unit_test(test_count_beyond_bytes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("trace-contract", tests, NULL, NULL);
}
