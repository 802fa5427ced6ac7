/* tests/unit/trace_reader.c - reads a whole trace file into memory, for assertions */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/trace_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static int broken(struct read_trace *trace, const char *what)
{
    if (trace->broken == NULL)
        trace->broken = what;
    return 1;
}

/* Room for item number `count`: the array doubles at powers of two. */
static void *grow(void *items, size_t count, size_t item_bytes)
{
    if ((count & (count - 1)) != 0)
        return items;
    items = reallocarray(items, count ? 2 * count : 1, item_bytes);
    if (items == NULL)
        abort();
    return items;
}

const char *read_string(const struct read_trace *trace, uint32_t id)
{
    if (id == 0)
        return "";
    for (size_t i = 0; i < trace->string_count; i++)
        if (trace->strings[i].id == id)
            return trace->strings[i].text;
    return NULL;
}

static int on_string(void *context, const struct trace_string *string)
{
    struct read_trace *trace = context;

    if (read_string(trace, string->id) != NULL)
        return broken(trace, "a string twice");
    if (trace->string_count == READ_MAX_TABLE)
        return broken(trace, "too many strings for this reader");
    trace->strings[trace->string_count].id = string->id;
    trace->strings[trace->string_count++].text = strndup(string->text.bytes, string->text.length);
    return 0;
}

static int on_module(void *context, const struct trace_module *module)
{
    struct read_trace *trace = context;

    if (module->index != trace->module_count || module->index >= READ_MAX_TABLE)
        return broken(trace, "a module out of order");
    if (read_string(trace, module->path) == NULL)
        return broken(trace, "a module's path is not there yet");
    trace->modules[trace->module_count++] = *module;
    return 0;
}

static int on_plugin(void *context, const struct trace_plugin *plugin)
{
    struct read_trace *trace = context;

    if (plugin->id > trace->plugin_count + 1 || plugin->id > 256)
        return broken(trace, "a plug-in out of order");
    if (read_string(trace, plugin->path) == NULL)
        return broken(trace, "a plug-in's path is not there yet");
    trace->plugins[plugin->id - 1] = *plugin;
    if (plugin->id > trace->plugin_count)
        trace->plugin_count = plugin->id;
    return 0;
}

static int on_instance(void *context, const struct trace_instance *instance)
{
    struct read_trace *trace = context;

    if (instance->serial > trace->instance_count + 1 || instance->serial > READ_MAX_TABLE)
        return broken(trace, "an instance out of order");
    if (read_string(trace, instance->mime) == NULL || instance->plugin > trace->plugin_count)
        return broken(trace, "an instance names what is not there yet");
    trace->instances[instance->serial - 1] = *instance;
    if (instance->serial > trace->instance_count)
        trace->instance_count = instance->serial;
    return 0;
}

static int on_node(void *context, const struct trace_node *node)
{
    struct read_trace *trace = context;

    if (node->id != trace->node_count)
        return broken(trace, "a node out of order");
    trace->nodes = grow(trace->nodes, trace->node_count, sizeof(*trace->nodes));
    trace->nodes[trace->node_count++] = *node;
    return 0;
}

static bool node_known(const struct read_trace *trace, uint32_t node)
{
    return node == RING_NODE_INLINE || node < trace->node_count;
}

static int on_live(void *context, const struct trace_live *live)
{
    struct read_trace *trace = context;

    if (!node_known(trace, live->node) || live->plugin > trace->plugin_count ||
        live->instance > trace->instance_count)
        return broken(trace, "a live block names what is not there yet");
    if (trace->live_count > 0 && trace->live[trace->live_count - 1].address >= live->address)
        return broken(trace, "live blocks are not in ascending order");
    trace->live = grow(trace->live, trace->live_count, sizeof(*trace->live));
    trace->live[trace->live_count++] = *live;
    return 0;
}

