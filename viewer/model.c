/* viewer/model.c - from a recording to numbers: which of the two truths to believe */
/* SPDX-License-Identifier: MIT */

#include "viewer/model.h"
#include "viewer/cursor.h"
#include "viewer/progress.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

#define GRACE_NS UINT64_C(1000000000) /* after NPP_Destroy: time for what hosts do then */

static void make_sums(struct model_sums *sums, const struct recording *recording)
{
    sums->plugins = xalloc_zeroed(recording->plugin_count + 1, sizeof(*sums->plugins));
    sums->instances = xalloc_zeroed(recording->instance_count + 1, sizeof(*sums->instances));
}

static void free_sums(struct model_sums *sums)
{
    free(sums->plugins);
    free(sums->instances);
}

void model_take_state(struct model *model)
{
    const struct recording *recording = model->recording;

    if (!recording->has_counters)
        return;
    model->state_sums.totals = recording->totals;
    for (size_t i = 0; i < recording->plugin_count; i++)
        model->state_sums.plugins[i + 1] = recording->plugins[i].npn;
    for (size_t i = 0; i < recording->instance_count; i++)
        model->state_sums.instances[i + 1] = recording->instances[i].npn;
}

/* Peaks need the order of events, which the process's own counters need not be told. */
static void read_in_order(struct model *model)
{
    struct cursor *cursor = cursor_open(model->recording);
    struct recorded_event event;

    while (cursor_next(cursor, &event))
        model_add_event(model, &event, true);
    cursor_close(cursor);
}

/* Sums need no order, so runs are read one by one. */
static void read_events(struct model *model)
{
    struct recording *recording = model->recording;
    struct progress progress = progress_begin("reading events");
    struct recorded_event event;

    for (size_t i = 0; i < recording->run_count; i++) {
        progress_update(&progress, i, recording->run_count);
        if (!recording_run_open(recording, i))
            continue;
        while (recording_run_next(recording, &event))
            model_add_event(model, &event, false);
        progress.items = model->event_count;
    }
    progress_end(&progress);
}

/* Reads all heap events. */
static void read_heap(struct model *model)
{
    struct recording *recording = model->recording;
    struct heap_sums *heap = &model->heap;
    struct progress progress = progress_begin("reading heap events");
    const struct trace_heap_event *batch;

    heap_sums_init(heap, recording->plugin_count, recording->instance_count);
    recording_heap_begin(recording);
    for (size_t count; (count = recording_heap_batch(recording, &batch)) != 0;) {
        heap_sums_add(heap, batch, count);
        progress.items += count;
        progress_update(&progress, recording->heap_parts_read - 1, recording->heap_part_count);
    }
    heap_sums_finish(heap);
    progress_end(&progress);
}

static void take_heap(struct model *model)
{
    struct recording *recording = model->recording;
    const struct heap_sums *heap = &model->heap;

    model->events[EVENT_HEAP_ALLOC] = heap->allocs;
    model->events[EVENT_HEAP_FREE] = heap->frees;
    model->event_count += heap->allocs + heap->frees;
    model->has_heap = recording->process.heap != RING_HEAP_OFF || heap->allocs + heap->frees != 0;
    if (model->first_stamp == 0 ||
        (heap->first_stamp != 0 && heap->first_stamp < model->first_stamp))
        model->first_stamp = heap->first_stamp;
    if (heap->last_stamp > model->last_stamp)
        model->last_stamp = heap->last_stamp;
}

/* False: nobody knows what is in all blocks, or how long the recording is. */
static bool leave_heap(struct model *model)
{
    struct recording *recording = model->recording;
    struct heap_sums *heap = &model->heap;
    struct recording_heap_sums sums;

    heap_sums_init(heap, recording->plugin_count, recording->instance_count);
    sums.plugins = heap->plugins;
    if (recording->process.end_stamp == 0 || !recording_heap_sums(recording, &sums)) {
        heap_sums_free(heap);
        return false;
    }
    heap_sums_finish(heap);
    heap->allocs = heap->totals.allocs + heap->totals.failed_allocs;
    heap->frees = heap->totals.frees;
    heap->first_stamp = sums.first_stamp;
    heap->last_stamp = sums.last_stamp;
    model->heap_is_apart = true;
    return true;
}

