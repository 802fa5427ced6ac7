/* viewer/source_ring_tables.c - a ring's tables, copied while the process may be writing them */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_contract.h"
#include "viewer/source_ring.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COPY_TRIES 8 /* of a slot that changes under our hands */

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static struct trace_counters copy_counters(const struct ring_counters *from)
{
    return (struct trace_counters){
        .allocs = load(&from->allocs),
        .failed_allocs = load(&from->failed_allocs),
        .frees = load(&from->frees),
        .unknown_frees = load(&from->unknown_frees),
        .flushes = load(&from->flushes),
        .bytes_allocated = load(&from->bytes_allocated),
        .live_blocks = load(&from->live_blocks),
        .live_bytes = load(&from->live_bytes),
        .peak_bytes = load(&from->peak_bytes),
        .freed_elsewhere = load(&from->freed_elsewhere),
        .received_blocks = load(&from->received_blocks),
        .received_live_blocks = load(&from->received_live_blocks),
        .handed_over = load(&from->handed_over),
    };
}

/* Everything that the tables name was stored before them, so the strings are copied after them. */
static void copy_strings(struct recording *recording)
{
    struct ring_source *source = ring_source_of(recording);

    source->string_bytes = source_ring_used(recording, RING_STRINGS);
    source->strings = xalloc_zeroed((size_t)source->string_bytes + 8, 1);
    memcpy(source->strings, source_ring_area(recording, RING_STRINGS),
           source->string_bytes);
}

const char *source_ring_text(const struct recording *recording, uint32_t id, uint32_t *ret_bytes)
{
    const struct ring_source *source = ring_source_of(recording);
    struct ring_string head;

    *ret_bytes = 0;
    if (id == 0 || id % 4 != 0 || source->string_bytes < sizeof(head) + 1 ||
        id > source->string_bytes - sizeof(head) - 1)
        return "";
    memcpy(&head, source->strings + id, sizeof(head));
    const char *text = source->strings + id + sizeof(head);
    if (head.bytes > source->string_bytes - id - sizeof(head) - 1 || text[head.bytes] != '\0')
        return "";
    *ret_bytes = head.bytes;
    return text;
}

const char *source_ring_string(const struct recording *recording, uint32_t id)
{
    uint32_t bytes;
    return source_ring_text(recording, id, &bytes);
}

/* The text that an entry names; an id that leads nowhere is damage. */
static const char *named(struct recording *recording, uint32_t id, enum ring_area area,
                         uint64_t index)
{
    uint32_t bytes;
    const char *text = source_ring_text(recording, id, &bytes);

    if (id != 0 && bytes == 0)
        problems_add(&recording->problems, PROBLEM_DAMAGE,
                     source_ring_offset(recording, area, index),
                     "a string at %" PRIu32 " does not exist", id);
    return text;
}

static size_t copy_build_id(struct recording *recording, uint8_t *to, const uint8_t *from,
                            uint8_t bytes, enum ring_area area, uint64_t index)
{
    if (bytes > RING_BUILD_ID_BYTES) {
        problems_add(&recording->problems, PROBLEM_DAMAGE,
                     source_ring_offset(recording, area, index), "a build-id of %u bytes", bytes);
        bytes = 0;
    }
    memcpy(to, from, bytes);
    return bytes;
}

static void copy_modules(struct recording *recording)
{
    const struct ring_module *from = source_ring_area(recording, RING_MODULES);

    for (size_t i = 0; i < recording->module_count; i++) {
        struct recording_module *module = &recording->modules[i];
        module->path = named(recording, from[i].path, RING_MODULES, i);
        module->first_epoch = from[i].first_epoch;
        module->flags = from[i].flags;
        module->bias = from[i].bias;
        module->start = from[i].start;
        module->end = from[i].end;
        module->build_id_bytes = copy_build_id(recording, module->build_id, from[i].build_id,
                                               from[i].build_id_bytes, RING_MODULES, i);
        if (module->start >= module->end)
            problems_add(&recording->problems, PROBLEM_DAMAGE,
                         source_ring_offset(recording, RING_MODULES, i),
                         "module %zu ends before it begins", i);
    }
}

/* What happened after the snapshot of the live blocks has not happened yet. */
static uint64_t until_snapshot(const struct recording *recording, uint64_t ring_stamp)
{
    uint64_t stamp = source_ring_ns(recording, ring_stamp);

    return recording->snapshot_stamp != 0 && stamp > recording->snapshot_stamp ? 0 : stamp;
}

