/* viewer/profile_tree.h - the rows of a profile as a tree of calls */
/* SPDX-License-Identifier: MIT */

/*
 * Functions by name, so that calls from several places of one function are one node; what was
 * inlined has nodes of its own. A node's numbers are of all allocations that came through it.
 *
 *   top-down    roots are the outermost frames, children what they called
 *   bottom-up   roots are the innermost frames - with a charging rule the charged ones -, children
 *               their callers
 *
 * Each domain has roots of its own: NPN and heap memory are never added up. Nodes have no peak of
 * their own but what they had at the peak of all. Threads: one. Memory: by distinct frames; until
 * profile_tree_free().
 */
#ifndef NPNTRACE_VIEWER_PROFILE_TREE_H
#define NPNTRACE_VIEWER_PROFILE_TREE_H

#include "viewer/profile_columns.h"

enum profile_direction { PROFILE_TOP_DOWN, PROFILE_BOTTOM_UP };

#define PROFILE_TREE_COLUMNS (COLUMNS_ALL & ~COLUMN_BIT(COLUMN_PEAK))

struct profile_node {
    struct profile_numbers numbers;
    const char *function, *module; /* NULL: unknown */
    uint64_t offset;               /* of what has no function */
    uint32_t name;                 /* the same for the same function */
    bool is_unknown;               /* a whole stack of which nothing is known */
    uint32_t *children;            /* numbers of nodes, sorted */
    size_t child_count, child_capacity;
};

struct profile_tree {
    struct profile_node *nodes; /* [LEAK_NPN], [LEAK_HEAP]: above the roots of each domain */
    size_t node_count, node_capacity;
};

/* depth: levels that are made, 0: all. */
struct profile_tree profile_tree_build(struct session *session, const struct profile *profile,
                                       enum profile_direction direction, bool from_charged,
                                       size_t depth);

/* Children in the order of a column. */
void profile_tree_sort(struct profile_tree *tree, enum profile_column column);
void profile_tree_free(struct profile_tree *tree);

#endif
