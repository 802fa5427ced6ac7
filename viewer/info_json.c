/* viewer/info_json.c - what is in a recording, for machines */
/* SPDX-License-Identifier: MIT */

#include "viewer/info.h"
#include "viewer/findings.h"
#include "viewer/info_facts.h"
#include "viewer/json_out.h"

static json_t *bits_json(uint32_t word, const char *(*name)(uint32_t, unsigned *))
{
    json_t *list = json_array();
    unsigned at = 0;

    for (const char *bit; (bit = name(word, &at)) != NULL;)
        json_array_append_new(list, json_string(bit));
    return list;
}

static json_t *plugin_json(const struct session *session, uint32_t id)
{
    const struct recording_plugin *plugin = &session->recording->plugins[id - 1];
    json_t *json = json_object();
    uint64_t end_ns = recording_since_start_ns(session->recording, plugin->end_stamp);

    json_object_set_new(json, "id", json_out_number(id));
    json_object_set_new(json, "name", json_out_text(recording_base_name(plugin->path)));
    json_object_set_new(json, "path", json_out_text(plugin->path));
    json_object_set_new(json, "build_id",
                        json_out_build_id(plugin->build_id, plugin->build_id_bytes));
    json_object_set_new(json, "flags", bits_json(plugin->flags, info_plugin_flag));
    json_object_set_new(
        json, "met_ns",
        json_out_number(recording_since_start_ns(session->recording, plugin->met_stamp)));
    json_object_set_new(json, "ended_ns",
                        plugin->end_stamp != 0 ? json_out_number(end_ns) : json_null());
    json_object_set_new(json, "initialize_calls", json_out_number(plugin->initialize_calls));
    json_object_set_new(json, "shutdown_calls", json_out_number(plugin->shutdown_calls));
    json_object_set_new(json, "unloads", json_out_number(plugin->unloads));
    return json;
}

static json_t *module_json(const struct recording_module *module)
{
    json_t *json = json_object();

    json_object_set_new(json, "path", json_out_text(module->path));
    json_object_set_new(json, "build_id",
                        json_out_build_id(module->build_id, module->build_id_bytes));
    json_object_set_new(json, "bias", json_out_number(module->bias));
    json_object_set_new(json, "start", json_out_number(module->start));
    json_object_set_new(json, "end", json_out_number(module->end));
    json_object_set_new(json, "epoch", json_out_number(module->first_epoch));
    json_object_set_new(json, "main", json_boolean(module->flags & RING_MODULE_MAIN));
    json_object_set_new(json, "tracer", json_boolean(module->flags & RING_MODULE_TRACER));
    json_object_set_new(json, "vdso", json_boolean(module->flags & RING_MODULE_VDSO));
    json_object_set_new(json, "unseen_allocator", json_boolean(info_hides_allocator(module)));
    return json;
}

static void set_losses(json_t *json, const struct recording *recording)
{
    const struct recording_losses *losses = &recording->losses;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"lost_events", recording_lost_events(recording)},
        {"overwritten_events", losses->overwritten_events},
        {"dropped_events", losses->dropped_events},
        {"missed_calls", losses->missed_calls},
        {"unreadable_events", losses->damaged_events},
        {"untracked_blocks", losses->untracked_blocks},
        {"unlisted_plugins", losses->unlisted_plugins},
        {"unlisted_instances", losses->unlisted_instances},
        {"unlisted_modules", losses->unlisted_modules},
        {"lost_stacks", losses->lost_stacks},
        {"truncated_stacks", losses->truncated_stacks},
        {"abandoned_operations", losses->abandoned_operations},
        {"heap_untracked", losses->heap_untracked},
        {"unlisted_objects", losses->unlisted_objects},
        {"unlisted_findings", losses->unlisted_findings},
        {"injected_failures", recording->injected_failures},
        {"selfchecks", recording->unwinding.selfchecks},
        {"selfcheck_mismatches", recording->unwinding.selfcheck_mismatches},
        {"guessed_stacks", recording->unwinding.guessed_stacks},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_object_set_new(json, numbers[i].key, json_out_number(numbers[i].value));
}

static void set_process(json_t *json, const struct recording *recording)
{
    const struct recording_process *process = &recording->process;

    json_object_set_new(json, "host", json_out_host(recording));
    json_object_set_new(json, "ppid", json_out_number(process->ppid));
    json_object_set_new(json, "live", json_boolean(recording->live));
    json_object_set_new(json, "ending", json_string(info_ending(process->ending)));
    json_object_set_new(json, "started_realtime_ns", json_out_number(process->start_realtime_ns));
    json_object_set_new(json, "machine", json_out_text_or_null(process->machine));
    json_object_set_new(json, "writer", json_out_text_or_null(process->writer));
    json_object_set_new(json, "clock", json_string(info_clock(process->clock)));
    json_object_set_new(json, "unwinder", json_string(info_unwinder(process->unwinder)));
    json_object_set_new(json, "heap", json_string(info_heap(process->heap)));
    json_object_set_new(json, "selfcheck", json_out_number(process->selfcheck));
    json_object_set_new(json, "policy", json_string(info_policy(process->policy)));
    json_object_set_new(json, "origin", bits_json(process->origin, info_origin));
    json_object_set_new(json, "whatif", json_out_whatif(recording));
    json_object_set_new(json, "stop_reason", json_string(info_stop_reason(process->stop_reason)));
}

static json_t *types_json(const struct model *model)
{
    json_t *json = json_object();

    for (unsigned type = 1; type < EVENT_TYPES; type++)
        if (type != EVENT_STACK && type != EVENT_HEAP_CONTEXT)
            json_object_set_new(json, event_type_name(type), json_out_number(model->events[type]));
    return json;
}

/* Of what only the end of a recording says. */
static json_t *known_or_null(const struct recording *recording, uint64_t number)
{
    return recording->has_contract ? json_out_number(number) : json_null();
}

void info_print_json(const struct session *session)
{
    const struct recording *recording = session->recording;
    json_t *json = json_object(), *plugins = json_array(), *modules = json_array();

    json_object_set_new(json, "format", json_string("npntrace-info-1"));
    json_object_set_new(json, "file", json_out_text(recording->path));
    json_object_set_new(json, "kind", json_string(info_kind(recording->kind)));
    json_object_set_new(json, "bytes", json_out_number(recording->file_bytes));
    set_process(json, recording);
    json_object_set_new(json, "events", json_out_number(session->model->event_count));
    json_object_set_new(json, "events_by_type", types_json(session->model));
    set_losses(json, recording);
    json_object_set_new(json, "live_blocks", json_out_number(session->model->live_count));
    json_object_set_new(json, "heap_live_blocks",
                        session->model->has_heap ? json_out_number(session->model->heap.live.count)
                                                 : json_null());
    json_object_set_new(json, "stack_nodes",
                        json_out_number(recording->node_count > 0 ? recording->node_count - 1 : 0));
    json_object_set_new(json, "stored_symbols", json_out_number(recording->symbol_count));
    json_object_set_new(json, "instances", json_out_number(recording->instance_count));
    json_object_set_new(json, "objects_held", known_or_null(recording, recording->object_count));
    json_object_set_new(json, "findings", known_or_null(recording, findings_count(session->model)));
    for (uint32_t id = 1; id <= recording->plugin_count; id++)
        if (session->wanted[id])
            json_array_append_new(plugins, plugin_json(session, id));
    for (size_t i = 0; i < recording->module_count; i++)
        json_array_append_new(modules, module_json(&recording->modules[i]));
    json_object_set_new(json, "plugins", plugins);
    json_object_set_new(json, "modules", modules);
    json_out_print(json);
}
