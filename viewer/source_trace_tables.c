/* viewer/source_trace_tables.c - what the blocks of a trace file say about the process */
/* SPDX-License-Identifier: MIT */

#include "viewer/source_contract.h"
#include "viewer/source_trace.h"
#include "viewer/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX (1u << 14)
#define PLUGINS_MAX UINT16_MAX
#define INSTANCES_MAX (1u << 24)
#define NODES_MAX (UINT32_C(1) << 31)

bool source_trace_spend(struct recording *recording, uint64_t bytes)
{
    struct trace_source *source = trace_source_of(recording);

    if (bytes > source->budget_bytes)
        return false;
    source->budget_bytes -= bytes;
    return true;
}

static int read_string(void *context, const struct trace_string *string)
{
    struct recording *recording = context;
    struct trace_source *source = trace_source_of(recording);
    struct trace_named *named;

    HASH_FIND(hh, source->strings, &string->id, sizeof(string->id), named);
    if (!source_trace_spend(recording, sizeof(*named) + string->text.length + 32))
        return -ENOSPC;
    if (named == NULL) {
        named = xalloc_zeroed(1, sizeof(*named));
        named->id = string->id;
        HASH_ADD(hh, source->strings, id, sizeof(named->id), named);
    }
    free(named->text);
    named->text = xalloc_substring(string->text.bytes, string->text.length);
    return 0;
}

const char *source_trace_string(const struct recording *recording, uint32_t id)
{
    struct trace_named *named = NULL;

    if (id != 0)
        HASH_FIND(hh, trace_source_of(recording)->strings, &id, sizeof(id), named);
    return named != NULL ? named->text : "";
}

/* Room for entry `index` in a table whose unknown entries are zero. False: too many, or too much.
 */
static bool extend(struct recording *recording, void **table, size_t *count, size_t *capacity,
                   uint64_t index, uint64_t limit, size_t size)
{
    if (index >= limit)
        return false;
    if (index < *count)
        return true;
    if (!source_trace_spend(recording, 2 * (index + 1 - *count) * size))
        return false;
    while (*capacity <= index)
        *table = xalloc_grown(*table, *capacity, capacity, size);
    memset((char *)*table + *count * size, 0, (index + 1 - *count) * size);
    *count = index + 1;
    return true;
}

/* Until all strings are known, the id stands where the text will. */
static const char *text_to_be(uint32_t string)
{
    return (const char *)(uintptr_t)string;
}

static int read_module(void *context, const struct trace_module *from)
{
    struct recording *recording = context;

    if (!extend(recording, (void **)&recording->modules, &recording->module_count,
                &trace_source_of(recording)->module_capacity, from->index, MODULES_MAX,
                sizeof(*recording->modules)))
        return -ENOSPC;
    struct recording_module *module = &recording->modules[from->index];
    *module = (struct recording_module){
        .path = text_to_be(from->path),
        .first_epoch = from->first_epoch,
        .flags = from->flags,
        .bias = from->bias,
        .start = from->start,
        .end = from->end,
        .build_id_bytes = from->build_id_bytes,
    };
    memcpy(module->build_id, from->build_id, sizeof(module->build_id));
    return 0;
}

static int read_plugin(void *context, const struct trace_plugin *from)
{
    struct recording *recording = context;

    if (from->id == 0 || !extend(recording, (void **)&recording->plugins, &recording->plugin_count,
                                 &trace_source_of(recording)->plugin_capacity, from->id - 1,
                                 PLUGINS_MAX, sizeof(*recording->plugins)))
        return -ENOSPC;
    struct recording_plugin *plugin = &recording->plugins[from->id - 1];
    *plugin = (struct recording_plugin){
        .path = text_to_be(from->path),
        .flags = from->flags,
        .initialize_calls = from->initialize_calls,
        .shutdown_calls = from->shutdown_calls,
        .unloads = from->unloads,
        .met_stamp = from->met_stamp,
        .end_stamp = from->end_stamp,
        .build_id_bytes = from->build_id_bytes,
        .npn = from->npn,
    };
    memcpy(plugin->build_id, from->build_id, sizeof(plugin->build_id));
    return 0;
}

static int read_instance(void *context, const struct trace_instance *from)
{
    struct recording *recording = context;

    if (from->serial == 0 ||
        !extend(recording, (void **)&recording->instances, &recording->instance_count,
                &trace_source_of(recording)->instance_capacity, from->serial - 1, INSTANCES_MAX,
                sizeof(*recording->instances)))
        return -ENOSPC;
    recording->instances[from->serial - 1] = (struct recording_instance){
        .plugin = from->plugin,
        .flags = from->flags,
        .mime = text_to_be(from->mime),
        .page = text_to_be(from->page),
        .npp = from->npp,
        .created_stamp = from->created_stamp,
        .destroyed_stamp = from->destroyed_stamp,
        .npn = from->npn,
    };
    return 0;
}

