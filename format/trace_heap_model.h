/* format/trace_heap_model.h - what the writer and the reader of HEAP blocks both expect to come */
/* SPDX-License-Identifier: MIT */

/*
 * Heap events repeat themselves: the same call path follows the same call path, a call path asks
 * for the size it asked for before, an allocator hands out the block that was freed last, and what
 * is freed was allocated a moment ago. The model keeps what such guesses need. Writer and reader
 * feed it the same events in the same order, so a right guess costs a bit or two in the file and a
 * wrong one the value itself; nothing in it is ever stored. It begins empty with each block.
 *
 *   slot (one per thread, as long as there are few)
 *   +---------------------------------------------+
 *   | ring: the last HEAP_RING allocations        |  a free names one by its distance
 *   | freed[class]: stack of freed addresses      |  an allocation takes the top: LIFO caches
 *   | stride[class]: last address, last step      |  slabs
 *   | frontier: behind the last fresh block       |  the top of a heap
 *   +---------------------------------------------+
 *   after_two, after_one: which node followed     |  call paths come in the same order
 *   by_node: last size and address of a node
 *
 * For format/trace_heap*.c alone. Memory: about 0.2 MiB per slot, half of it touched as needed.
 */
#ifndef NPNTRACE_FORMAT_TRACE_HEAP_MODEL_H
#define NPNTRACE_FORMAT_TRACE_HEAP_MODEL_H

#include <string.h>

#include "format/trace_heap.h"

#define HEAP_SLOTS 8u
#define HEAP_RING 16384u /* allocations that can be named by a distance */
#define HEAP_CLASSES 128u
#define HEAP_DEPTH 16u /* freed addresses remembered in each class */
#define HEAP_BY_NODE_BITS 12
#define HEAP_AFTER_ONE_BITS 12
#define HEAP_AFTER_TWO_BITS 13

/* The columns of a block, in the order of the file. */
enum heap_column {
    HEAP_KIND,       /* each event: enum heap_kind */
    HEAP_STAMP_LOW,  /* each event: difference to the stamp before, bits 0-7 */
    HEAP_STAMP_HIGH, /* each event: bits 8-15; HEAP_WIDE: it stands in HEAP_STAMP_WIDE */
    HEAP_STAMP_WIDE, /* differences, signed */
    HEAP_ACTOR,      /* after HEAP_KIND_ACTOR: 0: the one before this one, else number + 1 */
    HEAP_MODE,       /* each allocation: node, size and address, enum heap_mode */
    HEAP_NODE_LOW,   /* bits 0-7 */
    HEAP_NODE_HIGH,  /* the other bits */
    HEAP_SIZE,
    HEAP_ADDRESS,  /* allocation: differences to the slot's last address that stood here */
    HEAP_DISTANCE, /* each free: enum heap_distance */
    HEAP_FAR,      /* distances, or slot and distance */
    HEAP_OLD,      /* free: as HEAP_ADDRESS */
    HEAP_COLUMNS
};

enum heap_kind {
    HEAP_KIND_FREE = 1,          /* else an allocation */
    HEAP_KIND_FUNCTION_SHIFT = 1, /* enum event_function in bits 1-5 */
    HEAP_KIND_FUNCTION_MASK = 31,
    HEAP_KIND_ACTOR = 64, /* another thread, plug-in or instance than before */
    HEAP_KIND_UNUSED = 128,
};

#define HEAP_WIDE 255u

enum heap_mode { /* of an allocation: one of each group */
    HEAP_NODE_AFTER_TWO = 0,
    HEAP_NODE_AFTER_ONE = 1,
    HEAP_NODE_GIVEN = 2,
    HEAP_NODE_MASK = 3,
    HEAP_SIZE_AGAIN = 0, /* the node's last */
    HEAP_SIZE_GIVEN = 4,
    HEAP_AT_SHIFT = 3,
    HEAP_AT_FREED = 0,    /* the slot's last freed address of the size's class */
    HEAP_AT_FRONTIER = 1, /* behind the slot's last fresh block */
    HEAP_AT_STRIDE = 2,   /* as far from the last of its class as that from the one before */
    HEAP_AT_AGAIN = 3,    /* where the node's last block was */
    HEAP_AT_NOWHERE = 4,  /* the allocation failed */
    HEAP_AT_UNITS = 5,    /* a difference in units of 16 bytes */
    HEAP_AT_BYTES = 6,
    HEAP_AT_UNUSED = 7,
};

