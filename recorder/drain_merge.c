/* recorder/drain_merge.c - the streams of all threads become one, in the order of time */
/* SPDX-License-Identifier: MIT */

#include "recorder/drain_merge.h"

#include <errno.h>
#include <stdlib.h>

#include "recorder/drain_blocks.h"

/*
 * A key says where an event belongs: its stamp, and where stamps are equal, allocations last. Keys
 * never fall within a copy, whatever its stamps are, so a thread's own order holds. Streams stand
 * in a binary heap by the key of their first event; the first stream is merged until its key is
 * above the second's, which for few threads is a comparison per event.
 */
struct drain_head {
    uint64_t key;
    struct drain_stream *stream;
    struct drain_copy *copy;
};

struct merge {
    struct drain *drain;
    struct ticks_line line; /* that stamps are on at present */
    uint64_t length;        /* of it, in ticks */
};

/* ---- stamps and keys --------------------------------------------------------------------- */

static __attribute__((noinline)) uint64_t to_other_line(struct merge *merge, uint64_t stamp)
{
    const struct ticks *ticks = &merge->drain->segment->ticks;
    uint64_t end;

    merge->line = *ticks_line_of(ticks, stamp, &end);
    merge->length = end - merge->line.stamp;
    return ticks_ns(ticks, stamp);
}

static inline uint64_t to_ns(struct merge *merge, uint64_t stamp)
{
    if (__builtin_expect(stamp - merge->line.stamp >= merge->length, 0))
        return to_other_line(merge, stamp);
    return ticks_on(&merge->line, stamp);
}

/* Stamps from the future are damage: they count as stamped when they were taken. */
static inline uint64_t stamp_at(const struct drain_copy *copy, const uint64_t *words)
{
    uint64_t stamp = copy->base_stamp + (words[0] >> 8);
    return stamp < copy->latest ? stamp : copy->latest;
}

static inline uint64_t key_at(const struct drain_copy *copy, const uint64_t *words, uint64_t before)
{
    uint64_t key = stamp_at(copy, words) << 1 | ((words[0] & 0xff) != EVENT_HEAP_FREE);
    return key > before ? key : before;
}

/* ---- events ------------------------------------------------------------------------------ */

/* The part of a copy and of a block that a run of heap events needs: in registers as long as no
 * function gets it that is not inlined. */
struct run {
    struct trace_heap_event *batch;
    uint32_t batched;
    uint32_t tid;
    uint32_t instance;
    uint16_t plugin;
    struct ticks_line line;
    uint64_t length;
};

static inline struct run begin_run(const struct merge *merge, const struct drain_copy *copy)
{
    return (struct run){
        .batch = merge->drain->heap_batch,
        .batched = merge->drain->heap_batched,
        .tid = copy->tid,
        .instance = copy->instance,
        .plugin = copy->plugin,
        .line = merge->line,
        .length = merge->length,
    };
}

static inline uint64_t run_ns(struct merge *merge, struct run *run, uint64_t stamp)
{
    if (__builtin_expect(stamp - run->line.stamp < run->length, 1))
        return ticks_on(&run->line, stamp);
    uint64_t ns = to_other_line(merge, stamp);
    run->line = merge->line;
    run->length = merge->length;
    return ns;
}

/* Returns the words. Field by field: a structure that is built elsewhere and copied would wait for
 * its own stores. */