static int read_node(void *context, const struct trace_node *node)
{
    struct recording *recording = context;
    struct trace_source *source = trace_source_of(recording);
    size_t count = recording->node_count;

    if (!extend(recording, (void **)&source->nodes, &count, &source->node_capacity, node->id,
                NODES_MAX, sizeof(*source->nodes)))
        return -ENOSPC;
    recording->node_count = count;
    source->nodes[node->id] = (struct ring_node){node->parent, node->flags, node->pc};
    return 0;
}

bool source_trace_node(const struct recording *recording, uint32_t id, struct ring_node *ret_node)
{
    if (id >= recording->node_count)
        return false;
    *ret_node = trace_source_of(recording)->nodes[id];
    return true;
}

static int read_live(void *context, const struct trace_live *live)
{
    struct recording *recording = context;

    if (!source_trace_spend(recording, 2 * sizeof(*live)))
        return -ENOSPC;
    recording->live_blocks =
        xalloc_grown(recording->live_blocks, recording->live_count,
                     &trace_source_of(recording)->live_capacity, sizeof(*live));
    recording->live_blocks[recording->live_count++] = *live;
    return 0;
}

static int read_object(void *context, const struct trace_object *object)
{
    struct recording *recording = context;

    if (!source_trace_spend(recording, 2 * sizeof(*object)))
        return -ENOSPC;
    recording->objects =
        xalloc_grown(recording->objects, recording->object_count,
                     &trace_source_of(recording)->object_capacity, sizeof(*object));
    recording->objects[recording->object_count++] = *object;
    return 0;
}

static int read_finding(void *context, const struct trace_finding *finding)
{
    struct recording *recording = context;

    if (!source_trace_spend(recording, 2 * sizeof(*finding)))
        return -ENOSPC;
    recording->findings =
        xalloc_grown(recording->findings, recording->finding_count,
                     &trace_source_of(recording)->finding_capacity, sizeof(*finding));
    recording->findings[recording->finding_count++] = *finding;
    return 0;
}

/* Symbols of another file than the one that was mapped would be wrong names. */
static bool symbol_is_of_module(const struct recording *recording,
                                const struct trace_symbol *symbol)
{
    if (symbol->module >= recording->module_count)
        return false;
    const struct recording_module *module = &recording->modules[symbol->module];
    return symbol->build_id_bytes == module->build_id_bytes &&
           memcmp(symbol->build_id, module->build_id, symbol->build_id_bytes) == 0;
}

static int read_symbol(void *context, const struct trace_symbol *from)
{
    struct recording *recording = context;
    struct trace_source *source = trace_source_of(recording);
    struct trace_place place = {from->module, from->address};
    struct trace_stored *stored;
    size_t bytes = from->frame_count * sizeof(*from->frames);

    HASH_FIND(hh, source->symbols, &place, sizeof(place), stored);
    if (stored != NULL || !symbol_is_of_module(recording, from))
        return 0;
    if (!source_trace_spend(recording, sizeof(*stored) + bytes + 32))
        return -ENOSPC;
    stored = xalloc_zeroed(1, sizeof(*stored));
    stored->place = place;
    struct trace_symbol_frame *frames = xalloc_zeroed(from->frame_count, sizeof(*frames));
    if (bytes != 0)
        memcpy(frames, from->frames, bytes);
    stored->symbol =
        (struct recording_symbol){from->module, from->address, from->frame_count, frames};
    HASH_ADD(hh, source->symbols, place, sizeof(stored->place), stored);
    recording->symbol_count++;
    return 0;
}

const struct recording_symbol *source_trace_symbol(const struct recording *recording,
                                                   uint32_t module, uint64_t address)
{
    struct trace_place place = {module, address};
    struct trace_stored *stored;

    HASH_FIND(hh, trace_source_of(recording)->symbols, &place, sizeof(place), stored);
    return stored != NULL ? &stored->symbol : NULL;
}

