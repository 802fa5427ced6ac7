/* format/trace_symbols.c - SYMBOLS: what stood at the addresses of the stacks that occurred */
/* SPDX-License-Identifier: MIT */

/*
 * A run of groups up to the end of the block, each of addresses of one module:
 *   module, build-id, number of addresses,
 *   then per address: address as a difference to the group's one before, number of frames,
 *   then per frame: function, file, line, column, inlined.
 */
#include "format/trace.h"
#include "format/trace_internal.h"

#include <errno.h>
#include <string.h>

#define SYMBOL_MIN_BYTES 2
#define FRAME_MIN_BYTES 5

static int same_group(const struct trace_symbol *a, const struct trace_symbol *b)
{
    return a->module == b->module && a->build_id_bytes == b->build_id_bytes &&
           memcmp(a->build_id, b->build_id, a->build_id_bytes) == 0;
}

static void put_symbol(struct trace_buffer *out, const struct trace_symbol *symbol, uint64_t last)
{
    trace_put_difference(out, symbol->address, last);
    trace_put_varint(out, symbol->frame_count);
    for (uint32_t i = 0; i < symbol->frame_count; i++) {
        const struct trace_symbol_frame *frame = &symbol->frames[i];

        trace_put_varint(out, frame->function);
        trace_put_varint(out, frame->file);
        trace_put_varint(out, frame->line);
        trace_put_varint(out, frame->column);
        trace_put_varint(out, frame->inlined);
    }
}

void trace_symbols_encode(const struct trace_symbol *symbols, size_t count,
                          struct trace_buffer *out)
{
    for (size_t first = 0, next; first < count; first = next) {
        uint64_t last = 0;

        for (next = first + 1; next < count && same_group(&symbols[first], &symbols[next]);)
            next++;
        trace_put_varint(out, symbols[first].module);
        trace_put_build_id(out, symbols[first].build_id, symbols[first].build_id_bytes);
        trace_put_varint(out, next - first);
        for (size_t i = first; i < next; i++) {
            put_symbol(out, &symbols[i], last);
            last = symbols[i].address;
        }
    }
}

static void get_frames(struct trace_cursor *in, struct trace_symbol_frame *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        frames[i].function = trace_get_u32(in);
        frames[i].file = trace_get_u32(in);
        frames[i].line = trace_get_u32(in);
        frames[i].column = trace_get_u32(in);
        frames[i].inlined = (uint32_t)trace_get_limited(in, 1);
    }
}

static int decode_group(struct trace_cursor *in, trace_symbol_each *each, void *context)
{
    struct trace_symbol_frame frames[TRACE_SYMBOL_MAX_FRAMES];
    struct trace_symbol symbol = {.frames = frames};

    symbol.module = trace_get_u32(in);
    symbol.build_id_bytes = trace_get_build_id(in, symbol.build_id);
    for (uint64_t left = trace_get_count(in, SYMBOL_MIN_BYTES); left > 0; left--) {
        symbol.address = trace_get_difference(in, symbol.address);
        symbol.frame_count = (uint32_t)trace_get_count(in, FRAME_MIN_BYTES);
        if (symbol.frame_count > TRACE_SYMBOL_MAX_FRAMES)
            trace_cursor_fail(in, "an address has too many frames");
        else
            get_frames(in, frames, symbol.frame_count);
        if (in->fault.what != NULL)
            return 0;
        int result = each(context, &symbol);
        if (result != 0)
            return result;
    }
    return 0;
}

int trace_symbols_decode(const void *bytes, size_t length, trace_symbol_each *each, void *context,
                         struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);

    while (in.position < in.length) {
        int result = decode_group(&in, each, context);
        if (result != 0)
            return result;
    }
    return trace_cursor_end(&in, ret_fault);
}
