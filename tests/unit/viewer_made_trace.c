/* tests/unit/viewer_made_trace.c - a made recording as a trace file */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/viewer_made.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/trace_heap.h"
#include "recorder/trace_writer.h"
#include "viewer/recording.h"

struct output {
    const struct made *made;
    struct trace_writer writer;
    struct trace_buffer raw;
    size_t object_count, finding_count;
};

static void put(struct output *output, enum trace_block_type type)
{
    if (trace_writer_put(&output->writer, type, &output->raw) != 0) {
        perror("trace_writer_put");
        abort();
    }
    trace_buffer_clear(&output->raw);
}

static struct trace_text text_of(const struct made *made, uint32_t string)
{
    struct trace_text text;

    text.bytes = ring_string_at(made->base, string, &text.length);
    return text;
}

static uint32_t used(const struct made *made, enum ring_area area)
{
    return atomic_load(&made->header->used[area]);
}

static struct trace_counters plain(const struct ring_counters *from)
{
    struct trace_counters counters;

    _Static_assert(sizeof(counters) == sizeof(*from), "the same numbers in the same order");
    memcpy(&counters, from, sizeof(counters));
    return counters;
}

static void put_process(struct output *output)
{
    const struct ring_header *header = output->made->header;
    struct trace_process process = {
        .pid = header->pid,
        .outer_pid = header->pid,
        .ppid = header->ppid,
        .policy = header->policy,
        .clock = header->clock,
        .origin = RING_ORIGIN_RECORD,
        .unwinder = header->unwinder,
        .heap = header->heap,
        .selfcheck = header->selfcheck,
        .start_ticks = header->start_ticks,
        .start_stamp = header->start_stamp,
        .start_realtime_ns = header->start_realtime_ns,
        .ring_bytes = output->made->bytes,
        .boot_id = {header->boot_id, (uint32_t)strlen(header->boot_id)},
        .exe = text_of(output->made, header->exe),
        .args = text_of(output->made, header->args),
        .machine = {"x86_64", 6},
        .writer = {"made", 4},
    };

    trace_process_encode(&process, &output->raw);
    put(output, TRACE_PROCESS);
}

static void put_strings(struct output *output)
{
    struct trace_string strings[256];
    size_t count = 0;

    for (uint32_t at = 8; at < used(output->made, RING_STRINGS) && count < 255; count++) {
        strings[count] = (struct trace_string){at, text_of(output->made, at)};
        at += (uint32_t)(sizeof(struct ring_string) + strings[count].text.length + 4) / 4 * 4;
    }
    strings[count++] = (struct trace_string){TRACE_STRING_OWN, {"made_up(int)", 12}};
    trace_strings_encode(strings, count, &output->raw);
    put(output, TRACE_STRINGS);
}

static void put_modules(struct output *output)
{
    const struct ring_module *from = ring_area(output->made->base, RING_MODULES);
    struct trace_module modules[16];
    uint32_t count = used(output->made, RING_MODULES);

    for (uint32_t i = 0; i < count; i++) {
        modules[i] = (struct trace_module){.index = i,
                                           .path = from[i].path,
                                           .first_epoch = from[i].first_epoch,
                                           .flags = from[i].flags,
                                           .bias = from[i].bias,
                                           .start = from[i].start,
                                           .end = from[i].end,
                                           .build_id_bytes = from[i].build_id_bytes};
        memcpy(modules[i].build_id, from[i].build_id, sizeof(modules[i].build_id));
    }
    trace_modules_encode(modules, count, &output->raw);
    put(output, TRACE_MODULES);
}

static void put_plugins(struct output *output)
{
    const struct ring_plugin *from = ring_area(output->made->base, RING_PLUGINS);
    struct trace_plugin plugins[16];
    uint32_t count = used(output->made, RING_PLUGINS);

    for (uint32_t i = 0; i < count; i++) {
        plugins[i] = (struct trace_plugin){.id = i + 1,
                                           .path = from[i].path,
                                           .flags = from[i].flags,
                                           .met_stamp = from[i].met_stamp,
                                           .end_stamp = from[i].end_stamp,
                                           .initialize_calls = from[i].initialize_calls,
                                           .shutdown_calls = from[i].shutdown_calls,
                                           .build_id_bytes = from[i].build_id_bytes,
                                           .npn = plain(&from[i].npn)};
        memcpy(plugins[i].build_id, from[i].build_id, sizeof(plugins[i].build_id));
    }
    trace_plugins_encode(plugins, count, &output->raw);
    put(output, TRACE_PLUGINS);
}