enum heap_distance { /* of a free; below 240: so many allocations of the slot ago, less 1 */
    HEAP_DISTANCE_FAR = 240, /* the distance stands in HEAP_FAR */
    HEAP_DISTANCE_OTHER,     /* another slot's: number and distance stand in HEAP_FAR */
    HEAP_DISTANCE_UNITS,     /* not remembered: the address stands in HEAP_OLD, in units of 16 */
    HEAP_DISTANCE_BYTES,     /* or not in units */
    HEAP_DISTANCES
};

struct heap_stride {
    uint64_t last;
    uint64_t step;
};

struct heap_slot {
    uint32_t allocs; /* so many were put into the ring */
    uint32_t before[2]; /* nodes of the last two allocations, the last one first */
    uint64_t frontier;
    uint64_t given; /* last address that stood in a column */
    struct heap_stride stride[HEAP_CLASSES];
    uint64_t freed[HEAP_CLASSES][HEAP_DEPTH];
    uint8_t top[HEAP_CLASSES];
    uint64_t ring[HEAP_RING]; /* address << 8 | class; what lies before `allocs` is of this block */
};

struct heap_by_node {
    uint64_t size;
    uint64_t address;
};

struct heap_model {
    struct heap_by_node by_node[1u << HEAP_BY_NODE_BITS];
    uint32_t after_one[1u << HEAP_AFTER_ONE_BITS];
    uint32_t after_two[1u << HEAP_AFTER_TWO_BITS];
    struct heap_slot slot[HEAP_SLOTS];
};

/* Rings may keep what they hold: it is not looked at. */
static inline void heap_model_clear(struct heap_model *model)
{
    memset(model, 0, offsetof(struct heap_model, slot));
    for (unsigned i = 0; i < HEAP_SLOTS; i++)
        memset(&model->slot[i], 0, offsetof(struct heap_slot, ring));
}

/* What the C library's allocator takes for a block, in units of 16 bytes. */
static inline uint64_t heap_units(uint64_t size)
{
    return size <= 24 ? 2 : (size >> 4) + ((size & 15) > 8 ? 2 : 1);
}

/* One class per unit for small blocks, four per doubling for large ones. */
static inline uint32_t heap_class(uint64_t units)
{
    if (units < 66)
        return (uint32_t)units - 2;
    unsigned log = 63 - (unsigned)__builtin_clzll(units);
    unsigned number = 64 + (log - 6) * 4 + ((unsigned)(units >> (log - 2)) & 3);
    return number < HEAP_CLASSES ? number : HEAP_CLASSES - 1;
}

static inline uint32_t heap_hash(uint64_t value, unsigned bits)
{
    return (uint32_t)((value * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

static inline uint32_t *heap_after_one(struct heap_model *model, const struct heap_slot *slot)
{
    return &model->after_one[heap_hash(slot->before[0], HEAP_AFTER_ONE_BITS)];
}

static inline uint32_t *heap_after_two(struct heap_model *model, const struct heap_slot *slot)
{
    uint64_t both = (uint64_t)slot->before[1] << 32 | slot->before[0];
    return &model->after_two[heap_hash(both * 3, HEAP_AFTER_TWO_BITS)];
}

static inline struct heap_by_node *heap_by_node(struct heap_model *model,
                                                const struct heap_slot *slot, uint32_t node)
{
    uint64_t key = (uint64_t)(slot - model->slot) << 32 | node;
    return &model->by_node[heap_hash(key, HEAP_BY_NODE_BITS)];
}

static inline uint64_t heap_freed_top(const struct heap_slot *slot, uint32_t number)
{
    return slot->freed[number][(slot->top[number] - 1u) % HEAP_DEPTH];
}

static inline void heap_note_free(struct heap_slot *slot, uint64_t address, uint32_t number)
{
    slot->freed[number][slot->top[number]++ % HEAP_DEPTH] = address;
}

/* An allocation at an address, found as `at` (HEAP_AT_...), which is not HEAP_AT_NOWHERE. */
static inline void heap_note_alloc(struct heap_slot *slot, struct heap_by_node *known,
                                   uint64_t address, uint64_t units, uint32_t number, unsigned at)
{
    struct heap_stride *stride = &slot->stride[number];

    known->address = address;
    slot->top[number] = (uint8_t)(slot->top[number] - (at == HEAP_AT_FREED));
    slot->frontier = at == HEAP_AT_FREED ? slot->frontier : address + (units << 4);
    stride->step = address - stride->last;
    stride->last = address;
    slot->ring[slot->allocs++ % HEAP_RING] = address << 8 | number;
}

static inline void heap_note_node(struct heap_slot *slot, uint32_t *one, uint32_t *two,
                                  uint32_t node)
{
    *one = *two = node;
    slot->before[1] = slot->before[0];
    slot->before[0] = node;
}

#endif
