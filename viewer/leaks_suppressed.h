/* viewer/leaks_suppressed.h - what of the leaks was left out, and lines to leave out more */
/* SPDX-License-Identifier: MIT */

/* Threads: one. */
#ifndef NPNTRACE_VIEWER_LEAKS_SUPPRESSED_H
#define NPNTRACE_VIEWER_LEAKS_SUPPRESSED_H

#include "viewer/leak_filter.h"
#include "viewer/session.h"

/* Paragraphs on what was left out and by which suppressions; which of a file were exceeded, and
 * which never fitted. */
void leaks_suppressed_print(const struct session *session, const struct leak_filter *filter);

/* "12 blocks, 48.0 KiB, and 2 objects"; the caller frees it. */
char *leaks_suppressed_amount(uint64_t blocks, uint64_t bytes, uint64_t objects);

/* A line of a file of suppressions for each leak, with a comment before it; limited: that allows as
 * much as there is and no more. */
void leaks_suppressed_generate(const struct session *session, const struct leaks *leaks,
                               bool limited);

#endif
