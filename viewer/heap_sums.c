/* viewer/heap_sums.c - from heap events to numbers */
/* SPDX-License-Identifier: MIT */

#include "viewer/heap_sums.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

/* Events before their turn at which what they need is fetched: the slot of their address and the
 * number of their stack's sum; then the sum. */
#define FAR_AHEAD 24
#define NEAR_AHEAD 10

void heap_sums_init(struct heap_sums *heap, size_t plugin_count, size_t instance_count)
{
    *heap = (struct heap_sums){.plugin_count = plugin_count, .instance_count = instance_count};
    heap->plugins = xalloc_zeroed(plugin_count + 1, sizeof(*heap->plugins));
    heap->instances = xalloc_zeroed(instance_count + 1, sizeof(*heap->instances));
}

static void add_live(struct trace_counters *to, uint64_t size_bytes)
{
    to->live_blocks++;
    to->live_bytes += size_bytes;
    if (to->live_bytes > to->peak_bytes)
        to->peak_bytes = to->live_bytes;
}

static void take_live(struct trace_counters *from, uint64_t size_bytes)
{
    from->live_blocks--;
    from->live_bytes -= size_bytes;
}

/* A block is live no more. */
static void end_block(struct heap_sums *heap, const struct heap_block *block)
{
    struct stack_sum *sum = &heap->stacks.list[block->sum];

    sum->live_blocks--;
    sum->live_bytes -= block->size_bytes;
    take_live(&heap->totals, block->size_bytes);
    take_live(&heap->plugins[sum->plugin], block->size_bytes);
    if (block->instance != 0)
        take_live(&heap->instances[block->instance], block->size_bytes);
}

/* Nobody was seen to free it. */
static void end_elsewhere(struct heap_sums *heap, const struct heap_block *block)
{
    heap->plugins[heap_sums_plugin(heap, block)].freed_elsewhere++;
    if (block->instance != 0)
        heap->instances[block->instance].freed_elsewhere++;
}

/* Makes room at an address that is allocated again, at `stamp`: its free may be stamped a little
 * later, or come late, as a realloc's does. */
static void remember(struct heap_sums *heap, const struct heap_block *older, uint64_t stamp)
{
    bool is_new;
    struct heap_block *kept = heap_table_put(&heap->remembered, older->address, &is_new);

    if (!is_new)
        end_elsewhere(heap, kept);
    end_block(heap, older);
    *kept = *older;
    kept->stamp = stamp;
}

/* True if this is the free of a block whose address had been allocated again before it came. */
static bool free_remembered(struct heap_sums *heap, const struct trace_heap_event *event)
{
    struct heap_block *kept = heap_table_find(&heap->remembered, event->address);

    if (kept == NULL ||
        (event->stamp > kept->stamp && event->stamp - kept->stamp > HEAP_SUMS_SKEW_NS))
        return false;
    heap_table_remove(&heap->remembered, kept);
    return true;
}

static void add_failed(struct heap_sums *heap, const struct trace_heap_event *event)
{
    heap->plugins[event->plugin].failed_allocs++;
    if (event->instance != 0)
        heap->instances[event->instance].failed_allocs++;
}

static void add_instance_alloc(struct trace_counters *instance, uint64_t size_bytes)
{
    instance->allocs++;
    instance->bytes_allocated += size_bytes;
    add_live(instance, size_bytes);
}

static void add_alloc(struct heap_sums *heap, const struct trace_heap_event *event)
{
    bool is_new;

    heap->allocs++;
    if (event->address == 0) {
        add_failed(heap, event);
        return;
    }
    struct heap_block *block = heap_table_put(&heap->live, event->address, &is_new);
    if (!is_new)
        remember(heap, block, event->stamp);
    uint32_t number = stack_sums_find(&heap->stacks, event->plugin, event->node);
    struct stack_sum *sum = &heap->stacks.list[number];
    *block = (struct heap_block){
        .address = event->address,
        .size_bytes = event->size,
        .stamp = event->stamp,
        .sum = number,
        .instance = event->instance,
    };
    sum->allocs++;
    sum->bytes += event->size;
    sum->live_blocks++;
    sum->live_bytes += event->size;
    if (sum->live_bytes > sum->peak_bytes)
        sum->peak_bytes = sum->live_bytes;
    add_live(&heap->totals, event->size);
    add_live(&heap->plugins[event->plugin], event->size);
    if (event->instance != 0)
        add_instance_alloc(&heap->instances[event->instance], event->size);
    heap->newest_address = event->address;
}

