/* format/trace_index.c - INDEX: what stands in the blocks of events, in short */
/* SPDX-License-Identifier: MIT */

/*
 * count; each: sequence less the one before, first stamp as a difference to the one before, last
 * stamp less the first, events, number of plug-ins; each of these: id, allocations, failed ones,
 * bytes, frees.
 */
#include "format/trace.h"
#include "format/trace_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define SUMMARY_MIN_BYTES 5
#define PLUGIN_MIN_BYTES 5

void trace_index_free(struct trace_index_writer *writer)
{
    trace_buffer_free(&writer->body);
    *writer = (struct trace_index_writer){0};
}

void trace_index_add(struct trace_index_writer *writer, const struct trace_summary *summary)
{
    struct trace_buffer *body = &writer->body;

    trace_put_varint(body, summary->sequence - writer->last_sequence);
    trace_put_difference(body, summary->first_stamp, writer->last_stamp);
    trace_put_varint(body, summary->last_stamp - summary->first_stamp);
    trace_put_varint(body, summary->events);
    trace_put_varint(body, summary->plugin_count);
    for (uint32_t i = 0; i < summary->plugin_count; i++) {
        const struct trace_summary_plugin *plugin = &summary->plugins[i];
        trace_put_varint(body, plugin->plugin);
        trace_put_varint(body, plugin->allocs);
        trace_put_varint(body, plugin->failed_allocs);
        trace_put_varint(body, plugin->bytes);
        trace_put_varint(body, plugin->frees);
    }
    writer->last_sequence = summary->sequence;
    writer->last_stamp = summary->first_stamp;
    writer->count++;
}

int trace_index_is_full(const struct trace_index_writer *writer)
{
    return writer->count >= TRACE_INDEX_FULL;
}

void trace_index_encode(struct trace_index_writer *writer, struct trace_buffer *out)
{
    struct trace_buffer body = writer->body;

    trace_put_varint(out, writer->count);
    trace_put_bytes(out, body.bytes, body.length);
    if (body.error != 0)
        out->error = body.error;
    trace_buffer_clear(&body);
    *writer = (struct trace_index_writer){.body = body};
}

/* ---- reading ----------------------------------------------------------------------------- */

struct decoding {
    struct trace_cursor in;
    struct trace_summary_plugin *plugins; /* of one summary */
    size_t capacity;
    uint64_t sequence;
    uint64_t stamp;
};

static int make_room(struct decoding *decoding, uint64_t count)
{
    if (count <= decoding->capacity)
        return 0;
    void *plugins = reallocarray(decoding->plugins, (size_t)count, sizeof(*decoding->plugins));
    if (plugins == NULL)
        return -ENOMEM;
    decoding->plugins = plugins;
    decoding->capacity = (size_t)count;
    return 0;
}

static void get_plugin(struct trace_cursor *in, struct trace_summary_plugin *ret_plugin)
{
    ret_plugin->plugin = (uint32_t)trace_get_limited(in, UINT16_MAX);
    ret_plugin->allocs = trace_get_varint(in);
    ret_plugin->failed_allocs = trace_get_varint(in);
    ret_plugin->bytes = trace_get_varint(in);
    ret_plugin->frees = trace_get_varint(in);
}

static int get_plugins(struct decoding *decoding, struct trace_summary *summary)
{
    struct trace_cursor *in = &decoding->in;
    uint64_t count = trace_get_count(in, PLUGIN_MIN_BYTES);
    int error = make_room(decoding, count);

    if (error != 0)
        return error;
    for (uint64_t i = 0; i < count; i++) {
        get_plugin(in, &decoding->plugins[i]);
        if (i > 0 && decoding->plugins[i].plugin <= decoding->plugins[i - 1].plugin)
            trace_cursor_fail(in, "plug-ins are out of order");
    }
    summary->plugin_count = (uint32_t)count;
    summary->plugins = decoding->plugins;
    return 0;
}

/* What is wrong stays in the cursor; -ENOMEM. */
static int get_summary(struct decoding *decoding, bool first, struct trace_summary *ret_summary)
{
    struct trace_cursor *in = &decoding->in;
    uint64_t step = trace_get_limited(in, UINT32_MAX);

    if (step == 0 && !first)
        trace_cursor_fail(in, "names a block twice");
    decoding->sequence += step;
    if (decoding->sequence > UINT32_MAX)
        trace_cursor_fail(in, "names a block beyond 32 bits");
    decoding->stamp = trace_get_difference(in, decoding->stamp);
    uint64_t span = trace_get_varint(in);
    if (span > UINT64_MAX - decoding->stamp)
        trace_cursor_fail(in, "a block ends before it begins");
    *ret_summary = (struct trace_summary){
        .sequence = (uint32_t)decoding->sequence,
        .first_stamp = decoding->stamp,
        .last_stamp = decoding->stamp + span,
        .events = trace_get_limited(in, TRACE_BLOCK_MAX_BYTES),
    };
    return get_plugins(decoding, ret_summary);
}

int trace_index_decode(const void *bytes, size_t length, trace_summary_each *each, void *context,
                       struct trace_fault *ret_fault)
{
    struct decoding decoding = {.in = trace_cursor_over(bytes, length)};
    uint64_t count = trace_get_count(&decoding.in, SUMMARY_MIN_BYTES);
    struct trace_summary summary;
    int error = 0;

    for (uint64_t i = 0; i < count && error == 0; i++) {
        error = get_summary(&decoding, i == 0, &summary);
        if (error != 0 || decoding.in.fault.what != NULL)
            break;
        error = each(context, &summary);
    }
    if (error == 0)
        error = trace_cursor_end(&decoding.in, ret_fault);
    free(decoding.plugins);
    return error;
}
