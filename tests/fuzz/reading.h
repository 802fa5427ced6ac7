/* tests/fuzz/reading.h - what the reading verbs do with a recording, all of it */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_TESTS_FUZZ_READING_H
#define NPNTRACE_TESTS_FUZZ_READING_H

#include <stdbool.h>

struct reading_how {
    bool force;
    bool as_json;
    bool with_files; /* names come from an archive as well */
    unsigned also;   /* which of tests/fuzz/answers.h, and how it is asked */
};

/* Opens the file and prints what info, report, leaks, findings, events and check print, as text or
 * as JSON, and one other answer. A file that is refused has to have a reason. Threads: one. Nothing
 * is kept. */
void reading_do(const char *path, const struct reading_how *how);

#endif
