/* viewer/findings_heap.c - where the heap blocks in findings came from */
/* SPDX-License-Identifier: MIT */

#include "viewer/findings.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

static bool is_wanted(const struct found *found)
{
    return found->kind == FINDING_HEAP_BY_MEMFREE && found->finding.owner_stamp == 0 &&
           found->finding.address != 0;
}

/* The last allocation of the address before the finding is the one. */
static void look_at(struct found *found, const struct trace_heap_event *event)
{
    struct trace_finding *finding = &found->finding;

    if (event->address != finding->address || event->stamp > finding->first_stamp)
        return;
    finding->owner_stamp = event->stamp;
    finding->owner_node = event->node;
    finding->owner_plugin = (uint16_t)event->plugin;
    finding->owner_instance = event->instance;
    finding->size = event->size;
    found->function = event->function;
}

/* Findings are few, and allocations of their addresses too. */
static void look_at_all(struct found **wanted, size_t count, const struct trace_heap_event *event)
{
    if (event->type != EVENT_HEAP_ALLOC)
        return;
    for (size_t i = 0; i < count; i++)
        look_at(wanted[i], event);
}

static void read_heap(struct recording *recording, struct found **wanted, size_t count)
{
    struct recording_part part = RECORDING_WHOLE;
    const struct trace_heap_event *batch;

    part.to_stamp = 0;
    for (size_t i = 0; i < count; i++)
        if (wanted[i]->finding.first_stamp > part.to_stamp)
            part.to_stamp = wanted[i]->finding.first_stamp;
    recording_heap_begin_part(recording, &part);
    for (size_t read; (read = recording_heap_batch(recording, &batch)) != 0;)
        for (size_t i = 0; i < read; i++)
            look_at_all(wanted, count, &batch[i]);
}

void findings_find_heap_blocks(struct recording *recording, struct findings *findings)
{
    struct found **wanted = xalloc_zeroed(findings->count, sizeof(struct found *));
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        if (is_wanted(&findings->list[i]))
            wanted[count++] = &findings->list[i];
    if (count != 0)
        read_heap(recording, wanted, count);
    free(wanted);
}
