/* tests/unit/trace-flipped.c - blocks with flipped bits and cut short: errors, never harm */
/* SPDX-License-Identifier: MIT */

/*
 * Checksums stand before the decoders in real files; here the decoders stand alone. Each damaged
 * block has to be refused with an offset inside it, or to decode to entries within their bounds.
 * The input is copied to a fresh allocation of its exact size, so that sanitizers and valgrind see
 * any read beyond it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/chance.h"
#include "tests/unit/heap_stream.h"
#include "tests/unit/trace_decode.h"

/* ---- the blocks -------------------------------------------------------------------------- */

static struct trace_counters counters(uint64_t seed)
{
    return (struct trace_counters){seed, 1, seed * 3, 0, 2, seed << 20, 5,
                                   seed * 77, 1, 0, seed * 5, 4, seed};
}

static void make_process(struct trace_buffer *out)
{
    struct trace_process process = {
        .pid = 4242, .outer_pid = 4243, .ppid = 1, .clock = 1, .start_stamp = UINT64_C(1) << 50,
        .boot_id = {"2f0c", 4}, .exe = {"/usr/bin/cutycapt", 17}, .args = {"a\0b\0", 4},
        .machine = {"x86_64", 6}, .writer = {"npntrace", 8},
    };
    trace_process_encode(&process, out);
}

static void make_state(struct trace_buffer *out)
{
    struct trace_state state = {.stamp = 1, .live_entries = 300, .totals = counters(1234567)};
    trace_state_encode(&state, out);
}

static void make_end(struct trace_buffer *out)
{
    struct trace_end end = {.exit_kind = TRACE_EXIT_STATUS, .exit_value = 3, .events = 100000};
    trace_end_encode(&end, out);
}

static void make_strings(struct trace_buffer *out)
{
    struct trace_string strings[3] = {
        {8, {"/usr/lib/libnpfoo.so", 20}}, {40, {"", 0}}, {44, {"text", 4}}};
    trace_strings_encode(strings, 3, out);
}

static void make_modules(struct trace_buffer *out)
{
    struct trace_module modules[2] = {
        {.index = 0, .path = 8, .start = 0x1000, .end = 0x2000, .build_id_bytes = 20},
        {.index = 1, .path = 40, .bias = UINT64_C(0x7f0000000000), .build_id_bytes = 32},
    };
    trace_modules_encode(modules, 2, out);
}

static void make_plugins(struct trace_buffer *out)
{
    struct trace_plugin plugins[2] = {{.id = 1, .path = 8, .npn = counters(99)},
                                      {.id = 2, .build_id_bytes = 20, .npn = counters(1)}};
    trace_plugins_encode(plugins, 2, out);
}

static void make_instances(struct trace_buffer *out)
{
    struct trace_instance instances[2] = {{.serial = 1, .plugin = 1, .npn = counters(99)},
                                          {.serial = 300, .plugin = 2, .npn = counters(5)}};
    trace_instances_encode(instances, 2, out);
}

static void make_nodes(struct trace_buffer *out)
{
    struct trace_node nodes[20];

    for (uint32_t i = 0; i < 20; i++)
        nodes[i] = (struct trace_node){i + 1, i / 2, i % 4, UINT64_C(0x7f0000001000) + i * 9999};
    trace_nodes_encode(nodes, 20, out);
}

static void make_live(struct trace_buffer *out)
{
    struct trace_live live[10];

    for (uint32_t i = 0; i < 10; i++)
        live[i] = (struct trace_live){0x1000 + i * 48, 1000000 + i, 16 * i, i, i, 1, 0};
    trace_live_encode(live, 10, out);
}

static void make_objects(struct trace_buffer *out)
{
    struct trace_object objects[10];

    for (uint32_t i = 0; i < 10; i++)
        objects[i] = (struct trace_object){0x1000 + i * 48, 1000000 + i, i,    2 * i, 1,
                                           1,               1 + i % 7,   1 + i, 300};
    trace_objects_encode(objects, 10, out);
}

