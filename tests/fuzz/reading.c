/* tests/fuzz/reading.c - what the reading verbs do with a recording, all of it */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/reading.h"
#include "tests/fuzz/answers.h"
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
#include <string.h>

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

/* Names that are stored are read, too, but nothing is looked for in the files of this machine. */
static void forget_files(struct recording *recording, bool with_files)
{
    static const char here[] = "/fuzz/";

    for (size_t i = 0; i < recording->module_count; i++) {
        const char **path = &recording->modules[i].path;
        if (!with_files || strncmp(*path, here, sizeof(here) - 1) != 0)
            *path += strspn(*path, "/");
    }
}

static void read_all(struct recording *recording, const struct reading_how *how)
{
    struct options options = {0};
    struct session session = {
        .options = &options, .recording = recording, .model = model_build(recording)};

    forget_files(recording, how->with_files);
    session.wanted = options_wanted_plugins(&options, recording);
    session.stacks = stacks_new(session.model);
    session.names = names_new(recording, false);
    session.terminal = (struct terminal){.width = 80, .cut = true, .colored = true};
    if (how->as_json) {
        info_print_json(&session);
    } else {
        info_print_text(&session);
        report_text_print(&session);
        print_findings(&session);
    }
    print_leaks(&session, how->as_json);
    print_events(&session, how->as_json);
    recording_verify(recording);
    consistency_check(session.model, false);
    answers_print(&session, how->also, how->as_json);
    session_end(&session);
}

void reading_do(const char *path, const struct reading_how *how)
{
    struct problem problem = {0};
    struct recording *recording = recording_open(path, how->force, &problem);

    if (recording == NULL) {
        fuzz_require(problem.text[0] != '\0', "a refusal says why");
        return;
    }
    read_all(recording, how);
}
