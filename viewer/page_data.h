/* viewer/page_data.h - everything that the HTML page shows, as one JSON object */
/* SPDX-License-Identifier: MIT */

/*
 * The page computes its tables, graphs and sums from this. Tables are columns, an array each, so
 * that a hundred thousand stacks stay small; `nodes` is the tree of viewer/call_tree.h, in which
 * rows name a node. What is counted per interval is sparse:
 *
 *   "rows":    {"plugin":[1,..], "node":[17,..], "bytes":[4096,..], ..}
 *   "changes": {"row":[0,..], "sample":[3,..], "allocs":[2,..], "bytes":[64,..], ..}
 *
 * The text may stand in a <script> element: it has no '<'.
 *
 * Threads: one. Memory: by distinct stacks.
 */
#ifndef NPNTRACE_VIEWER_PAGE_DATA_H
#define NPNTRACE_VIEWER_PAGE_DATA_H

#include "viewer/profile.h"

#include <stdio.h>

#define PAGE_FORMAT "npntrace-page-1"
#define PAGE_ROWS 50000u /* more would make a page that no browser likes */

/* Writes it to a file; errors are the stream's. filtered: the profile is of a part of it only. */
void page_data_write(struct session *session, const struct profile *profile, bool filtered,
                     FILE *to);

#endif
