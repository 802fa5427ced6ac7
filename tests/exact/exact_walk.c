/* tests/exact/exact_walk.c - a thread's random walk through a tree of calls */
/* SPDX-License-Identifier: MIT */

#include "tests/exact/exact_walk.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/splitmix.h"

#define LEAST_ALIGNMENT 8u /* larger ones are not right in all allocators, traced or not */
#define CHECKED_BYTES 64u /* of a block, at each end */

static _Atomic uint64_t slots[WALK_SLOTS];

uint32_t walk_random(struct walk *walk, uint32_t below)
{
    return splitmix_below(&walk->random, below);
}

void walk_begin(struct walk *walk, const struct walk_phase *phase, unsigned thread)
{
    memset(walk, 0, sizeof(*walk));
    walk->phase = phase;
    walk->random = phase->seed * 16 + thread;
    walk->operations_left = phase->operations;
    exact_log_thread(&walk->log);
}

/* ---- the call stack ---- */

void walk_enter(struct walk *walk, const void *return_address)
{
    if (walk->depth == WALK_DEPTH)
        exact_fail("too deep", walk->depth, 0);
    walk->returns[walk->depth++] = (uint64_t)(uintptr_t)return_address - exact_log_bias();
}

void walk_enter_unknown(struct walk *walk)
{
    walk_enter(walk, (const void *)(uintptr_t)exact_log_bias());
}

void walk_leave(struct walk *walk)
{
    walk->depth--;
}

/* Low numbers are drawn more often, so that stacks come again. */
walk_function *walk_next(struct walk *walk)
{
    const struct walk_phase *phase = walk->phase;

    if (walk->operations_left == 0)
        return NULL;
    if (walk->depth >= phase->depth || walk_random(walk, 4) == 0) {
        walk->operations_left--;
        if (walk_random(walk, 8) >= phase->keep)
            return walk_leaves[walk_random(walk, walk_freeing_leaf_count)];
        return walk_leaves[walk_random(walk, walk_leaf_count)];
    }
    uint32_t most = 1 + walk_random(walk, phase->nodes);
    return walk_nodes[walk_random(walk, most)];
}

/* ---- blocks ---- */

size_t walk_size(struct walk *walk)
{
    switch (walk->phase->sizes) {
    case WALK_SIZES_SMALL: return walk_random(walk, 257);
    case WALK_SIZES_ONE: return 48;
    default: return walk_random(walk, 2u << walk_random(walk, 21));
    }
}

/* What a block is filled with depends on where its record is. */
static unsigned char mark_of(const struct exact_record *block)
{
    return (unsigned char)(exact_log_offset(block) / sizeof(uint64_t) % 251 + 1);
}

static size_t checked_bytes(const struct exact_record *block)
{
    return block->size < CHECKED_BYTES ? block->size : CHECKED_BYTES;
}

static void fill(const struct exact_record *block)
{
    char *bytes = (char *)(uintptr_t)block->address;
    size_t count = checked_bytes(block);

    memset(bytes, mark_of(block), count);
    memset(bytes + block->size - count, mark_of(block), count);
}

void walk_check_head(const struct exact_record *block, const void *content, size_t bytes)
{
    const unsigned char *head = content;
    size_t count = checked_bytes(block) < bytes ? checked_bytes(block) : bytes;

    for (size_t i = 0; i < count; i++)
        if (head[i] != mark_of(block))
            exact_fail("a block's content has changed", block->address, i);
}

static void check(const struct exact_record *block)
{
    const unsigned char *content = (const unsigned char *)(uintptr_t)block->address;
    size_t count = checked_bytes(block);

    walk_check_head(block, content, count);
    walk_check_head(block, content + block->size - count, count);
}

static struct exact_record *note(struct walk *walk, enum exact_function function, void *block,
                                 size_t size, size_t alignment)
{
    struct exact_record *record = exact_log_add(&walk->log, walk->depth);

    record->kind = EXACT_ALLOCATED;
    record->function = (uint8_t)function;
    record->address = (uint64_t)(uintptr_t)block;
    record->size = size;
    record->alignment = (uint32_t)alignment;
    for (unsigned i = 0; i < walk->depth; i++)
        record->frames[i] = walk->returns[walk->depth - 1 - i];
    return record;
}

void walk_allocated(struct walk *walk, enum exact_function function, void *block, size_t size,
                    size_t alignment)
{
    struct exact_record *record = note(walk, function, block, size, alignment);

    if (block == NULL)
        return;
    if (record->address % LEAST_ALIGNMENT != 0)
        exact_fail("a block is not aligned", record->address, alignment);
    fill(record);
    /* Pairs with walk_take(): whoever has the offset sees the record and the content. */
    uint64_t before = atomic_exchange_explicit(&slots[walk_random(walk, walk->phase->slots)],
                                               exact_log_offset(record), memory_order_acq_rel);
    if (before != 0)
        walk_release(walk, exact_log_at(before));
}

const struct exact_record *walk_take(struct walk *walk)
{
    uint64_t found = atomic_exchange_explicit(&slots[walk_random(walk, walk->phase->slots)], 0,
                                              memory_order_acq_rel);

    return found != 0 ? exact_log_at(found) : NULL;
}

void walk_freeing(struct walk *walk, enum exact_function function, const struct exact_record *block)
{
    struct exact_record *record = exact_log_add(&walk->log, 0);

    check(block);
    record->kind = EXACT_FREEING;
    record->function = (uint8_t)function;
    record->address = block->address;
    record->size = block->size;
    record->block = exact_log_offset(block);
}

bool walk_is_c(const struct exact_record *block)
{
    return block->function < EXACT_NEW;
}
