/* viewer/event_out.c - one event as a line of text or of JSON */
/* SPDX-License-Identifier: MIT */

#include "viewer/event_out.h"
#include "viewer/event_text.h"
#include "viewer/json_out.h"
#include "viewer/paragraph.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"
#include "viewer/verdict.h"
#include "viewer/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CALLER_LEAST 8 /* columns; less says nothing */

static const struct {
    uint16_t flag;
    const char *name;
} flag_names[] = {
    {EVENT_KNOWN, "known"},       {EVENT_REISSUED, "reissued"}, {EVENT_UNTRACKED, "untracked"},
    {EVENT_PROVIDED, "provided"}, {EVENT_REFUSED, "refused"},   {EVENT_INHERITED, "inherited"},
    {EVENT_INJECTED, "injected"},
    {EVENT_OVER_LIMIT, "over-limit"},
};

static bool is_step(const struct event *event)
{
    return event->type == EVENT_PLUGIN || event->type == EVENT_INSTANCE;
}

static uint32_t stack_of(struct session *session, const struct recorded_event *recorded)
{
    if (is_step(&recorded->event))
        return 0;
    return stacks_of(session->stacks, recording_stack_node(session->recording, recorded));
}

static char *who_text(const struct session *session, const struct event *event)
{
    char *name = verdict_caller_name(session->recording, event->plugin, recording_is_heap(event));
    char *who = event->instance != 0 ? xalloc_format("%s #%" PRIu32, name, event->instance)
                                     : xalloc_string(name);

    free(name);
    return who;
}

/* "freed 512 bytes of libnpbar.so" matters only if it is another's block. */
static char *owner_text(const struct session *session, const struct event *event)
{
    if ((event->flags & EVENT_KNOWN) == 0 || is_step(event) || event->owner_plugin == event->plugin)
        return xalloc_string("");
    char *name = verdict_plugin_name(session->recording, event->owner_plugin);
    char *text =
        xalloc_format(EVENT_ORIGIN(event->owner_flags) == NPN_ORIGIN_ALLOC ? "  allocated by %s"
                                                                           : "  received by %s",
                      name);
    free(name);
    return text;
}

/* On a terminal the caller gets what room is left. */
static void print_caller(const struct session *session, const char *caller, size_t taken)
{
    const struct terminal *terminal = &session->terminal;
    size_t room = terminal->width > taken + 2 ? terminal->width - taken - 2 : 0;

    if (caller[0] == '\0' || (terminal->cut && room < CALLER_LEAST))
        return;
    char *cut = terminal->cut ? paragraph_cut(caller, room, false) : xalloc_string(caller);
    terminal_print(terminal, TERMINAL_FAINT, "  %s", cut);
    free(cut);
}

void event_out_text(struct session *session, const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;
    uint64_t since_ns = recording_since_start_ns(session->recording, event->stamp);
    char *call = event_text_call(event), *who = who_text(session, event);
    char *owner = owner_text(session, event);
    char *caller = stack_text_brief(session->names, session->stacks, stack_of(session, recorded));
    char *when = xalloc_format("%6" PRIu64 ".%09" PRIu64 " %7" PRIu32, since_ns / 1000000000,
                               since_ns % 1000000000, recorded->tid);
    size_t taken =
        text_width(when) + 2 + text_width(who) + 2 + text_width(call) + text_width(owner);

    terminal_print(&session->terminal, TERMINAL_FAINT, "%s", when);
    printf("  ");
    terminal_print(&session->terminal, TERMINAL_NAME, "%s", who);
    printf("  %s%s", call, owner);
    print_caller(session, caller, taken);
    putchar('\n');
    free(when);
    free(call);
    free(who);
    free(owner);
    free(caller);
}

static json_t *plugin_json(const struct session *session, uint32_t plugin)
{
    if (plugin == 0)
        return json_null();
    return json_out_text(recording_base_name(session->recording->plugins[plugin - 1].path));
}

static json_t *id_or_null(uint64_t id)
{
    return id != 0 ? json_out_number(id) : json_null();
}