static void make_findings(struct trace_buffer *out)
{
    struct trace_finding findings[10];

    for (uint32_t i = 0; i < 10; i++)
        findings[i] = (struct trace_finding){
            .kind = (uint16_t)(1 + i), .plugin = 1, .instance = i, .node = 100 * i,
            .owner_node = i, .owner_plugin = 2, .owner_flags = 0x300, .released_node = 7,
            .detail = 88, .address = 0x1000 + 64 * i, .size = 40 * i, .owner_stamp = 999 + i,
            .first_stamp = 1000000 + 777 * i, .last_stamp = 2000000 + i, .count = 1 + i};
    trace_findings_encode(findings, 10, out);
}

static void make_symbols(struct trace_buffer *out)
{
    static const struct trace_symbol_frame frames[3] = {
        {8, 40, 12, 3, 1}, {8, 44, 400, 0, 0}, {1, 2, 3, 4, 0}};
    struct trace_symbol symbols[3] = {
        {.module = 0, .build_id_bytes = 4, .address = 0x1234, .frame_count = 2, .frames = frames},
        {.module = 0, .build_id_bytes = 4, .address = 0x2345, .frame_count = 0, .frames = frames},
        {.module = 1, .address = 0x3456, .frame_count = 3, .frames = frames},
    };
    trace_symbols_encode(symbols, 3, out);
}

static void make_events(struct trace_buffer *out)
{
    static const uint8_t types[] = {
        EVENT_NPN_ALLOC, EVENT_NPN_FREE,     EVENT_NPN_ELSEWHERE, EVENT_NPN_FLUSH,  EVENT_PLUGIN,
        EVENT_INSTANCE,  EVENT_NPN_RECEIVED, EVENT_NPN_RELEASED,  EVENT_NPN_HANDED, EVENT_OBJECT,
        EVENT_STACK};
    static const struct event_frame frames[2] = {{0x1234, 0}, {0x5678, RING_NODE_GUESSED}};
    struct trace_gap gap = {TRACE_GAP_DROPPED, 4242, 10, 2000, 17};
    struct trace_events_writer writer = {.count = 0};

    for (unsigned i = 0; i < 60; i++) {
        struct trace_event event = {
            .tid = 4242 + i % 3,
            .event = {.type = types[i % sizeof(types)], .stamp = 1000000 + 333 * i,
                      .address = 0x1000 + i * 64, .size = i * 100, .node = i, .plugin = 1,
                      .frame_count = 2, .frames = frames, .owner_stamp = 999999},
        };
        trace_events_add(&writer, &event);
    }
    trace_events_add_gap(&writer, &gap);
    trace_events_encode(&writer, out);
    trace_events_free(&writer);
}

static void put_heap(unsigned odd_of_1000, struct trace_buffer *out)
{
    struct trace_heap_writer *writer = trace_heap_writer_new();
    struct trace_heap_event events[200];

    assert_non_null(writer);
    heap_stream_mixed(1, 3, odd_of_1000, events, 200);
    trace_heap_add(writer, events, 200);
    trace_heap_encode(writer, out);
    trace_heap_writer_free(writer);
}

static void make_heap(struct trace_buffer *out)
{
    put_heap(0, out);
}

static void make_odd_heap(struct trace_buffer *out)
{
    put_heap(200, out);
}

static void make_index(struct trace_buffer *out)
{
    static const struct trace_summary_plugin plugins[] = {
        {.plugin = 0, .allocs = 5, .bytes = 1000, .frees = 4},
        {.plugin = 3, .allocs = 1, .failed_allocs = 2, .bytes = UINT64_MAX},
    };
    static const struct trace_summary summaries[] = {{7, 1000, 2000, 12, 2, plugins},
                                                     {8, 500, 500, 1, 0, NULL},
                                                     {300, 2500, 9000, 9, 1, plugins}};
    struct trace_index_writer writer = {0};

    for (size_t i = 0; i < sizeof(summaries) / sizeof(*summaries); i++)
        trace_index_add(&writer, &summaries[i]);
    trace_index_encode(&writer, out);
    trace_index_free(&writer);
}

