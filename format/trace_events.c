/* format/trace_events.c - EVENTS: events as columns */
/* SPDX-License-Identifier: MIT */

/*
 * number of events; number of gaps; bytes of the gaps, the gaps (kind, tid, after_stamp,
 * before_stamp, events: varints); then columns up to the end of the block: enum trace_column,
 * bytes, contents. A column that no event has a value in is left out.
 */
#include "format/trace.h"

#include <errno.h>
#include <string.h>

#define BIT(column) (UINT32_C(1) << (column))
#define COLUMNS_ALL (BIT(TRACE_COLUMN_TYPE) | BIT(TRACE_COLUMN_STAMP) | BIT(TRACE_COLUMN_THREAD))
#define COLUMNS_CALL                                                                               \
    (COLUMNS_ALL | BIT(TRACE_COLUMN_FLAGS) | BIT(TRACE_COLUMN_ADDRESS) | BIT(TRACE_COLUMN_SIZE) |  \
     BIT(TRACE_COLUMN_NODE) | BIT(TRACE_COLUMN_PLUGIN) | BIT(TRACE_COLUMN_INSTANCE))
#define COLUMNS_OWNED                                                                              \
    (COLUMNS_CALL | BIT(TRACE_COLUMN_OWNER_PLUGIN) | BIT(TRACE_COLUMN_OWNER_FLAGS) |               \
     BIT(TRACE_COLUMN_OWNER_INSTANCE) | BIT(TRACE_COLUMN_OWNER_NODE) |                             \
     BIT(TRACE_COLUMN_OWNER_STAMP))
#define COLUMNS_STACK                                                                              \
    (COLUMNS_ALL | BIT(TRACE_COLUMN_FRAME_COUNT) | BIT(TRACE_COLUMN_FRAME_PC) |                    \
     BIT(TRACE_COLUMN_FRAME_FLAGS))

#define GAP_MIN_BYTES 5

uint32_t trace_event_columns(unsigned type)
{
    static const uint32_t columns[EVENT_TYPES] = {
        [EVENT_NPN_ALLOC] = COLUMNS_CALL,      [EVENT_NPN_FREE] = COLUMNS_OWNED,
        [EVENT_NPN_ELSEWHERE] = COLUMNS_OWNED, [EVENT_NPN_FLUSH] = COLUMNS_CALL,
        [EVENT_PLUGIN] = COLUMNS_CALL,         [EVENT_INSTANCE] = COLUMNS_CALL,
        [EVENT_STACK] = COLUMNS_STACK,         [EVENT_NPN_RECEIVED] = COLUMNS_CALL,
        [EVENT_NPN_RELEASED] = COLUMNS_OWNED,  [EVENT_NPN_HANDED] = COLUMNS_OWNED,
        [EVENT_OBJECT] = COLUMNS_CALL,
    };
    return type < EVENT_TYPES ? columns[type] : 0;
}

/* ---- writing ----------------------------------------------------------------------------- */

void trace_events_free(struct trace_events_writer *writer)
{
    for (size_t i = 0; i < TRACE_COLUMNS; i++)
        trace_buffer_free(&writer->column[i]);
    trace_buffer_free(&writer->gaps);
    *writer = (struct trace_events_writer){0};
}

void trace_events_reset(struct trace_events_writer *writer)
{
    for (size_t i = 0; i < TRACE_COLUMNS; i++)
        trace_buffer_clear(&writer->column[i]);
    trace_buffer_clear(&writer->gaps);
    memset(writer->last, 0, sizeof(writer->last));
    writer->count = 0;
    writer->gap_count = 0;
}

static void put_plain(struct trace_events_writer *writer, enum trace_column column, uint64_t value)
{
    trace_put_varint(&writer->column[column], value);
}

static void put_relative(struct trace_events_writer *writer, enum trace_column column,
                         uint64_t value)
{
    trace_put_difference(&writer->column[column], value, writer->last[column]);
    writer->last[column] = value;
}

