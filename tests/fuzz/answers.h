/* tests/fuzz/answers.h - what is made of a recording beside its plain reports */
/* SPDX-License-Identifier: MIT */

/*
 * Profiles by every key, trees, pictures, the page, exports and the difference of a recording from
 * itself, with filters of all kinds. Each input asks for one of them. What has a form of its own is
 * held to it: JSON is read by jansson, pictures are text without control characters, and nothing
 * has grown from a recording to itself. Threads: one. Nothing is kept.
 */
#ifndef NPNTRACE_TESTS_FUZZ_ANSWERS_H
#define NPNTRACE_TESTS_FUZZ_ANSWERS_H

#include "viewer/session.h"

/* choice: any number. Which answer it is, and for profiles by a key with which filter. */
#define ANSWERS 8u
#define ANSWERS_GROUPS 0u
#define ANSWERS_OUTERMOST 8u /* of the filters */
#define ANSWERS_OF(choice) ((choice) % ANSWERS)
#define ANSWERS_FILTER_OF(choice) ((choice) / ANSWERS / 3 % 10)

void answers_print(struct session *session, unsigned choice, bool as_json);

#endif