static int on_object(void *context, const struct trace_object *object)
{
    struct read_trace *trace = context;
    const struct trace_object *last =
        trace->object_count > 0 ? &trace->objects[trace->object_count - 1] : NULL;

    if (trace->has_state)
        return broken(trace, "an object after STATE");
    if (!node_known(trace, object->node) || !node_known(trace, object->last_node) ||
        object->plugin > trace->plugin_count || object->instance > trace->instance_count)
        return broken(trace, "an object names what is not there yet");
    if (last != NULL && (last->address > object->address ||
                         (last->address == object->address && last->plugin >= object->plugin)))
        return broken(trace, "objects are not in ascending order");
    trace->objects = grow(trace->objects, trace->object_count, sizeof(*trace->objects));
    trace->objects[trace->object_count++] = *object;
    return 0;
}

static int on_finding(void *context, const struct trace_finding *finding)
{
    struct read_trace *trace = context;

    if (trace->has_state)
        return broken(trace, "a finding after STATE");
    if (!node_known(trace, finding->node) || !node_known(trace, finding->owner_node) ||
        !node_known(trace, finding->released_node) || finding->plugin > trace->plugin_count ||
        finding->owner_plugin > trace->plugin_count || finding->instance > trace->instance_count ||
        finding->owner_instance > trace->instance_count)
        return broken(trace, "a finding names what is not there yet");
    if (trace->finding_count > 0 &&
        trace->findings[trace->finding_count - 1].first_stamp > finding->first_stamp)
        return broken(trace, "findings are not in ascending order");
    trace->findings = grow(trace->findings, trace->finding_count, sizeof(*trace->findings));
    trace->findings[trace->finding_count++] = *finding;
    return 0;
}

static int on_symbol(void *context, const struct trace_symbol *symbol)
{
    struct read_trace *trace = context;

    for (uint32_t i = 0; i < symbol->frame_count; i++)
        if (read_string(trace, symbol->frames[i].function) == NULL ||
            read_string(trace, symbol->frames[i].file) == NULL)
            return broken(trace, "a symbol's string is not there yet");
    if (symbol->module >= trace->module_count || trace->symbol_count == READ_MAX_TABLE)
        return broken(trace, "a symbol of an unknown module");
    struct read_symbol *to = &trace->symbols[trace->symbol_count++];
    *to = (struct read_symbol){symbol->module, symbol->address, symbol->frame_count, {0}};
    if (symbol->frame_count > 0)
        to->first = symbol->frames[0];
    return 0;
}

static int keep_event(struct read_trace *trace, const struct trace_event *event, bool after_stack)
{
    const struct event *it = &event->event;
    bool mime = it->type == EVENT_INSTANCE && it->flags == EVENT_STEP_NEW_ENTER;

    if (mime ? read_string(trace, it->node) == NULL : !node_known(trace, it->node))
        return broken(trace, "an event names what is not there yet");
    if (it->node == RING_NODE_INLINE && !after_stack)
        return broken(trace, "an inline stack is not before its event");
    if (!node_known(trace, it->owner_node) || it->plugin > trace->plugin_count ||
        it->owner_plugin > trace->plugin_count || it->instance > trace->instance_count)
        return broken(trace, "an event names what is not there yet");
    trace->events = grow(trace->events, trace->event_count, sizeof(*trace->events));
    trace->events[trace->event_count] = *event;
    trace->events[trace->event_count++].event.frames = NULL;
    return 0;
}

static int read_events(struct read_trace *trace, const uint8_t *raw, size_t bytes)
{
    static struct trace_events_reader reader;
    struct trace_event event;
    struct trace_gap gap;
    bool after_stack = false;

    summaries_begin(&trace->summaries, trace->blocks, false);
    int result = trace_events_open(&reader, raw, bytes, NULL);

    while (result == 0 && (result = trace_events_next(&reader, &event, NULL)) == 1) {
        if (event.event.type == EVENT_STACK) {
            trace->stack_events++;
            after_stack = true;
        } else if (keep_event(trace, &event, after_stack) != 0) {
            return 1;
        } else {
            summaries_event(&trace->summaries, event.event.stamp);
            after_stack = after_stack && event.event.node == RING_NODE_INLINE;
        }
        result = 0;
    }
    while (result == 0 && (result = trace_events_next_gap(&reader, &gap, NULL)) == 1) {
        trace->gaps[trace->gap_count++ % READ_MAX_TABLE] = gap;
        result = 0;
    }
    return result;
}