static void put_call(struct trace_events_writer *writer, const struct event *event)
{
    put_plain(writer, TRACE_COLUMN_FLAGS, event->flags);
    put_relative(writer, TRACE_COLUMN_ADDRESS, event->address);
    put_plain(writer, TRACE_COLUMN_SIZE, event->size);
    put_relative(writer, TRACE_COLUMN_NODE, event->node);
    put_plain(writer, TRACE_COLUMN_PLUGIN, event->plugin);
    put_relative(writer, TRACE_COLUMN_INSTANCE, event->instance);
}

static void put_owner(struct trace_events_writer *writer, const struct event *event)
{
    put_plain(writer, TRACE_COLUMN_OWNER_PLUGIN, event->owner_plugin);
    put_plain(writer, TRACE_COLUMN_OWNER_FLAGS, event->owner_flags);
    put_relative(writer, TRACE_COLUMN_OWNER_INSTANCE, event->owner_instance);
    put_relative(writer, TRACE_COLUMN_OWNER_NODE, event->owner_node);
    trace_put_difference(&writer->column[TRACE_COLUMN_OWNER_STAMP], event->owner_stamp,
                         event->stamp);
}

static void put_stack(struct trace_events_writer *writer, const struct event *event)
{
    put_plain(writer, TRACE_COLUMN_FRAME_COUNT, event->frame_count);
    for (uint32_t i = 0; i < event->frame_count; i++) {
        put_relative(writer, TRACE_COLUMN_FRAME_PC, event->frames[i].pc);
        put_plain(writer, TRACE_COLUMN_FRAME_FLAGS, event->frames[i].flags);
    }
}

void trace_events_add(struct trace_events_writer *writer, const struct trace_event *event)
{
    uint32_t columns = trace_event_columns(event->event.type);

    if (columns == 0)
        return;
    trace_put_byte(&writer->column[TRACE_COLUMN_TYPE], event->event.type);
    put_relative(writer, TRACE_COLUMN_STAMP, event->event.stamp);
    put_relative(writer, TRACE_COLUMN_THREAD, event->tid);
    if (columns & BIT(TRACE_COLUMN_ADDRESS))
        put_call(writer, &event->event);
    if (columns & BIT(TRACE_COLUMN_OWNER_PLUGIN))
        put_owner(writer, &event->event);
    if (columns & BIT(TRACE_COLUMN_FRAME_COUNT))
        put_stack(writer, &event->event);
    writer->count++;
}

void trace_events_add_gap(struct trace_events_writer *writer, const struct trace_gap *gap)
{
    trace_put_varint(&writer->gaps, gap->kind);
    trace_put_varint(&writer->gaps, gap->tid);
    trace_put_varint(&writer->gaps, gap->after_stamp);
    trace_put_varint(&writer->gaps, gap->before_stamp);
    trace_put_varint(&writer->gaps, gap->events);
    writer->gap_count++;
}

static size_t writer_bytes(const struct trace_events_writer *writer)
{
    size_t bytes = writer->gaps.length;

    for (size_t i = 0; i < TRACE_COLUMNS; i++)
        bytes += writer->column[i].length;
    return bytes;
}

int trace_events_is_full(const struct trace_events_writer *writer)
{
    if (writer->count >= TRACE_EVENTS_MAX || writer->gap_count >= TRACE_EVENTS_MAX)
        return 1;
    /* Only stacks make a block of few events large: look at the sizes now and then. */
    return (writer->count % 64 == 0 || writer->column[TRACE_COLUMN_FRAME_PC].length > 0) &&
           writer_bytes(writer) >= TRACE_EVENTS_FULL_BYTES;
}

void trace_events_encode(const struct trace_events_writer *writer, struct trace_buffer *out)
{
    trace_put_varint(out, writer->count);
    trace_put_varint(out, writer->gap_count);
    trace_put_varint(out, writer->gaps.length);
    trace_put_bytes(out, writer->gaps.bytes, writer->gaps.length);
    if (writer->gaps.error != 0)
        out->error = writer->gaps.error;
    for (size_t i = 0; i < TRACE_COLUMNS; i++) {
        const struct trace_buffer *column = &writer->column[i];

        if (column->error != 0)
            out->error = column->error;
        if (column->length == 0)
            continue;
        trace_put_varint(out, i);
        trace_put_varint(out, column->length);
        trace_put_bytes(out, column->bytes, column->length);
    }
}

