/* viewer/record_text.h - what record says when it is done */
/* SPDX-License-Identifier: MIT */

/* Threads: one. */
#ifndef NPNTRACE_VIEWER_RECORD_TEXT_H
#define NPNTRACE_VIEWER_RECORD_TEXT_H

#include <stdbool.h>

struct recorder_report;

/* On standard error: what was recorded of each process and what to do next, or why there is
 * nothing. quiet: warnings only. */
void record_text_print(const struct recorder_report *report, const char *command, bool quiet);

#endif
