/* viewer/handed.c - blocks that plug-ins gave to the host and that the host never freed */
/* SPDX-License-Identifier: MIT */

#include "viewer/handed.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <uthash.h>

struct handed_block {
    uint64_t address;
    enum npn_way way;
    UT_hash_handle hh;
};

static bool is_known(const struct model *model)
{
    return model->recording->process.heap == RING_HEAP_ALL && !model->recording->live &&
           model_is_complete(model) && model->events[EVENT_NPN_HANDED] != 0;
}

/* The heap block inside the NPN block was allocated before NPN_MemAlloc returned; one that came to
 * this address later is another. */
static const struct heap_block *unfreed(const struct model *model, const struct event *event)
{
    if (event->type != EVENT_NPN_HANDED || (event->flags & EVENT_KNOWN) == 0 || event->address == 0)
        return NULL;
    const struct heap_block *block = heap_table_find(&model->heap.live, event->address);
    return block != NULL && block->stamp <= event->owner_stamp ? block : NULL;
}

static void add(struct handed *handed, const struct event *event, const struct heap_block *heap)
{
    struct handed_block *block;

    HASH_FIND(hh, handed->blocks, &event->address, sizeof(event->address), block);
    if (block != NULL)
        return;
    block = xalloc_zeroed(1, sizeof(*block));
    block->address = event->address;
    block->way = EVENT_ORIGIN(event->flags);
    HASH_ADD(hh, handed->blocks, address, sizeof(block->address), block);
    handed->count++;
    handed->bytes += heap->size_bytes;
}

struct handed handed_find(const struct model *model)
{
    struct recording *recording = model->recording;
    struct handed handed = {0};
    struct recorded_event recorded;

    for (size_t i = 0; is_known(model) && i < recording->run_count; i++) {
        if (!recording_run_open(recording, i))
            continue;
        while (recording_run_next(recording, &recorded)) {
            const struct heap_block *heap = unfreed(model, &recorded.event);
            if (heap != NULL)
                add(&handed, &recorded.event, heap);
        }
    }
    return handed;
}

enum npn_way handed_way(const struct handed *handed, uint64_t address)
{
    struct handed_block *block;

    HASH_FIND(hh, handed->blocks, &address, sizeof(address), block);
    return block != NULL ? block->way : NPN_WAY_NONE;
}

void handed_free(struct handed *handed)
{
    struct handed_block *block, *next;

    HASH_ITER(hh, handed->blocks, block, next)
    {
        HASH_DEL(handed->blocks, block);
        free(block);
    }
    *handed = (struct handed){0};
}
