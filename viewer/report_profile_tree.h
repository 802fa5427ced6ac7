/* viewer/report_profile_tree.h - a tree of calls as lines of text */
/* SPDX-License-Identifier: MIT */

/*
 *   100.0%  1.2 MiB  main (host)
 *    90.0%  1.1 MiB    NPP_Write (libnpfoo.so)
 *    10.0%  120 KiB    NPP_New (libnpfoo.so)
 *
 * A function that is all there is below another stands at the same depth, so that long ways to the
 * place where they part take no room. Threads: one. Memory: none is kept.
 */
#ifndef NPNTRACE_VIEWER_REPORT_PROFILE_TREE_H
#define NPNTRACE_VIEWER_REPORT_PROFILE_TREE_H

#include "viewer/profile_tree.h"

#define REPORT_TREE_DEPTH 30 /* levels, where none were asked for */

/* Prints what is below a node, if there is anything: to `depth` levels (0: all) of at most the
 * shared limit of children each. */
void report_tree_print(const struct session *session, const struct profile_tree *tree,
                       uint32_t node, const char *title, enum profile_column column, size_t depth);

#endif
