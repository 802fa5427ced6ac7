/* tests/fuzz/reading.c - what the reading verbs do with a recording, all of it */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/reading.h"
#include "tests/fuzz/fuzz.h"
#include "viewer/all_events.h"
#include "viewer/consistency.h"
#include "viewer/event_out.h"
#include "viewer/findings.h"
#include "viewer/findings_text.h"
#include "viewer/info.h"
#include "viewer/json_out.h"
#include "viewer/leaks_json.h"
#include "viewer/leaks_text.h"
#include "viewer/report_text.h"
#include "viewer/session.h"

#include <stdlib.h>

#define PRINTED 20u /* events; the others are read all the same */

static const char patterns[] = "leak:^grow* max=2\nleak:libnp*+0x1\n";

/* All of them, and what some suppressions leave. */
static void print_leaks(struct session *session, bool as_json)
{
    struct suppressions suppressions = {0};
    struct leak_filter filter = {.suppressions = &suppressions, .names = session->names};
    struct leaks_wanted wanted = {.host = true, .filter = &filter};
    struct suppressions_error error;

    suppressions_parse(&suppressions, "fuzz", patterns, sizeof(patterns) - 1, &error);
    suppressions_add_builtin(&suppressions);
    struct leaks leaks = leaks_find(session->model, session->stacks, &wanted);
    if (as_json)
        leaks_json_print(session, &leaks, &filter);
    else
        leaks_text_print(session, &leaks, &filter, true);
    leaks_free(&leaks);
    leak_filter_free(&filter);
    suppressions_free(&suppressions);
}

static void print_findings(struct session *session)
{
    struct findings findings = findings_find(session->model, NULL);

    findings_find_heap_blocks(session->recording, &findings);
    findings_text_print(session, &findings);
    findings_free(&findings);
}

static void print_events(struct session *session, bool as_json)
{
    struct all_events *all = all_events_open(session->recording, true);
    struct recorded_event event;

    for (unsigned i = 0; all_events_next(all, &event); i++) {
        if (i >= PRINTED)
            continue;
        if (as_json)
            event_out_json(session, &event);
        else
            event_out_text(session, &event);
    }
    all_events_close(all);
}

static void read_all(struct recording *recording, bool as_json)
{
    struct options options = {0};
    struct session session = {
        .options = &options, .recording = recording, .model = model_build(recording)};

    session.wanted = options_wanted_plugins(&options, recording);
    session.stacks = stacks_new(session.model);
    session.names = names_new(recording, true);
    session.terminal = (struct terminal){.width = 80, .cut = true, .colored = true};
    if (as_json) {
        info_print_json(&session);
    } else {
        info_print_text(&session);
        report_text_print(&session);
        print_findings(&session);
    }
    print_leaks(&session, as_json);
    print_events(&session, as_json);
    recording_verify(recording);
    consistency_check(session.model, false);
    session_end(&session);
}

void reading_do(const char *path, bool force, bool as_json)
{
    struct problem problem = {0};
    struct recording *recording = recording_open(path, force, &problem);

    if (recording == NULL) {
        fuzz_require(problem.text[0] != '\0', "a refusal says why");
        return;
    }
    read_all(recording, as_json);
}
