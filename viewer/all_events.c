/* viewer/all_events.c - NPN, plug-in, instance and heap events, in the order of their stamps */
/* SPDX-License-Identifier: MIT */

#include "viewer/all_events.h"
#include "viewer/cursor.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

#define BATCH 256

struct all_events {
    struct recording *recording;
    struct cursor *cursor;
    struct recorded_event next; /* of the cursor; its frames stay until the cursor goes on */
    bool has_next, taken;       /* taken: it was handed out, and the cursor has to go on */
    struct trace_heap_event heap[BATCH];
    size_t heap_count, heap_at;
    bool with_heap;
};

struct all_events *all_events_open(struct recording *recording, bool with_heap)
{
    struct all_events *all = xalloc_zeroed(1, sizeof(*all));

    all->recording = recording;
    all->cursor = cursor_open(recording);
    all->taken = true;
    all->with_heap = with_heap;
    if (with_heap)
        recording_heap_begin(recording);
    return all;
}

static const struct trace_heap_event *next_heap(struct all_events *all)
{
    if (all->with_heap && all->heap_at == all->heap_count) {
        all->heap_at = 0;
        all->heap_count = recording_heap_next(all->recording, all->heap, BATCH);
        all->with_heap = all->heap_count != 0;
    }
    return all->heap_at < all->heap_count ? &all->heap[all->heap_at] : NULL;
}

static struct recorded_event recorded(const struct trace_heap_event *heap)
{
    return (struct recorded_event){
        .event = {.type = heap->type,
                  .stamp = heap->stamp,
                  .address = heap->address,
                  .size = heap->size,
                  .function = heap->function,
                  .node = heap->node,
                  .plugin = heap->plugin,
                  .instance = heap->instance},
        .tid = heap->tid,
    };
}

/* Of one moment: what NPN_MemAlloc called was before it returned, what NPN_MemFree calls is after
 * it was entered. */
static bool heap_is_first(const struct trace_heap_event *heap, const struct event *other)
{
    return heap->stamp < other->stamp ||
           (heap->stamp == other->stamp && other->type == EVENT_NPN_ALLOC);
}

bool all_events_next(struct all_events *all, struct recorded_event *ret_event)
{
    const struct trace_heap_event *heap = next_heap(all);

    if (all->taken) {
        all->has_next = cursor_next(all->cursor, &all->next);
        all->taken = false;
    }
    if (heap != NULL && (!all->has_next || heap_is_first(heap, &all->next.event))) {
        *ret_event = recorded(heap);
        all->heap_at++;
        return true;
    }
    if (!all->has_next)
        return false;
    *ret_event = all->next;
    all->taken = true;
    return true;
}

void all_events_close(struct all_events *all)
{
    if (all == NULL)
        return;
    cursor_close(all->cursor);
    free(all);
}
