/* viewer/verb_check.c - npntrace check: verify every checksum and every invariant */
/* SPDX-License-Identifier: MIT */

#include "viewer/consistency.h"
#include "viewer/json_out.h"
#include "viewer/message.h"
#include "viewer/session.h"
#include "viewer/text.h"
#include "viewer/verb.h"

#include <stdio.h>
#include <stdlib.h>

static error_t parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

static const struct argp_child children[] = {{&options_shared_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .parser = parse,
    .args_doc = "[FILE]",
    .doc =
        "Verify every checksum, index and length of a recording, and that its events, its counters "
        "and its table of live blocks say the same. Prints one line if all is well, else each "
        "problem and where it is, with exit status 2."
        "\vWithout FILE the newest recording in the current directory is read." OPTIONS_EXAMPLE(
            "check run.npt"),
    .children = children,
};

/* A process that records between two looks at its counters moves. */
static bool is_moving(const struct recording *recording)
{
    struct problem problem;
    bool moving = true;

    if (!recording->live)
        return false;
    struct recording *again = recording_open(recording->path, true, &problem);
    if (again != NULL)
        moving = again->has_counters && recording->has_counters &&
                 (model_compare(&again->totals, &recording->totals) != 0 || again->live_busy != 0 ||
                  recording->live_busy != 0);
    recording_close(again);
    return moving;
}

/* The tables that most recordings have nothing in. */
static void print_contract(const struct recording *recording)
{
    if (recording->object_count != 0)
        printf(", %s held", text_plural(recording->object_count, "object").chars);
    if (recording->finding_count != 0)
        printf(", %s", text_plural(recording->finding_count, "finding").chars);
}

static void print_good(const struct session *session, const struct consistency *result)
{
    const struct recording *recording = session->recording;
    char *name = text_printable(recording->path);

    terminal_print(&session->terminal, TERMINAL_GOOD, "OK");
    printf(": %s: %s, %s, %s", name, text_plural(session->model->event_count, "event").chars,
           text_plural(recording->plugin_count, "plug-in").chars,
           text_plural(session->model->live_count, "live block").chars);
    if (session->model->has_heap)
        printf(" of NPN memory, %s of the heap", text_count(session->model->heap.live.count).chars);
    print_contract(recording);
    if (recording_lost_events(recording) != 0)
        printf(", %s lost", text_plural(recording_lost_events(recording), "event").chars);
    if (!result->compared && recording->live)
        printf("; the process is recording, its counters were not compared");
    else if (!result->compared)
        printf("; it has no counters to compare with");
    if (result->excused != 0)
        printf("; %s left half done, which explains what differs",
               text_plural(result->allowed, "tracing operation").chars);
    putchar('\n');
    free(name);
}

static void print_json(const struct session *session, const struct consistency *result)
{
    const struct problems *problems = &session->recording->problems;
    json_t *json = json_object(), *list = json_array();

    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        json_t *one = json_object();
        json_object_set_new(one, "kind",
                            json_string(problem->kind == PROBLEM_NOTE ? "note" : "damage"));
        json_object_set_new(one, "offset",
                            problem->offset != PROBLEM_NOWHERE ? json_out_number(problem->offset)
                                                               : json_null());
        json_object_set_new(one, "text", json_out_text(problem->text));
        json_array_append_new(list, one);
    }
    json_object_set_new(json, "format", json_string("npntrace-check-1"));
    json_object_set_new(json, "file", json_out_text(session->recording->path));
    json_object_set_new(json, "ok", json_boolean(problems->damages == 0));
    json_object_set_new(json, "events", json_out_number(session->model->event_count));
    json_object_set_new(json, "lost_events",
                        json_out_number(recording_lost_events(session->recording)));
    json_object_set_new(json, "objects", json_out_number(session->recording->object_count));
    json_object_set_new(json, "findings", json_out_number(session->recording->finding_count));
    json_object_set_new(json, "compared", json_boolean(result->compared));
    json_object_set_new(json, "half_done_operations", json_out_number(result->allowed));
    json_object_set_new(json, "problem_count", json_out_number(problems->damages));
    json_object_set_new(json, "problems", list);
    json_out_print(json);
}

int verb_check(int argc, char **argv)
{
    struct options options = {0};
    struct session session;

    options_parse(&argp, argc, argv, &options);
    options.force = true; /* to find all problems, not the first */
    int status = session_begin_quietly(&session, &options);
    if (status == STATUS_GOOD) {
        recording_verify(session.recording);
        struct consistency result = consistency_check(session.model, is_moving(session.recording));
        if (options.json)
            print_json(&session, &result);
        else
            message_problems(session.recording);
        if (session.recording->problems.damages != 0)
            status = STATUS_TROUBLE;
        else if (!options.json)
            print_good(&session, &result);
        session_end(&session);
    }
    options_free(&options);
    return status;
}
