/* viewer/diff_text.h - the difference of two recordings as text */
/* SPDX-License-Identifier: MIT */

/* Threads: one. */
#ifndef NPNTRACE_VIEWER_DIFF_TEXT_H
#define NPNTRACE_VIEWER_DIFF_TEXT_H

#include "viewer/diff.h"

/* A sentence, the two recordings, a table of plug-ins, then the stacks that grew or shrank most. */
void diff_text_print(const struct diff *diff, enum diff_measure measure);

#endif
