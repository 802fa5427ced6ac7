/* viewer/model_events.c - what each event adds to the sums */
/* SPDX-License-Identifier: MIT */

#include "viewer/model.h"

/* Who a sum is for: everybody, a plug-in, and an instance if it is known. */
struct accounts {
    struct trace_counters *of[3];
    unsigned count;
};

static struct accounts accounts_of(struct model *model, uint32_t plugin, uint32_t instance)
{
    struct model_sums *sums = &model->event_sums;
    struct accounts accounts = {.of = {&sums->totals, &sums->plugins[plugin]}, .count = 2};

    if (instance != 0)
        accounts.of[accounts.count++] = &sums->instances[instance];
    return accounts;
}

/* Differences of 64-bit numbers may pass through "negative" ones where order is unknown; sums come
 * out right. */
static bool is_negative(uint64_t number)
{
    return number >> 63 != 0;
}

uint64_t model_digest(uint64_t address, uint64_t stamp)
{
    uint64_t mixed =
        (address ^ stamp * UINT64_C(0x9e3779b97f4a7c15)) + UINT64_C(0x632be59bd9b4e019);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

struct stack_sum *model_stack_of(struct model *model, uint32_t plugin, uint32_t node)
{
    uint32_t sum = stack_sums_find(&model->stacks, plugin, node);

    return &model->stacks.list[sum];
}

static void add_alloc(struct model *model, const struct recorded_event *recorded, bool track_peaks)
{
    const struct event *event = &recorded->event;
    struct accounts accounts = accounts_of(model, event->plugin, event->instance);

    for (unsigned i = 0; i < accounts.count; i++) {
        struct trace_counters *counters = accounts.of[i];
        if (event->address == 0) {
            counters->failed_allocs++;
            continue;
        }
        counters->allocs++;
        counters->bytes_allocated += event->size;
        counters->live_blocks++;
        counters->live_bytes += event->size;
        if (track_peaks && !is_negative(counters->live_bytes) &&
            counters->live_bytes > counters->peak_bytes)
            counters->peak_bytes = counters->live_bytes;
    }
    if (event->address == 0)
        return;
    struct stack_sum *stack =
        model_stack_of(model, event->plugin, recording_stack_node(model->recording, recorded));
    stack->allocs++;
    stack->bytes += event->size;
    if ((event->flags & EVENT_UNTRACKED) == 0)
        model->event_digest += model_digest(event->address, event->stamp);
}

/* What the browser gave counts apart: peaks and bytes are of what the plug-in allocated. */
static void add_received(struct model *model, const struct event *event)
{
    struct accounts accounts = accounts_of(model, event->plugin, event->instance);

    for (unsigned i = 0; i < accounts.count; i++) {
        accounts.of[i]->received_blocks++;
        accounts.of[i]->received_live_blocks++;
    }
    if ((event->flags & EVENT_UNTRACKED) == 0)
        model->event_digest += model_digest(event->address, event->stamp);
}

/* A block is live no more. */
static void add_gone(struct model *model, const struct event *event)
{
    struct accounts accounts = accounts_of(model, event->owner_plugin, event->owner_instance);
    bool received = EVENT_ORIGIN(event->owner_flags) != NPN_ORIGIN_ALLOC;

    for (unsigned i = 0; i < accounts.count; i++) {
        struct trace_counters *owner = accounts.of[i];
        owner->handed_over += event->type == EVENT_NPN_HANDED;
        if (received) {
            owner->received_live_blocks--;
            continue;
        }
        owner->live_blocks--;
        owner->live_bytes -= event->size;
        owner->freed_elsewhere += event->type == EVENT_NPN_ELSEWHERE;
    }
    model->event_digest -= model_digest(event->address, event->owner_stamp);
}

static void add_free(struct model *model, const struct event *event)
{
    struct accounts accounts = accounts_of(model, event->plugin, event->instance);
    bool known = (event->flags & EVENT_KNOWN) != 0;

    for (unsigned i = 0; i < accounts.count; i++) {
        accounts.of[i]->frees++;
        accounts.of[i]->unknown_frees += !known;
    }
    if (known)
        add_gone(model, event);
}

void model_note_step(struct model *model, uint64_t stamp, uint32_t instance)
{
    struct model_steps *steps = &model->steps;

    if (instance == steps->last_instance) {
        if (stamp > steps->last_stamp)
            steps->last_stamp = stamp;
        return;
    }
    if (stamp <= steps->last_stamp) {
        if (stamp > steps->other_stamp)
            steps->other_stamp = stamp;
        return;
    }
    *steps = (struct model_steps){stamp, instance, steps->last_stamp};
}

void model_add_event(struct model *model, const struct recorded_event *recorded, bool track_peaks)
{
    const struct event *event = &recorded->event;
    struct accounts accounts;

    model->event_count++;
    model->events[event->type]++;
    if (model->first_stamp == 0 || event->stamp < model->first_stamp)
        model->first_stamp = event->stamp;
    if (event->stamp > model->last_stamp)
        model->last_stamp = event->stamp;
    switch (event->type) {
    case EVENT_NPN_ALLOC: add_alloc(model, recorded, track_peaks); break;
    case EVENT_NPN_FREE: add_free(model, event); break;
    case EVENT_NPN_RECEIVED: add_received(model, event); break;
    case EVENT_NPN_RELEASED:
    case EVENT_NPN_HANDED:
    case EVENT_NPN_ELSEWHERE:
        if ((event->flags & EVENT_KNOWN) != 0)
            add_gone(model, event);
        break;
    case EVENT_NPN_FLUSH:
        accounts = accounts_of(model, event->plugin, event->instance);
        for (unsigned i = 0; i < accounts.count; i++)
            accounts.of[i]->flushes++;
        break;
    case EVENT_PLUGIN:
    case EVENT_INSTANCE: /* the tables say where they led */
        model_note_step(model, event->stamp, event->instance);
        break;
    default: break; /* objects: their table says what is held */
    }
}
