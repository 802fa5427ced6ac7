/* tests/fuzz/reading.h - what the reading verbs do with a recording, all of it */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_FUZZ_READING_H
#define NPNTRACE_TESTS_FUZZ_READING_H

#include <stdbool.h>

/* Opens the file and prints what info, report, leaks, findings, events and check print, as text or
 * as JSON. A file that is refused has to have a reason. Threads: one. Nothing is kept. */
void reading_do(const char *path, bool force, bool as_json);

#endif