static int read_any(struct recording *recording, const struct trace_block *block,
                    const uint8_t *raw, struct trace_fault *fault)
{
    switch (block->type) {
    case TRACE_STRINGS:
        return trace_strings_decode(raw, block->raw_bytes, read_string, recording, fault);
    case TRACE_MODULES:
        return trace_modules_decode(raw, block->raw_bytes, read_module, recording, fault);
    case TRACE_PLUGINS:
        return trace_plugins_decode(raw, block->raw_bytes, read_plugin, recording, fault);
    case TRACE_INSTANCES:
        return trace_instances_decode(raw, block->raw_bytes, read_instance, recording, fault);
    case TRACE_NODES: return trace_nodes_decode(raw, block->raw_bytes, read_node, recording, fault);
    case TRACE_LIVE: return trace_live_decode(raw, block->raw_bytes, read_live, recording, fault);
    case TRACE_OBJECTS:
        return trace_objects_decode(raw, block->raw_bytes, read_object, recording, fault);
    case TRACE_FINDINGS:
        recording->finding_count = 0; /* all of them are in each block */
        return trace_findings_decode(raw, block->raw_bytes, read_finding, recording, fault);
    case TRACE_SYMBOLS:
        return trace_symbols_decode(raw, block->raw_bytes, read_symbol, recording, fault);
    default: return source_trace_read_single(recording, block, raw, fault);
    }
}

void source_trace_read_table(struct recording *recording, uint64_t offset,
                             const struct trace_block *block, const uint8_t *raw)
{
    struct trace_fault fault = {.what = "cannot be decoded"};
    int error = read_any(recording, block, raw, &fault);

    if (error == -ENOSPC)
        fault.what = "its entries are more than a file of this size can have";
    if (error != 0)
        problems_add(&recording->problems, PROBLEM_DAMAGE, offset,
                     "block %" PRIu32 " (%s): %s at its byte %zu", block->sequence,
                     trace_block_name(block->type), fault.what, fault.offset);
}

static const char *resolve(struct recording *recording, const char *id_as_text, const char *what,
                           size_t index)
{
    uint32_t id = (uint32_t)(uintptr_t)id_as_text;
    const char *text = source_trace_string(recording, id);

    if (id != 0 && text[0] == '\0')
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "%s %zu names string %" PRIu32 ", which is not in the file", what, index, id);
    return text;
}

static void correct_live(struct recording *recording, struct trace_live *live)
{
    bool wrong =
        live->plugin > recording->plugin_count || live->instance > recording->instance_count ||
        (live->node != RING_NODE_INLINE && live->node != 0 && live->node >= recording->node_count);
    if (!wrong)
        return;
    problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                 "the live block at 0x%" PRIx64
                 " names a plug-in, instance or stack that does not exist",
                 live->address);
    live->plugin = live->plugin > recording->plugin_count ? 0 : live->plugin;
    live->instance = live->instance > recording->instance_count ? 0 : live->instance;
    if (live->node != RING_NODE_INLINE && live->node >= recording->node_count)
        live->node = RING_NODE_NONE;
}

void source_trace_finish_tables(struct recording *recording)
{
    for (size_t i = 0; i < recording->module_count; i++)
        recording->modules[i].path = resolve(recording, recording->modules[i].path, "module", i);
    for (size_t i = 0; i < recording->plugin_count; i++)
        recording->plugins[i].path =
            resolve(recording, recording->plugins[i].path, "plug-in", i + 1);
    for (size_t i = 0; i < recording->instance_count; i++) {
        struct recording_instance *instance = &recording->instances[i];
        instance->mime = resolve(recording, instance->mime, "instance", i + 1);
        instance->page = resolve(recording, instance->page, "instance", i + 1);
        if (instance->plugin <= recording->plugin_count)
            continue;
        problems_add(&recording->problems, PROBLEM_DAMAGE, PROBLEM_NOWHERE,
                     "instance %zu belongs to plug-in %" PRIu32 ", but there are %zu", i + 1,
                     instance->plugin, recording->plugin_count);
        instance->plugin = 0;
    }
    if (!trace_source_of(recording)->has_state)
        recording->live_count = recording->object_count = 0;
    for (size_t i = 0; i < recording->live_count; i++)
        correct_live(recording, &recording->live_blocks[i]);
    source_contract_finish(recording);
}

void source_trace_free_tables(struct recording *recording)
{
    struct trace_source *source = trace_source_of(recording);
    struct trace_named *named, *next_named;
    struct trace_stored *stored, *next_stored;

    HASH_ITER(hh, source->strings, named, next_named)
    {
        HASH_DEL(source->strings, named);
        free(named->text);
        free(named);
    }
    HASH_ITER(hh, source->symbols, stored, next_stored)
    {
        HASH_DEL(source->symbols, stored);
        free((void *)stored->symbol.frames);
        free(stored);
    }
    for (size_t i = 0; i < sizeof(source->owned) / sizeof(source->owned[0]); i++)
        free(source->owned[i]);
    free(source->nodes);
}