/* In blocks that are damaged: the recorder counted what it wrote. */
static void count_unread(struct model *model)
{
    struct recording *recording = model->recording;

    if (recording->written_events > model->event_count)
        recording->losses.damaged_events += recording->written_events - model->event_count;
}

bool model_is_complete(const struct model *model)
{
    return recording_lost_events(model->recording) == 0 && model->recording->problems.damages == 0;
}

int model_compare(const struct trace_counters *a, const struct trace_counters *b)
{
    const uint64_t pairs[][2] = {
        {a->allocs, b->allocs},
        {a->failed_allocs, b->failed_allocs},
        {a->frees, b->frees},
        {a->unknown_frees, b->unknown_frees},
        {a->flushes, b->flushes},
        {a->bytes_allocated, b->bytes_allocated},
        {a->freed_elsewhere, b->freed_elsewhere},
        {a->received_blocks, b->received_blocks},
        {a->handed_over, b->handed_over},
    };
    int result = 0;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i][0] < pairs[i][1])
            return -1;
        if (pairs[i][0] > pairs[i][1])
            result = 1;
    }
    if (result == 0 && (a->live_blocks != b->live_blocks || a->live_bytes != b->live_bytes ||
                        a->received_live_blocks != b->received_live_blocks))
        return -1; /* a free of another's block that one of them has not counted */
    return result;
}

bool model_is_idle(const struct trace_counters *counters)
{
    return counters->allocs == 0 && counters->failed_allocs == 0 && counters->frees == 0 &&
           counters->flushes == 0 && counters->received_blocks == 0 && counters->handed_over == 0;
}

/* -1: the events are behind the counters somewhere; 0: equal; 1: ahead. */
static int compare_with_state(const struct model *model)
{
    const struct recording *recording = model->recording;
    const struct model_sums *events = &model->event_sums, *state = &model->state_sums;
    int result = model_compare(&events->totals, &state->totals);

    for (size_t i = 1; i <= recording->plugin_count && result >= 0; i++) {
        int one = model_compare(&events->plugins[i], &state->plugins[i]);
        result = one != 0 ? one : result;
    }
    for (size_t i = 1; i <= recording->instance_count && result >= 0; i++) {
        int one = model_compare(&events->instances[i], &state->instances[i]);
        result = one != 0 ? one : result;
    }
    return result;
}

static void take_peak(struct trace_counters *to, const struct trace_counters *from)
{
    to->peak_bytes = from->peak_bytes > to->live_bytes ? from->peak_bytes : to->live_bytes;
}

static void take_peaks(struct model *model)
{
    take_peak(&model->event_sums.totals, &model->state_sums.totals);
    for (size_t i = 0; i <= model->recording->plugin_count; i++)
        take_peak(&model->event_sums.plugins[i], &model->state_sums.plugins[i]);
    for (size_t i = 0; i <= model->recording->instance_count; i++)
        take_peak(&model->event_sums.instances[i], &model->state_sums.instances[i]);
}

/* A difference that went below zero was cut off half-way through an operation. */
static void clip(struct trace_counters *counters)
{
    if (counters->live_blocks >> 63 != 0)
        counters->live_blocks = 0;
    if (counters->live_bytes >> 63 != 0)
        counters->live_bytes = 0;
    if (counters->received_live_blocks >> 63 != 0)
        counters->received_live_blocks = 0;
}

static void clip_sums(struct model *model, struct model_sums *sums)
{
    clip(&sums->totals);
    for (size_t i = 0; i <= model->recording->plugin_count; i++)
        clip(&sums->plugins[i]);
    for (size_t i = 0; i <= model->recording->instance_count; i++)
        clip(&sums->instances[i]);
}

