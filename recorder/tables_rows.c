/* recorder/tables_rows.c - copies modules, plug-ins and instances out of the segment */
/* SPDX-License-Identifier: MIT */

#include "recorder/tables_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_IN_BLOCK 32768u /* at most 200 bytes each */

struct trace_counters tables_counters(const struct ring_counters *from)
{
    return (struct trace_counters){
        .allocs = atomic_load(&from->allocs),
        .failed_allocs = atomic_load(&from->failed_allocs),
        .frees = atomic_load(&from->frees),
        .unknown_frees = atomic_load(&from->unknown_frees),
        .flushes = atomic_load(&from->flushes),
        .bytes_allocated = atomic_load(&from->bytes_allocated),
        .live_blocks = atomic_load(&from->live_blocks),
        .live_bytes = atomic_load(&from->live_bytes),
        .peak_bytes = atomic_load(&from->peak_bytes),
        .freed_elsewhere = atomic_load(&from->freed_elsewhere),
        .received_blocks = atomic_load(&from->received_blocks),
        .received_live_blocks = atomic_load(&from->received_live_blocks),
        .handed_over = atomic_load(&from->handed_over),
    };
}

static uint32_t bounded_build_id(uint8_t bytes)
{
    return bytes <= RING_BUILD_ID_BYTES ? bytes : 0;
}

static int collect_modules(struct tables *tables)
{
    uint32_t used = segment_used(tables->segment, RING_MODULES);

    for (uint32_t index = (uint32_t)tables->modules.count; index < used; index++) {
        struct trace_module *module = tables_array_add(&tables->modules, sizeof(*module));
        struct ring_module copy;

        if (module == NULL)
            return -ENOMEM;
        memcpy(&copy, segment_entry(tables->segment, RING_MODULES, index), sizeof(copy));
        *module = (struct trace_module){
            .index = index,
            .path = copy.path,
            .first_epoch = copy.first_epoch,
            .flags = copy.flags,
            .bias = copy.bias,
            .start = copy.start,
            .end = copy.end,
            .build_id_bytes = bounded_build_id(copy.build_id_bytes),
        };
        memcpy(module->build_id, copy.build_id, module->build_id_bytes);
        tables_want_string(tables, copy.path);
    }
    return 0;
}

static int collect_plugins(struct tables *tables, struct tables_array *plugins)
{
    const struct ticks *ticks = &tables->segment->ticks;
    uint32_t used = segment_used(tables->segment, RING_PLUGINS);

    for (; tables->plugins_written < used; tables->plugins_written++) {
        const struct ring_plugin *from =
            segment_entry(tables->segment, RING_PLUGINS, tables->plugins_written);
        struct trace_plugin *plugin = tables_array_add(plugins, sizeof(*plugin));

        if (plugin == NULL)
            return -ENOMEM;
        *plugin = (struct trace_plugin){
            .id = tables->plugins_written + 1,
            .path = from->path,
            .flags = from->flags,
            .device = from->device,
            .inode = from->inode,
            .met_stamp = ticks_ns(ticks, from->met_stamp),
            .end_stamp = ticks_ns(ticks, atomic_load(&from->end_stamp)),
            .initialize_calls = atomic_load(&from->initialize_calls),
            .shutdown_calls = atomic_load(&from->shutdown_calls),
            .unloads = atomic_load(&from->unloads),
            .build_id_bytes = bounded_build_id(from->build_id_bytes),
            .npn = tables_counters(&from->npn),
        };
        memcpy(plugin->build_id, from->build_id, plugin->build_id_bytes);
        tables_want_string(tables, plugin->path);
    }
    return 0;
}

static int collect_instances(struct tables *tables, struct tables_array *instances)
{
    const struct ticks *ticks = &tables->segment->ticks;
    uint32_t used = segment_used(tables->segment, RING_INSTANCES);

    for (; tables->instances_written < used; tables->instances_written++) {
        const struct ring_instance *from =
            segment_entry(tables->segment, RING_INSTANCES, tables->instances_written);
        struct trace_instance *instance = tables_array_add(instances, sizeof(*instance));

        if (instance == NULL)
            return -ENOMEM;
        *instance = (struct trace_instance){
            .serial = tables->instances_written + 1,
            .plugin = from->plugin & UINT16_MAX, /* ids are that small; the file's limit */
            .mime = from->mime,
            .page = atomic_load(&from->page),
            .npp = from->npp,
            .created_stamp = ticks_ns(ticks, from->created_stamp),
            .destroyed_stamp = ticks_ns(ticks, atomic_load(&from->destroyed_stamp)),
            .flags = atomic_load(&from->flags),
            .npn = tables_counters(&from->npn),
        };
        tables_want_string(tables, instance->mime);
        tables_want_string(tables, instance->page);
    }
    return 0;
}

int tables_rows_collect(struct tables *tables, struct tables_rows *rows)
{
    int error = collect_modules(tables);

    if (error == 0)
        error = collect_plugins(tables, &rows->plugins);
    if (error == 0)
        error = collect_instances(tables, &rows->instances);
    return error;
}

static int write_plugins(struct tables *tables, const struct tables_array *plugins)
{
    struct trace_buffer raw = {0};

    if (plugins->count == 0)
        return 0;
    trace_plugins_encode(plugins->items, plugins->count, &raw);
    int error = trace_writer_put(tables->out, TRACE_PLUGINS, &raw);
    trace_buffer_free(&raw);
    return error;
}

static int write_modules(struct tables *tables)
{
    const struct trace_module *modules = tables->modules.items;
    struct trace_buffer raw = {0};

    if (tables->modules_written == tables->modules.count)
        return 0;
    trace_modules_encode(modules + tables->modules_written,
                         tables->modules.count - tables->modules_written, &raw);
    tables->modules_written = tables->modules.count;
    int error = trace_writer_put(tables->out, TRACE_MODULES, &raw);
    trace_buffer_free(&raw);
    return error;
}

static int write_instances(struct tables *tables, const struct tables_array *instances)
{
    const struct trace_instance *rows = instances->items;
    struct trace_buffer raw = {0};
    int error = 0;

    for (size_t done = 0; error == 0 && done < instances->count; done += ROWS_IN_BLOCK) {
        size_t left = instances->count - done;

        trace_buffer_clear(&raw);
        trace_instances_encode(rows + done, left < ROWS_IN_BLOCK ? left : ROWS_IN_BLOCK, &raw);
        error = trace_writer_put(tables->out, TRACE_INSTANCES, &raw);
    }
    trace_buffer_free(&raw);
    return error;
}

int tables_rows_write(struct tables *tables, const struct tables_rows *rows)
{
    int error = write_modules(tables);

    if (error == 0)
        error = write_plugins(tables, &rows->plugins);
    if (error == 0)
        error = write_instances(tables, &rows->instances);
    return error;
}

void tables_rows_free(struct tables_rows *rows)
{
    free(rows->plugins.items);
    free(rows->instances.items);
    *rows = (struct tables_rows){0};
}
