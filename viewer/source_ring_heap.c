/* viewer/source_ring_heap.c - a ring's heap events, all threads' in the order of their stamps */
/* SPDX-License-Identifier: MIT */

/*
 * A chunk is one thread's and in order. Chunks are opened in the order in which they were begun,
 * and a heap of the open ones gives the next event. Stamps are compared as they are in the ring: in
 * nanoseconds, ticks that differ would be equal. As long as the chunks that overlap in time hold no
 * more than HELD_MAX events, the order is exact, and memory is bounded by that number.
 */
#include "viewer/source_ring.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

#define HELD_MAX (1u << 20)
#define BATCH 1024

struct open_chunk {
    size_t run;
    struct trace_heap_event *events; /* stamps of the ring's clock, ascending */
    size_t count, at;
};

struct ring_merge {
    struct ring_copy copy;
    uint64_t from_stamp, to_stamp; /* of the part */
    struct trace_heap_event batch[BATCH];
    size_t next_run;
    struct open_chunk *open; /* a heap by the stamp of their next events */
    size_t open_count, open_capacity;
    size_t held;
};

static void forget_open(struct ring_merge *merge)
{
    for (size_t i = 0; i < merge->open_count; i++)
        free(merge->open[i].events);
    merge->open_count = merge->held = merge->next_run = 0;
}

void source_ring_heap_free(struct ring_merge *merge)
{
    if (merge == NULL)
        return;
    forget_open(merge);
    free(merge->open);
    free(merge->copy.bytes);
    free(merge);
}

void source_ring_heap_begin(struct recording *recording, const struct recording_part *part)
{
    struct ring_source *source = ring_source_of(recording);

    recording->heap_part_count = recording->run_count;
    if (source->merge == NULL) {
        source->merge = xalloc_zeroed(1, sizeof(*source->merge));
        source->merge->copy.bytes = xalloc_zeroed(ring_source_of(recording)->layout.chunk_bytes, 1);
    }
    forget_open(source->merge);
    source->merge->from_stamp = part->from_stamp;
    source->merge->to_stamp = part->to_stamp;
}

static bool is_before(const struct trace_heap_event *a, const struct trace_heap_event *b)
{
    if (a->stamp != b->stamp)
        return a->stamp < b->stamp;
    return a->type == EVENT_HEAP_FREE && b->type != EVENT_HEAP_FREE;
}

/* Nearly sorted as a rule, and then this is one pass; stable, so that a thread's events of one
 * stamp keep their order. */
static void sort(struct open_chunk *chunk)
{
    for (size_t i = 1; i < chunk->count; i++) {
        struct trace_heap_event event = chunk->events[i];
        size_t at = i;
        for (; at > 0 && event.stamp < chunk->events[at - 1].stamp; at--)
            chunk->events[at] = chunk->events[at - 1];
        chunk->events[at] = event;
    }
}

static struct trace_heap_event heap_event(const struct event *event, const struct event *context,
                                          uint32_t node, uint32_t tid)
{
    return (struct trace_heap_event){
        .stamp = event->stamp,
        .address = event->address,
        .size = event->size,
        .node = node,
        .tid = tid,
        .instance = context->instance,
        .plugin = context->plugin,
        .type = event->type,
        .function = event->function,
    };
}

/* A stack goes with the event behind it. */
static void move_on(struct ring_place *place, size_t words, uint32_t events,
                    const struct event *event, const struct event *context)
{
    if (event->type != EVENT_STACK)
        *place = (struct ring_place){.words = (uint32_t)words,
                                     .events = events,
                                     .instance = context->instance,
                                     .plugin = context->plugin};
}

/* What is no event ends the chunk; reading its other events says so. */
static void decode(struct recording *recording, const struct ring_copy *copy,
                   struct ring_place *place, struct open_chunk *chunk)
{
    struct event event, stack = {0};
    struct event context = {.plugin = (uint16_t)place->plugin, .instance = place->instance};
    uint32_t events = place->events;
    size_t words;

