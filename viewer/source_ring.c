/* viewer/source_ring.c - the flight recorder's file as a recording */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_ring.h"
#include "viewer/clock_now.h"
#include "viewer/host_process.h"
#include "viewer/sources.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

uint32_t source_ring_readable(const struct recording *recording, enum ring_area area)
{
    const struct ring_extent *extent = &ring_source_of(recording)->layout.area[area];
    uint64_t file_bytes = recording->file_bytes;
    uint64_t entries =
        file_bytes > extent->offset ? (file_bytes - extent->offset) / extent->entry_bytes : 0;

    return entries < extent->count ? (uint32_t)entries : extent->count;
}

uint32_t source_ring_used(const struct recording *recording, enum ring_area area)
{
    uint32_t used =
        atomic_load_explicit(&ring_header_of(recording)->used[area], memory_order_acquire);
    uint32_t readable = source_ring_readable(recording, area);

    return used < readable ? used : readable;
}

uint64_t source_ring_offset(const struct recording *recording, enum ring_area area, uint64_t index)
{
    const struct ring_extent *extent = &ring_source_of(recording)->layout.area[area];
    return extent->offset + index * extent->entry_bytes;
}

uint64_t source_ring_ns(const struct recording *recording, uint64_t stamp)
{
    const struct ring_source *source = ring_source_of(recording);

    return ring_stamp_ns(ring_header_of(recording), source->has_later ? &source->later : NULL,
                         stamp);
}

bool source_ring_is_later(const struct recording *recording, const struct event *event)
{
    return ring_source_of(recording)->following && recording->snapshot_stamp != 0 &&
           event->type != EVENT_STACK && event->type != EVENT_HEAP_CONTEXT &&
           source_ring_ns(recording, event->stamp) > recording->snapshot_stamp;
}

static void ring_close(struct recording *recording)
{
    struct ring_source *source = recording->source_data;

    mapping_close(&source->mapping);
    free(source->strings);
    free(source->runs);
    free(source->copy.bytes);
    source_ring_heap_free(source->merge);
    free(source);
}

static bool ring_node(const struct recording *recording, uint32_t id, struct ring_node *ret_node)
{
    if (id >= source_ring_used(recording, RING_NODES))
        return false;
    *ret_node = ((const struct ring_node *)source_ring_area(recording, RING_NODES))[id];
    return true;
}

static struct recording_limits ring_limits(const struct recording *recording)
{
    if (!recording->live)
        return (struct recording_limits){recording->plugin_count, recording->instance_count,
                                         recording->node_count};
    return (struct recording_limits){
        .plugins = source_ring_used(recording, RING_PLUGINS),
        .instances = source_ring_used(recording, RING_INSTANCES),
        .nodes = source_ring_used(recording, RING_NODES),
    };
}

static const struct recording_symbol *ring_symbol(const struct recording *recording,
                                                  uint32_t module, uint64_t address)
{
    (void)recording, (void)module, (void)address;
    return NULL; /* rings hold none */
}

static const struct recording_source ring_source = {
    .close = ring_close,
    .node = ring_node,
    .string = source_ring_string,
    .limits = ring_limits,
    .run_stamp = source_ring_run_stamp,
    .run_open = source_ring_run_open,
    .run_next = source_ring_run_next,
    .heap_begin = source_ring_heap_begin,
    .heap_batch = source_ring_heap_batch,
    .symbol = ring_symbol,
    .verify = source_ring_verify,
};

/* The layout is a function of the size. Of a damaged file either the header or the file knows it.
 */
static int repair(struct mapping *mapping)
{
    const struct ring_header *header = mapping->base;
    struct ring_layout layout;

    if (mapping->bytes < RING_HEADER_BYTES)
        return -EBADMSG;
    bool kept = ring_layout_compute(header->layout.total_bytes, &layout) == 0 &&
                memcmp(&layout, &header->layout, sizeof(layout)) == 0;
    if (!kept && ring_layout_compute(mapping->bytes, &layout) != 0)
        return -EBADMSG;
    int error = mapping_stretch(mapping, layout.total_bytes);
    if (error == 0)
        ((struct ring_header *)mapping->base)->layout = layout;
    return error;
}

static int check(struct recording *recording, struct mapping *mapping)
{
    const char *what = NULL;
    uint64_t offset = 0;

    if (ring_check(mapping->base, mapping->bytes, &what, &offset) == 0)
        return 0;
    problems_add(&recording->problems, PROBLEM_DAMAGE, offset, "%s", what);
    return recording->force ? repair(mapping) : -EBADMSG;
}

