/* viewer/top_stacks.h - which call stacks allocate most */
/* SPDX-License-Identifier: MIT */

/* Equal stacks of one plug-in are added up (see viewer/stacks.h). Threads: one. Memory: until
 * free(). */
#ifndef NPNTRACE_VIEWER_TOP_STACKS_H
#define NPNTRACE_VIEWER_TOP_STACKS_H

#include "viewer/stacks.h"

struct top_stack {
    uint32_t plugin;
    uint32_t stack;
    uint64_t allocs, bytes;
    uint64_t live_blocks, live_bytes;
    uint64_t peak_bytes; /* heap only */
    uint64_t temporary;  /* heap only */
    bool peak_is_bound;  /* of several nodes, whose peaks need not have been at one time */
    bool shown;          /* for the caller */
};

enum top_order { TOP_BY_BYTES, TOP_BY_ALLOCS, TOP_BY_LIVE, TOP_BY_PEAK };

/* All stacks of the wanted plug-ins (by id; NULL: all); the array is the caller's to free(). */
struct top_stack *top_stacks_collect(const struct stack_sums *sums, struct stacks *stacks,
                                     const bool *wanted_plugins, size_t *ret_count);

void top_stacks_sort(struct top_stack *list, size_t count, enum top_order order);

#endif
