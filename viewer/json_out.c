/* viewer/json_out.c - pieces of JSON that several verbs print */
/* SPDX-License-Identifier: MIT */

#include "viewer/json_out.h"
#include "viewer/text.h"
#include "viewer/whatif.h"
#include "viewer/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_out_text(const char *text)
{
    if (text == NULL)
        return json_null();
    char *clean = text_utf8(text, strlen(text), false);
    json_t *json = json_string(clean);
    free(clean);
    return json;
}

json_t *json_out_text_or_null(const char *text)
{
    return json_out_text(text != NULL && text[0] != '\0' ? text : NULL);
}

json_t *json_out_number(uint64_t number)
{
    return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

json_t *json_out_counters(const struct trace_counters *counters)
{
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"allocs", counters->allocs},
        {"frees", counters->frees},
        {"flushes", counters->flushes},
        {"bytes_allocated", counters->bytes_allocated},
        {"live_blocks", counters->live_blocks},
        {"live_bytes", counters->live_bytes},
        {"peak_bytes", counters->peak_bytes},
        {"freed_elsewhere", counters->freed_elsewhere},
        {"received_blocks", counters->received_blocks},
        {"received_live_blocks", counters->received_live_blocks},
        {"handed_over", counters->handed_over},
    };
    json_t *json = json_object();

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        json_object_set_new(json, numbers[i].key, json_out_number(numbers[i].value));
    return json;
}

json_t *json_out_build_id(const uint8_t *build_id, size_t bytes)
{
    if (bytes == 0)
        return json_null();
    char *text = text_build_id(build_id, bytes);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *args_of(const struct recording_process *process)
{
    json_t *list = json_array();

    for (uint32_t at = 0; at < process->args_bytes;) {
        size_t length = strnlen(process->args + at, process->args_bytes - at);
        char *clean = text_utf8(process->args + at, length, false);
        json_array_append_new(list, json_string(clean));
        free(clean);
        at += (uint32_t)length + 1;
    }
    return list;
}

json_t *json_out_host(const struct recording *recording)
{
    const struct recording_process *process = &recording->process;
    json_t *json = json_object();

    json_object_set_new(json, "exe", json_out_text(process->exe));
    json_object_set_new(json, "pid", json_integer(process->pid));
    json_object_set_new(json, "args", args_of(process));
    json_object_set_new(json, "duration_ns", json_out_number(recording_duration_ns(recording)));
    if (process->ending == RECORDING_EXITED)
        json_object_set_new(json, "exit_status", json_integer(process->exit_value));
    if (process->ending == RECORDING_SIGNALLED)
        json_object_set_new(json, "exit_signal", json_integer(process->exit_value));
    return json;
}

json_t *json_out_whatif(const struct recording *recording)
{
    json_t *list = json_array();
    unsigned at = 0;

    for (const char *bit; (bit = whatif_name(recording->process.whatif, &at)) != NULL;)
        json_array_append_new(list, json_string(bit));
    return list;
}

static bool add_line(void *context, const struct names_line *line)
{
    json_t *json = json_object();

    json_object_set_new(json, "function", json_out_text(line->function));
    json_object_set_new(json, "module", json_out_text_or_null(line->module));
    json_object_set_new(json, "offset", json_out_number(line->offset));
    json_object_set_new(json, "file", json_out_text(line->file));
    json_object_set_new(json, "line", line->line != 0 ? json_integer(line->line) : json_null());
    json_object_set_new(json, "inlined", json_boolean(line->inlined));
    json_array_append_new(context, json);
    return true;
}

json_t *json_out_instance(const struct recording *recording, uint32_t serial)
{
    const struct recording_instance *instance = &recording->instances[serial - 1];
    bool is_gone = (instance->flags & RING_INSTANCE_DESTROYED) != 0;
    uint64_t created_ns = recording_since_start_ns(recording, instance->created_stamp),
             destroyed_ns = recording_since_start_ns(recording, instance->destroyed_stamp);
    json_t *json = json_object();

    json_object_set_new(json, "serial", json_out_number(serial));
    json_object_set_new(json, "mime", json_out_text_or_null(instance->mime));
    json_object_set_new(json, "page", json_out_text_or_null(instance->page));
    json_object_set_new(json, "created_ns", json_out_number(created_ns));
    json_object_set_new(json, "destroyed_ns",
                        is_gone ? json_out_number(destroyed_ns) : json_null());
    return json;
}

json_t *json_out_stack(struct names *names, const struct stacks *stacks, uint32_t stack)
{
    json_t *list = json_array();

    names_stack(names, stacks, stack, add_line, list);
    return list;
}

void json_out_print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

/* An object without its closing brace, then the list's key and opening bracket. */
void json_out_list_begin(json_t *object, const char *key)
{
    char *text = json_dumps(object, JSON_COMPACT);
    size_t length = text == NULL ? 0 : strlen(text);

    json_decref(object);
    if (length != 0)
        printf("%.*s%s\"%s\":[", (int)(length - 1), text, length > 2 ? "," : "", key);
    free(text);
}

void json_out_list_add(json_t *element, bool first)
{
    fputs(first ? "\n" : ",\n", stdout);
    json_dumpf(element, stdout, JSON_COMPACT);
    json_decref(element);
}

void json_out_list_end(void)
{
    puts("]}");
}