static void add_free(struct heap_sums *heap, const struct trace_heap_event *event)
{
    bool is_late = heap->remembered.count != 0 && free_remembered(heap, event);
    struct heap_block *block =
        event->address != 0 && !is_late ? heap_table_find(&heap->live, event->address) : NULL;
    bool is_unknown = block == NULL && !is_late;
    struct trace_counters *plugin = &heap->plugins[event->plugin],
                          *instance = &heap->instances[event->instance];

    heap->frees++;
    plugin->frees++;
    plugin->unknown_frees += is_unknown;
    if (event->instance != 0) {
        instance->frees++;
        instance->unknown_frees += is_unknown;
    }
    if (block == NULL)
        return;
    heap->stacks.list[block->sum].temporary += event->address == heap->newest_address;
    end_block(heap, block);
    heap_table_remove(&heap->live, block);
}

static void note_stamps(struct heap_sums *heap, const struct trace_heap_event *events, size_t count)
{
    if (count == 0)
        return;
    if (heap->first_stamp == 0)
        heap->first_stamp = events[0].stamp;
    if (events[count - 1].stamp > heap->last_stamp)
        heap->last_stamp = events[count - 1].stamp;
}

/*
 * What an allocation needs and what a free needs, whichever it is: to ask here would cost more than
 * to fetch in vain, since nobody can guess which comes next. Not to be called before the tables
 * have their first entries.
 */
static inline __attribute__((always_inline)) void
fetch(const struct heap_sums *heap, const struct trace_heap_event *events, size_t left)
{
    if (left <= FAR_AHEAD)
        return;
    const struct trace_heap_event *far = &events[FAR_AHEAD], *near = &events[NEAR_AHEAD];
    heap_table_prefetch(&heap->live, far->address);
    stack_sums_prefetch(&heap->stacks, far->node);
    uint32_t of_node = stack_sums_peek(&heap->stacks, near->node);
    uint32_t of_block = heap_table_peek(&heap->live, near->address)->sum;
    __builtin_prefetch(&heap->stacks.list[of_node], 1);
    __builtin_prefetch(&heap->stacks.list[of_block], 1);
}

void heap_sums_add(struct heap_sums *heap, const struct trace_heap_event *events, size_t count)
{
    note_stamps(heap, events, count);
    for (size_t i = 0; i < count; i++) {
        if (heap->live.slots != NULL)
            fetch(heap, events + i, count - i);
        if (events[i].type == EVENT_HEAP_ALLOC)
            add_alloc(heap, &events[i]);
        else
            add_free(heap, &events[i]);
    }
}

static void end_remembered(struct heap_sums *heap)
{
    const struct heap_block *block;

    for (size_t at = 0; (block = heap_table_each(&heap->remembered, &at)) != NULL;)
        end_elsewhere(heap, block);
    heap_table_free(&heap->remembered);
}

static void add_to_totals(struct trace_counters *totals, const struct trace_counters *one)
{
    totals->allocs += one->allocs;
    totals->failed_allocs += one->failed_allocs;
    totals->frees += one->frees;
    totals->unknown_frees += one->unknown_frees;
    totals->bytes_allocated += one->bytes_allocated;
    totals->freed_elsewhere += one->freed_elsewhere;
}

void heap_sums_finish(struct heap_sums *heap)
{
    end_remembered(heap);
    for (size_t i = 1; i < heap->stacks.count; i++) {
        const struct stack_sum *sum = &heap->stacks.list[i];
        heap->plugins[sum->plugin].allocs += sum->allocs;
        heap->plugins[sum->plugin].bytes_allocated += sum->bytes;
    }
    for (size_t id = 0; id <= heap->plugin_count; id++)
        add_to_totals(&heap->totals, &heap->plugins[id]);
}

void heap_sums_free(struct heap_sums *heap)
{
    free(heap->plugins);
    free(heap->instances);
    stack_sums_free(&heap->stacks);
    heap_table_free(&heap->live);
    heap_table_free(&heap->remembered);
    *heap = (struct heap_sums){0};
}