/* ---- reading ----------------------------------------------------------------------------- */

static void open_column(struct trace_events_reader *reader, struct trace_cursor *in)
{
    uint32_t which = trace_get_u32(in);
    size_t length = (size_t)trace_get_varint(in);
    const uint8_t *bytes = trace_get_bytes(in, length);

    if (bytes == NULL || which >= TRACE_COLUMNS)
        return;
    if (reader->base[which] != 0) {
        trace_cursor_fail(in, "holds a column twice");
        return;
    }
    reader->column[which] = trace_cursor_over(bytes, length);
    reader->base[which] = in->position - length;
}

int trace_events_open(struct trace_events_reader *reader, const void *bytes, size_t length,
                      struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);

    memset(reader, 0, offsetof(struct trace_events_reader, frames));
    for (size_t i = 0; i < TRACE_COLUMNS; i++)
        reader->column[i] = trace_cursor_over("", 0);
    reader->left = trace_get_varint(&in);
    reader->gaps_left = trace_get_varint(&in);

    size_t gap_bytes = (size_t)trace_get_varint(&in);
    const uint8_t *gaps = trace_get_bytes(&in, gap_bytes);
    reader->gaps = trace_cursor_over(gaps ? gaps : (const uint8_t *)"", gaps ? gap_bytes : 0);
    reader->gaps_base = in.position - reader->gaps.length;
    while (in.fault.what == NULL && in.position < in.length)
        open_column(reader, &in);
    if (in.fault.what == NULL && reader->left != reader->column[TRACE_COLUMN_TYPE].length)
        trace_cursor_fail(&in, "counts other events than it holds");
    if (in.fault.what == NULL && reader->gaps_left > reader->gaps.length / GAP_MIN_BYTES)
        trace_cursor_fail(&in, "counts more gaps than it can hold");
    return trace_cursor_end(&in, ret_fault);
}

static uint64_t get_plain(struct trace_events_reader *reader, enum trace_column column,
                          uint64_t limit)
{
    return trace_get_limited(&reader->column[column], limit);
}

static uint64_t get_relative(struct trace_events_reader *reader, enum trace_column column)
{
    uint64_t value = trace_get_difference(&reader->column[column], reader->last[column]);

    reader->last[column] = value;
    return value;
}

static uint32_t get_relative_u32(struct trace_events_reader *reader, enum trace_column column)
{
    uint64_t value = get_relative(reader, column);

    if (value > UINT32_MAX)
        trace_cursor_fail(&reader->column[column], "holds a number out of its range");
    return (uint32_t)value;
}

static void get_call(struct trace_events_reader *reader, struct event *event)
{
    event->flags = (uint16_t)get_plain(reader, TRACE_COLUMN_FLAGS, UINT16_MAX);
    event->address = get_relative(reader, TRACE_COLUMN_ADDRESS);
    event->size = (uint32_t)get_plain(reader, TRACE_COLUMN_SIZE, UINT32_MAX);
    event->node = get_relative_u32(reader, TRACE_COLUMN_NODE);
    event->plugin = (uint16_t)get_plain(reader, TRACE_COLUMN_PLUGIN, UINT16_MAX);
    event->instance = get_relative_u32(reader, TRACE_COLUMN_INSTANCE);
}

static void get_owner(struct trace_events_reader *reader, struct event *event)
{
    event->owner_plugin = (uint16_t)get_plain(reader, TRACE_COLUMN_OWNER_PLUGIN, UINT16_MAX);
    event->owner_flags = (uint16_t)get_plain(reader, TRACE_COLUMN_OWNER_FLAGS, UINT16_MAX);
    event->owner_instance = get_relative_u32(reader, TRACE_COLUMN_OWNER_INSTANCE);
    event->owner_node = get_relative_u32(reader, TRACE_COLUMN_OWNER_NODE);
    event->owner_stamp =
        trace_get_difference(&reader->column[TRACE_COLUMN_OWNER_STAMP], event->stamp);
}

