/* tests/unit/heap_made.c - heap events as programs make them, by the million */
/* SPDX-License-Identifier: MIT */

#include "tests/unit/heap_made.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 64
#define CLASS_BYTES 16
#define ROUTINES 400      /* that the program is made of: each does the same again and again */
#define OFTEN 24          /* the first ones run most of the time */
#define ROUTINE_BLOCKS 12 /* at most; most of them are freed in it */
#define BASE_ADDRESS UINT64_C(0x55d000000010)

struct made_block {
    uint64_t address;
    uint32_t size;
    uint16_t plugin;
};

struct free_list {
    uint64_t *addresses;
    size_t count, capacity;
};

struct made_stack {
    uint64_t allocs, bytes;
    uint32_t size; /* most stacks ask for one size */
    uint16_t plugin;
};

/* What a routine does: allocates one block by each stack, frees some in the same order or in the
 * opposite one, and keeps the others. */
struct routine {
    uint32_t stacks[ROUTINE_BLOCKS];
    bool keeps[ROUTINE_BLOCKS];
    unsigned blocks;
    bool backwards;
};

struct heap_made {
    uint64_t random, now, frontier;
    uint32_t tid;
    struct routine routines[ROUTINES];
    const struct routine *running; /* NULL: the next is to be chosen */
    unsigned step;                 /* below blocks: allocations, then as many frees */
    struct made_block own[ROUTINE_BLOCKS];
    struct free_list lists[CLASSES];
    struct made_block *live; /* those that routines kept */
    size_t live_count, live_wanted;
    struct made_stack *stacks; /* by node, from 1 */
    uint32_t stack_count;
    struct trace_counters plugins[HEAP_MADE_PLUGINS + 1], totals;
};

static void *need(void *memory)
{
    if (memory != NULL)
        return memory;
    perror("heap_made");
    abort();
}

static uint64_t next_random(struct heap_made *made)
{
    made->random ^= made->random << 13;
    made->random ^= made->random >> 7;
    made->random ^= made->random << 17;
    return made->random * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

/* The busy routines use the first stacks, all of them together use all. */
static void make_routine(struct heap_made *made, unsigned number)
{
    struct routine *routine = &made->routines[number];
    uint32_t share = made->stack_count / ROUTINES + 1;

    routine->blocks = 1 + (unsigned)(next_random(made) % ROUTINE_BLOCKS);
    routine->backwards = next_random(made) % 2 != 0;
    for (unsigned i = 0; i < routine->blocks; i++) {
        uint32_t among =
            share * (number + 1) < made->stack_count ? share * (number + 1) : made->stack_count;
        routine->stacks[i] = 1 + (uint32_t)(next_random(made) % among);
        routine->keeps[i] = next_random(made) % 8 == 0;
    }
}

struct heap_made *heap_made_new(uint64_t seed, uint32_t stacks, uint32_t live)
{
    struct heap_made *made = need(calloc(1, sizeof(*made)));

    made->random = seed * 2 + 1;
    made->now = HEAP_MADE_START;
    made->frontier = BASE_ADDRESS;
    made->stack_count = stacks;
    made->live_wanted = live;
    made->live = need(calloc((size_t)live + 1, sizeof(*made->live)));
    made->stacks = need(calloc((size_t)stacks + 1, sizeof(*made->stacks)));
    for (uint32_t i = 1; i <= stacks; i++) {
        uint64_t largest = next_random(made) % 8 != 0 ? 120 : 1000;
        made->stacks[i].size = 1 + (uint32_t)(next_random(made) % largest);
        made->stacks[i].plugin = (uint16_t)(i % (HEAP_MADE_PLUGINS + 1));
    }
    for (unsigned i = 0; i < ROUTINES; i++)
        make_routine(made, i);
    return made;
}

void heap_made_free(struct heap_made *made)
{
    for (unsigned i = 0; i < CLASSES; i++)
        free(made->lists[i].addresses);
    free(made->live);
    free(made->stacks);
    free(made);
}

static unsigned class_of(uint32_t size)
{
    return (size + CLASS_BYTES - 1) / CLASS_BYTES;
}

static uint64_t take_address(struct heap_made *made, uint32_t size)
{
    struct free_list *list = &made->lists[class_of(size)];

    if (list->count != 0)
        return list->addresses[--list->count];
    uint64_t address = made->frontier;
    made->frontier += CLASS_BYTES * ((uint64_t)class_of(size) + 1);
    return address;
}

static void give_address(struct heap_made *made, uint64_t address, uint32_t size)
{
    struct free_list *list = &made->lists[class_of(size)];

    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        list->addresses = need(realloc(list->addresses, list->capacity * sizeof(*list->addresses)));
    }
    list->addresses[list->count++] = address;
}

