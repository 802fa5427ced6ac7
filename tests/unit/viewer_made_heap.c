/* tests/unit/viewer_made_heap.c - heap events of recordings made by hand */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/viewer_made.h"

#include <string.h>

#define ROOM_LEFT 256 /* bytes: so many in a chunk hold what is committed at once */

uint64_t made_tick(struct made *made)
{
    return made->now += MADE_TICK_NS;
}

static bool is_current(const struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance)
{
    const struct made_context *context = &made->contexts[thread];
    const struct ring_chunk *chunk = made->chunks[thread];
    uint32_t room = made->header->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES;

    return chunk != NULL && chunk == context->chunk && context->plugin == plugin &&
           context->instance == instance &&
           (uint32_t)atomic_load(&chunk->committed) + ROOM_LEFT <= room;
}

/* A context stands before the first event of a chunk and where it changes. */
void made_heap(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
               const struct event *events, unsigned count)
{
    struct event all[8];
    unsigned contexts = !is_current(made, thread, plugin, instance);

    all[0] = (struct event){.type = EVENT_HEAP_CONTEXT,
                            .stamp = events[0].stamp,
                            .plugin = (uint16_t)plugin,
                            .instance = instance};
    memcpy(all + contexts, events, count * sizeof(*events));
    made_commit(made, thread, all, contexts + count);
    made->contexts[thread] = (struct made_context){made->chunks[thread], plugin, instance};
}

void made_heap_alloc(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                     uint64_t address, uint64_t size, uint32_t node)
{
    struct event event = {.type = EVENT_HEAP_ALLOC,
                          .function = EVENT_MALLOC,
                          .stamp = made_tick(made),
                          .address = address,
                          .size = size,
                          .node = node};

    made_heap(made, thread, plugin, instance, &event, 1);
}

void made_heap_free(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                    uint64_t address)
{
    struct event event = {.type = EVENT_HEAP_FREE,
                          .function = EVENT_FREE,
                          .stamp = made_tick(made),
                          .address = address};

    made_heap(made, thread, plugin, instance, &event, 1);
}

void made_heap_realloc(struct made *made, uint32_t thread, uint32_t plugin, uint32_t instance,
                       uint64_t before, uint64_t old, uint64_t address, uint64_t size,
                       uint32_t node)
{
    struct event events[2] = {
        {.type = EVENT_HEAP_FREE, .function = EVENT_REALLOC, .stamp = before, .address = old},
        {.type = EVENT_HEAP_ALLOC,
         .function = EVENT_REALLOC,
         .stamp = made_tick(made),
         .address = address,
         .size = size,
         .node = node},
    };

    made_heap(made, thread, plugin, instance, events, 2);
}

/*
 * The host: 100 and 28 bytes live. The first plug-in: its instance 1 allocates 5000000000 bytes and
 * frees them, 64 bytes live of the instance; 24 bytes that the host frees. The second: 32 bytes
 * that become 48 by realloc on another thread, live.
 */
struct made *made_heap_example(void)
{
    struct made *made = made_example();
    uint32_t stack_a = made_stack(made, 0, (uint64_t[]){0x7f1000000200, 0x401000}, 2);
    uint32_t stack_h = made_stack(made, 0, (uint64_t[]){0x401234}, 1);

    made->header->heap = RING_HEAP_ALL;
    made_heap_alloc(made, 0, 0, 0, 0x810000, 100, stack_h);
    made_heap_alloc(made, 0, 1, 1, 0x7fff00000000, UINT64_C(5000000000), stack_a);
    made_heap_alloc(made, 0, 1, 1, 0x810100, 64, stack_a);
    made_heap_free(made, 0, 1, 1, 0x7fff00000000);
    made_heap_alloc(made, 1, 1, 0, 0x810200, 24, stack_a);
    made_heap_alloc(made, 1, 2, 0, 0x810300, 32, stack_h);
    uint64_t before = made_tick(made);
    made_heap_free(made, 0, 0, 0, 0x810200);
    made_heap_alloc(made, 0, 0, 0, 0x810200, 28, stack_h);
    made_heap_realloc(made, 1, 2, 0, before, 0x810300, 0x810400, 48, stack_h);
    made_heap_alloc(made, 1, 2, 0, 0, UINT64_C(1) << 40, stack_h);
    made_heap_free(made, 1, 2, 0, 0xdead10);
    return made;
}
