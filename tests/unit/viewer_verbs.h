/* tests/unit/viewer_verbs.h - runs the reading verbs on made recordings */
/* SPDX-License-Identifier: MIT */

/* What fails is the test that asked. */
#ifndef NPNTRACE_TESTS_UNIT_VIEWER_VERBS_H
#define NPNTRACE_TESTS_UNIT_VIEWER_VERBS_H

#include "tests/unit/viewer_made.h"
#include "viewer/verb.h"

#include <jansson.h>

typedef int verbs_verb(int argc, char **argv);

/* Writes a made recording for the following runs. */
void verbs_save(const struct made *made, bool as_trace);

/* The same as a recorder that was killed leaves it. */
void verbs_save_unfinished(const struct made *made);

/* Runs a verb on the file; NULL: no argument. Returns its status. */
int verbs_run(verbs_verb *verb, const char *argument, const char *another);

/* What the last run printed. */
const char *verbs_text(void);

/* Each of these lines, up to NULL, is in it. */
void verbs_assert_printed(const char *const *lines);

/* Runs with --json: the object, or of JSON lines the one that mentions this. To be json_decref()ed.
 */
json_t *verbs_run_json(verbs_verb *verb, const char *argument);
json_t *verbs_line_with(const char *what);

json_int_t verbs_number(const json_t *json, const char *key);
const char *verbs_string(const json_t *json, const char *key); /* NULL if it is none */

/* Of a group of tests. */
int verbs_set_up(void **state);
int verbs_tear_down(void **state);

#endif
