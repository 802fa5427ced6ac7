/* format/trace_columns.c - NODES and LIVE: tables stored column by column */
/* SPDX-License-Identifier: MIT */

/*
 * NODES: count, first id, then columns: id - parent, flags, pc as differences.
 * LIVE:  count, then columns: address as differences, size, node, plug-in, instance, flags, stamp
 *        as differences.
 * Each column holds `count` numbers and is preceded by its length in bytes.
 */
#include "format/trace.h"
#include "format/trace_internal.h"

#include <errno.h>
#include <string.h>

void trace_put_column(struct trace_buffer *out, struct trace_buffer *column)
{
    trace_put_varint(out, column->length);
    trace_put_bytes(out, column->bytes, column->length);
    if (column->error != 0)
        out->error = column->error;
    trace_buffer_clear(column);
}

struct trace_cursor trace_get_column(struct trace_cursor *in, size_t *ret_base)
{
    size_t length = (size_t)trace_get_varint(in);
    const uint8_t *bytes = trace_get_bytes(in, length);

    if (bytes == NULL)
        length = 0;
    *ret_base = in->position - length;
    return trace_cursor_over(bytes ? bytes : (const uint8_t *)"", length);
}

int trace_end_columns(struct trace_cursor *in, struct trace_cursor *columns, const size_t *bases,
                      size_t count, struct trace_fault *ret_fault)
{
    if (trace_cursor_end(in, ret_fault) != 0)
        return -EBADMSG;
    for (size_t i = 0; i < count; i++) {
        if (trace_cursor_end(&columns[i], ret_fault) == 0)
            continue;
        if (ret_fault != NULL)
            ret_fault->offset += bases[i];
        return -EBADMSG;
    }
    return 0;
}

void trace_nodes_encode(const struct trace_node *nodes, size_t count, struct trace_buffer *out)
{
    struct trace_buffer column = {0};
    uint64_t pc = 0;

    trace_put_varint(out, count);
    trace_put_varint(out, count ? nodes[0].id : 0);
    for (size_t i = 0; i < count; i++)
        trace_put_varint(&column, nodes[i].id - nodes[i].parent);
    trace_put_column(out, &column);
    for (size_t i = 0; i < count; i++)
        trace_put_varint(&column, nodes[i].flags);
    trace_put_column(out, &column);
    for (size_t i = 0; i < count; i++) {
        trace_put_difference(&column, nodes[i].pc, pc);
        pc = nodes[i].pc;
    }
    trace_put_column(out, &column);
    trace_buffer_free(&column);
}

int trace_nodes_decode(const void *bytes, size_t length, trace_node_each *each, void *context,
                       struct trace_fault *ret_fault)
{
    enum { PARENT, FLAGS, PC, COLUMNS };
    struct trace_cursor in = trace_cursor_over(bytes, length);
    struct trace_cursor column[COLUMNS];
    size_t base[COLUMNS];
    uint64_t left = trace_get_count(&in, COLUMNS);
    uint32_t id = trace_get_u32(&in);
    uint64_t pc = 0;

    if (left > 0 && (id == 0 || left > RING_NODE_INLINE - (uint64_t)id))
        trace_cursor_fail(&in, "numbers nodes beyond the range");
    for (size_t i = 0; i < COLUMNS; i++)
        column[i] = trace_get_column(&in, &base[i]);
    if (in.fault.what != NULL)
        return trace_cursor_end(&in, ret_fault);
    for (; left > 0; left--, id++) {
        struct trace_node node = {.id = id};
        uint64_t distance = trace_get_limited(&column[PARENT], id);

        if (distance == 0)
            trace_cursor_fail(&column[PARENT], "a node is its own parent");
        node.parent = id - (uint32_t)distance;
        node.flags = trace_get_u32(&column[FLAGS]);
        node.pc = pc = trace_get_difference(&column[PC], pc);
        if (column[PARENT].fault.what || column[FLAGS].fault.what || column[PC].fault.what)
            break;
        int result = each(context, &node);
        if (result != 0)
            return result;
    }
    return trace_end_columns(&in, column, base, COLUMNS, ret_fault);
}

enum live_column {
    LIVE_ADDRESS,
    LIVE_SIZE,
    LIVE_NODE,
    LIVE_PLUGIN,
    LIVE_INSTANCE,
    LIVE_FLAGS,
    LIVE_STAMP,
    LIVE_COLUMNS
};

static void put_live(struct trace_buffer *column, enum live_column which,
                     const struct trace_live *live, uint64_t *last)
{
    switch (which) {
    case LIVE_ADDRESS:
        trace_put_difference(column, live->address, *last);
        *last = live->address;
        break;
    case LIVE_SIZE:
        trace_put_varint(column, live->size_bytes);
        break;
    case LIVE_NODE:
        trace_put_varint(column, live->node);
        break;
    case LIVE_PLUGIN:
        trace_put_varint(column, live->plugin);
        break;
    case LIVE_INSTANCE:
        trace_put_varint(column, live->instance);
        break;
    case LIVE_FLAGS:
        trace_put_varint(column, live->flags);
        break;
    case LIVE_STAMP:
        trace_put_difference(column, live->stamp, *last);
        *last = live->stamp;
        break;
    case LIVE_COLUMNS:
        break;
    }
}

void trace_live_encode(const struct trace_live *live, size_t count, struct trace_buffer *out)
{
    struct trace_buffer column = {0};

    trace_put_varint(out, count);
    for (enum live_column which = 0; which < LIVE_COLUMNS; which++) {
        uint64_t last = 0;
        for (size_t i = 0; i < count; i++)
            put_live(&column, which, &live[i], &last);
        trace_put_column(out, &column);
    }
    trace_buffer_free(&column);
}

int trace_live_decode(const void *bytes, size_t length, trace_live_each *each, void *context,
                      struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);
    struct trace_cursor column[LIVE_COLUMNS];
    size_t base[LIVE_COLUMNS];
    uint64_t left = trace_get_count(&in, LIVE_COLUMNS);
    uint64_t address = 0, stamp = 0;

    for (size_t i = 0; i < LIVE_COLUMNS; i++)
        column[i] = trace_get_column(&in, &base[i]);
    if (in.fault.what != NULL)
        return trace_cursor_end(&in, ret_fault);
    for (; left > 0; left--) {
        struct trace_live live = {0};
        unsigned faults = 0;

        live.address = address = trace_get_difference(&column[LIVE_ADDRESS], address);
        live.size_bytes = trace_get_u32(&column[LIVE_SIZE]);
        live.node = trace_get_u32(&column[LIVE_NODE]);
        live.plugin = (uint16_t)trace_get_limited(&column[LIVE_PLUGIN], UINT16_MAX);
        live.instance = trace_get_u32(&column[LIVE_INSTANCE]);
        live.flags = (uint16_t)trace_get_limited(&column[LIVE_FLAGS], UINT16_MAX);
        live.stamp = stamp = trace_get_difference(&column[LIVE_STAMP], stamp);
        for (size_t i = 0; i < LIVE_COLUMNS; i++)
            faults |= column[i].fault.what != NULL;
        if (faults)
            break;
        int result = each(context, &live);
        if (result != 0)
            return result;
    }
    return trace_end_columns(&in, column, base, LIVE_COLUMNS, ret_fault);
}