static void get_stack(struct trace_events_reader *reader, struct event *event)
{
    event->frame_count = (uint32_t)get_plain(reader, TRACE_COLUMN_FRAME_COUNT, EVENT_MAX_FRAMES);
    event->frames = reader->frames;
    for (uint32_t i = 0; i < event->frame_count; i++) {
        reader->frames[i].pc = get_relative(reader, TRACE_COLUMN_FRAME_PC);
        reader->frames[i].flags = get_plain(reader, TRACE_COLUMN_FRAME_FLAGS, UINT64_MAX);
    }
}

/* The first fault among the columns that the event has, in offsets of the block. */
static int find_fault(const struct trace_events_reader *reader, uint32_t columns,
                      struct trace_fault *ret_fault)
{
    for (size_t i = 0; i < TRACE_COLUMNS; i++) {
        const struct trace_fault *fault = &reader->column[i].fault;

        if (!(columns & BIT(i)) || fault->what == NULL)
            continue;
        if (ret_fault != NULL)
            *ret_fault = (struct trace_fault){fault->offset + reader->base[i], fault->what};
        return -EBADMSG;
    }
    return 0;
}

/* After the last event every column has to be used up. */
static int end_columns(struct trace_events_reader *reader, struct trace_fault *ret_fault)
{
    for (size_t i = 0; i < TRACE_COLUMNS; i++) {
        if (trace_cursor_end(&reader->column[i], ret_fault) == 0)
            continue;
        if (ret_fault != NULL)
            ret_fault->offset += reader->base[i];
        return -EBADMSG;
    }
    return 0;
}

int trace_events_next(struct trace_events_reader *reader, struct trace_event *ret_event,
                      struct trace_fault *ret_fault)
{
    if (reader->left == 0)
        return end_columns(reader, ret_fault);

    struct trace_event event = {.event.type = trace_get_byte(&reader->column[TRACE_COLUMN_TYPE])};
    uint32_t columns = trace_event_columns(event.event.type);
    if (columns == 0) {
        trace_cursor_fail(&reader->column[TRACE_COLUMN_TYPE], "holds an event of unknown type");
        return find_fault(reader, BIT(TRACE_COLUMN_TYPE), ret_fault);
    }
    event.event.stamp = get_relative(reader, TRACE_COLUMN_STAMP);
    event.tid = get_relative_u32(reader, TRACE_COLUMN_THREAD);
    if (columns & BIT(TRACE_COLUMN_ADDRESS))
        get_call(reader, &event.event);
    if (columns & BIT(TRACE_COLUMN_OWNER_PLUGIN))
        get_owner(reader, &event.event);
    if (columns & BIT(TRACE_COLUMN_FRAME_COUNT))
        get_stack(reader, &event.event);
    if (find_fault(reader, columns, ret_fault) != 0)
        return -EBADMSG;
    reader->left--;
    *ret_event = event;
    return 1;
}

int trace_events_next_gap(struct trace_events_reader *reader, struct trace_gap *ret_gap,
                          struct trace_fault *ret_fault)
{
    struct trace_gap gap = {0};

    if (reader->gaps_left > 0) {
        gap.kind = (uint32_t)trace_get_limited(&reader->gaps, TRACE_GAP_KINDS - 1);
        gap.tid = trace_get_u32(&reader->gaps);
        gap.after_stamp = trace_get_varint(&reader->gaps);
        gap.before_stamp = trace_get_varint(&reader->gaps);
        gap.events = trace_get_varint(&reader->gaps);
    }
    if (reader->gaps.fault.what != NULL || reader->gaps_left == 0) {
        int result = trace_cursor_end(&reader->gaps, ret_fault);
        if (result != 0 && ret_fault != NULL)
            ret_fault->offset += reader->gaps_base;
        return result;
    }
    reader->gaps_left--;
    *ret_gap = gap;
    return 1;
}