    for (size_t at = place->words; at < copy->word_count; at += words) {
        words = event_decode(copy->words + at, copy->word_count - at, copy->base_stamp, &event);
        if (words == 0 || source_ring_is_later(recording, &event))
            return;
        events++;
        if (event.type == EVENT_STACK)
            stack = event;
        if (event.type == EVENT_HEAP_CONTEXT)
            context = event;
        if (ring_source_of(recording)->following)
            move_on(place, at + words, events, &event, &context);
        if (event.type != EVENT_HEAP_ALLOC && event.type != EVENT_HEAP_FREE)
            continue;
        uint32_t node =
            event.node != RING_NODE_INLINE
                ? event.node
                : own_nodes_stack(&recording->own_nodes, stack.frames, stack.frame_count);
        chunk->events[chunk->count++] = heap_event(&event, &context, node, copy->tid);
    }
}

static struct open_chunk load(struct recording *recording, size_t run)
{
    struct ring_source *source = ring_source_of(recording);
    struct ring_copy *copy = &source->merge->copy;
    struct ring_place *place = &source->runs[run].heap;
    struct open_chunk chunk = {.run = run};

    if (!source_ring_copy(recording, &source->runs[run], copy) ||
        copy->word_count <= place->words)
        return chunk;
    chunk.events = xalloc_zeroed((copy->word_count - place->words) / 2, sizeof(*chunk.events));
    decode(recording, copy, place, &chunk);
    if (chunk.count == 0) {
        free(chunk.events);
        chunk.events = NULL;
        return chunk;
    }
    chunk.events = xalloc_resized(chunk.events, chunk.count, sizeof(*chunk.events));
    sort(&chunk);
    return chunk;
}

static bool comes_first(const struct open_chunk *a, const struct open_chunk *b)
{
    const struct trace_heap_event *next_a = &a->events[a->at], *next_b = &b->events[b->at];

    if (is_before(next_a, next_b) || is_before(next_b, next_a))
        return is_before(next_a, next_b);
    return a->run < b->run;
}

static void swap(struct open_chunk *a, struct open_chunk *b)
{
    struct open_chunk kept = *a;

    *a = *b;
    *b = kept;
}

static void sift_up(struct ring_merge *merge, size_t at)
{
    for (; at > 0 && comes_first(&merge->open[at], &merge->open[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&merge->open[at], &merge->open[(at - 1) / 2]);
}

static void sift_down(struct ring_merge *merge)
{
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < merge->open_count; child++)
            if (comes_first(&merge->open[child], &merge->open[least]))
                least = child;
        if (least == at)
            return;
        swap(&merge->open[at], &merge->open[least]);
        at = least;
    }
}

/* True if the next chunk may hold an event that comes before all in the heap. */
static bool wants_next(const struct recording *recording)
{
    const struct ring_source *source = ring_source_of(recording);
    const struct ring_merge *merge = source->merge;

    if (merge->next_run == recording->run_count)
        return false;
    if (merge->open_count == 0)
        return true;
    const struct open_chunk *first = &merge->open[0];
    return merge->held < HELD_MAX &&
           source->runs[merge->next_run].base_stamp <= first->events[first->at].stamp;
}

static void open_chunks(struct recording *recording)
{
    struct ring_merge *merge = ring_source_of(recording)->merge;

    while (wants_next(recording)) {
        struct open_chunk chunk = load(recording, merge->next_run++);
        if (chunk.count == 0)
            continue;
        merge->open = xalloc_grown(merge->open, merge->open_count, &merge->open_capacity,
                                   sizeof(*merge->open));
        merge->open[merge->open_count++] = chunk;
        merge->held += chunk.count;
        sift_up(merge, merge->open_count - 1);
    }
    recording->heap_parts_read = merge->next_run;
}

static void advance(struct ring_merge *merge)
{
    struct open_chunk *first = &merge->open[0];

    if (++first->at == first->count) {
        merge->held -= first->count;
        free(first->events);
        *first = merge->open[--merge->open_count];
    }
    if (merge->open_count > 1)
        sift_down(merge);
}

size_t source_ring_heap_batch(struct recording *recording, struct trace_heap_event **ret_events)
{
    struct ring_merge *merge = ring_source_of(recording)->merge;
    size_t count = 0;

    *ret_events = merge->batch;
    while (count < BATCH) {
        open_chunks(recording);
        if (merge->open_count == 0)
            break;
        struct trace_heap_event *event = &merge->batch[count];
        *event = merge->open[0].events[merge->open[0].at];
        event->stamp = source_ring_ns(recording, event->stamp);
        count += event->stamp >= merge->from_stamp && event->stamp <= merge->to_stamp;
        advance(merge);
    }
    return count;
}
