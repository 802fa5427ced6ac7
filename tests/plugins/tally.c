/* tests/plugins/tally.c: counts a sample plug-in's NPN calls and blocks. */
/* SPDX-License-Identifier: MIT */

#include "tests/plugins/tally.h"

#include <stdio.h>

#include "tests/plugins/tally_region.h"

const char *tally_plugin_name(void)
{
    return tally_region->plugins[tally_plugin].name;
}

static struct tally_counts *plugin_counts(uint32_t plugin)
{
    return &tally_region->plugins[plugin].counts;
}

/* The counts of an instance, or a place nobody reads. */
static struct tally_counts *instance_counts(int instance)
{
    static struct tally_counts nobody;
    return instance == TALLY_NONE ? &nobody : &tally_region->instances[instance].counts;
}

static void note_errno_locked(int value)
{
    struct tally_plugin *plugin = &tally_region->plugins[tally_plugin];
    for (int i = 0; i < TALLY_ERRNOS; i++) {
        if (plugin->errnos[i].count != 0 && plugin->errnos[i].value != value)
            continue;
        plugin->errnos[i].value = value;
        plugin->errnos[i].count++;
        return;
    }
}

unsigned tally_errno_count(int value)
{
    unsigned count = 0;
    sigset_t before = tally_lock();
    for (int i = 0; i < TALLY_ERRNOS; i++)
        if (tally_region->plugins[tally_plugin].errnos[i].value == value)
            count += tally_region->plugins[tally_plugin].errnos[i].count;
    tally_unlock(&before);
    return count;
}

int tally_instance_new(const char *mime)
{
    sigset_t before = tally_lock();
    if (tally_region->instance_count == TALLY_INSTANCES)
        tally_fail("too many instances");
    int at = (int)tally_region->instance_count++;
    tally_region->instances[at].plugin = tally_plugin;
    tally_region->instances[at].mime = tally_string_locked(mime);
    tally_unlock(&before);
    return at;
}

void tally_instance_gone(int instance)
{
    if (instance != TALLY_NONE)
        tally_region->instances[instance].destroyed = true;
}

static void count_alloc(struct tally_counts *counts, uint32_t size)
{
    counts->allocs++;
    counts->bytes_allocated += size;
    counts->live_blocks++;
    counts->live_bytes += size;
    if (counts->live_bytes > counts->peak_bytes)
        counts->peak_bytes = counts->live_bytes;
}

enum gone { GONE_FREED, GONE_ELSEWHERE, GONE_HANDED };

static void count_gone(struct tally_counts *counts, uint32_t size, enum gone how)
{
    counts->live_blocks--;
    counts->live_bytes -= size;
    counts->freed_elsewhere += how == GONE_ELSEWHERE;
    counts->handed_over += how == GONE_HANDED;
}

static uint32_t *bucket_of(void *address)
{
    uint64_t hash = (uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
    return &tally_region->buckets[hash >> 44];
}

static uint32_t block_unused_locked(void)
{
    struct tally_region *region = tally_region;
    uint32_t at = region->unused_blocks;
    if (at != 0) {
        region->unused_blocks = region->blocks[at].next;
        return at;
    }
    if (region->block_count == TALLY_BLOCKS)
        tally_fail("too many live blocks");
    return region->block_count++;
}

/* Takes a block off its owner's account. Returns its number in the shared page, 0 if unknown. */
static uint32_t block_remove_locked(void *address, enum gone how)
{
    struct tally_region *region = tally_region;
    for (uint32_t *link = bucket_of(address); *link != 0; link = &region->blocks[*link].next) {
        uint32_t at = *link;
        struct tally_block *block = &region->blocks[at];
        if (block->address != address)
            continue;
        if (!block->received) {
            count_gone(plugin_counts(block->plugin), block->size, how);
            count_gone(instance_counts(block->instance), block->size, how);
        }
        *link = block->next;
        block->next = region->unused_blocks;
        region->unused_blocks = at;
        return block->entry;
    }
    return 0;
}

static void block_insert_locked(void *address, uint32_t size, bool received)
{
    uint32_t *bucket = bucket_of(address);
    uint32_t at = block_unused_locked();
    tally_region->blocks[at] = (struct tally_block){
        .address = address,
        .size = size,
        .plugin = tally_plugin,
        .instance = tally_current,
        .stack = tally_stack_locked(),
        .next = *bucket,
        .entry = received ? 0 : tally_page_add(tally_region->page, tally_plugin, address, size),
        .received = received,
    };
    *bucket = at;
}

void tally_allocated(void *block, uint32_t size, int errno_after)
{
    sigset_t before = tally_lock();
    note_errno_locked(errno_after);
    if (block != NULL) {
        uint32_t old = block_remove_locked(block, GONE_ELSEWHERE);
        tally_page_set(tally_region->page, old, TALLY_ELSEWHERE);
        count_alloc(plugin_counts(tally_plugin), size);
        count_alloc(instance_counts(tally_current), size);
        block_insert_locked(block, size, false);
    }
    tally_unlock(&before);
}

void tally_received(void *block, uint32_t size)
{
    sigset_t before = tally_lock();
    uint32_t old = block_remove_locked(block, GONE_ELSEWHERE);
    tally_page_set(tally_region->page, old, TALLY_ELSEWHERE);
    block_insert_locked(block, size, true);
    tally_unlock(&before);
}

uint32_t tally_freeing(void *block)
{
    if (block == NULL)
        return 0;
    sigset_t before = tally_lock();
    plugin_counts(tally_plugin)->frees++;
    instance_counts(tally_current)->frees++;
    uint32_t token = block_remove_locked(block, GONE_FREED);
    tally_page_set(tally_region->page, token, TALLY_FREEING);
    tally_unlock(&before);
    return token;
}

void tally_freed(uint32_t token, int errno_after)
{
    sigset_t before = tally_lock();
    note_errno_locked(errno_after);
    tally_page_set(tally_region->page, token, TALLY_FREED);
    tally_unlock(&before);
}

/* In the shared page it stays on its way: nobody says when the host has got it. */
void tally_handed(void *block)
{
    sigset_t before = tally_lock();
    tally_page_set(tally_region->page, block_remove_locked(block, GONE_HANDED), TALLY_FREEING);
    tally_unlock(&before);
}

void tally_flushed(int errno_after)
{
    sigset_t before = tally_lock();
    note_errno_locked(errno_after);
    plugin_counts(tally_plugin)->flushes++;
    instance_counts(tally_current)->flushes++;
    tally_unlock(&before);
}

void tally_board_put(unsigned slot, void *block)
{
    sigset_t before = tally_lock();
    tally_region->board[slot % TALLY_BOARD_SLOTS] = block;
    tally_unlock(&before);
}

void *tally_board_take(unsigned slot)
{
    sigset_t before = tally_lock();
    void *block = tally_region->board[slot % TALLY_BOARD_SLOTS];
    tally_region->board[slot % TALLY_BOARD_SLOTS] = NULL;
    tally_unlock(&before);
    return block;
}
