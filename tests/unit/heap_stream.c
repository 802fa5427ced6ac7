/* tests/unit/heap_stream.c - heap events as programs make them, without a program */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/heap_stream.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIVE_MOST 20000u
#define PHASE_PATHS 12u
#define PHASE_EVENTS 3000u
#define CLASSES 256u /* of 16 bytes; larger blocks are never cached */
#define CACHED 7u

struct block {
    uint64_t address;
    uint32_t units;
};

struct heap_stream {
    uint64_t random;
    const uint32_t *nodes;
    uint32_t node_count;
    uint32_t paths[PHASE_PATHS]; /* indices of nodes */
    uint32_t path;
    uint32_t left; /* events of the phase */
    uint64_t fresh;
    struct block live[LIVE_MOST];
    uint32_t live_count;
    uint64_t cache[CLASSES][CACHED];
    uint8_t cached[CLASSES];
};

static uint32_t dice(struct heap_stream *stream, uint32_t sides)
{
    stream->random = stream->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(((stream->random >> 32) * sides) >> 32);
}

static void *need(void *memory)
{
    if (memory != NULL)
        return memory;
    fprintf(stderr, "heap stream: no memory\n");
    _exit(99);
}

struct heap_stream *heap_stream_new(uint64_t seed, const uint32_t *nodes, uint32_t node_count)
{
    struct heap_stream *stream = need(calloc(1, sizeof(*stream)));

    stream->random = seed * 77 + 1;
    stream->nodes = nodes;
    stream->node_count = node_count;
    stream->fresh = UINT64_C(0x555500000010) + (seed << 36);
    return stream;
}

void heap_stream_free(struct heap_stream *stream)
{
    free(stream);
}

static void next_phase(struct heap_stream *stream)
{
    for (unsigned i = 0; i < PHASE_PATHS; i++)
        stream->paths[i] = dice(stream, stream->node_count);
    stream->left = 1 + dice(stream, 2 * PHASE_EVENTS);
}

static uint64_t take_block(struct heap_stream *stream, uint32_t units)
{
    if (units < CLASSES && stream->cached[units] > 0)
        return stream->cache[units][--stream->cached[units]];
    uint64_t address = stream->fresh;
    stream->fresh += (uint64_t)units * 16;
    return address;
}

static struct event next_alloc(struct heap_stream *stream)
{
    uint32_t path = stream->paths[stream->path++ % PHASE_PATHS];

    if (dice(stream, 10) == 0)
        path = dice(stream, stream->node_count);
    uint32_t size = path % 4 == 0 ? 1 + dice(stream, 200) : 16 + path * 37 % 300;
    uint32_t units = size <= 24 ? 2 : (size + 23) / 16;
    struct event event = {
        .type = EVENT_HEAP_ALLOC,
        .function = path % 9 == 0 ? EVENT_CALLOC : EVENT_MALLOC,
        .address = take_block(stream, units),
        .size = size,
        .node = stream->nodes[path],
    };
    stream->live[stream->live_count++] = (struct block){event.address, units};
    return event;
}

static struct event next_free(struct heap_stream *stream)
{
    uint32_t young = stream->live_count < 8 ? stream->live_count : 8;
    uint32_t which = dice(stream, 8) != 0 ? stream->live_count - 1 - dice(stream, young)
                                          : dice(stream, stream->live_count);
    struct block block = stream->live[which];

    stream->live[which] = stream->live[--stream->live_count];
    if (block.units < CLASSES && stream->cached[block.units] < CACHED)
        stream->cache[block.units][stream->cached[block.units]++] = block.address;
    return (struct event){
        .type = EVENT_HEAP_FREE,
        .function = EVENT_FREE,
        .address = block.address,
    };
}

struct event heap_stream_next(struct heap_stream *stream)
{
    if (stream->left-- == 0)
        next_phase(stream);
    if (stream->live_count == LIVE_MOST ||
        (stream->live_count > 0 && dice(stream, 1000) < 490 + stream->live_count / 1000))
        return next_free(stream);
    return next_alloc(stream);
}

uint32_t heap_stream_pause(struct heap_stream *stream)
{
    return 40 + dice(stream, 120) + (dice(stream, 50) == 0 ? dice(stream, 5000) : 0);
}

static struct event odd_event(struct heap_stream *stream)
{
    static const uint64_t values[] = {0, 1, 15, 16, 0x7fffffff, UINT32_MAX, UINT64_C(1) << 40,
                                      EVENT_ADDRESS_MASK, EVENT_ADDRESS_MASK - 15};
    const uint32_t count = sizeof(values) / sizeof(*values);
    struct event event = {
        .type = dice(stream, 2) ? EVENT_HEAP_ALLOC : EVENT_HEAP_FREE,
        .function = (uint8_t)dice(stream, EVENT_FUNCTIONS),
        .address = values[dice(stream, count)] + (dice(stream, 9) ? 0 : dice(stream, 99)),
        .instance = dice(stream, UINT32_MAX),
    };

    event.address &= EVENT_ADDRESS_MASK;
    if (event.type == EVENT_HEAP_FREE)
        return event;
    event.node = (uint32_t)values[dice(stream, count)];
    event.size = dice(stream, 9) ? values[dice(stream, count)] : UINT64_MAX - dice(stream, 20);
    return event;
}

void heap_stream_mixed(uint64_t seed, unsigned threads, unsigned odd_of_1000,
                       struct trace_heap_event *events, size_t count)
{
    static const uint32_t nodes[] = {1, 2, 3, 4, 5, 300, 331, 662, 70000, UINT32_MAX};
    struct heap_stream **streams = need(calloc(threads, sizeof(struct heap_stream *))), *chance;
    uint64_t stamp = UINT64_C(5000000000) + seed;
    unsigned run = 0, thread = 0;

    for (unsigned i = 0; i < threads; i++)
        streams[i] = heap_stream_new(seed * threads + i, nodes, sizeof(nodes) / sizeof(*nodes));
    chance = streams[0];
    for (size_t i = 0; i < count; i++) {
        bool odd = dice(chance, 1000) < odd_of_1000;
        if (run-- == 0) {
            run = dice(chance, 20);
            thread = dice(chance, threads);
        }
        struct event event = odd ? odd_event(streams[thread]) : heap_stream_next(streams[thread]);
        stamp += odd ? dice(chance, 1u << 31) - UINT64_C(1000000) : dice(chance, 400);
        events[i] = (struct trace_heap_event){
            .stamp = stamp,
            .address = event.address,
            .size = event.size,
            .node = event.node,
            .tid = 4000 + thread,
            .instance = odd ? event.instance : thread % 2,
            .plugin = (uint16_t)(thread % 3),
            .type = event.type,
            .function = event.function,
        };
    }
    for (unsigned i = 0; i < threads; i++)
        heap_stream_free(streams[i]);
    free(streams);
}