static void put_instances(struct output *output)
{
    const struct ring_instance *from = ring_area(output->made->base, RING_INSTANCES);
    struct trace_instance instances[16];
    uint32_t count = used(output->made, RING_INSTANCES);

    for (uint32_t i = 0; i < count; i++)
        instances[i] = (struct trace_instance){.serial = i + 1,
                                               .plugin = from[i].plugin,
                                               .mime = from[i].mime,
                                               .page = from[i].page,
                                               .flags = from[i].flags,
                                               .npp = from[i].npp,
                                               .created_stamp = from[i].created_stamp,
                                               .destroyed_stamp = from[i].destroyed_stamp,
                                               .npn = plain(&from[i].npn)};
    trace_instances_encode(instances, count, &output->raw);
    put(output, TRACE_INSTANCES);
}

static void put_nodes(struct output *output)
{
    const struct ring_node *from = ring_area(output->made->base, RING_NODES);
    struct trace_node nodes[256];
    uint32_t count = used(output->made, RING_NODES);

    for (uint32_t i = 1; i < count; i++)
        nodes[i - 1] = (struct trace_node){i, from[i].parent, from[i].flags, from[i].pc};
    trace_nodes_encode(nodes, count - 1, &output->raw);
    put(output, TRACE_NODES);
}

/* Two EVENTS blocks, so that there is an order to get wrong. */
static void put_events(struct output *output)
{
    struct trace_events_writer writer = {0};

    for (size_t i = 0; i < output->made->event_count; i++) {
        struct trace_event event = {100 + output->made->events[i].thread,
                                    output->made->events[i].event};
        if (!recording_is_heap(&event.event))
            trace_events_add(&writer, &event);
        if (i + 1 != output->made->event_count / 2 && i + 1 != output->made->event_count)
            continue;
        trace_events_encode(&writer, &output->raw);
        put(output, TRACE_EVENTS);
        trace_events_reset(&writer);
    }
    trace_events_free(&writer);
}

static int by_stamp(const void *left, const void *right)
{
    const struct trace_heap_event *a = left, *b = right;

    if (a->stamp != b->stamp)
        return a->stamp < b->stamp ? -1 : 1;
    return (a->type == EVENT_HEAP_ALLOC) - (b->type == EVENT_HEAP_ALLOC);
}

/* In the order of their stamps, as the recorder merges them. Returns how many. */
static size_t sort_heap(const struct made *made, struct trace_heap_event *events)
{
    struct event context[MADE_THREADS] = {0};
    size_t count = 0;

    for (size_t i = 0; i < made->event_count; i++) {
        const struct event *event = &made->events[i].event;
        uint32_t thread = made->events[i].thread;
        if (event->type == EVENT_HEAP_CONTEXT)
            context[thread] = *event;
        if (event->type != EVENT_HEAP_ALLOC && event->type != EVENT_HEAP_FREE)
            continue;
        events[count++] = (struct trace_heap_event){event->stamp,
                                                    event->address,
                                                    event->size,
                                                    event->node,
                                                    100 + thread,
                                                    context[thread].instance,
                                                    context[thread].plugin,
                                                    event->type,
                                                    event->function};
    }
    qsort(events, count, sizeof(events[0]), by_stamp);
    return count;
}

/* Two HEAP blocks; none without heap events. */
static size_t put_heap(struct output *output)
{
    static struct trace_heap_event events[MADE_MAX_EVENTS];
    struct trace_heap_writer *writer = trace_heap_writer_new();
    size_t count = sort_heap(output->made, events);

    for (size_t at = 0, half = (count + 1) / 2; at < count; at += half) {
        trace_heap_add(writer, events + at, at + half < count ? half : count - at);
        trace_heap_encode(writer, &output->raw);
        put(output, TRACE_HEAP);
    }
    trace_heap_writer_free(writer);
    return count;
}

/* One address: the call in module 2, the first plug-in. */
static void put_symbols(struct output *output)
{
    struct trace_symbol_frame frame = {.function = TRACE_STRING_OWN, .line = 7};
    struct trace_symbol symbol = {
        .module = 2, .build_id_bytes = 20, .address = 0x1ff, .frame_count = 1, .frames = &frame};

    memset(symbol.build_id, (int)strlen("/opt/libnpfirst.so"), 20);
    trace_symbols_encode(&symbol, 1, &output->raw);
    put(output, TRACE_SYMBOLS);
}