static const struct {
    enum trace_block_type type;
    void (*make)(struct trace_buffer *out);
} kinds[] = {
    {TRACE_PROCESS, make_process},     {TRACE_STATE, make_state},   {TRACE_END, make_end},
    {TRACE_STRINGS, make_strings},     {TRACE_MODULES, make_modules}, {TRACE_PLUGINS, make_plugins},
    {TRACE_INSTANCES, make_instances}, {TRACE_NODES, make_nodes},   {TRACE_LIVE, make_live},
    {TRACE_SYMBOLS, make_symbols},     {TRACE_EVENTS, make_events}, {TRACE_HEAP, make_heap},
    {TRACE_HEAP, make_odd_heap},       {TRACE_OBJECTS, make_objects},
    {TRACE_FINDINGS, make_findings},   {TRACE_INDEX, make_index},
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static int decode_copy(size_t kind, const uint8_t *bytes, size_t length)
{
    struct trace_fault fault = {SIZE_MAX, NULL};
    uint8_t *copy = malloc(length ? length : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    int result = trace_decode(kinds[kind].type, copy, length, &fault);
    free(copy);
    if (result == 0)
        return 0;
    assert_int_equal(result, -EBADMSG);
    assert_non_null(fault.what);
    assert_in_range(fault.offset, 0, length);
    return result;
}

static void test_intact(void **unused)
{
    (void)unused;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct trace_buffer raw = {0};

        kinds[kind].make(&raw);
        assert_int_equal(raw.error, 0);
        assert_int_equal(decode_copy(kind, raw.bytes, raw.length), 0);
        trace_buffer_free(&raw);
    }
}

static void test_flipped(void **unused)
{
    unsigned refused = 0;

    (void)unused;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct trace_buffer raw = {0};

        kinds[kind].make(&raw);
        for (size_t bit = 0; bit < 8 * raw.length; bit++) {
            raw.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            refused += decode_copy(kind, raw.bytes, raw.length) != 0;
            raw.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        trace_buffer_free(&raw);
    }
    assert_true(refused > 0);
}

static void test_overwritten(void **unused)
{
    static const uint8_t worst[] = {0x00, 0x7f, 0x80, 0xff};

    (void)unused;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct trace_buffer raw = {0};

        kinds[kind].make(&raw);
        for (size_t at = 0; at < raw.length; at++)
            for (size_t i = 0; i < sizeof(worst); i++) {
                uint8_t kept = raw.bytes[at];
                raw.bytes[at] = worst[i];
                decode_copy(kind, raw.bytes, raw.length);
                raw.bytes[at] = kept;
            }
        memset(raw.bytes, 0xff, raw.length);
        assert_int_equal(decode_copy(kind, raw.bytes, raw.length), -EBADMSG);
        trace_buffer_free(&raw);
    }
}

/* SYMBOLS is a run of groups without a count: the empty block and whole groups are good ones. */
static void test_truncated(void **unused)
{
    (void)unused;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct trace_buffer raw = {0};
        unsigned accepted = 0;

        kinds[kind].make(&raw);
        for (size_t length = 0; length < raw.length; length++)
            accepted += decode_copy(kind, raw.bytes, length) == 0;
        assert_int_equal(accepted, kinds[kind].type == TRACE_SYMBOLS ? 2 : 0);
        trace_buffer_free(&raw);
    }
}

/* Several bytes at once, anywhere, and sometimes less than all. */
static void mutate_one(struct chance *chance, size_t kind)
{
    struct trace_buffer raw = {0};

    kinds[kind].make(&raw);
    for (unsigned left = 1 + chance_below(chance, 8); left > 0; left--)
        raw.bytes[chance_below(chance, (uint32_t)raw.length)] = (uint8_t)chance_word(chance);
    size_t cut = chance_below(chance, 4) == 0 ? chance_below(chance, (uint32_t)raw.length) : 0;
    decode_copy(kind, raw.bytes, raw.length - cut);
    trace_buffer_free(&raw);
}

static void test_mutated(void **unused)
{
    (void)unused;
    for (uint64_t run = 0; run < chance_runs(3); run++) {
        struct chance chance = chance_begin(chance_seed() + run);

        for (unsigned i = 0; i < 100; i++)
            for (size_t kind = 0; kind < KINDS; kind++)
                mutate_one(&chance, kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intact),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_overwritten),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_mutated),
    };
    return cmocka_run_group_tests_name("trace-flipped", tests, NULL, NULL);
}