static int keep_heap_event(struct read_trace *trace, const struct trace_heap_event *event)
{
    if (event->node >= trace->node_count || event->plugin > trace->plugin_count ||
        event->instance > trace->instance_count)
        return broken(trace, "a heap event names what is not there yet");
    trace->heap = grow(trace->heap, trace->heap_count, sizeof(*trace->heap));
    trace->heap[trace->heap_count++] = *event;
    summaries_heap(&trace->summaries, event);
    return 0;
}

static int read_heap(struct read_trace *trace, const uint8_t *raw, size_t bytes)
{
    struct trace_heap_reader *reader = trace_heap_reader_new();
    struct trace_heap_event events[500];
    uint64_t expected, met = 0;
    long count = 0;

    summaries_begin(&trace->summaries, trace->blocks, true);
    int result = trace_heap_open(reader, raw, bytes, &expected, NULL);

    while (result == 0 && (count = trace_heap_next(reader, events, 500, NULL)) > 0)
        for (long i = 0; result == 0 && i < count; i++, met++)
            result = keep_heap_event(trace, &events[i]);
    trace_heap_reader_free(reader);
    if (result == 0 && (count != 0 || met != expected || met == 0))
        result = broken(trace, "a HEAP block's contents or count");
    return result;
}

static int read_process(struct read_trace *trace, const uint8_t *raw, size_t bytes)
{
    int result = trace_process_decode(raw, bytes, &trace->process, NULL);

    if (result == 0)
        snprintf(trace->exe, sizeof(trace->exe), "%.*s", (int)trace->process.exe.length,
                 trace->process.exe.bytes);
    return result;
}

static int read_block(struct read_trace *trace, uint32_t type, const uint8_t *raw, size_t bytes)
{
    if ((type == TRACE_PROCESS) != (trace->blocks == 0))
        return broken(trace, "PROCESS is not the first block, or there twice");
    if (trace->has_end)
        return broken(trace, "something stands after END");
    switch (type) {
    case TRACE_PROCESS: return read_process(trace, raw, bytes);
    case TRACE_STRINGS: return trace_strings_decode(raw, bytes, on_string, trace, NULL);
    case TRACE_MODULES: return trace_modules_decode(raw, bytes, on_module, trace, NULL);
    case TRACE_PLUGINS: return trace_plugins_decode(raw, bytes, on_plugin, trace, NULL);
    case TRACE_INSTANCES: return trace_instances_decode(raw, bytes, on_instance, trace, NULL);
    case TRACE_NODES: return trace_nodes_decode(raw, bytes, on_node, trace, NULL);
    case TRACE_EVENTS: return read_events(trace, raw, bytes);
    case TRACE_HEAP: return read_heap(trace, raw, bytes);
    case TRACE_SYMBOLS: return trace_symbols_decode(raw, bytes, on_symbol, trace, NULL);
    case TRACE_LIVE: return trace_live_decode(raw, bytes, on_live, trace, NULL);
    case TRACE_OBJECTS: return trace_objects_decode(raw, bytes, on_object, trace, NULL);
    case TRACE_FINDINGS:
        trace->finding_count = 0;
        return trace_findings_decode(raw, bytes, on_finding, trace, NULL);
    case TRACE_INDEX:
        if (summaries_compare(&trace->summaries, raw, bytes) != 0)
            return broken(trace, "an index that is not what its blocks are");
        return 0;
    case TRACE_STATE:
        if (!summaries_are_complete(&trace->summaries))
            return broken(trace, "blocks without an index before STATE");
        trace->has_state = true;
        return trace_state_decode(raw, bytes, &trace->state, NULL);
    case TRACE_END: trace->has_end = true; return trace_end_decode(raw, bytes, &trace->end, NULL);
    default: return broken(trace, "a block of unknown type");
    }
}

