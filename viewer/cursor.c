/* viewer/cursor.c - the events of all threads, in the order of their stamps */
/* SPDX-License-Identifier: MIT */

#include "viewer/cursor.h"
#include "viewer/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct held_event {
    struct recorded_event recorded;
    size_t order; /* in its run, for equal stamps */
};

struct open_run {
    size_t run;
    struct held_event *events; /* sorted */
    size_t count, at;
};

struct cursor {
    struct recording *recording;
    size_t next_run;
    struct open_run *heap; /* by the stamp of their next event */
    size_t heap_count, heap_capacity;
    size_t held;                                 /* events in the heap's runs */
    struct event_frame frames[EVENT_MAX_FRAMES]; /* of the event returned last */
};

struct cursor *cursor_open(struct recording *recording)
{
    struct cursor *cursor = xalloc_zeroed(1, sizeof(*cursor));

    cursor->recording = recording;
    return cursor;
}

static int compare_held(const void *left, const void *right)
{
    const struct held_event *a = left, *b = right;

    if (a->recorded.event.stamp != b->recorded.event.stamp)
        return a->recorded.event.stamp < b->recorded.event.stamp ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static const struct held_event *head(const struct open_run *run)
{
    return &run->events[run->at];
}

static bool before(const struct open_run *a, const struct open_run *b)
{
    uint64_t stamp_a = head(a)->recorded.event.stamp, stamp_b = head(b)->recorded.event.stamp;

    return stamp_a != stamp_b ? stamp_a < stamp_b : a->run < b->run;
}

static void swap(struct open_run *a, struct open_run *b)
{
    struct open_run kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct cursor *cursor, size_t at)
{
    while (at > 0 && before(&cursor->heap[at], &cursor->heap[(at - 1) / 2])) {
        swap(&cursor->heap[at], &cursor->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct cursor *cursor, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < cursor->heap_count; child++)
            if (before(&cursor->heap[child], &cursor->heap[least]))
                least = child;
        if (least == at)
            return;
        swap(&cursor->heap[at], &cursor->heap[least]);
        at = least;
    }
}

static void hold(struct held_event *held, const struct recorded_event *recorded, size_t order)
{
    *held = (struct held_event){.recorded = *recorded, .order = order};
    held->recorded.frames = NULL;
    if (recorded->frame_count == 0)
        return;
    struct event_frame *frames = xalloc_zeroed(recorded->frame_count, sizeof(*frames));
    memcpy(frames, recorded->frames, recorded->frame_count * sizeof(*frames));
    held->recorded.frames = frames;
}

static struct open_run load(struct cursor *cursor, size_t index)
{
    struct open_run run = {.run = index};
    size_t capacity = 0;
    struct recorded_event recorded;
    bool sorted = true;

    if (!recording_run_open(cursor->recording, index))
        return run;
    while (recording_run_next(cursor->recording, &recorded)) {
        run.events = xalloc_grown(run.events, run.count, &capacity, sizeof(*run.events));
        hold(&run.events[run.count], &recorded, run.count);
        sorted = sorted && (run.count == 0 ||
                            compare_held(&run.events[run.count - 1], &run.events[run.count]) < 0);
        run.count++;
    }
    if (!sorted)
        qsort(run.events, run.count, sizeof(*run.events), compare_held);
    return run;
}

/* True if the next run may hold an event that comes before all in the heap. */
static bool wants_next_run(const struct cursor *cursor)
{
    if (cursor->next_run == cursor->recording->run_count)
        return false;
    if (cursor->heap_count == 0)
        return true;
    return cursor->held < CURSOR_MAX_EVENTS &&
           recording_run_stamp(cursor->recording, cursor->next_run) <=
               head(&cursor->heap[0])->recorded.event.stamp;
}

static void open_runs(struct cursor *cursor)
{
    while (wants_next_run(cursor)) {
        struct open_run run = load(cursor, cursor->next_run++);
        if (run.count == 0) {
            free(run.events);
            continue;
        }
        cursor->heap = xalloc_grown(cursor->heap, cursor->heap_count, &cursor->heap_capacity,
                                    sizeof(*cursor->heap));
        cursor->heap[cursor->heap_count++] = run;
        cursor->held += run.count;
        sift_up(cursor, cursor->heap_count - 1);
    }
}

/* The frames move into the cursor, so that the run can be forgotten. */
static void hand_out(struct cursor *cursor, struct held_event *held,
                     struct recorded_event *ret_event)
{
    *ret_event = held->recorded;
    if (held->recorded.frames == NULL)
        return;
    memcpy(cursor->frames, held->recorded.frames,
           held->recorded.frame_count * sizeof(cursor->frames[0]));
    free((void *)held->recorded.frames);
    held->recorded.frames = NULL;
    ret_event->frames = cursor->frames;
}

bool cursor_next(struct cursor *cursor, struct recorded_event *ret_event)
{
    open_runs(cursor);
    if (cursor->heap_count == 0)
        return false;
    struct open_run *first = &cursor->heap[0];
    hand_out(cursor, &first->events[first->at++], ret_event);
    if (first->at == first->count) {
        cursor->held -= first->count;
        free(first->events);
        *first = cursor->heap[--cursor->heap_count];
    }
    if (cursor->heap_count > 0)
        sift_down(cursor, 0);
    return true;
}

void cursor_close(struct cursor *cursor)
{
    if (cursor == NULL)
        return;
    for (size_t i = 0; i < cursor->heap_count; i++) {
        for (size_t j = cursor->heap[i].at; j < cursor->heap[i].count; j++)
            free((void *)cursor->heap[i].events[j].recorded.frames);
        free(cursor->heap[i].events);
    }
    free(cursor->heap);
    free(cursor);
}