static void copy_plugins(struct recording *recording)
{
    const struct ring_plugin *from = source_ring_area(recording, RING_PLUGINS);

    for (size_t i = 0; i < recording->plugin_count; i++) {
        struct recording_plugin *plugin = &recording->plugins[i];
        plugin->path = named(recording, from[i].path, RING_PLUGINS, i);
        plugin->flags = from[i].flags;
        plugin->met_stamp = source_ring_ns(recording, from[i].met_stamp);
        plugin->end_stamp = until_snapshot(recording, load(&from[i].end_stamp));
        plugin->initialize_calls =
            atomic_load_explicit(&from[i].initialize_calls, memory_order_relaxed);
        plugin->shutdown_calls =
            atomic_load_explicit(&from[i].shutdown_calls, memory_order_relaxed);
        plugin->unloads = atomic_load_explicit(&from[i].unloads, memory_order_relaxed);
        plugin->build_id_bytes = copy_build_id(recording, plugin->build_id, from[i].build_id,
                                               from[i].build_id_bytes, RING_PLUGINS, i);
        plugin->npn = copy_counters(&from[i].npn);
    }
}

/* A running process may have learnt it after the strings were copied. */
static const char *page_of(struct recording *recording, const struct ring_instance *from,
                           uint64_t index)
{
    uint32_t page = atomic_load_explicit(&from->page, memory_order_acquire);

    if (recording->live && page >= ring_source_of(recording)->string_bytes)
        return "";
    return named(recording, page, RING_INSTANCES, index);
}

static void copy_instances(struct recording *recording)
{
    const struct ring_instance *from = source_ring_area(recording, RING_INSTANCES);

    for (size_t i = 0; i < recording->instance_count; i++) {
        struct recording_instance *instance = &recording->instances[i];
        instance->plugin = from[i].plugin;
        instance->mime = named(recording, from[i].mime, RING_INSTANCES, i);
        instance->page = page_of(recording, &from[i], i);
        instance->npp = from[i].npp;
        instance->created_stamp = source_ring_ns(recording, from[i].created_stamp);
        instance->flags = atomic_load_explicit(&from[i].flags, memory_order_acquire);
        instance->destroyed_stamp = until_snapshot(recording, load(&from[i].destroyed_stamp));
        if (instance->destroyed_stamp == 0)
            instance->flags &= ~(uint32_t)RING_INSTANCE_DESTROYED;
        instance->npn = copy_counters(&from[i].npn);
        if (instance->plugin > recording->plugin_count) {
            problems_add(&recording->problems, PROBLEM_DAMAGE,
                         source_ring_offset(recording, RING_INSTANCES, i),
                         "instance %zu belongs to plug-in %" PRIu32 ", but there are %zu", i + 1,
                         instance->plugin, recording->plugin_count);
            instance->plugin = 0;
        }
    }
}

enum slot { SLOT_FREE, SLOT_BUSY, SLOT_LIVE };

/* A slot whose address is the same before and after was not refilled meanwhile, unless with a block
 * at the same address: the stamp tells. */
static enum slot copy_slot(const struct ring_live *slot, struct trace_live *ret_live)
{
    for (unsigned i = 0; i < COPY_TRIES; i++) {
        uint64_t address = atomic_load_explicit(&slot->address, memory_order_acquire);
        if (address == 0)
            return SLOT_FREE;
        if (address == RING_LIVE_BUSY)
            continue;
        const volatile struct ring_live *fields = slot;
        *ret_live = (struct trace_live){
            .address = address,
            .stamp = fields->stamp,
            .size_bytes = fields->size_bytes,
            .node = fields->node,
            .instance = fields->instance,
            .plugin = fields->plugin,
            .flags = fields->flags,
        };
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&slot->address, memory_order_relaxed) == address &&
            fields->stamp == ret_live->stamp)
            return SLOT_LIVE;
    }
    return SLOT_BUSY;
}

static void copy_live(struct recording *recording)
{
    const struct ring_live *slots = source_ring_area(recording, RING_LIVE);
    uint32_t count = source_ring_readable(recording, RING_LIVE);
    size_t capacity = 0;
    struct trace_live live;

    for (uint32_t i = 0; i < count; i++) {
        enum slot slot = copy_slot(&slots[i], &live);
        recording->live_busy += slot == SLOT_BUSY;
        if (slot != SLOT_LIVE)
            continue;
        live.stamp = source_ring_ns(recording, live.stamp);
        recording->live_blocks =
            xalloc_grown(recording->live_blocks, recording->live_count, &capacity, sizeof(live));
        recording->live_blocks[recording->live_count++] = live;
    }
}

static bool live_is_sound(const struct recording *recording, const struct trace_live *live)
{
    return live->plugin <= recording->plugin_count && live->instance <= recording->instance_count &&
           (live->node == RING_NODE_INLINE || live->node < recording->node_count ||
            live->node == 0);
}

