/* viewer/heap_table.c - from the address of a live heap block to what is known of it */
/* SPDX-License-Identifier: MIT */

#include "viewer/heap_table.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

#define SLOTS_MIN_BITS 10
#define SLOTS_SPARSE (1u << 19) /* up to so many slots (16 MiB) speed is worth more than memory */

/* The slot of an address, or the free one where it belongs. */
static struct heap_block *slot_of(const struct heap_table *table, uint64_t address)
{
    size_t at = heap_table_home(table, address);

    while (table->slots[at].address != address && table->slots[at].address != 0)
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

/* The fewer blocks lie between an address and its home, the better is guessed where it is. */
static bool is_full(const struct heap_table *table)
{
    size_t slots = table->slots == NULL ? 0 : table->mask + 1;

    return table->count >= (slots <= SLOTS_SPARSE ? slots / 4 : slots / 8 * 5);
}

static void grow(struct heap_table *table)
{
    struct heap_table old = *table;
    unsigned bits = old.slots == NULL ? SLOTS_MIN_BITS : 64 - old.shift + 1;

    table->slots = xalloc_zeroed((size_t)1 << bits, sizeof(*table->slots));
    table->mask = ((size_t)1 << bits) - 1;
    table->shift = 64 - bits;
    for (size_t i = 0; old.slots != NULL && i <= old.mask; i++)
        if (old.slots[i].address != 0)
            *slot_of(table, old.slots[i].address) = old.slots[i];
    free(old.slots);
}

struct heap_block *heap_table_put(struct heap_table *table, uint64_t address, bool *ret_is_new)
{
    if (is_full(table))
        grow(table);
    struct heap_block *block = slot_of(table, address);
    *ret_is_new = block->address == 0;
    table->count += *ret_is_new;
    block->address = address;
    return block;
}

/* What lies behind the gap in the same run of used slots moves into it unless it would then lie
 * before its home. */
void heap_table_remove(struct heap_table *table, struct heap_block *block)
{
    size_t gap = (size_t)(block - table->slots), at = gap;

    for (;;) {
        at = (at + 1) & table->mask;
        if (table->slots[at].address == 0)
            break;
        size_t home = heap_table_home(table, table->slots[at].address);
        if (((at - home) & table->mask) < ((at - gap) & table->mask))
            continue;
        table->slots[gap] = table->slots[at];
        gap = at;
    }
    table->slots[gap] = (struct heap_block){0};
    table->count--;
}

const struct heap_block *heap_table_each(const struct heap_table *table, size_t *at)
{
    while (table->slots != NULL && *at <= table->mask) {
        const struct heap_block *block = &table->slots[(*at)++];
        if (block->address != 0)
            return block;
    }
    return NULL;
}

void heap_table_free(struct heap_table *table)
{
    free(table->slots);
    *table = (struct heap_table){0};
}
