/* viewer/recording.c - one recording, whatever kind of file it came from */
/* SPDX-License-Identifier: MIT */

#include "viewer/recording.h"
#include "viewer/mapping.h"
#include "viewer/sources.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_BYTES 8

static const struct {
    const char *magic;
    enum recording_kind kind;
    int (*open)(struct recording *recording, struct mapping *mapping);
} kinds[] = {
    {RING_MAGIC, RECORDING_RING, source_ring_open},
    {TRACE_MAGIC, RECORDING_TRACE, source_trace_open},
};

static void refuse(struct recording *recording, const char *what)
{
    problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE, "%s", what);
}

/* Says how a file that is no recording looks, as precisely as eight bytes allow. */
static int open_kind(struct recording *recording, struct mapping *mapping)
{
    if (mapping->bytes == 0) {
        refuse(recording, "the file is empty");
        return -EBADMSG;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t compared = mapping->bytes < MAGIC_BYTES ? mapping->bytes : MAGIC_BYTES;
        if (memcmp(mapping->base, kinds[i].magic, compared) != 0)
            continue;
        if (compared < MAGIC_BYTES) {
            problems_add(&recording->problems, PROBLEM_DAMAGE, mapping->bytes,
                         "ends inside its header");
            return -EBADMSG;
        }
        recording->kind = kinds[i].kind;
        return kinds[i].open(recording, mapping);
    }
    problems_add(&recording->problems, PROBLEM_DAMAGE, 0, "not a recording of npntrace");
    return -EBADMSG;
}

/* The recording in an archive takes the archive's place. */
static int open_bundle(struct recording *recording, struct mapping *mapping)
{
    int fd, error;
    char *why, name[64];

    mapping_close(mapping);
    recording->bundle = bundle_open(recording->path, &fd, &why);
    if (recording->bundle == NULL) {
        refuse(recording, why);
        free(why);
        return -EBADMSG;
    }
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    error = mapping_open(name, mapping);
    close(fd);
    if (error < 0)
        refuse(recording, strerror(-error));
    return error;
}

struct recording *recording_open(const char *path, bool force, struct problem *ret_problem)
{
    struct recording *recording = xalloc_zeroed(1, sizeof(*recording));
    struct mapping mapping;

    recording->path = xalloc_string(path);
    recording->force = force;
    int error = mapping_open(path, &mapping);
    if (error == -EINVAL)
        refuse(recording, "not a regular file");
    else if (error < 0)
        refuse(recording, strerror(-error));
    else if (bundle_is(mapping.base, mapping.bytes))
        error = open_bundle(recording, &mapping);
    if (error == 0) {
        recording->file_bytes = mapping.bytes;
        error = open_kind(recording, &mapping);
        if (error < 0 && recording->source == NULL)
            mapping_close(&mapping);
    }
    if (error == 0) {
        recording->module_map = module_map_new(recording->modules, recording->module_count);
        return recording;
    }
    *ret_problem = *problems_first_damage(&recording->problems);
    recording_close(recording);
    return NULL;
}

void recording_close(struct recording *recording)
{
    if (recording == NULL)
        return;
    if (recording->source != NULL)
        recording->source->close(recording);
    problems_free(&recording->problems);
    own_nodes_free(&recording->own_nodes);
    module_map_free(recording->module_map);
    free(recording->modules);
    free(recording->plugins);
    free(recording->instances);
    free(recording->live_blocks);
    free(recording->objects);
    free(recording->findings);
    bundle_close(recording->bundle);
    free(recording->path);
    free(recording);
}

bool recording_node(const struct recording *recording, uint32_t id, struct ring_node *ret_node)
{
    if (id == RING_NODE_NONE || id == RING_NODE_INLINE)
        return false;
    if (id >= OWN_NODES_FIRST)
        return own_nodes_get(&recording->own_nodes, id, ret_node);
    if (!recording->source->node(recording, id, ret_node))
        return false;
    if (ret_node->parent >= id) /* would be a cycle */
        ret_node->parent = RING_NODE_NONE;
    return true;
}

const char *recording_string(const struct recording *recording, uint32_t id)
{
    return recording->source->string(recording, id);
}

uint64_t recording_run_stamp(const struct recording *recording, size_t run)
{
    return recording->source->run_stamp(recording, run);
}

bool recording_run_open(struct recording *recording, size_t run)
{
    return recording->source->run_open(recording, run);
}

const struct recording_symbol *recording_symbol(const struct recording *recording, uint32_t module,
                                                uint64_t address)
{
    return recording->source->symbol(recording, module, address);
}

void recording_verify(struct recording *recording)
{
    recording->source->verify(recording);
}

static void bound(struct recording *recording, uint64_t value, uint64_t limit, const char *what,
                  bool *ret_wrong)
{
    if (value <= limit)
        return;
    problems_add(&recording->problems, PROBLEM_DAMAGE, recording->event_offset,
                 "an event names %s %" PRIu64 ", but there are %" PRIu64, what, value, limit);
    *ret_wrong = true;
}

static void correct_node(struct recording *recording, uint32_t *node, uint64_t limit)
{
    bool wrong = false;

    if (*node == RING_NODE_INLINE)
        return;
    bound(recording, *node, limit == 0 ? 0 : limit - 1, "stack node", &wrong);
    if (wrong)
        *node = RING_NODE_NONE;
}

static void correct_who(struct recording *recording, uint16_t *plugin, uint32_t *instance,
                        const struct recording_limits *limits)
{
    bool wrong_plugin = false, wrong_instance = false;

    bound(recording, *plugin, limits->plugins, "plug-in", &wrong_plugin);
    bound(recording, *instance, limits->instances, "instance", &wrong_instance);
    if (wrong_plugin)
        *plugin = 0;
    if (wrong_instance)
        *instance = 0;
}

