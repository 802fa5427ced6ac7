/* viewer/leaks_json.c - leaks as JSON */
/* SPDX-License-Identifier: MIT */

#include "viewer/leaks_json.h"
#include "viewer/json_out.h"
#include "viewer/leak_growth.h"
#include "viewer/leak_words.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

/* Which instances, and how much of it is whose. */
static json_t *json_of_shares(const struct session *session, const struct leak *leak)
{
    const struct recording *recording = session->recording;
    json_t *list = json_array();

    for (size_t i = 0; i < leak->share_count; i++) {
        const struct leak_share *share = &leak->shares[i];
        if (share->instance == 0)
            continue;
        json_t *json = json_out_instance(recording, share->instance);
        json_object_set_new(json, leak->domain == LEAK_OBJECT ? "objects" : "blocks",
                            json_out_number(share->count));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *json_of_stack(const struct session *session, uint32_t stack)
{
    return json_out_stack(session->names, session->stacks, stack);
}

/* How many lines of each of its stacks are those of the place. */
static json_t *common_frames(const struct session *session, const struct leak *leak)
{
    json_t *place = json_of_stack(session, leak->place);
    size_t count = json_array_size(place);

    json_decref(place);
    return json_out_number(count);
}

/* All but the commonest, which the leak itself has. */
static json_t *json_of_more_stacks(const struct session *session, const struct leak *leak)
{
    bool is_object = leak->domain == LEAK_OBJECT;
    json_t *list = json_array();

    for (size_t i = 1; i < leak->stack_count; i++) {
        const struct leak_stack *stack = &leak->stacks[i];
        json_t *json = json_object();
        json_object_set_new(json, is_object ? "objects" : "blocks", json_out_number(stack->count));
        json_object_set_new(json, "bytes", json_out_number(stack->bytes));
        json_object_set_new(json, "stack", json_of_stack(session, stack->stack));
        if (is_object)
            json_object_set_new(json, "last_retained_by",
                                json_of_stack(session, stack->last_stack));
        json_array_append_new(list, json);
    }
    return list;
}

/* Of objects: blocks and bytes are 0, they are the browser's to allocate. */
static void set_object(const struct session *session, json_t *json, const struct leak *leak)
{
    json_object_set_new(json, "objects", json_out_number(leak->objects));
    json_object_set_new(json, "refs", json_out_number(leak->refs));
    json_object_set_new(json, "last_retained_by", json_of_stack(session, leak->stacks->last_stack));
}

/* When it came, and what that tells. */
static void set_times(const struct session *session, json_t *json, const struct leak *leak)
{
    const struct recording *recording = session->recording;
    json_t *parts = json_array();

    for (size_t i = 0; i < LEAK_PARTS; i++)
        json_array_append_new(parts, json_out_number(leak->parts[i]));
    json_object_set_new(json, "growing", json_out_text(leak_growth_name(leak->growth)));
    json_object_set_new(json, "over_instances", json_out_number(leak->over_count));
    json_object_set_new(json, "parts", parts);
    json_object_set_new(json, "first_ns",
                        json_out_number(recording_since_start_ns(recording, leak->first_stamp)));
    json_object_set_new(json, "last_ns",
                        json_out_number(recording_since_start_ns(recording, leak->last_stamp)));
    json_object_set_new(json, "oldest_age_ns",
                        json_out_number(leak_growth_age(session->model, leak->first_stamp)));
    json_object_set_new(json, "newest_age_ns",
                        json_out_number(leak_growth_age(session->model, leak->last_stamp)));
}

static void set_amount(json_t *json, const char *prefix, const struct suppressed *amount)
{
    const struct {
        const char *what;
        uint64_t value;
    } numbers[] = {
        {"blocks", amount->blocks}, {"bytes", amount->bytes}, {"objects", amount->objects}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char *key = xalloc_format("%s%s", prefix, numbers[i].what);
        json_object_set_new(json, key, json_out_number(numbers[i].value));
        free(key);
    }
}

static json_t *limit_json(uint64_t limit)
{
    return limit != UINT64_MAX ? json_out_number(limit) : json_null();
}

static json_t *json_of_suppression(const struct suppression *suppression)
{
    json_t *json = json_object();
    bool builtin = suppression->builtin != NULL;

    json_object_set_new(json, "pattern", json_out_text(suppression->pattern));
    json_object_set_new(json, "builtin",
                        json_out_text(builtin ? suppression->builtin->name : NULL));
    json_object_set_new(json, "file", json_out_text(suppression->source));
    json_object_set_new(json, "line", builtin ? json_null() : json_out_number(suppression->line));
    json_object_set_new(json, "max", limit_json(suppression->max_blocks));
    json_object_set_new(json, "max_bytes", limit_json(suppression->max_bytes));
    json_object_set_new(json, "exceeded", json_boolean(suppression_is_exceeded(suppression)));
    json_object_set_new(json, "hits", json_out_number(suppression->hits.stacks));
    set_amount(json, "", &suppression->hits);
    return json;
}

/* Of those that are built in, only what was of use. */
static void set_left_out(json_t *json, const struct leak_filter *filter)
{
    json_t *list = json_array();

    for (size_t i = 0; i < filter->suppressions->count; i++) {
        const struct suppression *suppression = &filter->suppressions->list[i];
        if (suppression->builtin == NULL || suppression->hits.stacks != 0)
            json_array_append_new(list, json_of_suppression(suppression));
    }
    set_amount(json, "suppressed_", &filter->suppressed);
    set_amount(json, "others_", &filter->others);
    json_object_set_new(json, "suppressions", list);
}

static json_t *json_of_leak(const struct session *session, const struct leak *leak)
{
    json_t *json = json_object();
    const char *path =
        leak->plugin != 0 ? session->recording->plugins[leak->plugin - 1].path : NULL;

    json_object_set_new(json, "plugin",
                        json_out_text(path != NULL ? recording_base_name(path) : NULL));
    json_object_set_new(json, "domain", json_string(leak_domain_name(leak->domain)));
    json_object_set_new(json, "kind", json_string(leak_kind_name(leak->kind)));
    json_object_set_new(json, "origin", json_out_text(leak_way_name(leak)));
    json_object_set_new(json, "blocks", json_out_number(leak->blocks));
    json_object_set_new(json, "bytes", json_out_number(leak->bytes));
    json_object_set_new(json, "stack", json_of_stack(session, leak->stacks->stack));
    json_object_set_new(json, "common_frames", common_frames(session, leak));
    json_object_set_new(json, "more_stacks", json_of_more_stacks(session, leak));
    if (leak->domain == LEAK_OBJECT)
        set_object(session, json, leak);
    json_object_set_new(json, "instances", json_of_shares(session, leak));
    set_times(session, json, leak);
    json_object_set_new(json, "remark", json_out_text(leak_remark(leak)));
    return json;
}

void leaks_json_print(const struct session *session, const struct leaks *leaks,
                      const struct leak_filter *filter)
{
    json_t *json = json_object();
    size_t limit = session_limit(session, SIZE_MAX);

    json_object_set_new(json, "format", json_string("npntrace-leaks-1"));
    json_object_set_new(json, "blocks", json_out_number(leaks->blocks));
    json_object_set_new(json, "bytes", json_out_number(leaks->bytes));
    json_object_set_new(json, "received_blocks", json_out_number(leaks->received));
    json_object_set_new(json, "objects", json_out_number(leaks->objects));
    json_object_set_new(json, "refs", json_out_number(leaks->refs));
    json_object_set_new(json, "host_leaked_blocks", json_out_number(leaks->handed));
    json_object_set_new(json, "host_leaked_bytes", json_out_number(leaks->handed_bytes));
    set_left_out(json, filter);
    json_object_set_new(json, "whatif", json_out_whatif(session->recording));
    json_out_list_begin(json, "leaks");
    for (size_t i = 0; i < leaks->count && i < limit; i++)
        json_out_list_add(json_of_leak(session, &leaks->list[i]), i == 0);
    json_out_list_end();
    session_warn_losses(session);
    session_warn_nameless(session);
}