/* Who it is: enough to see whether it still runs. */
static void read_identity(struct recording *recording)
{
    const struct ring_header *header = ring_header_of(recording);
    size_t boot_id_bytes = strnlen(header->boot_id, sizeof(header->boot_id));

    recording->process.state = atomic_load_explicit(&header->state, memory_order_acquire);
    recording->process.pid = header->pid;
    recording->process.outer_pid = header->pid;
    recording->process.ppid = header->ppid;
    recording->process.start_ticks = header->start_ticks;
    recording->process.boot_id = boot_id_bytes < sizeof(header->boot_id) ? header->boot_id : "";
}

static void read_process(struct recording *recording)
{
    const struct ring_header *header = ring_header_of(recording);
    struct recording_process *process = &recording->process;
    uint32_t exe_bytes;

    process->exe = source_ring_text(recording, header->exe, &exe_bytes);
    process->args = source_ring_text(recording, header->args, &process->args_bytes);
    process->machine = "";
    process->writer = "";
    process->policy = header->policy;
    process->clock = header->clock;
    process->origin = header->origin | header->host_origin;
    process->unwinder = header->unwinder;
    process->heap = header->heap;
    process->selfcheck = header->selfcheck;
    process->whatif = atomic_load_explicit(&header->whatif, memory_order_relaxed);
    process->stop_reason = atomic_load_explicit(&header->stop_reason, memory_order_relaxed);
    process->stop_stamp =
        source_ring_ns(recording, atomic_load_explicit(&header->stop_stamp, memory_order_relaxed));
    process->start_stamp = source_ring_ns(recording, header->start_stamp);
    process->start_realtime_ns = header->start_realtime_ns;
    process->process_start_stamp = source_ring_ns(recording, header->process_start_stamp);
    if (process->state > RING_STOPPED)
        problems_add(&recording->problems, PROBLEM_DAMAGE, offsetof(struct ring_header, state),
                     "the recording's state is %" PRIu32 ", which does not exist", process->state);
}

static void find_ending(struct recording *recording)
{
    struct recording_process *process = &recording->process;

    if (process->state == RING_EMPTY) {
        process->ending = RECORDING_EMPTY;
        return;
    }
    process->ending = RECORDING_GONE;
    recording->live = host_process_runs(process->pid, process->start_ticks, process->boot_id);
    if (recording->live) {
        process->ending = RECORDING_RUNNING;
        recording->snapshot_stamp = clock_now_ns();
    }
}

/* The pair that all stamps are converted with: now, where that clock is at hand, else the latest
 * that the process left. */
static void find_clock(struct recording *recording)
{
    const struct ring_header *header = ring_header_of(recording);
    struct ring_source *source = ring_source_of(recording);
    uint32_t index = atomic_load_explicit(&header->later_index, memory_order_acquire);

    if (header->clock != RING_CLOCK_TSC)
        return;
    source->has_later = recording->live && clock_now_pair(&source->later);
    if (source->has_later || index >= 2)
        return;
    source->later = header->later_pair[index];
    source->has_later = true;
}

/* Between the check and now the file may have become another. */
static int keep_layout(struct recording *recording, const struct mapping *mapping,
                       struct ring_layout *ret_layout)
{
    const struct ring_header *header = mapping->base;

    if (ring_layout_compute(header->layout.total_bytes, ret_layout) == 0 &&
        ret_layout->total_bytes <= mapping->mapped_bytes)
        return 0;
    problems_add(&recording->problems, PROBLEM_DAMAGE, offsetof(struct ring_header, layout),
                 "the header changed while it was read");
    return -EBADMSG;
}

/* The page of a header may outlive the rest of a file that became shorter, as zeros: then the
 * tables are worth nothing. */
static int check_again(struct recording *recording, const struct mapping *mapping)
{
    const char *what;
    uint64_t offset;

    if (recording->force || ring_check(mapping->base, mapping->bytes, &what, &offset) == 0)
        return 0;
    problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                 "the file became shorter while it was read");
    return -EBADMSG;
}

int source_ring_open(struct recording *recording, struct mapping *mapping)
{
    struct ring_layout layout;
    int error = check(recording, mapping);

    if (error == 0)
        error = keep_layout(recording, mapping, &layout);
    if (error < 0)
        return error;
    struct ring_source *source = xalloc_zeroed(1, sizeof(*source));
    source->mapping = *mapping;
    source->layout = layout;
    recording->source = &ring_source;
    recording->source_data = source;

    read_identity(recording);
    find_ending(recording);
    if (recording->live)
        mapping_touch_little(mapping);
    find_clock(recording);
    source_ring_copy_tables(recording);
    read_process(recording);
    source_ring_list_runs(recording);
    recording->process.end_stamp =
        recording->live ? recording->snapshot_stamp : source_ring_last_stamp(recording);
    return check_again(recording, mapping);
}