static inline uint32_t merge_heap(struct merge *merge, struct run *run,
                                  const struct drain_copy *copy, const uint64_t *words,
                                  uint32_t node)
{
    bool is_free = (words[0] & 0xff) == EVENT_HEAP_FREE;
    uint8_t function = (uint8_t)(words[1] >> 56);

    if (__builtin_expect(run->batched == DRAIN_HEAP_BATCH, 0)) {
        merge->drain->heap_batched = run->batched;
        drain_blocks_heap_batch(merge->drain);
        run->batched = 0;
    }
    struct trace_heap_event *event = &run->batch[run->batched++];
    event->stamp = run_ns(merge, run, stamp_at(copy, words));
    event->address = words[1] & EVENT_ADDRESS_MASK;
    event->tid = run->tid;
    event->instance = run->instance;
    event->plugin = run->plugin;
    event->type = words[0] & 0xff;
    event->function = function < EVENT_FUNCTIONS ? function : EVENT_FUNCTION_NONE;
    event->node = node;
    event->size = 0;
    if (is_free)
        return 2;
    uint32_t needed = event_heap_alloc_words(words);
    event->size = needed == 4 ? words[3] : (uint32_t)words[2];
    return needed;
}

/* From the ring's names and stamps to the file's. */
static void rename_event(struct merge *merge, struct event *event)
{
    struct tables *tables = merge->drain->tables;

    event->stamp = to_ns(merge, event->stamp);
    if (event->type == EVENT_STACK) {
        for (uint32_t i = 0; i < event->frame_count; i++)
            tables_want_pc(tables, event->frames[i].pc, event->frames[i].flags);
        return;
    }
    if (event->type == EVENT_INSTANCE && event->flags == EVENT_STEP_NEW_ENTER) {
        tables_want_string(tables, event->node); /* the MIME type */
        return;
    }
    event->node = tables_want_node(tables, event->node);
    event->owner_node = tables_want_node(tables, event->owner_node);
    event->owner_stamp = ticks_ns(&merge->drain->segment->ticks, event->owner_stamp);
}

static void merge_plain(struct merge *merge, const struct drain_copy *copy, const uint64_t *words,
                        const struct event *event)
{
    struct trace_event put = {.tid = copy->tid, .event = *event};

    put.event.stamp = stamp_at(copy, words);
    rename_event(merge, &put.event);
    drain_blocks_event(merge->drain, &put);
}

/* A stack and the events that it belongs to, which were committed as one. NPN events keep it in
 * front of them; for heap events it becomes nodes. Returns its words, *events is how many. */
static uint32_t merge_stack(struct merge *merge, const struct drain_copy *copy,
                            const uint64_t *words, uint32_t count, uint64_t *events)
{
    struct event stack, event;
    uint32_t at = (uint32_t)event_decode(words, count, copy->base_stamp, &stack), node = 0;
    bool is_put = false;

    for (; at < count; ++*events) {
        size_t needed = event_decode(words + at, count - at, copy->base_stamp, &event);
        if (event.type == EVENT_STACK || event.node != RING_NODE_INLINE)
            break;
        if (event.type == EVENT_HEAP_ALLOC) {
            struct run run = begin_run(merge, copy);
            if (node == RING_NODE_NONE)
                node = tables_want_stack(merge->drain->tables, stack.frames, stack.frame_count);
            merge_heap(merge, &run, copy, words + at, node);
            merge->drain->heap_batched = run.batched;
        } else {
            if (!is_put)
                merge_plain(merge, copy, words, &stack);
            is_put = true;
            merge_plain(merge, copy, words + at, &event);
        }
        at += (uint32_t)needed;
    }
    drain_blocks_part(merge->drain);
    return at;
}

/* Everything but most heap events. Returns the words. */
static __attribute__((noinline)) uint32_t merge_other(struct merge *merge, struct drain_copy *copy,
                                                      const uint64_t *words, uint32_t count,
                                                      uint64_t *events)
{
    struct event event;

    if ((words[0] & 0xff) == EVENT_STACK)
        return merge_stack(merge, copy, words, count, events);
    uint32_t needed = (uint32_t)event_decode(words, count, copy->base_stamp, &event);
    if (event.type == EVENT_HEAP_CONTEXT) {
        copy->plugin = event.plugin;
        copy->instance = event.instance;
    } else {
        merge_plain(merge, copy, words, &event);
        drain_blocks_part(merge->drain);
    }
    return needed;
}

