/* viewer/page_rows.h - rows of a profile and their changes, as columns of a page */
/* SPDX-License-Identifier: MIT */

/*
 * Of very many rows those with most bytes are written; the others are put together, by owner, in
 * rows without a stack, so that sums stay what they are. Threads: one.
 */
#ifndef NPNTRACE_VIEWER_PAGE_ROWS_H
#define NPNTRACE_VIEWER_PAGE_ROWS_H

#include "viewer/call_tree.h"
#include "viewer/profile.h"

#include <stdio.h>

void page_rows_write(const struct session *session, const struct profile *profile,
                     struct call_tree *tree, FILE *to);

#endif
