/* tests/unit/trace-blocks.c - what is put into a block comes out of it */
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

static const uint64_t edges[] = {0, 1, 0x7f, 0x80, 0x3fff, 0x4000, UINT32_MAX, INT64_MAX,
                                 (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
#define EDGES (sizeof(edges) / sizeof(*edges))

static void test_numbers(void **unused)
{
    struct trace_buffer buffer = {0};

    (void)unused;
    for (size_t i = 0; i < EDGES; i++)
        for (size_t j = 0; j < EDGES; j++) {
            trace_put_varint(&buffer, edges[i]);
            trace_put_difference(&buffer, edges[i], edges[j]);
        }
    assert_int_equal(buffer.error, 0);
    struct trace_cursor in = trace_cursor_over(buffer.bytes, buffer.length);
    for (size_t i = 0; i < EDGES; i++)
        for (size_t j = 0; j < EDGES; j++) {
            assert_true(trace_get_varint(&in) == edges[i]);
            assert_true(trace_get_difference(&in, edges[j]) == edges[i]);
        }
    assert_int_equal(trace_cursor_end(&in, NULL), 0);
    trace_buffer_free(&buffer);
}

static void test_number_too_long(void **unused)
{
    static const uint8_t eleven[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1};
    static const uint8_t overflow[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
    static const uint8_t cut[] = {0x80, 0x80};
    struct trace_fault fault;

    (void)unused;
    struct trace_cursor in = trace_cursor_over(eleven, sizeof(eleven));
    assert_true(trace_get_varint(&in) == 0);
    assert_int_equal(trace_cursor_end(&in, &fault), -EBADMSG);
    in = trace_cursor_over(overflow, sizeof(overflow));
    assert_true(trace_get_varint(&in) == 0);
    assert_int_equal(trace_cursor_end(&in, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 9);
    in = trace_cursor_over(cut, sizeof(cut));
    assert_true(trace_get_varint(&in) == 0);
    assert_int_equal(trace_cursor_end(&in, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 2);
}

static void test_file_header(void **unused)
{
    uint8_t header[TRACE_HEADER_BYTES], newer[TRACE_HEADER_BYTES];
    struct trace_fault fault;

    (void)unused;
    trace_header_encode(header);
    trace_header_seal(header, 0x12345678);
    assert_int_equal(trace_header_check(header, sizeof(header), 0x12345678, &fault), 0);
    assert_int_equal(trace_header_check(header, sizeof(header), 0x12345679, &fault), -EBADMSG);
    assert_int_equal(fault.offset, TRACE_HEADER_SUMMED_BYTES);
    assert_int_equal(trace_header_check(header, 0, 0, &fault), -EBADMSG);
    assert_int_equal(trace_header_check(header, 31, 0x12345678, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 31);
    memcpy(newer, header, sizeof(newer));
    newer[8] = TRACE_VERSION + 1;
    assert_int_equal(trace_header_check(newer, sizeof(newer), 0, &fault), -EPROTONOSUPPORT);
    newer[0] = 'N';
    assert_int_equal(trace_header_check(newer, sizeof(newer), 0, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 0);
}

static void test_block_header(void **unused)
{
    struct trace_block block = {TRACE_EVENTS, 7, TRACE_CODEC_ZSTD, 100, 200, 0xcafe}, back;
    uint8_t header[TRACE_BLOCK_HEADER_BYTES];
    struct trace_fault fault;

    (void)unused;
    trace_block_encode(&block, header);
    trace_block_seal(header, block.crc);
    assert_int_equal(trace_block_decode(header, 7, &back, &fault), 0);
    assert_memory_equal(&block, &back, sizeof(block));
    assert_int_equal(trace_block_decode(header, 8, &back, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 8);

    block.raw_bytes = TRACE_BLOCK_MAX_BYTES + 1;
    trace_block_encode(&block, header);
    assert_int_equal(trace_block_decode(header, 7, &back, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 20);
    block.raw_bytes = 100;
    block.codec = TRACE_CODECS;
    trace_block_encode(&block, header);
    assert_int_equal(trace_block_decode(header, 7, &back, &fault), -EBADMSG);
    assert_int_equal(fault.offset, 12);
    block.codec = TRACE_CODEC_RAW;
    block.raw_bytes = 101;
    trace_block_encode(&block, header);
    assert_int_equal(trace_block_decode(header, 7, &back, &fault), -EBADMSG);
}

static struct trace_text text_of(const char *text)
{
    return (struct trace_text){text, (uint32_t)strlen(text)};
}

static void assert_text(struct trace_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static void test_process(void **unused)
{
    struct trace_process in = {
        .pid = 1, .outer_pid = UINT32_MAX, .ppid = 3, .policy = 4, .clock = 5, .origin = 6,
        .unwinder = 7, .heap = 13, .selfcheck = UINT32_MAX - 1, .start_ticks = 8,
        .start_stamp = UINT64_MAX, .start_realtime_ns = 10,
        .process_start_stamp = 11, .ring_bytes = 12,
        .boot_id = text_of("boot"), .exe = text_of("/bin/host"), .args = {"a\0b", 3},
        .machine = text_of(""), .writer = text_of("npntrace 0"),
    }, out;
    struct trace_buffer buffer = {0};

    (void)unused;
    trace_process_encode(&in, &buffer);
    assert_int_equal(trace_process_decode(buffer.bytes, buffer.length, &out, NULL), 0);
    assert_memory_equal(&in, &out, offsetof(struct trace_process, unwinder)); /* no padding */
    assert_int_equal(out.unwinder, 7);
    assert_int_equal(out.heap, 13);
    assert_int_equal(out.selfcheck, UINT32_MAX - 1);
    assert_int_equal(out.start_ticks, 8);
    assert_true(out.start_stamp == UINT64_MAX);
    assert_int_equal(out.start_realtime_ns, 10);
    assert_int_equal(out.process_start_stamp, 11);
    assert_int_equal(out.ring_bytes, 12);
    assert_text(out.boot_id, "boot");
    assert_text(out.exe, "/bin/host");
    assert_int_equal(out.args.length, 3);
    assert_memory_equal(out.args.bytes, "a\0b", 3);
    assert_text(out.machine, "");
    assert_text(out.writer, "npntrace 0");
    trace_buffer_free(&buffer);
}

static void test_state_and_end(void **unused)
{
    struct trace_state state, state_out;
    struct trace_end end = {TRACE_END_EXEC, TRACE_EXIT_SIGNAL, 9, 1, UINT64_MAX, 3, 4}, end_out;
    struct trace_buffer buffer = {0};
    unsigned char *byte = (unsigned char *)&state;

    (void)unused;
    for (size_t i = 0; i < sizeof(state); i++)
        byte[i] = (uint8_t)(i * 37 + 1); /* every field different */
    trace_state_encode(&state, &buffer);
    assert_int_equal(trace_state_decode(buffer.bytes, buffer.length, &state_out, NULL), 0);
    size_t front = offsetof(struct trace_state, whatif) + sizeof(state.whatif); /* then padding */
    assert_memory_equal(&state, &state_out, front);
    assert_memory_equal(&state.operations, &state_out.operations,
                        sizeof(state) - offsetof(struct trace_state, operations));

    trace_buffer_clear(&buffer);
    trace_end_encode(&end, &buffer);
    assert_int_equal(trace_end_decode(buffer.bytes, buffer.length, &end_out, NULL), 0);
    assert_int_equal(end_out.reason, TRACE_END_EXEC);
    assert_int_equal(end_out.exit_kind, TRACE_EXIT_SIGNAL);
    assert_int_equal(end_out.exit_value, 9);
    assert_memory_equal(&end.stamp, &end_out.stamp,
                        sizeof(end) - offsetof(struct trace_end, stamp));
    buffer.bytes[0] = TRACE_END_REASONS;
    assert_int_equal(trace_end_decode(buffer.bytes, buffer.length, &end_out, NULL), -EBADMSG);
    trace_buffer_free(&buffer);
}

/* A decoded table is compared entry by entry with the array that was encoded. */
struct expected {
    const char *items;
    size_t item_bytes;
    size_t met;
};

static int compare_item(struct expected *expected, const void *item)
{
    assert_memory_equal(item, expected->items + expected->met * expected->item_bytes,
                        expected->item_bytes);
    expected->met++;
    return 0;
}

static int on_module(void *context, const struct trace_module *module)
{
    return compare_item(context, module);
}

static int on_plugin(void *context, const struct trace_plugin *plugin)
{
    return compare_item(context, plugin);
}

static int on_instance(void *context, const struct trace_instance *instance)
{
    return compare_item(context, instance);
}

/* This one has padding. */
static int on_node(void *context, const struct trace_node *node)
{
    struct expected *expected = context;
    const struct trace_node *wanted = (const struct trace_node *)expected->items + expected->met++;

    assert_int_equal(node->id, wanted->id);
    assert_int_equal(node->parent, wanted->parent);
    assert_int_equal(node->flags, wanted->flags);
    assert_true(node->pc == wanted->pc);
    return 0;
}

static int on_live(void *context, const struct trace_live *live)
{
    return compare_item(context, live);
}

static void test_modules(void **unused)
{
    struct trace_module modules[2] = {
        {.index = 0, .path = 8, .flags = RING_MODULE_MAIN, .start = 1, .end = UINT64_MAX},
        {.index = 1, .path = UINT32_MAX, .first_epoch = 7, .bias = UINT64_MAX - 4095,
         .build_id_bytes = RING_BUILD_ID_BYTES, .build_id = {1, 2, 3, [31] = 0xff}},
    };
    struct expected expected = {(const char *)modules, sizeof(*modules), 0};
    struct trace_buffer buffer = {0};

    (void)unused;
    trace_modules_encode(modules, 2, &buffer);
    assert_int_equal(
        trace_modules_decode(buffer.bytes, buffer.length, on_module, &expected, NULL), 0);
    assert_int_equal(expected.met, 2);
    trace_buffer_free(&buffer);
}

static void test_plugins_and_instances(void **unused)
{
    struct trace_plugin plugins[2] = {
        {.id = 1, .path = 8, .build_id_bytes = 1, .build_id = {9}, .npn = {.allocs = UINT64_MAX}},
        {.id = UINT16_MAX, .end_stamp = 3, .unloads = UINT32_MAX,
         .npn = {.freed_elsewhere = 5, .received_blocks = UINT64_MAX, .received_live_blocks = 6,
                 .handed_over = 7}},
    };
    struct trace_instance instances[2] = {
        {.serial = 1, .plugin = 1, .mime = 8, .page = UINT32_MAX, .npp = UINT64_MAX,
         .npn = {.live_bytes = 77}},
        {.serial = UINT32_MAX, .plugin = UINT16_MAX, .flags = 3, .destroyed_stamp = 4},
    };
    struct expected expected = {(const char *)plugins, sizeof(*plugins), 0};
    struct trace_buffer buffer = {0};

    (void)unused;
    trace_plugins_encode(plugins, 2, &buffer);
    assert_int_equal(
        trace_plugins_decode(buffer.bytes, buffer.length, on_plugin, &expected, NULL), 0);
    assert_int_equal(expected.met, 2);

    trace_buffer_clear(&buffer);
    expected = (struct expected){(const char *)instances, sizeof(*instances), 0};
    trace_instances_encode(instances, 2, &buffer);
    assert_int_equal(
        trace_instances_decode(buffer.bytes, buffer.length, on_instance, &expected, NULL), 0);
    assert_int_equal(expected.met, 2);
    trace_buffer_free(&buffer);
}

static void test_nodes_and_live(void **unused)
{
    struct trace_node nodes[3] = {
        {41, 0, RING_NODE_ROOT, 0},
        {42, 41, 0, UINT64_MAX},
        {43, 1, RING_NODE_GUESSED | RING_NODE_TRUNCATED, 1},
    };
    struct trace_live live[2] = {
        {0x1000, UINT64_MAX, 16, 43, 1, 2, 3},
        {UINT64_MAX, 0, UINT32_MAX, RING_NODE_INLINE, UINT32_MAX, UINT16_MAX, UINT16_MAX},
    };
    struct expected expected = {(const char *)nodes, sizeof(*nodes), 0};
    struct trace_buffer buffer = {0};

    (void)unused;
    trace_nodes_encode(nodes, 3, &buffer);
    assert_int_equal(trace_nodes_decode(buffer.bytes, buffer.length, on_node, &expected, NULL), 0);
    assert_int_equal(expected.met, 3);

    trace_buffer_clear(&buffer);
    expected = (struct expected){(const char *)live, sizeof(*live), 0};
    trace_live_encode(live, 2, &buffer);
    assert_int_equal(trace_live_decode(buffer.bytes, buffer.length, on_live, &expected, NULL), 0);
    assert_int_equal(expected.met, 2);
    trace_buffer_free(&buffer);
}

static int never_node(void *context, const struct trace_node *node)
{
    (void)context;
    (void)node;
    fail_msg("an impossible node was handed out");
    return 0;
}

static void test_node_is_own_parent(void **unused)
{
    struct trace_node node = {5, 5, 0, 0};
    struct trace_buffer buffer = {0};
    struct trace_fault fault;

    (void)unused;
    trace_nodes_encode(&node, 1, &buffer);
    assert_int_equal(trace_nodes_decode(buffer.bytes, buffer.length, never_node, NULL, &fault),
                     -EBADMSG);
    assert_string_equal(fault.what, "a node is its own parent");
    trace_buffer_free(&buffer);
}

static int on_symbol(void *context, const struct trace_symbol *symbol)
{
    struct expected *expected = context;
    const struct trace_symbol *wanted =
        (const struct trace_symbol *)expected->items + expected->met++;

    assert_int_equal(symbol->module, wanted->module);
    assert_true(symbol->address == wanted->address);
    assert_int_equal(symbol->build_id_bytes, wanted->build_id_bytes);
    assert_memory_equal(symbol->build_id, wanted->build_id, RING_BUILD_ID_BYTES);
    assert_int_equal(symbol->frame_count, wanted->frame_count);
    if (wanted->frame_count > 0)
        assert_memory_equal(symbol->frames, wanted->frames,
                            wanted->frame_count * sizeof(*wanted->frames));
    return 0;
}

static void test_symbols(void **unused)
{
    struct trace_symbol_frame frames[TRACE_SYMBOL_MAX_FRAMES];
    struct trace_symbol symbols[3] = {
        {.module = 1, .build_id_bytes = 2, .build_id = {1, 2}, .address = 10,
         .frame_count = TRACE_SYMBOL_MAX_FRAMES, .frames = frames},
        {.module = 1, .build_id_bytes = 2, .build_id = {1, 2}, .address = 9},
        {.module = 2, .address = UINT64_MAX, .frame_count = 1, .frames = frames + 7},
    };
    struct expected expected = {(const char *)symbols, sizeof(*symbols), 0};
    struct trace_buffer buffer = {0};

    (void)unused;
    for (uint32_t i = 0; i < TRACE_SYMBOL_MAX_FRAMES; i++)
        frames[i] = (struct trace_symbol_frame){UINT32_MAX - i, i, 3 * i, i / 2, i % 2};
    trace_symbols_encode(symbols, 3, &buffer);
    assert_int_equal(
        trace_symbols_decode(buffer.bytes, buffer.length, on_symbol, &expected, NULL), 0);
    assert_int_equal(expected.met, 3);
    trace_buffer_free(&buffer);
}

static int refuse_second(void *context, const struct trace_string *string)
{
    (void)string;
    return ++*(int *)context == 2 ? -ECANCELED : 0;
}

static void test_callback_stops(void **unused)
{
    struct trace_string strings[3] = {{8, {"one", 3}}, {16, {"", 0}}, {TRACE_STRING_OWN, {"x", 1}}};
    struct trace_buffer buffer = {0};
    int met = 0;

    (void)unused;
    trace_strings_encode(strings, 3, &buffer);
    assert_int_equal(
        trace_strings_decode(buffer.bytes, buffer.length, refuse_second, &met, NULL), -ECANCELED);
    assert_int_equal(met, 2);
    trace_buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_too_long),
        cmocka_unit_test(test_file_header),
        cmocka_unit_test(test_block_header),
        cmocka_unit_test(test_process),
        cmocka_unit_test(test_state_and_end),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_plugins_and_instances),
        cmocka_unit_test(test_nodes_and_live),
        cmocka_unit_test(test_node_is_own_parent),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_callback_stops),
    };
    return cmocka_run_group_tests_name("trace-blocks", tests, NULL, NULL);
}
