/* tests/unit/trace_decode.c - decodes any block and looks at all of what is in it */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/trace_decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/trace_heap.h"

/* Reads all of a text, so that a text outside the block is noticed. */
static unsigned touch(struct trace_text text)
{
    unsigned sum = 0;

    for (uint32_t i = 0; i < text.length; i++)
        sum += (unsigned char)text.bytes[i];
    return sum;
}

static unsigned sink;

static int on_string(void *context, const struct trace_string *string)
{
    (void)context;
    sink += touch(string->text);
    return 0;
}

static int on_module(void *context, const struct trace_module *module)
{
    (void)context;
    assert_in_range(module->build_id_bytes, 0, RING_BUILD_ID_BYTES);
    return 0;
}

static int on_plugin(void *context, const struct trace_plugin *plugin)
{
    (void)context;
    assert_in_range(plugin->id, 1, UINT16_MAX);
    assert_in_range(plugin->build_id_bytes, 0, RING_BUILD_ID_BYTES);
    return 0;
}

static int on_instance(void *context, const struct trace_instance *instance)
{
    (void)context;
    assert_int_not_equal(instance->serial, 0);
    return 0;
}

static int on_node(void *context, const struct trace_node *node)
{
    (void)context;
    assert_true(node->parent < node->id);
    return 0;
}

static int on_live(void *context, const struct trace_live *live)
{
    (void)context;
    sink += live->plugin;
    return 0;
}

static int on_object(void *context, const struct trace_object *object)
{
    (void)context;
    sink += object->plugin + object->refs;
    return 0;
}

static int on_finding(void *context, const struct trace_finding *finding)
{
    (void)context;
    sink += finding->kind + finding->detail;
    return 0;
}

static int on_symbol(void *context, const struct trace_symbol *symbol)
{
    (void)context;
    assert_in_range(symbol->frame_count, 0, TRACE_SYMBOL_MAX_FRAMES);
    for (uint32_t i = 0; i < symbol->frame_count; i++)
        sink += symbol->frames[i].line;
    return 0;
}

static int decode_process(const void *bytes, size_t length, struct trace_fault *fault)
{
    struct trace_process process;
    int result = trace_process_decode(bytes, length, &process, fault);

    if (result == 0)
        sink += touch(process.boot_id) + touch(process.exe) + touch(process.args) +
                touch(process.machine) + touch(process.writer);
    return result;
}

static int decode_state(const void *bytes, size_t length, struct trace_fault *fault)
{
    struct trace_state state;
    return trace_state_decode(bytes, length, &state, fault);
}

static int decode_end(const void *bytes, size_t length, struct trace_fault *fault)
{
    struct trace_end end;
    return trace_end_decode(bytes, length, &end, fault);
}

static int decode_strings(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_strings_decode(bytes, length, on_string, NULL, fault);
}

static int decode_modules(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_modules_decode(bytes, length, on_module, NULL, fault);
}

static int decode_plugins(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_plugins_decode(bytes, length, on_plugin, NULL, fault);
}

static int decode_instances(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_instances_decode(bytes, length, on_instance, NULL, fault);
}

static int decode_nodes(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_nodes_decode(bytes, length, on_node, NULL, fault);
}

static int decode_live(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_live_decode(bytes, length, on_live, NULL, fault);
}

static int decode_objects(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_objects_decode(bytes, length, on_object, NULL, fault);
}

static int decode_findings(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_findings_decode(bytes, length, on_finding, NULL, fault);
}

static int decode_symbols(const void *bytes, size_t length, struct trace_fault *fault)
{
    return trace_symbols_decode(bytes, length, on_symbol, NULL, fault);
}

static int decode_events(const void *bytes, size_t length, struct trace_fault *fault)
{
    static struct trace_events_reader reader;
    struct trace_event event;
    struct trace_gap gap;
    size_t met = 0;
    int result = trace_events_open(&reader, bytes, length, fault);

    while (result == 0 && (result = trace_events_next(&reader, &event, fault)) == 1) {
        assert_in_range(event.event.frame_count, 0, EVENT_MAX_FRAMES);
        assert_true(++met <= length);
        result = 0;
    }
    while (result == 0 && (result = trace_events_next_gap(&reader, &gap, fault)) == 1) {
        assert_true(++met <= 2 * length);
        result = 0;
    }
    return result;
}

static int decode_heap(const void *bytes, size_t length, struct trace_fault *fault)
{
    static struct trace_heap_reader *reader; /* it is large: one for all */
    struct trace_heap_event some[64];
    uint64_t count, met = 0;
    long got = 0;

    if (reader == NULL)
        reader = trace_heap_reader_new();
    assert_non_null(reader);
    int result = trace_heap_open(reader, bytes, length, &count, fault);
    while (result == 0 && (got = trace_heap_next(reader, some, 64, fault)) > 0)
        for (long i = 0; i < got; i++, met++) {
            assert_in_range(some[i].type, EVENT_HEAP_ALLOC, EVENT_HEAP_FREE);
            assert_in_range(some[i].function, 0, EVENT_FUNCTIONS - 1);
            assert_in_range(some[i].address, 0, EVENT_ADDRESS_MASK);
        }
    if (result == 0 && got == 0)
        assert_int_equal(met, count);
    return result != 0 ? result : (int)got;
}

static int check_summary(void *context, const struct trace_summary *summary)
{
    const struct trace_summary_plugin *plugins = summary->plugins;
    uint64_t *last = context;

    assert_true(*last == UINT64_MAX || summary->sequence > *last);
    assert_true(summary->first_stamp <= summary->last_stamp);
    for (uint32_t i = 0; i < summary->plugin_count; i++) {
        assert_in_range(plugins[i].plugin, 0, UINT16_MAX);
        assert_true(i == 0 || plugins[i].plugin > plugins[i - 1].plugin);
    }
    *last = summary->sequence;
    return 0;
}

static int decode_index(const void *bytes, size_t length, struct trace_fault *fault)
{
    uint64_t last = UINT64_MAX;

    return trace_index_decode(bytes, length, check_summary, &last, fault);
}

int trace_decode(enum trace_block_type type, const void *bytes, size_t length,
                 struct trace_fault *ret_fault)
{
    static int (*const decode[TRACE_BLOCK_TYPES])(const void *, size_t, struct trace_fault *) = {
        [TRACE_PROCESS] = decode_process,     [TRACE_STRINGS] = decode_strings,
        [TRACE_MODULES] = decode_modules,     [TRACE_PLUGINS] = decode_plugins,
        [TRACE_INSTANCES] = decode_instances, [TRACE_NODES] = decode_nodes,
        [TRACE_EVENTS] = decode_events,       [TRACE_SYMBOLS] = decode_symbols,
        [TRACE_LIVE] = decode_live,           [TRACE_STATE] = decode_state,
        [TRACE_END] = decode_end,             [TRACE_HEAP] = decode_heap,
        [TRACE_OBJECTS] = decode_objects,     [TRACE_FINDINGS] = decode_findings,
        [TRACE_INDEX] = decode_index,
    };

    assert_in_range(type, TRACE_PROCESS, TRACE_BLOCK_TYPES - 1);
    return decode[type](bytes, length, ret_fault);
}