static void correct(struct recording *recording, struct event *event)
{
    struct recording_limits limits = recording->source->limits(recording);

    correct_who(recording, &event->plugin, &event->instance, &limits);
    correct_who(recording, &event->owner_plugin, &event->owner_instance, &limits);
    correct_node(recording, &event->owner_node, limits.nodes);
    if (event->type != EVENT_INSTANCE && event->type != EVENT_PLUGIN)
        correct_node(recording, &event->node, limits.nodes);
}

/* Of a running process: happened after the tables were copied. */
static bool is_too_new(const struct recording *recording, const struct event *event)
{
    return (recording->snapshot_stamp != 0 && event->stamp > recording->snapshot_stamp) ||
           event->plugin > recording->plugin_count || event->instance > recording->instance_count ||
           event->owner_plugin > recording->plugin_count ||
           event->owner_instance > recording->instance_count;
}

bool recording_run_next(struct recording *recording, struct recorded_event *ret_event)
{
    while (recording->source->run_next(recording, ret_event)) {
        correct(recording, &ret_event->event);
        if (!is_too_new(recording, &ret_event->event))
            return true;
    }
    return false;
}

uint32_t recording_stack_node(struct recording *recording, const struct recorded_event *recorded)
{
    if (recorded->event.node != RING_NODE_INLINE)
        return recorded->event.node;
    return own_nodes_stack(&recording->own_nodes, recorded->frames, recorded->frame_count);
}

void recording_heap_begin_part(struct recording *recording, const struct recording_part *part)
{
    recording->heap_parts_read = 0;
    recording->heap_batch_count = 0;
    recording->source->heap_begin(recording, part);
}

void recording_heap_begin(struct recording *recording)
{
    recording_heap_begin_part(recording, &RECORDING_WHOLE);
}

static bool is_own_node(const struct recording *recording, uint32_t node)
{
    return node >= OWN_NODES_FIRST && node - OWN_NODES_FIRST < recording->own_nodes.count;
}

static bool names_what_exists(const struct recording *recording,
                              const struct trace_heap_event *event,
                              const struct recording_limits *limits)
{
    return event->plugin <= limits->plugins && event->instance <= limits->instances &&
           (event->node < limits->nodes || event->node == RING_NODE_NONE ||
            is_own_node(recording, event->node));
}

static void correct_heap(struct recording *recording, struct trace_heap_event *event,
                         const struct recording_limits *limits)
{
    bool wrong_node = false;

    correct_who(recording, &event->plugin, &event->instance, limits);
    if (is_own_node(recording, event->node))
        return;
    bound(recording, event->node, limits->nodes == 0 ? 0 : limits->nodes - 1, "stack node",
          &wrong_node);
    if (wrong_node)
        event->node = RING_NODE_NONE;
}

/* Corrects what is wrong and takes out what a running process did after the tables were copied.
 * Returns how many events are left. */
static size_t sift_heap(struct recording *recording, struct trace_heap_event *events, size_t count)
{
    struct recording_limits limits = recording->source->limits(recording);
    uint64_t newest = recording->snapshot_stamp != 0 ? recording->snapshot_stamp : UINT64_MAX;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct trace_heap_event *event = &events[i];
        if (!names_what_exists(recording, event, &limits))
            correct_heap(recording, event, &limits);
        if (event->stamp > newest || event->plugin > recording->plugin_count ||
            event->instance > recording->instance_count)
            continue;
        if (kept != i)
            events[kept] = *event;
        kept++;
    }
    return kept;
}

static size_t next_batch(struct recording *recording, struct trace_heap_event **ret_events)
{
    size_t count, kept = 0;

    do {
        count = recording->source->heap_batch(recording, ret_events);
        kept = sift_heap(recording, *ret_events, count);
    } while (count != 0 && kept == 0);
    return kept;
}

size_t recording_heap_batch(struct recording *recording, const struct trace_heap_event **ret_events)
{
    struct trace_heap_event *events = recording->heap_batch;
    size_t count = recording->heap_batch_count;

    if (count == 0)
        count = next_batch(recording, &events);
    recording->heap_batch_count = 0;
    *ret_events = events;
    return count;
}

size_t recording_heap_next(struct recording *recording, struct trace_heap_event *events,
                           size_t capacity)
{
    if (recording->heap_batch_count == 0)
        recording->heap_batch_count = next_batch(recording, &recording->heap_batch);
    size_t count = recording->heap_batch_count < capacity ? recording->heap_batch_count : capacity;
    memcpy(events, recording->heap_batch, count * sizeof(*events));
    recording->heap_batch += count;
    recording->heap_batch_count -= count;
    return count;
}

bool recording_heap_sums(const struct recording *recording, struct recording_heap_sums *ret_sums)
{
    return recording->source->heap_sums != NULL &&
           recording->source->heap_sums(recording, ret_sums);
}

ptrdiff_t recording_module_at(const struct recording *recording, uint64_t pc, uint64_t epoch)
{
    return module_map_at(recording->module_map, pc, epoch);
}

uint64_t recording_since_start_ns(const struct recording *recording, uint64_t stamp)
{
    uint64_t start = recording->process.start_stamp;
    return stamp > start ? stamp - start : 0;
}

uint64_t recording_duration_ns(const struct recording *recording)
{
    return recording_since_start_ns(recording, recording->process.end_stamp);
}

uint64_t recording_lost_events(const struct recording *recording)
{
    const struct recording_losses *losses = &recording->losses;
    return losses->overwritten_events + losses->dropped_events + losses->missed_calls +
           losses->damaged_events;
}

const char *recording_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}
