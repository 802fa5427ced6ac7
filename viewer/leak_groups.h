/* viewer/leak_groups.h - what leaked, put together by where it came from */
/* SPDX-License-Identifier: MIT */

/*
 * Blocks and objects are added one by one to a group for each instance and whole stack, of which
 * there are far fewer than blocks. The groups are joined to leaks at the end.
 *
 * Threads: one. Memory: until leak_groups_join(), whose result leaks_free() releases.
 */
#ifndef NPNTRACE_VIEWER_LEAK_GROUPS_H
#define NPNTRACE_VIEWER_LEAK_GROUPS_H

#include "viewer/leaks.h"

struct leak_group; /* of uthash */

struct leak_groups { /* all zero: empty */
    struct leak_group *list;
};

/* What blocks and objects have in common. */
struct leaked {
    uint32_t plugin, instance, stack, last_stack, way;
    enum leak_domain domain;
    enum leak_kind kind;
    uint64_t bytes, stamp;
    uint64_t refs; /* objects */
    unsigned part; /* of the plug-in's time, below LEAK_PARTS */
};

/* What of one instance leaked with one whole stack. */
struct leak_part {
    uint32_t plugin, instance, stack, last_stack;
    enum leak_domain domain;
    uint64_t blocks, bytes, objects;
};
typedef bool leak_groups_keep(void *context, const struct leak_part *part);

void leak_groups_add(struct leak_groups *groups, const struct leaked *leaked);

/* This plug-in's NPN blocks with this stack were set as results while false was returned. */
void leak_groups_mark(struct leak_groups *groups, uint32_t plugin, uint32_t stack);

/* Drops the groups that are not to be kept. */
void leak_groups_filter(struct leak_groups *groups, leak_groups_keep *keep, void *context);

/* Leaks in no order, without sums, and empties groups. stacks NULL: by whole stacks. */
struct leaks leak_groups_join(struct leak_groups *groups, struct stacks *stacks);

#endif
