/* viewer/leak_filter.h - which leaks are left out, and what by */
/* SPDX-License-Identifier: MIT */

/*
 * Suppressions (viewer/suppressions.h) leave out what is known, the built-in ones only of the heap;
 * `own_code` leaves out what plug-ins did not allocate in their own file: where a library lies
 * between. Both are decided by the whole stack, before stacks are put together to places, and an
 * object by both of its stacks. What is left out is counted.
 *
 * A file's suppression that allows less than has come by it suppresses nothing, which is known
 * only when all was counted.
 *
 * Threads: one. Memory: by distinct frames; until leak_filter_free().
 */
#ifndef NPNTRACE_VIEWER_LEAK_FILTER_H
#define NPNTRACE_VIEWER_LEAK_FILTER_H

#include "viewer/leak_groups.h"
#include "viewer/suppressions.h"

struct filtered_frame; /* of uthash */

struct leak_filter {
    struct suppressions *suppressions; /* its hits are counted */
    struct names *names;
    bool own_code;
    struct suppressed suppressed; /* in all */
    struct suppressed others;     /* left out by own_code */
    struct filtered_frame *frames;
};

void leak_filter_apply(struct leak_filter *filter, struct leak_groups *groups,
                       const struct stacks *stacks);
void leak_filter_free(struct leak_filter *filter);

#endif