static void correct_live(struct recording *recording)
{
    for (size_t i = 0; i < recording->live_count; i++) {
        struct trace_live *live = &recording->live_blocks[i];
        if (live_is_sound(recording, live))
            continue;
        problems_add(&recording->problems, PROBLEM_DAMAGE,
                     source_ring_offset(recording, RING_LIVE, 0),
                     "the live block at 0x%" PRIx64
                     " names a plug-in, instance or stack that does not exist",
                     live->address);
        if (live->plugin > recording->plugin_count)
            live->plugin = 0;
        if (live->instance > recording->instance_count)
            live->instance = 0;
        if (live->node != RING_NODE_INLINE && live->node >= recording->node_count)
            live->node = RING_NODE_NONE;
    }
}

static void check_nodes(struct recording *recording)
{
    const struct ring_node *nodes = source_ring_area(recording, RING_NODES);

    for (uint64_t i = 1; i < recording->node_count; i++)
        if (nodes[i].parent >= i)
            problems_add(
                &recording->problems, PROBLEM_DAMAGE, source_ring_offset(recording, RING_NODES, i),
                "stack node %" PRIu64 " has node %" PRIu32 " as its parent", i, nodes[i].parent);
}

static void copy_header(struct recording *recording)
{
    const struct ring_header *header = ring_header_of(recording);

    recording->totals = copy_counters(&header->totals);
    recording->losses = (struct recording_losses){
        .overwritten_events = load(&header->overwritten_events),
        .dropped_events = load(&header->dropped_events),
        .missed_calls = load(&header->missed_calls),
        .untracked_blocks = load(&header->untracked_blocks),
        .unlisted_plugins = load(&header->unlisted_plugins),
        .unlisted_instances = load(&header->unlisted_instances),
        .unlisted_modules = load(&header->unlisted_modules),
        .lost_stacks = load(&header->lost_stacks),
        .truncated_stacks = load(&header->truncated_stacks),
        .abandoned_operations = load(&header->abandoned_operations),
        .heap_untracked = load(&header->heap_untracked),
        .unlisted_objects = load(&header->unlisted_objects),
        .unlisted_findings = load(&header->unlisted_findings),
    };
    recording->injected_failures = load(&header->injected_failures);
    recording->unwinding = (struct recording_unwinding){
        .selfchecks = load(&header->selfchecks),
        .selfcheck_mismatches = load(&header->selfcheck_mismatches),
        .guessed_stacks = load(&header->guessed_stacks),
    };
    const struct ring_thread *threads = source_ring_area(recording, RING_THREADS);
    for (uint32_t i = 0; i < source_ring_readable(recording, RING_THREADS) && !recording->live; i++)
        recording->operations += atomic_load_explicit(&threads[i].operations, memory_order_relaxed);
}

static void check_used(struct recording *recording)
{
    static const enum ring_area areas[] = {RING_STRINGS,   RING_MODULES, RING_PLUGINS,
                                           RING_INSTANCES, RING_NODES,   RING_FINDINGS};
    const struct ring_header *header = ring_header_of(recording);

    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        uint32_t used = atomic_load_explicit(&header->used[areas[i]], memory_order_relaxed);
        uint32_t capacity = ring_source_of(recording)->layout.area[areas[i]].count;
        if (used > capacity)
            problems_add(&recording->problems, PROBLEM_DAMAGE,
                         offsetof(struct ring_header, used[0]) + 4 * areas[i],
                         "%" PRIu32 " entries are in use where there is room for %" PRIu32, used,
                         capacity);
    }
}

/* Live blocks, objects and findings first: what they name is then in the tables that are copied
 * after them. */
void source_ring_copy_tables(struct recording *recording)
{
    check_used(recording);
    copy_header(recording);
    copy_live(recording);
    source_ring_copy_contract(recording);
    recording->module_count = source_ring_used(recording, RING_MODULES);
    recording->instance_count = source_ring_used(recording, RING_INSTANCES);
    recording->plugin_count = source_ring_used(recording, RING_PLUGINS);
    recording->node_count = source_ring_used(recording, RING_NODES);
    recording->modules = xalloc_zeroed(recording->module_count, sizeof(*recording->modules));
    recording->plugins = xalloc_zeroed(recording->plugin_count, sizeof(*recording->plugins));
    recording->instances = xalloc_zeroed(recording->instance_count, sizeof(*recording->instances));
    copy_strings(recording);
    copy_modules(recording);
    copy_plugins(recording);
    copy_instances(recording);
    correct_live(recording);
    source_contract_finish(recording);
    check_nodes(recording);
    recording->has_counters = true;
    recording->has_live = true;
}
