/* tests/unit/heap_made_trace.c - made heap events as a trace file */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/heap_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/trace_writer.h"

#define BATCH 4096
#define NODES_AT_ONCE 65536
#define FRAMES 16 /* of each stack, below one that all share */

struct output {
    struct trace_writer writer;
    struct trace_buffer raw;
    struct trace_index_writer index;
};

static void put(struct output *output, enum trace_block_type type)
{
    if (trace_writer_put(&output->writer, type, &output->raw) != 0) {
        perror("heap_made_save");
        abort();
    }
    trace_buffer_clear(&output->raw);
}

static struct trace_text text(const char *chars)
{
    return (struct trace_text){chars, (uint32_t)strlen(chars)};
}

static void put_process(struct output *output)
{
    struct trace_process process = {
        .pid = 4711,
        .outer_pid = 4711,
        .ppid = 4710,
        .policy = RING_BLOCK,
        .clock = RING_CLOCK_TSC,
        .origin = RING_ORIGIN_RECORD,
        .unwinder = RING_UNWINDER_RULES,
        .heap = RING_HEAP_ALL,
        .start_ticks = 1,
        .start_stamp = HEAP_MADE_START,
        .start_realtime_ns = UINT64_C(1700000000) * 1000000000,
        .boot_id = text("00000000-0000-0000-0000-000000000000"),
        .exe = text("/usr/bin/made-host"),
        .args = text("made-host"),
        .machine = text("x86_64"),
        .writer = text("made"),
    };

    trace_process_encode(&process, &output->raw);
    put(output, TRACE_PROCESS);
}

static void put_tables(struct output *output)
{
    static const struct trace_string strings[] = {{1, {"/opt/libnpfirst.so", 18}},
                                                  {2, {"/opt/libnpsecond.so", 19}}};
    struct trace_plugin plugins[HEAP_MADE_PLUGINS];

    trace_strings_encode(strings, 2, &output->raw);
    put(output, TRACE_STRINGS);
    for (uint32_t i = 0; i < HEAP_MADE_PLUGINS; i++)
        plugins[i] = (struct trace_plugin){
            .id = i + 1, .path = i + 1, .met_stamp = HEAP_MADE_START, .initialize_calls = 1};
    trace_plugins_encode(plugins, HEAP_MADE_PLUGINS, &output->raw);
    put(output, TRACE_PLUGINS);
}

/* Node n is the stack of the simulation's node n: below it lies a frame that all share. */
static void put_nodes(struct output *output, uint32_t stacks)
{
    struct trace_node *nodes = calloc(NODES_AT_ONCE, sizeof(*nodes));
    size_t count = 0;

    if (nodes == NULL)
        abort();
    for (uint32_t id = 1; id <= stacks; id++) {
        nodes[count++] = (struct trace_node){.id = id,
                                             .parent = id % FRAMES == 1 ? 0 : id - 1,
                                             .pc = UINT64_C(0x400000) + 16 * (uint64_t)id};
        if (count < NODES_AT_ONCE && id < stacks)
            continue;
        trace_nodes_encode(nodes, count, &output->raw);
        put(output, TRACE_NODES);
        count = 0;
    }
    free(nodes);
}

static void put_index(struct output *output)
{
    trace_index_encode(&output->index, &output->raw);
    put(output, TRACE_INDEX);
}

static void put_heap_block(struct output *output, struct trace_heap_writer *writer)
{
    struct trace_summary summary;

    if (trace_heap_summary(writer, &summary) != 0)
        abort();
    summary.sequence = output->writer.sequence;
    trace_index_add(&output->index, &summary);
    trace_heap_encode(writer, &output->raw);
    put(output, TRACE_HEAP);
    if (trace_index_is_full(&output->index))
        put_index(output);
}

static void put_heap(struct output *output, struct heap_made *made, uint64_t count)
{
    struct trace_heap_event events[BATCH];
    struct trace_heap_writer *writer = trace_heap_writer_new();

    if (writer == NULL)
        abort();
    while (count > 0) {
        size_t batch = count < BATCH ? (size_t)count : BATCH;
        heap_made_next(made, events, batch);
        trace_heap_add(writer, events, batch);
        count -= batch;
        if (trace_heap_count(writer) + BATCH <= TRACE_HEAP_MAX && count > 0)
            continue;
        put_heap_block(output, writer);
    }
    put_index(output);
    trace_heap_writer_free(writer);
}

uint64_t heap_made_save(struct heap_made *made, uint64_t count, int fd)
{
    struct output output = {0};
    struct trace_state state = {.ring_state = RING_READY};
    struct trace_end end = {
        .reason = TRACE_END_PROCESS, .exit_kind = TRACE_EXIT_STATUS, .events = count};

    if (trace_writer_open(&output.writer, fd) != 0)
        abort();
    put_process(&output);
    put_tables(&output);
    put_nodes(&output, heap_made_stacks(made));
    put_heap(&output, made, count);
    state.stamp = end.stamp = heap_made_now(made);
    trace_state_encode(&state, &output.raw);
    put(&output, TRACE_STATE);
    trace_end_encode(&end, &output.raw);
    put(&output, TRACE_END);
    trace_buffer_free(&output.raw);
    trace_index_free(&output.index);
    uint64_t bytes = output.writer.good_bytes;
    if (trace_writer_close(&output.writer) != 0)
        abort();
    return bytes;
}
