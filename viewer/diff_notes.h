/* viewer/diff_notes.h - whether two recordings can be compared, and with which reserve */
/* SPDX-License-Identifier: MIT */

/* Threads: one. */
#ifndef NPNTRACE_VIEWER_DIFF_NOTES_H
#define NPNTRACE_VIEWER_DIFF_NOTES_H

#include "viewer/diff.h"

/* Why they cannot be compared; NULL: they can. The caller frees it. */
char *diff_notes_reason(const struct session sessions[DIFF_SIDES],
                        const struct diff_wanted *wanted);

/* Adds sentences to diff->notes. True if the heap can be compared as well. */
bool diff_notes_add(struct diff *diff, const struct diff_wanted *wanted);

#endif
