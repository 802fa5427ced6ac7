/* recorder/live.c - the side table of live blocks on its way to the file */
/* SPDX-License-Identifier: MIT */

#include "recorder/live.h"

#include <errno.h>
#include <stdlib.h>

#define ENTRIES_IN_BLOCK 262144u /* at most 50 bytes each */

struct live_scan {
    struct tables *tables;
    struct tables_array entries; /* struct trace_live */
    uint64_t busy;
};

static int take_slot(void *context, const void *entry)
{
    struct live_scan *scan = context;
    const struct ring_live *slot = entry;
    uint64_t address = atomic_load_explicit(&slot->address, memory_order_acquire);

    if (address == 0)
        return 0;
    if (address == RING_LIVE_BUSY) {
        scan->busy++;
        return 0;
    }
    struct trace_live *live = tables_array_add(&scan->entries, sizeof(*live));
    if (live == NULL)
        return -ENOMEM;
    *live = (struct trace_live){
        .address = address,
        .stamp = ticks_ns(&scan->tables->segment->ticks, slot->stamp),
        .size_bytes = slot->size_bytes,
        .node = tables_want_node(scan->tables, slot->node),
        .instance = slot->instance,
        .plugin = slot->plugin,
        .flags = slot->flags,
    };
    return 0;
}

static int compare_addresses(const void *left, const void *right)
{
    const struct trace_live *a = left, *b = right;
    return a->address < b->address ? -1 : a->address > b->address;
}

static int write_entries(struct live_scan *scan)
{
    const struct trace_live *entries = scan->entries.items;
    struct trace_buffer raw = {0};
    int error = tables_flush(scan->tables);

    for (size_t done = 0; error == 0 && done < scan->entries.count; done += ENTRIES_IN_BLOCK) {
        size_t left = scan->entries.count - done;

        trace_buffer_clear(&raw);
        trace_live_encode(entries + done, left < ENTRIES_IN_BLOCK ? left : ENTRIES_IN_BLOCK, &raw);
        error = trace_writer_put(scan->tables->out, TRACE_LIVE, &raw);
    }
    trace_buffer_free(&raw);
    return error;
}

int live_write(struct tables *tables, uint64_t *ret_entries, uint64_t *ret_busy)
{
    struct live_scan scan = {.tables = tables};
    int error = segment_each(tables->segment, RING_LIVE, take_slot, &scan);

    if (error == 0) {
        if (scan.entries.count > 1)
            qsort(scan.entries.items, scan.entries.count, sizeof(struct trace_live),
                  compare_addresses);
        error = write_entries(&scan);
    }
    *ret_entries = scan.entries.count;
    *ret_busy = scan.busy;
    free(scan.entries.items);
    return error;
}
