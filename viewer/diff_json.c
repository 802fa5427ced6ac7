/* viewer/diff_json.c - the difference of two recordings as JSON */
/* SPDX-License-Identifier: MIT */

#include "viewer/diff_json.h"
#include "viewer/json_out.h"
#include "viewer/leak_words.h"

static const struct {
    const char *key;
    enum diff_measure measure;
} numbers[] = {
    {"live_bytes", DIFF_LIVE_BYTES}, {"live_blocks", DIFF_LIVE_BLOCKS},
    {"bytes_allocated", DIFF_BYTES}, {"allocs", DIFF_ALLOCS},
    {"peak_bytes", DIFF_PEAK_BYTES},
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/* Of stacks a peak is known on the heap alone. */
static bool has_measure(const struct diff_row *row, enum diff_measure measure, bool is_stack)
{
    return measure != DIFF_PEAK_BYTES || !is_stack || row->domain == LEAK_HEAP;
}

/* A bound is not known. */
static bool is_known(const struct diff_row *row, enum diff_side side, enum diff_measure measure,
                     bool is_stack)
{
    return has_measure(row, measure, is_stack) &&
           (measure != DIFF_PEAK_BYTES || !row->peak_is_bound[side]);
}

static json_t *amounts_json(const struct diff_row *row, enum diff_side side, bool is_stack)
{
    const struct diff_amounts *amounts = &row->amounts[side];
    json_t *json = json_object();

    if (!row->present[side]) {
        json_decref(json);
        return json_null();
    }
    for (size_t i = 0; i < NUMBERS; i++)
        json_object_set_new(json, numbers[i].key,
                            is_known(row, side, numbers[i].measure, is_stack)
                                ? json_out_number(amounts->values[numbers[i].measure])
                                : json_null());
    json_object_set_new(json, "objects", json_out_number(amounts->objects));
    return json;
}

static json_t *change_json(const struct diff_row *row, bool is_stack)
{
    json_t *json = json_object();

    for (size_t i = 0; i < NUMBERS; i++)
        json_object_set_new(json, numbers[i].key,
                            has_measure(row, numbers[i].measure, is_stack) &&
                                    diff_is_comparable(row, numbers[i].measure)
                                ? json_integer(diff_change(row, numbers[i].measure))
                                : json_null());
    json_object_set_new(json, "objects", json_integer(diff_change_of_objects(row)));
    return json;
}

static json_t *row_json(const struct diff_row *row, bool is_stack)
{
    json_t *json = json_object();

    json_object_set_new(json, "plugin", json_out_text(row->plugin));
    json_object_set_new(json, "domain", json_string(leak_domain_name(row->domain)));
    json_object_set_new(json, "a", amounts_json(row, DIFF_A, is_stack));
    json_object_set_new(json, "b", amounts_json(row, DIFF_B, is_stack));
    json_object_set_new(json, "change", change_json(row, is_stack));
    return json;
}

static json_t *stack_json(const struct diff *diff, const struct diff_row *row)
{
    enum diff_side side = row->present[DIFF_B] ? DIFF_B : DIFF_A;
    const struct session *session = &diff->sessions[side];
    json_t *json = row_json(row, true);

    json_object_set_new(
        json, "origin",
        json_out_text(leak_way_name(&(struct leak){.domain = row->domain, .way = row->way})));
    json_object_set_new(json, "stack",
                        json_out_stack(session->names, session->stacks, row->stacks[side]));
    return json;
}

static json_t *side_json(const struct session *session)
{
    json_t *json = json_out_host(session->recording);

    json_object_set_new(json, "file", json_out_text(session->recording->path));
    json_object_set_new(json, "lost_events",
                        json_out_number(recording_lost_events(session->recording)));
    return json;
}

static void print_stacks(const struct diff *diff, enum diff_measure measure)
{
    size_t limit = session_limit(&diff->sessions[DIFF_B], SIZE_MAX), shown = 0;
    size_t grown = 0, shrunk = 0;

    for (size_t i = 0; i < diff->row_count; i++) {
        int direction = diff_direction(&diff->rows[i], measure);
        grown += direction > 0;
        shrunk += direction < 0;
    }
    /* What grew comes first, what shrank most last; see diff.h. */
    size_t first = grown < limit ? grown : limit, last = shrunk < limit ? shrunk : limit;
    for (size_t i = 0; i < diff->row_count; i++)
        if (limit == SIZE_MAX || i < first || i >= diff->row_count - last)
            json_out_list_add(stack_json(diff, &diff->rows[i]), shown++ == 0);
}

void diff_json_print(const struct diff *diff, enum diff_measure measure, bool grown)
{
    json_t *json = json_object(), *notes = json_array(), *plugins = json_array();

    for (size_t i = 0; i < diff->note_count; i++)
        json_array_append_new(notes, json_out_text(diff->notes[i]));
    for (size_t i = 0; i < diff->plugin_count; i++)
        json_array_append_new(plugins, row_json(&diff->plugins[i], false));
    json_object_set_new(json, "format", json_string("npntrace-diff-1"));
    json_object_set_new(json, "a", side_json(&diff->sessions[DIFF_A]));
    json_object_set_new(json, "b", side_json(&diff->sessions[DIFF_B]));
    json_object_set_new(json, "measure", json_string(diff_measure_names[measure]));
    json_object_set_new(json, "grown", json_boolean(grown));
    json_object_set_new(json, "notes", notes);
    json_object_set_new(json, "plugins", plugins);
    json_out_list_begin(json, "stacks");
    print_stacks(diff, measure);
    json_out_list_end();
    for (enum diff_side side = DIFF_A; side < DIFF_SIDES; side++) {
        session_warn_losses(&diff->sessions[side]);
        session_warn_nameless(&diff->sessions[side]);
    }
}
