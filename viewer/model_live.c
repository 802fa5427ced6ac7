/* viewer/model_live.c - the blocks that are live at the end, from the side table or from events */
/* SPDX-License-Identifier: MIT */

#include "viewer/model.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <uthash.h>

struct block_key {
    uint64_t address;
    uint64_t stamp; /* of the allocation: an address alone is used again and again */
};

struct block {
    struct block_key key;
    struct trace_live live;
    int balance; /* allocations less frees seen so far: -1 when the free was read first */
    UT_hash_handle hh;
};

static struct block *block_of(struct block **blocks, uint64_t address, uint64_t stamp)
{
    struct block_key key = {address, stamp};
    struct block *block;

    HASH_FIND(hh, *blocks, &key, sizeof(key), block);
    if (block == NULL) {
        block = xalloc_zeroed(1, sizeof(*block));
        block->key = key;
        HASH_ADD(hh, *blocks, key, sizeof(block->key), block);
    }
    return block;
}

/* What has been allocated and freed needs no memory any more. */
static void balance(struct block **blocks, struct block *block, int change)
{
    block->balance += change;
    if (block->balance != 0)
        return;
    HASH_DEL(*blocks, block);
    free(block);
}

/* The side table takes it in. */
static bool begins_block(const struct event *event)
{
    return (event->type == EVENT_NPN_ALLOC || event->type == EVENT_NPN_RECEIVED) &&
           event->address != 0 && (event->flags & EVENT_UNTRACKED) == 0;
}

static bool ends_block(const struct event *event)
{
    bool gone = event->type == EVENT_NPN_FREE || event->type == EVENT_NPN_ELSEWHERE ||
                event->type == EVENT_NPN_RELEASED || event->type == EVENT_NPN_HANDED;

    return gone && (event->flags & EVENT_KNOWN) != 0 && (event->owner_flags & EVENT_UNTRACKED) == 0;
}

static void follow(struct model *model, struct block **blocks,
                   const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;
    struct block *block;

    if (begins_block(event)) {
        block = block_of(blocks, event->address, event->stamp);
        block->live = (struct trace_live){
            .address = event->address,
            .stamp = event->stamp,
            .size_bytes = (uint32_t)event->size,
            .node = recording_stack_node(model->recording, recorded),
            .instance = event->instance,
            .plugin = event->plugin,
            .flags = event->flags,
        };
        balance(blocks, block, 1);
    } else if (ends_block(event)) {
        balance(blocks, block_of(blocks, event->address, event->owner_stamp), -1);
    }
}

static void each_event(struct model *model, struct block **blocks,
                       void (*visit)(struct model *, struct block **,
                                     const struct recorded_event *))
{
    struct recording *recording = model->recording;
    struct recorded_event event;

    for (size_t i = 0; i < recording->run_count; i++) {
        if (!recording_run_open(recording, i))
            continue;
        while (recording_run_next(recording, &event))
            visit(model, blocks, &event);
    }
}

static int compare_blocks(const void *left, const void *right)
{
    const struct trace_live *a = left, *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

uint64_t model_live_difference(struct model *model)
{
    const struct recording *recording = model->recording;
    struct block *blocks = NULL, *block, *next;
    uint64_t difference = 0;

    each_event(model, &blocks, follow);
    for (size_t i = 0; i < recording->live_count; i++)
        balance(
            &blocks,
            block_of(&blocks, recording->live_blocks[i].address, recording->live_blocks[i].stamp),
            -1);
    HASH_ITER(hh, blocks, block, next)
    {
        difference += (uint64_t)abs(block->balance);
        HASH_DEL(blocks, block);
        free(block);
    }
    return difference;
}

static void make_from_events(struct model *model)
{
    struct block *blocks = NULL, *block, *next;

    each_event(model, &blocks, follow);
    model->own_live = xalloc_zeroed(HASH_COUNT(blocks), sizeof(*model->own_live));
    model->live_count = 0;
    HASH_ITER(hh, blocks, block, next)
    {
        if (block->balance > 0)
            model->own_live[model->live_count++] = block->live;
        HASH_DEL(blocks, block);
        free(block);
    }
    if (model->live_count != 0)
        qsort(model->own_live, model->live_count, sizeof(*model->own_live), compare_blocks);
    model->live = model->own_live;
}

static void take_inline_stack(struct model *model, struct block **blocks,
                              const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;
    struct block_key key = {event->address, event->stamp};
    struct block *block = NULL;

    if (begins_block(event) && event->node == RING_NODE_INLINE)
        HASH_FIND(hh, *blocks, &key, sizeof(key), block);
    if (block != NULL)
        block->live.node = recording_stack_node(model->recording, recorded);
}

/* Blocks in the side table whose stack stands in their event, if that is still there. */
static void find_inline_stacks(struct model *model)
{
    struct block *blocks = NULL, *block, *next;
    struct recording *recording = model->recording;

    for (size_t i = 0; i < recording->live_count; i++)
        if (recording->live_blocks[i].node == RING_NODE_INLINE)
            block_of(&blocks, recording->live_blocks[i].address, recording->live_blocks[i].stamp);
    if (blocks == NULL)
        return;
    each_event(model, &blocks, take_inline_stack);
    for (size_t i = 0; i < recording->live_count; i++)
        if (recording->live_blocks[i].node == RING_NODE_INLINE)
            recording->live_blocks[i].node = block_of(&blocks, recording->live_blocks[i].address,
                                                      recording->live_blocks[i].stamp)
                                                 ->live.node;
    HASH_ITER(hh, blocks, block, next)
    {
        HASH_DEL(blocks, block);
        free(block);
    }
}

static uint64_t table_digest(const struct recording *recording)
{
    uint64_t digest = 0;

    for (size_t i = 0; i < recording->live_count; i++)
        digest += model_digest(recording->live_blocks[i].address, recording->live_blocks[i].stamp);
    return digest;
}

static void add_to_stacks(struct model *model)
{
    for (size_t i = 0; i < model->live_count; i++) {
        if (EVENT_ORIGIN(model->live[i].flags) != NPN_ORIGIN_ALLOC)
            continue;
        struct stack_sum *stack = model_stack_of(model, model->live[i].plugin, model->live[i].node);
        stack->live_blocks++;
        stack->live_bytes += model->live[i].size_bytes;
    }
}

/* The side table is there for the asking; events have to be followed one by one. */
void model_take_live(struct model *model)
{
    struct recording *recording = model->recording;
    bool agree = recording->has_live && table_digest(recording) == model->event_digest;

    if (recording->has_live && (agree || !model->from_events)) {
        find_inline_stacks(model);
        model->live = recording->live_blocks;
        model->live_count = recording->live_count;
    } else {
        make_from_events(model);
    }
    add_to_stacks(model);
}