static int by_address(const void *left, const void *right)
{
    const struct trace_live *a = left, *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

static size_t put_live(struct output *output)
{
    const struct ring_live *from = ring_area(output->made->base, RING_LIVE);
    struct trace_live live[256];
    size_t count = 0;

    for (uint32_t i = 0; i < ring_capacity(output->made->base, RING_LIVE); i++)
        if (from[i].address > RING_LIVE_BUSY)
            live[count++] = (struct trace_live){
                from[i].address,  from[i].stamp,  from[i].size_bytes, from[i].node,
                from[i].instance, from[i].plugin, from[i].flags};
    qsort(live, count, sizeof(live[0]), by_address);
    trace_live_encode(live, count, &output->raw);
    put(output, TRACE_LIVE);
    return count;
}

/* In the order of the table, not of addresses: for readers to sort. */
static void put_objects(struct output *output)
{
    const struct ring_object *from = ring_area(output->made->base, RING_OBJECTS);
    struct trace_object objects[64];
    size_t count = 0;

    for (uint32_t i = 0; i < ring_capacity(output->made->base, RING_OBJECTS); i++)
        if (from[i].address != 0)
            objects[count++] = (struct trace_object){
                from[i].address, from[i].stamp, from[i].node, from[i].last_node, from[i].instance,
                from[i].plugin,  from[i].step,  from[i].refs, from[i].most_refs};
    output->object_count = count;
    if (count == 0)
        return;
    trace_objects_encode(objects, count, &output->raw);
    put(output, TRACE_OBJECTS);
}

static void put_findings(struct output *output)
{
    const struct ring_finding *from = ring_area(output->made->base, RING_FINDINGS);
    struct trace_finding findings[64];
    size_t count = used(output->made, RING_FINDINGS);

    for (size_t i = 0; i < count; i++)
        findings[i] = (struct trace_finding){
            from[i].kind,        from[i].plugin,       from[i].instance,    from[i].node,
            from[i].owner_node,  from[i].owner_plugin, from[i].owner_flags, from[i].owner_instance,
            from[i].released_node, from[i].detail,     from[i].address,     from[i].size,
            from[i].owner_stamp, from[i].first_stamp,  from[i].last_stamp,  from[i].count};
    if (count == 0)
        return;
    output->finding_count = count;
    trace_findings_encode(findings, count, &output->raw);
    put(output, TRACE_FINDINGS);
}

static void put_state_and_end(struct output *output, size_t live_count, size_t heap_count)
{
    const struct ring_header *header = output->made->header;
    struct trace_state state = {.stamp = output->made->now,
                                .ring_state = RING_READY,
                                .live_entries = live_count,
                                .object_entries = output->object_count,
                                .finding_entries = output->finding_count,
                                .selfchecks = header->selfchecks,
                                .selfcheck_mismatches = header->selfcheck_mismatches,
                                .guessed_stacks = header->guessed_stacks,
                                .heap_untracked = header->heap_untracked,
                                .untracked_blocks = header->untracked_blocks,
                                .unlisted_objects = header->unlisted_objects,
                                .unlisted_findings = header->unlisted_findings,
                                .injected_failures = header->injected_failures,
                                .whatif = header->whatif,
                                .totals = plain(&header->totals)};
    struct trace_end end = {.reason = TRACE_END_PROCESS,
                            .exit_kind = TRACE_EXIT_STATUS,
                            .exit_value = 3,
                            .stamp = output->made->now,
                            .events = heap_count};

    trace_state_encode(&state, &output->raw);
    put(output, TRACE_STATE);
    put_symbols(output);
    for (size_t i = 0; i < output->made->event_count; i++)
        end.events += output->made->events[i].event.type != EVENT_STACK &&
                      !recording_is_heap(&output->made->events[i].event);
    trace_end_encode(&end, &output->raw);
    put(output, TRACE_END);
}

void made_save_trace(const struct made *made, int fd, bool with_state)
{
    struct output output = {.made = made};
    int copy = dup(fd);

    if (copy < 0 || ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
        trace_writer_open(&output.writer, copy) != 0) {
        perror("made_save_trace");
        abort();
    }
    put_process(&output);
    put_strings(&output);
    put_modules(&output);
    put_plugins(&output);
    put_instances(&output);
    put_nodes(&output);
    put_findings(&output); /* so far: the last block counts */
    put_events(&output);
    size_t heap_count = put_heap(&output);
    if (with_state) {
        size_t live_count = put_live(&output);
        put_objects(&output);
        put_findings(&output);
        put_state_and_end(&output, live_count, heap_count);
    }
    trace_buffer_free(&output.raw);
    if (trace_writer_close(&output.writer) != 0)
        abort();
}
