/* viewer/heap_table.h - from the address of a live heap block to what is known of it */
/* SPDX-License-Identifier: MIT */

/*
 * The hottest table of the viewer: each heap event looks one address up, and what is found is added
 * or removed as often as it is read. Open addressing with linear probing in one array of 32-byte
 * slots, so that a look-up is one cache miss, which heap_table_prefetch() can take off its way;
 * removal shifts the entries behind it back, so that no tombstones gather. At most a quarter of the
 * slots are in use, of large tables five eighths.
 *
 * Pointers to blocks are valid until the next add or remove. Threads: one. Memory: by live blocks,
 * until heap_table_free().
 */
#ifndef NPNTRACE_VIEWER_HEAP_TABLE_H
#define NPNTRACE_VIEWER_HEAP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_block {
    uint64_t address; /* 0: a free slot */
    uint64_t size_bytes;
    uint64_t stamp; /* of the allocation */
    uint32_t sum;   /* of struct stack_sums: the stack, and whose the block is */
    uint32_t instance;
};
_Static_assert(sizeof(struct heap_block) == 32, "two to a cache line");

/* All-zero is empty. */
struct heap_table {
    struct heap_block *slots;
    size_t count; /* blocks */
    size_t mask;  /* slots - 1 */
    unsigned shift;
};

/* Allocators' addresses differ in few bits: the product spreads them, its top bits choose. */
static inline size_t heap_table_home(const struct heap_table *table, uint64_t address)
{
    uint64_t mixed = (address ^ address >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> table->shift);
}

/* The two for a table that has slots. Peek: what lies where the block would best lie. Always
 * inline: GCC drops calls of functions that do nothing but prefetch. */
static inline __attribute__((always_inline)) void
heap_table_prefetch(const struct heap_table *table, uint64_t address)
{
    __builtin_prefetch(&table->slots[heap_table_home(table, address)], 1);
}

static inline const struct heap_block *heap_table_peek(const struct heap_table *table,
                                                       uint64_t address)
{
    return &table->slots[heap_table_home(table, address)];
}

/* NULL: there is none. address is not 0. */
static inline struct heap_block *heap_table_find(const struct heap_table *table, uint64_t address)
{
    if (table->count == 0)
        return NULL;
    for (size_t at = heap_table_home(table, address);; at = (at + 1) & table->mask) {
        struct heap_block *block = &table->slots[at];
        if (block->address == address)
            return block;
        if (block->address == 0)
            return NULL;
    }
}

/* The block at an address, or a new one with nothing but its address set, which *ret_is_new tells.
 */
struct heap_block *heap_table_put(struct heap_table *table, uint64_t address, bool *ret_is_new);

/* Takes out a block of the table. */
void heap_table_remove(struct heap_table *table, struct heap_block *block);

/* Blocks one after the other, in no order: *at begins at 0; NULL after the last. */
const struct heap_block *heap_table_each(const struct heap_table *table, size_t *at);

void heap_table_free(struct heap_table *table);

#endif
