/* viewer/profile_events.c - what each event means for a profile */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_reading.h"
#include "viewer/heap_sums.h"

/* What every event has: who called, and when. */
struct call {
    enum leak_domain domain;
    uint64_t stamp;
    uint32_t tid, plugin, instance;
};

/* By all but size and stack. */
static bool is_within(const struct reading *reading, const struct call *call)
{
    return call->stamp >= reading->range.from && call->stamp <= reading->range.to &&
           filter_takes_thread(reading->filter, call->tid);
}

static uint32_t select_row(struct reading *reading, const struct call *call, uint64_t size_bytes,
                           uint32_t node)
{
    if (!is_within(reading, call) || !filter_takes_size(reading->filter, size_bytes))
        return ROW_NONE;
    return reading_row_of(reading, call->domain, call->plugin, call->instance, node);
}

static struct trace_counters *counters_of(struct reading *reading, enum leak_domain domain)
{
    return &reading->profile->domains[domain];
}

/* Without a filter frees are calls, of whom they were made, as in the plain report. */
static bool counts_calls(const struct filter *filter)
{
    return filter == NULL || (filter_is_empty(filter) && filter->charge == CHARGE_RECORDED);
}

/* A call of a function that frees; row: of its block, ROW_NONE if it is unknown or not selected. */
static void add_free_call(struct reading *reading, const struct call *call, bool is_known,
                          uint32_t row)
{
    if (!counts_calls(reading->filter)) {
        counters_of(reading, call->domain)->frees += row != ROW_NONE;
        return;
    }
    if (!is_within(reading, call) || !reading->session->wanted[call->plugin])
        return;
    counters_of(reading, call->domain)->frees++;
    counters_of(reading, call->domain)->unknown_frees += !is_known;
}

static void add_failed(struct reading *reading, const struct call *call, uint64_t size_bytes,
                       uint32_t node)
{
    if (select_row(reading, call, size_bytes, node) != ROW_NONE)
        counters_of(reading, call->domain)->failed_allocs++;
}

/* A new block in the table, of which nothing but its key is set; row as selected. */
static void begin_block(struct reading *reading, struct heap_block *block, const struct call *call,
                        uint64_t size_bytes, uint32_t row)
{
    uint32_t thread = reading_thread_of(reading, call->tid);

    *block = (struct heap_block){
        .address = block->address,
        .size_bytes = size_bytes,
        .stamp = call->stamp,
        .sum = row,
        .instance = thread,
    };
    reading->threads[thread].newest[call->domain] = block->address;
    if (row >= ROW_FIRST)
        reading_add_block(reading, row, size_bytes, call->stamp, thread);
}

/* A free by a call (NULL: by nobody who was seen). */
static void end_block(struct reading *reading, enum leak_domain domain,
                      const struct heap_block *block, const struct call *call)
{
    if (block->sum == ROW_RECEIVED)
        counters_of(reading, domain)->received_live_blocks--;
    if (block->sum < ROW_FIRST)
        return;
    bool is_temporary = reading->threads[block->instance].newest[domain] == block->address;
    reading->rows.list[block->sum].row.temporary += is_temporary;
    reading_end_block(reading, block, call->stamp);
    if (is_temporary && reading->changes.most != 0)
        reading_note_temporary(reading, block->sum);
    reading->threads[reading_thread_of(reading, call->tid)].sums[domain].frees++;
}

/* ---- NPN memory: an event names its block completely --------------------------------------- */

static uint64_t npn_key(uint64_t address, uint64_t stamp)
{
    uint64_t digest = model_digest(address, stamp);
    return digest != 0 ? digest : 1;
}

static void begin_npn(struct reading *reading, const struct call *call, const struct event *event,
                      uint32_t row)
{
    uint64_t key = npn_key(event->address, event->stamp);
    struct heap_block *early = heap_table_find(&reading->early, key);
    bool is_new;

    struct heap_block *block = heap_table_put(&reading->live[LEAK_NPN], key, &is_new);
    begin_block(reading, block, call, event->size, row);
    if (early == NULL)
        return;
    end_block(reading, LEAK_NPN, block, call);
    heap_table_remove(&reading->live[LEAK_NPN], block);
    heap_table_remove(&reading->early, early);
}

static void add_npn_alloc(struct reading *reading, const struct call *call,
                          const struct event *event, uint32_t node)
{
    if (event->address == 0)
        add_failed(reading, call, event->size, node);
    else
        begin_npn(reading, call, event, select_row(reading, call, event->size, node));
}

static void add_npn_received(struct reading *reading, const struct call *call,
                             const struct event *event, uint32_t node)
{
    bool is_wanted = select_row(reading, call, event->size, node) != ROW_NONE;

    if (is_wanted) {
        counters_of(reading, LEAK_NPN)->received_blocks++;
        counters_of(reading, LEAK_NPN)->received_live_blocks++;
    }
    begin_npn(reading, call, event, is_wanted ? ROW_RECEIVED : ROW_NONE);
}