/* Header and payload of one block. Returns the bytes it took, 0 at a torn or broken end. */
static size_t take_block(struct read_trace *trace, const uint8_t *at, size_t left)
{
    struct trace_fault fault;
    struct trace_block block;

    static const uint8_t zeros[TRACE_BLOCK_HEADER_BYTES];

    /* The header is written last: a recorder that was killed leaves zeros there. */
    if (left < TRACE_BLOCK_HEADER_BYTES || memcmp(at, zeros, sizeof(zeros)) == 0) {
        trace->torn = true;
        return 0;
    }
    if (trace_block_decode(at, trace->blocks, &block, &fault) != 0) {
        broken(trace, fault.what);
        return 0;
    }
    if (left - TRACE_BLOCK_HEADER_BYTES < block.stored_bytes) {
        trace->torn = true;
        return 0;
    }
    const uint8_t *payload = at + TRACE_BLOCK_HEADER_BYTES;
    uLong crc = crc32(0, at, TRACE_BLOCK_SUMMED_BYTES);
    if (block.stored_bytes > 0)
        crc = crc32(crc, payload, block.stored_bytes);
    uint8_t *raw = malloc(block.raw_bytes + 1);
    size_t got = block.raw_bytes;
    if (block.codec == TRACE_CODEC_ZSTD)
        got = ZSTD_decompress(raw, block.raw_bytes, payload, block.stored_bytes);
    else
        memcpy(raw, payload, got);
    if (crc != block.crc || got != block.raw_bytes ||
        read_block(trace, block.type, raw, block.raw_bytes) != 0)
        broken(trace, "a block's checksum, size or contents");
    free(raw);
    trace->blocks++;
    if (block.type < TRACE_BLOCK_TYPES)
        trace->blocks_of[block.type]++;
    return trace->broken ? 0 : TRACE_BLOCK_HEADER_BYTES + block.stored_bytes;
}

static uint8_t *read_file(const char *path, size_t *ret_bytes)
{
    FILE *file = fopen(path, "rb");
    struct trace_buffer content = {0};
    uint8_t part[65536];
    size_t got;

    while (file != NULL && (got = fread(part, 1, sizeof(part), file)) > 0)
        trace_put_bytes(&content, part, got);
    if (file != NULL)
        fclose(file);
    *ret_bytes = content.length;
    return content.bytes;
}

struct read_trace *read_trace(const char *path)
{
    struct read_trace *trace = calloc(1, sizeof(*trace));
    struct trace_fault fault;
    size_t bytes, at = TRACE_HEADER_BYTES, taken;
    uint8_t *file = read_file(path, &bytes);
    uint32_t crc =
        bytes >= TRACE_HEADER_BYTES ? (uint32_t)crc32(0, file, TRACE_HEADER_SUMMED_BYTES) : 0;

    trace->nodes = calloc(1, sizeof(*trace->nodes));
    trace->node_count = 1;
    if (trace_header_check(file ? file : (const uint8_t *)"", bytes, crc, &fault) != 0)
        broken(trace, fault.what);
    while (trace->broken == NULL && at < bytes) {
        trace->broken_at = at;
        taken = take_block(trace, file + at, bytes - at);
        if (taken == 0)
            break;
        at += taken;
    }
    free(file);
    return trace;
}

void read_trace_free(struct read_trace *trace)
{
    for (size_t i = 0; i < trace->string_count; i++)
        free(trace->strings[i].text);
    free(trace->nodes);
    free(trace->events);
    free(trace->heap);
    free(trace->live);
    free(trace->objects);
    free(trace->findings);
    summaries_free(&trace->summaries);
    free(trace);
}
