/* viewer/diff_json.h - the difference of two recordings as JSON */
/* SPDX-License-Identifier: MIT */

#ifndef NPNTRACE_VIEWER_DIFF_JSON_H
#define NPNTRACE_VIEWER_DIFF_JSON_H

#include "viewer/diff.h"

/* The format npntrace-diff-1; grown: what the exit status says. One thread. */
void diff_json_print(const struct diff *diff, enum diff_measure measure, bool grown);

#endif