static void count_alloc(struct trace_counters *to, uint32_t size)
{
    to->allocs++;
    to->bytes_allocated += size;
    to->live_blocks++;
    to->live_bytes += size;
    if (to->live_bytes > to->peak_bytes)
        to->peak_bytes = to->live_bytes;
}

static void count_gone(struct trace_counters *from, uint32_t size)
{
    from->live_blocks--;
    from->live_bytes -= size;
}

static struct made_block make_alloc(struct heap_made *made, uint32_t node,
                                    struct trace_heap_event *event)
{
    struct made_stack *stack = &made->stacks[node];
    struct made_block block = {take_address(made, stack->size), stack->size, stack->plugin};

    stack->allocs++;
    stack->bytes += block.size;
    count_alloc(&made->plugins[block.plugin], block.size);
    count_alloc(&made->totals, block.size);
    event->type = EVENT_HEAP_ALLOC;
    event->function = EVENT_MALLOC;
    event->address = block.address;
    event->size = block.size;
    event->node = node;
    event->plugin = block.plugin;
    return block;
}

static void make_free(struct heap_made *made, struct made_block block,
                      struct trace_heap_event *event)
{
    give_address(made, block.address, block.size);
    made->plugins[block.plugin].frees++;
    made->totals.frees++;
    count_gone(&made->plugins[block.plugin], block.size);
    count_gone(&made->totals, block.size);
    event->type = EVENT_HEAP_FREE;
    event->function = EVENT_FREE;
    event->address = block.address;
    event->plugin = block.plugin;
}

/* What is kept takes the place of what was kept some time ago. False: of nothing. */
static bool keep(struct heap_made *made, struct made_block *block)
{
    if (made->live_count < made->live_wanted) {
        made->live[made->live_count++] = *block;
        return false;
    }
    struct made_block *place = &made->live[next_random(made) % made->live_count];
    struct made_block older = *place;
    *place = *block;
    *block = older;
    return true;
}

static void choose_routine(struct heap_made *made)
{
    unsigned among = next_random(made) % 8 != 0 ? OFTEN : ROUTINES;

    made->running = &made->routines[next_random(made) % among];
    made->step = 0;
    if (next_random(made) % 8 == 0 || made->tid == 0)
        made->tid = 100 + (uint32_t)(next_random(made) % HEAP_MADE_THREADS);
}

/* False: this step made no event. */
static bool make_event(struct heap_made *made, struct trace_heap_event *event)
{
    const struct routine *routine = made->running;
    unsigned step = made->step++;

    if (step < routine->blocks) {
        made->own[step] = make_alloc(made, routine->stacks[step], event);
        return true;
    }
    unsigned at = step - routine->blocks;
    if (routine->backwards)
        at = routine->blocks - 1 - at;
    if (step + 1 == 2 * routine->blocks)
        made->running = NULL;
    if (routine->keeps[at] && !keep(made, &made->own[at]))
        return false;
    make_free(made, made->own[at], event);
    return true;
}

void heap_made_next(struct heap_made *made, struct trace_heap_event *events, size_t count)
{
    for (size_t i = 0; i < count;) {
        if (made->running == NULL)
            choose_routine(made);
        made->now += 20 + next_random(made) % 200;
        events[i] = (struct trace_heap_event){.stamp = made->now, .tid = made->tid};
        i += make_event(made, &events[i]);
    }
}

const struct trace_counters *heap_made_plugin(const struct heap_made *made, uint32_t plugin)
{
    return &made->plugins[plugin];
}

const struct trace_counters *heap_made_totals(const struct heap_made *made)
{
    return &made->totals;
}

uint32_t heap_made_stacks(const struct heap_made *made)
{
    return made->stack_count;
}

uint64_t heap_made_now(const struct heap_made *made)
{
    return made->now;
}

void heap_made_stack(const struct heap_made *made, uint32_t node, uint64_t *ret_allocs,
                     uint64_t *ret_bytes)
{
    *ret_allocs = made->stacks[node].allocs;
    *ret_bytes = made->stacks[node].bytes;
}
