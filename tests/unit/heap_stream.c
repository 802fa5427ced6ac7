/* tests/unit/heap_stream.c - heap events as programs make them, without a program */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/heap_stream.h"

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

struct heap_stream *heap_stream_new(uint64_t seed, const uint32_t *nodes, uint32_t node_count)
{
    struct heap_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL || node_count == 0) {
        fprintf(stderr, "heap stream: no memory, or no stacks\n");
        _exit(99);
    }
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
