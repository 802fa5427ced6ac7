/* recorder/contract.c - objects held and findings on their way to the file */
/* SPDX-License-Identifier: MIT */

#include "recorder/contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_IN_BLOCK 131072u /* at most 112 bytes each */

struct contract_scan {
    struct tables *tables;
    struct tables_array objects;  /* struct trace_object */
    struct tables_array findings; /* struct trace_finding */
};

static int take_object(void *context, const void *entry)
{
    struct contract_scan *scan = context;
    const struct ring_object *slot = entry;
    uint64_t address = atomic_load_explicit(&slot->address, memory_order_acquire);
    struct ring_object copy;

    memcpy(&copy, slot, sizeof(copy));
    atomic_thread_fence(memory_order_acquire); /* pairs with fill() in tracer/objects.c */
    if (address == 0 || copy.refs == 0 || copy.address != address ||
        atomic_load_explicit(&slot->address, memory_order_relaxed) != address)
        return 0;
    struct trace_object *object = tables_array_add(&scan->objects, sizeof(*object));
    if (object == NULL)
        return -ENOMEM;
    *object = (struct trace_object){
        .address = address,
        .stamp = ticks_ns(&scan->tables->segment->ticks, copy.stamp),
        .node = tables_want_node(scan->tables, copy.node),
        .last_node = tables_want_node(scan->tables, copy.last_node),
        .instance = copy.instance,
        .plugin = copy.plugin,
        .step = copy.step,
        .refs = copy.refs,
        .most_refs = copy.most_refs,
    };
    return 0;
}

static int take_finding(void *context, const void *entry)
{
    struct contract_scan *scan = context;
    const struct ring_finding *slot = entry;
    const struct ticks *ticks = &scan->tables->segment->ticks;
    uint64_t count = atomic_load_explicit(&slot->count, memory_order_acquire);
    struct ring_finding copy;

    memcpy(&copy, slot, sizeof(copy));
    if (count == 0 || copy.kind == 0)
        return 0;
    struct trace_finding *finding = tables_array_add(&scan->findings, sizeof(*finding));
    if (finding == NULL)
        return -ENOMEM;
    *finding = (struct trace_finding){
        .kind = copy.kind,
        .plugin = copy.plugin,
        .instance = copy.instance,
        .node = tables_want_node(scan->tables, copy.node),
        .owner_node = tables_want_node(scan->tables, copy.owner_node),
        .owner_plugin = copy.owner_plugin,
        .owner_flags = copy.owner_flags,
        .owner_instance = copy.owner_instance,
        .released_node = tables_want_node(scan->tables, copy.released_node),
        .detail = copy.detail,
        .address = copy.address,
        .size = copy.size,
        .owner_stamp = ticks_ns(ticks, copy.owner_stamp),
        .first_stamp = ticks_ns(ticks, copy.first_stamp),
        .last_stamp = ticks_ns(ticks, copy.last_stamp),
        .count = count,
    };
    return 0;
}

static int compare_objects(const void *left, const void *right)
{
    const struct trace_object *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->plugin > b->plugin) - (a->plugin < b->plugin);
}

static int compare_findings(const void *left, const void *right)
{
    const struct trace_finding *a = left, *b = right;
    return (a->first_stamp > b->first_stamp) - (a->first_stamp < b->first_stamp);
}

static void sort(struct tables_array *entries, size_t bytes,
                 int (*compare)(const void *, const void *))
{
    if (entries->count > 1)
        qsort(entries->items, entries->count, bytes, compare);
}

static int write_objects(struct contract_scan *scan)
{
    const struct trace_object *objects = scan->objects.items;
    struct trace_buffer raw = {0};
    int error = 0;

    for (size_t done = 0; error == 0 && done < scan->objects.count; done += ENTRIES_IN_BLOCK) {
        size_t left = scan->objects.count - done;

        trace_buffer_clear(&raw);
        trace_objects_encode(objects + done, left < ENTRIES_IN_BLOCK ? left : ENTRIES_IN_BLOCK,
                             &raw);
        error = trace_writer_put(scan->tables->out, TRACE_OBJECTS, &raw);
    }
    trace_buffer_free(&raw);
    return error;
}

/* There are at most as many as fit into a block: RING_FINDINGS is no larger. */
static int take_and_write_findings(struct contract_scan *scan)
{
    struct trace_buffer raw = {0};
    int error = segment_each(scan->tables->segment, RING_FINDINGS, take_finding, scan);

    if (error == 0)
        error = tables_flush(scan->tables);
    if (error != 0 || scan->findings.count == 0)
        return error;
    sort(&scan->findings, sizeof(struct trace_finding), compare_findings);
    trace_findings_encode(scan->findings.items, scan->findings.count, &raw);
    error = trace_writer_put(scan->tables->out, TRACE_FINDINGS, &raw);
    trace_buffer_free(&raw);
    return error;
}

int contract_write(struct tables *tables, uint64_t *ret_objects, uint64_t *ret_findings)
{
    struct contract_scan scan = {.tables = tables};
    int error = segment_each(tables->segment, RING_OBJECTS, take_object, &scan);

    sort(&scan.objects, sizeof(struct trace_object), compare_objects);
    if (error == 0)
        error = tables_flush(tables);
    if (error == 0)
        error = write_objects(&scan);
    if (error == 0)
        error = take_and_write_findings(&scan);
    *ret_objects = scan.objects.count;
    *ret_findings = scan.findings.count;
    free(scan.objects.items);
    free(scan.findings.items);
    return error;
}

int contract_write_findings(struct tables *tables, uint32_t *findings)
{
    struct contract_scan scan = {.tables = tables};
    uint32_t used = segment_used(tables->segment, RING_FINDINGS);

    if (used <= *findings)
        return 0;
    int error = take_and_write_findings(&scan);
    free(scan.findings.items);
    *findings = used;
    return error;
}
