/* format/trace_tables.c - STRINGS, MODULES, PLUGINS, INSTANCES: a count, then entries */
/* SPDX-License-Identifier: MIT */

/* Entries are varints and texts, in the order written here. */
#include "format/trace.h"
#include "format/trace_internal.h"

#include <errno.h>
#include <string.h>

#define STRING_MIN_BYTES 2
#define MODULE_MIN_BYTES 8
#define PLUGIN_MIN_BYTES (11 + TRACE_COUNTERS)
#define INSTANCE_MIN_BYTES (8 + TRACE_COUNTERS)

void trace_put_build_id(struct trace_buffer *out, const uint8_t *build_id, uint32_t bytes)
{
    trace_put_varint(out, bytes);
    trace_put_bytes(out, build_id, bytes);
}

uint32_t trace_get_build_id(struct trace_cursor *in, uint8_t build_id[RING_BUILD_ID_BYTES])
{
    uint32_t length = (uint32_t)trace_get_limited(in, RING_BUILD_ID_BYTES);
    const uint8_t *bytes = trace_get_bytes(in, length);

    memset(build_id, 0, RING_BUILD_ID_BYTES);
    if (bytes == NULL)
        return 0;
    memcpy(build_id, bytes, length);
    return length;
}

void trace_strings_encode(const struct trace_string *strings, size_t count,
                          struct trace_buffer *out)
{
    trace_put_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        trace_put_varint(out, strings[i].id);
        trace_put_text(out, strings[i].text.bytes, strings[i].text.length);
    }
}

int trace_strings_decode(const void *bytes, size_t length, trace_string_each *each, void *context,
                         struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);

    for (uint64_t left = trace_get_count(&in, STRING_MIN_BYTES); left > 0; left--) {
        struct trace_string string = {.id = trace_get_u32(&in)};
        string.text = trace_get_text(&in);
        if (in.fault.what != NULL)
            break;
        int result = each(context, &string);
        if (result != 0)
            return result;
    }
    return trace_cursor_end(&in, ret_fault);
}

void trace_modules_encode(const struct trace_module *modules, size_t count,
                          struct trace_buffer *out)
{
    trace_put_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct trace_module *module = &modules[i];

        trace_put_varint(out, module->index);
        trace_put_varint(out, module->path);
        trace_put_varint(out, module->first_epoch);
        trace_put_varint(out, module->flags);
        trace_put_varint(out, module->bias);
        trace_put_varint(out, module->start);
        trace_put_varint(out, module->end);
        trace_put_build_id(out, module->build_id, module->build_id_bytes);
    }
}

static struct trace_module get_module(struct trace_cursor *in)
{
    struct trace_module module = {0};

    module.index = trace_get_u32(in);
    module.path = trace_get_u32(in);
    module.first_epoch = trace_get_u32(in);
    module.flags = trace_get_u32(in);
    module.bias = trace_get_varint(in);
    module.start = trace_get_varint(in);
    module.end = trace_get_varint(in);
    module.build_id_bytes = trace_get_build_id(in, module.build_id);
    return module;
}

int trace_modules_decode(const void *bytes, size_t length, trace_module_each *each, void *context,
                         struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);

    for (uint64_t left = trace_get_count(&in, MODULE_MIN_BYTES); left > 0; left--) {
        struct trace_module module = get_module(&in);
        if (in.fault.what != NULL)
            break;
        int result = each(context, &module);
        if (result != 0)
            return result;
    }
    return trace_cursor_end(&in, ret_fault);
}

void trace_plugins_encode(const struct trace_plugin *plugins, size_t count,
                          struct trace_buffer *out)
{
    trace_put_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct trace_plugin *plugin = &plugins[i];

        trace_put_varint(out, plugin->id);
        trace_put_varint(out, plugin->path);
        trace_put_varint(out, plugin->flags);
        trace_put_varint(out, plugin->device);
        trace_put_varint(out, plugin->inode);
        trace_put_varint(out, plugin->met_stamp);
        trace_put_varint(out, plugin->end_stamp);
        trace_put_varint(out, plugin->initialize_calls);
        trace_put_varint(out, plugin->shutdown_calls);
        trace_put_varint(out, plugin->unloads);
        trace_put_build_id(out, plugin->build_id, plugin->build_id_bytes);
        trace_put_counters(out, &plugin->npn);
    }
}

static struct trace_plugin get_plugin(struct trace_cursor *in)
{
    struct trace_plugin plugin = {0};

    plugin.id = (uint32_t)trace_get_limited(in, UINT16_MAX);
    plugin.path = trace_get_u32(in);
    plugin.flags = trace_get_u32(in);
    plugin.device = trace_get_varint(in);
    plugin.inode = trace_get_varint(in);
    plugin.met_stamp = trace_get_varint(in);
    plugin.end_stamp = trace_get_varint(in);
    plugin.initialize_calls = trace_get_u32(in);
    plugin.shutdown_calls = trace_get_u32(in);
    plugin.unloads = trace_get_u32(in);
    plugin.build_id_bytes = trace_get_build_id(in, plugin.build_id);
    plugin.npn = trace_get_counters(in);
    if (plugin.id == 0)
        trace_cursor_fail(in, "a plug-in has number 0");
    return plugin;
}

int trace_plugins_decode(const void *bytes, size_t length, trace_plugin_each *each, void *context,
                         struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);

    for (uint64_t left = trace_get_count(&in, PLUGIN_MIN_BYTES); left > 0; left--) {
        struct trace_plugin plugin = get_plugin(&in);
        if (in.fault.what != NULL)
            break;
        int result = each(context, &plugin);
        if (result != 0)
            return result;
    }
    return trace_cursor_end(&in, ret_fault);
}

void trace_instances_encode(const struct trace_instance *instances, size_t count,
                            struct trace_buffer *out)
{
    trace_put_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct trace_instance *instance = &instances[i];

        trace_put_varint(out, instance->serial);
        trace_put_varint(out, instance->plugin);
        trace_put_varint(out, instance->mime);
        trace_put_varint(out, instance->page);
        trace_put_varint(out, instance->flags);
        trace_put_varint(out, instance->npp);
        trace_put_varint(out, instance->created_stamp);
        trace_put_varint(out, instance->destroyed_stamp);
        trace_put_counters(out, &instance->npn);
    }
}

static struct trace_instance get_instance(struct trace_cursor *in)
{
    struct trace_instance instance = {0};

    instance.serial = trace_get_u32(in);
    instance.plugin = (uint32_t)trace_get_limited(in, UINT16_MAX);
    instance.mime = trace_get_u32(in);
    instance.page = trace_get_u32(in);
    instance.flags = trace_get_u32(in);
    instance.npp = trace_get_varint(in);
    instance.created_stamp = trace_get_varint(in);
    instance.destroyed_stamp = trace_get_varint(in);
    instance.npn = trace_get_counters(in);
    if (instance.serial == 0)
        trace_cursor_fail(in, "an instance has number 0");
    return instance;
}

int trace_instances_decode(const void *bytes, size_t length, trace_instance_each *each,
                           void *context, struct trace_fault *ret_fault)
{
    struct trace_cursor in = trace_cursor_over(bytes, length);

    for (uint64_t left = trace_get_count(&in, INSTANCE_MIN_BYTES); left > 0; left--) {
        struct trace_instance instance = get_instance(&in);
        if (in.fault.what != NULL)
            break;
        int result = each(context, &instance);
        if (result != 0)
            return result;
    }
    return trace_cursor_end(&in, ret_fault);
}