static json_t *flags_json(uint16_t flags)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
        if ((flags & flag_names[i].flag) != 0)
            json_array_append_new(list, json_string(flag_names[i].name));
    return list;
}

static void set_owner(const struct session *session, json_t *json, const struct event *event)
{
    json_t *owner = json_object();

    json_object_set_new(owner, "plugin", plugin_json(session, event->owner_plugin));
    json_object_set_new(owner, "origin",
                        json_out_text(npn_origin_name(EVENT_ORIGIN(event->owner_flags))));
    json_object_set_new(owner, "instance", id_or_null(event->owner_instance));
    json_object_set_new(
        owner, "stamp_ns",
        json_out_number(recording_since_start_ns(session->recording, event->owner_stamp)));
    json_object_set_new(owner, "stack",
                        json_out_stack(session->names, session->stacks,
                                       stacks_of(session->stacks, event->owner_node)));
    json_object_set_new(json, "allocated_by", owner);
}

/* What the upper byte of the flags says. */
static void set_how(json_t *json, const struct event *event)
{
    unsigned how = EVENT_ORIGIN(event->flags);

    if (event->type == EVENT_NPN_RECEIVED)
        json_object_set_new(json, "origin", json_out_text(npn_origin_name(how)));
    else if (event->type == EVENT_NPN_HANDED)
        json_object_set_new(json, "way", json_out_text(npn_way_name(how)));
    else if (event->type == EVENT_OBJECT)
        json_object_set_new(json, "step", json_out_text(object_step_name(how)));
}

static void set_call(struct session *session, json_t *json, const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;

    if (event->type == EVENT_NPN_FLUSH)
        json_object_set_new(json, "returned", json_out_number(event->address));
    else
        json_object_set_new(json, "address", json_string(text_hex(event->address).chars));
    json_object_set_new(json, event->type == EVENT_OBJECT ? "held" : "size",
                        json_out_number(event->size));
    set_how(json, event);
    json_object_set_new(json, "flags", flags_json(event->flags));
    json_object_set_new(
        json, "stack",
        json_out_stack(session->names, session->stacks, stack_of(session, recorded)));
    if ((event->flags & EVENT_KNOWN) != 0)
        set_owner(session, json, event);
}

/* A free has neither a size nor a stack. */
static void set_heap(struct session *session, json_t *json, const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;

    json_object_set_new(json, "function", json_out_text(event_function_name(event->function)));
    json_object_set_new(json, "address", json_string(text_hex(event->address).chars));
    if (event->type == EVENT_HEAP_FREE)
        return;
    json_object_set_new(json, "size", json_out_number(event->size));
    json_object_set_new(
        json, "stack",
        json_out_stack(session->names, session->stacks, stack_of(session, recorded)));
}

static void set_step(const struct session *session, json_t *json, const struct event *event)
{
    const char *step = event_step_name(event->flags);

    json_object_set_new(json, "step", json_out_text(step));
    json_object_set_new(json, "error", json_out_number(event->size));
    if (event->type == EVENT_INSTANCE && event->flags == EVENT_STEP_NEW_ENTER)
        json_object_set_new(
            json, "mime", json_out_text_or_null(recording_string(session->recording, event->node)));
}

void event_out_json(struct session *session, const struct recorded_event *recorded)
{
    const struct event *event = &recorded->event;
    json_t *json = json_object();

    json_object_set_new(json, "type", json_out_text(event_type_name(event->type)));
    json_object_set_new(
        json, "stamp_ns",
        json_out_number(recording_since_start_ns(session->recording, event->stamp)));
    json_object_set_new(json, "tid", json_out_number(recorded->tid));
    json_object_set_new(json, "plugin", plugin_json(session, event->plugin));
    json_object_set_new(json, "instance", id_or_null(event->instance));
    if (is_step(event))
        set_step(session, json, event);
    else if (recording_is_heap(event))
        set_heap(session, json, recorded);
    else
        set_call(session, json, recorded);
    json_out_print(json);
}