/* Merges from a copy while its keys are not above the bound. Returns the key of what it has left;
 * if it has nothing left, the last key. */
static uint64_t merge_copy(struct merge *merge, struct drain_copy *copy, uint64_t bound)
{
    struct drain *drain = merge->drain;
    struct run run = begin_run(merge, copy);
    uint32_t at = copy->at, count = copy->count;
    uint64_t events = 0, last, key = key_at(copy, copy->words + at, copy->key);

    do {
        const uint64_t *words = copy->words + at;
        unsigned type = words[0] & 0xff;

        last = key;
        events++;
        if (type == EVENT_HEAP_FREE) {
            at += merge_heap(merge, &run, copy, words, RING_NODE_NONE);
        } else if (type == EVENT_HEAP_ALLOC) {
            uint32_t node = tables_node(drain->tables, (uint32_t)(words[2] >> 32));
            at += merge_heap(merge, &run, copy, words, node == RING_NODE_INLINE ? 0 : node);
        } else {
            drain->heap_batched = run.batched;
            at += merge_other(merge, copy, words, count - at, &events);
            run = begin_run(merge, copy);
        }
        if (at == count)
            break;
        key = key_at(copy, copy->words + at, key);
    } while (key <= bound);
    drain->heap_batched = run.batched;
    drain->copied_events -= events;
    drain->copied_bytes -= (uint64_t)(at - copy->at) * sizeof(uint64_t);
    copy->at = at;
    copy->key = last;
    return key;
}

/* ---- streams ----------------------------------------------------------------------------- */

static void sift_down(struct drain_head *heads, size_t count, size_t at)
{
    struct drain_head moved = heads[at];

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && heads[child + 1].key < heads[child].key)
            child++;
        if (heads[child].key >= moved.key)
            break;
        heads[at] = heads[child];
        at = child;
    }
    heads[at] = moved;
}

/* Lists the streams that have something. */
static int find_heads(struct drain *drain)
{
    struct drain_stream **streams = drain->streams_waiting.items;
    struct tables_array *heads = &drain->heads;

    heads->count = 0;
    for (size_t i = 0; i < drain->streams_waiting.count; i++) {
        struct drain_copy *copy = drain_copy_front(drain, streams[i]);
        if (copy == NULL)
            continue;
        struct drain_head *head = tables_array_add(heads, sizeof(*head));
        if (head == NULL)
            return drain->error = -ENOMEM;
        head->key = key_at(copy, copy->words + copy->at, copy->key);
        head->stream = streams[i];
        head->copy = copy;
    }
    for (size_t i = heads->count / 2; i-- > 0;)
        sift_down(heads->items, heads->count, i);
    return 0;
}

static uint64_t second_key(const struct drain_head *heads, size_t count)
{
    uint64_t key = count > 1 ? heads[1].key : UINT64_MAX;
    return count > 2 && heads[2].key < key ? heads[2].key : key;
}

int drain_merge_streams(struct drain *drain, uint64_t horizon)
{
    uint64_t limit = horizon < UINT64_MAX / 2 ? horizon << 1 | 1 : UINT64_MAX;
    struct merge merge = {.drain = drain};
    int error = find_heads(drain);
    struct drain_head *heads = drain->heads.items;
    size_t count = drain->heads.count;

    while (error == 0 && count > 0 && heads->key <= limit) {
        uint64_t second = second_key(heads, count);
        struct drain_copy *copy = heads->copy;

        heads->key = merge_copy(&merge, copy, second < limit ? second : limit);
        if (copy->at == copy->count) {
            heads->copy = drain_copy_front(drain, heads->stream);
            if (heads->copy != NULL)
                heads->key = key_at(heads->copy, heads->copy->words + heads->copy->at,
                                    heads->copy->key);
            else
                heads[0] = heads[--count];
        }
        sift_down(heads, count, 0);
        error = drain->error;
    }
    return error;
}