/* The row of the block that an event ends; ROW_NONE if there is none. */
static uint32_t end_npn(struct reading *reading, const struct call *call, const struct event *event)
{
    uint64_t key = npn_key(event->address, event->owner_stamp);
    struct heap_block *block = heap_table_find(&reading->live[LEAK_NPN], key);
    bool is_new;

    if ((event->flags & EVENT_KNOWN) == 0 || call->stamp > reading->range.to)
        return ROW_NONE;
    if (block == NULL) {
        if (event->owner_stamp >= reading->range.from)
            heap_table_put(&reading->early, key, &is_new);
        return ROW_NONE;
    }
    uint32_t row = block->sum;
    end_block(reading, LEAK_NPN, block, call);
    heap_table_remove(&reading->live[LEAK_NPN], block);
    return row;
}

void reading_npn_event(struct reading *reading, const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;
    struct recording *recording = reading->session->recording;
    const struct call call = {LEAK_NPN, event->stamp, recorded->tid, event->plugin,
                              event->instance};

    switch (event->type) {
    case EVENT_NPN_ALLOC:
        add_npn_alloc(reading, &call, event, recording_stack_node(recording, recorded));
        break;
    case EVENT_NPN_RECEIVED:
        add_npn_received(reading, &call, event, recording_stack_node(recording, recorded));
        break;
    case EVENT_NPN_FREE:
        add_free_call(reading, &call, (event->flags & EVENT_KNOWN) != 0,
                      end_npn(reading, &call, event));
        break;
    case EVENT_NPN_RELEASED: end_npn(reading, &call, event); break;
    case EVENT_NPN_HANDED:
        counters_of(reading, LEAK_NPN)->handed_over += end_npn(reading, &call, event) != ROW_NONE;
        break;
    case EVENT_NPN_ELSEWHERE:
        counters_of(reading, LEAK_NPN)->freed_elsewhere +=
            end_npn(reading, &call, event) >= ROW_FIRST;
        break;
    case EVENT_NPN_FLUSH:
        counters_of(reading, LEAK_NPN)->flushes +=
            select_row(reading, &call, event->size, recording_stack_node(recording, recorded)) !=
            ROW_NONE;
        break;
    default: break;
    }
}

/* ---- heap memory: paired by address, as heap_sums.c does ------------------------------------ */

static void end_elsewhere(struct reading *reading, const struct heap_block *block)
{
    counters_of(reading, LEAK_HEAP)->freed_elsewhere += block->sum >= ROW_FIRST;
}

static void remember(struct reading *reading, const struct heap_block *older,
                     const struct call *call)
{
    bool is_new;
    struct heap_block *kept = heap_table_put(&reading->remembered, older->address, &is_new);

    if (!is_new)
        end_elsewhere(reading, kept);
    if (older->sum >= ROW_FIRST)
        reading_end_block(reading, older, call->stamp);
    *kept = *older;
    kept->stamp = call->stamp;
}

static void add_heap_alloc(struct reading *reading, const struct call *call,
                           const struct trace_heap_event *event)
{
    bool is_new;

    if (event->address == 0) {
        add_failed(reading, call, event->size, event->node);
        return;
    }
    struct heap_block *block = heap_table_put(&reading->live[LEAK_HEAP], event->address, &is_new);
    if (!is_new)
        remember(reading, block, call);
    begin_block(reading, block, call, event->size,
                select_row(reading, call, event->size, event->node));
}

/* True if this is the free of a block whose address was allocated again before it came. */
static bool free_remembered(struct reading *reading, const struct call *call,
                            const struct trace_heap_event *event)
{
    struct heap_block *kept = heap_table_find(&reading->remembered, event->address);

    if (kept == NULL ||
        (event->stamp > kept->stamp && event->stamp - kept->stamp > HEAP_SUMS_SKEW_NS))
        return false;
    if (kept->sum >= ROW_FIRST)
        reading->threads[reading_thread_of(reading, call->tid)].sums[LEAK_HEAP].frees++;
    add_free_call(reading, call, true, kept->sum);
    heap_table_remove(&reading->remembered, kept);
    return true;
}

static void add_heap_free(struct reading *reading, const struct call *call,
                          const struct trace_heap_event *event)
{
    if (reading->remembered.count != 0 && free_remembered(reading, call, event))
        return;
    struct heap_block *block =
        event->address != 0 ? heap_table_find(&reading->live[LEAK_HEAP], event->address) : NULL;
    add_free_call(reading, call, block != NULL, block != NULL ? block->sum : ROW_NONE);
    if (block == NULL)
        return;
    end_block(reading, LEAK_HEAP, block, call);
    heap_table_remove(&reading->live[LEAK_HEAP], block);
}

void reading_heap_event(struct reading *reading, const struct trace_heap_event *event)
{
    const struct call call = {LEAK_HEAP, event->stamp, event->tid, event->plugin, event->instance};

    if (event->stamp > reading->range.to)
        return;
    if (event->type == EVENT_HEAP_ALLOC)
        add_heap_alloc(reading, &call, event);
    else
        add_heap_free(reading, &call, event);
}

void reading_end_remembered(struct reading *reading)
{
    const struct heap_block *block;

    for (size_t at = 0; (block = heap_table_each(&reading->remembered, &at)) != NULL;)
        end_elsewhere(reading, block);
}
