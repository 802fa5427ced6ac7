/* tests/unit/recorder_sessions.h - a recorder's whole session as one call, for assertions */
/* SPDX-License-Identifier: MIT */

/*
 * The command that is recorded is the test program again, as `PROGRAM --host SCENARIO`: see
 * tests/unit/recorder_hosts.h. What it preloads is the C library, which it has anyway. A test
 * program's main() is session_main(); its tests run in a fresh directory.
 */
#ifndef NPNTRACE_TESTS_UNIT_RECORDER_SESSIONS_H
#define NPNTRACE_TESTS_UNIT_RECORDER_SESSIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recorder/recorder.h"
#include "tests/unit/recorder_hosts.h"
#include "tests/unit/trace_reader.h"

extern char session_said[4096]; /* what the recorder has said since session_options() */

/* A small ring, policy block, a symbolizer that knows one frame for every address. */
struct recorder_options session_options(const char *output);

int session_record(const struct recorder_options *options, const char *scenario,
                   struct recorder_report *report);

/* A file that breaks no rule and is not torn. */
struct read_trace *session_read(const char *path);

/* Runs the group of tests, or plays a host. */
#define session_main(argc, argv, name, tests)                                                      \
    (session_begin(argc, argv),                                                                    \
     session_end(cmocka_run_group_tests_name(name, tests, NULL, NULL)))

void session_begin(int argc, char **argv);
int session_end(int failed);

#endif