void model_note_steps(struct model *model)
{
    const struct recording *recording = model->recording;

    for (size_t i = 0; i < recording->plugin_count; i++) {
        model_note_step(model, recording->plugins[i].met_stamp, 0);
        model_note_step(model, recording->plugins[i].end_stamp, 0);
    }
    for (size_t i = 0; i < recording->instance_count; i++) {
        model_note_step(model, recording->instances[i].created_stamp, (uint32_t)i + 1);
        model_note_step(model, recording->instances[i].destroyed_stamp, (uint32_t)i + 1);
    }
}

/* The browser has had its chance to free what is the instance's: something came after NPP_Destroy,
 * if only the end of a process that ended by itself. */
static bool had_its_chance(const struct model *model, uint32_t serial, bool ended_by_itself)
{
    const struct recording *recording = model->recording;
    const struct recording_instance *instance = &recording->instances[serial - 1];
    const struct model_steps *steps = &model->steps;
    uint64_t others = steps->last_instance != serial ? steps->last_stamp : steps->other_stamp;

    if ((instance->flags & RING_INSTANCE_DESTROYED) == 0)
        return false;
    return others > instance->destroyed_stamp || ended_by_itself ||
           recording->process.end_stamp >= instance->destroyed_stamp + GRACE_NS;
}

/* How the process of a flight recorder ended nobody saw: mostly by itself. */
bool model_is_over(const struct model *model, uint32_t serial)
{
    enum recording_ending ending = model->recording->process.ending;

    return had_its_chance(model, serial, ending == RECORDING_EXITED || ending == RECORDING_GONE);
}

static bool all_instances_are_over(const struct model *model, uint32_t plugin)
{
    const struct recording *recording = model->recording;

    for (size_t i = 0; i < recording->instance_count; i++)
        if (recording->instances[i].plugin == plugin &&
            (recording->instances[i].flags & RING_INSTANCE_DESTROYED) == 0)
            return false;
    return true;
}

bool model_is_kept(const struct model *model, const struct trace_object *object)
{
    bool exited = model->recording->process.ending == RECORDING_EXITED;

    /* It becomes a finding: mostly is not enough. */
    if (object->refs == 0 || object->instance == 0 ||
        !had_its_chance(model, object->instance, exited))
        return false;
    return (object->step & OBJECT_SHARED) == 0 || all_instances_are_over(model, object->plugin);
}

static void decide(struct model *model)
{
    const struct recording *recording = model->recording;
    int compared = recording->has_counters ? compare_with_state(model) : 1;
    bool complete = recording_lost_events(recording) == 0 && compared >= 0;

    model->from_events = complete || !recording->has_counters;
    model->stacks_are_partial = !complete;
    model->peaks_are_exact = recording->has_counters && (!model->from_events || compared == 0);
    model->sums = model->from_events ? &model->event_sums : &model->state_sums;
    if (model->from_events && recording->has_counters)
        take_peaks(model);
}

static struct model *build(struct recording *recording, bool with_heap)
{
    struct model *model = xalloc_zeroed(1, sizeof(*model));

    model->recording = recording;
    model->own_instances = own_instances_find(recording);
    make_sums(&model->event_sums, recording);
    make_sums(&model->state_sums, recording);
    model_take_state(model);
    if (recording->has_counters)
        read_events(model);
    else
        read_in_order(model);
    if (with_heap || !leave_heap(model))
        read_heap(model);
    take_heap(model);
    model_note_steps(model);
    count_unread(model);
    decide(model);
    model_take_live(model);
    model_take_objects(model);
    clip_sums(model, &model->event_sums);
    clip_sums(model, &model->state_sums);
    if (recording->process.end_stamp < model->last_stamp)
        recording->process.end_stamp = model->last_stamp;
    return model;
}

struct model *model_build(struct recording *recording)
{
    return build(recording, true);
}

struct model *model_build_without_heap(struct recording *recording)
{
    return build(recording, false);
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    stack_sums_free(&model->stacks);
    heap_sums_free(&model->heap);
    free_sums(&model->event_sums);
    free_sums(&model->state_sums);
    free(model->own_live);
    own_instances_free(&model->own_instances);
    free(model);
}
