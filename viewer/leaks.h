/* viewer/leaks.h - live blocks grouped into leaks */
/* SPDX-License-Identifier: MIT */

/*
 * A leak is what one plug-in allocated with one stack and in one way (NPN_MemAlloc, or the heap),
 * is still live, and counts for the same reason:
 *
 *   outlived-plugin     the plug-in was shut down or unloaded after the block was allocated
 *   outlived-instance   the block's instance is destroyed
 *   live-at-exit        neither; while the process runs: live now
 *
 * The first that holds is taken. What the host allocated for itself on the heap is no leak of
 * anybody's, and only counts when it is asked for. Threads: one. Memory: until leaks_free().
 */
#ifndef NPNTRACE_VIEWER_LEAKS_H
#define NPNTRACE_VIEWER_LEAKS_H

#include "viewer/stacks.h"

enum leak_kind { LEAK_LIVE_AT_EXIT, LEAK_OUTLIVED_INSTANCE, LEAK_OUTLIVED_PLUGIN, LEAK_KINDS };

enum leak_domain { LEAK_NPN, LEAK_HEAP };

struct leak {
    uint32_t plugin; /* id, 0: unknown; of the heap: the host */
    enum leak_domain domain;
    uint32_t stack; /* of stacks */
    enum leak_kind kind;
    uint64_t blocks;
    uint64_t bytes;
    uint64_t first_stamp; /* of the oldest block */
    uint64_t last_stamp;
};

struct leaks {
    struct leak *list; /* biggest first */
    size_t count;
    uint64_t blocks; /* in all of them */
    uint64_t bytes;
};

/* wanted_plugins: by id, whether its leaks count; NULL: all do. with_host: its own heap as well. */
struct leaks leaks_find(const struct model *model, struct stacks *stacks,
                        const bool *wanted_plugins, bool with_host);
void leaks_free(struct leaks *leaks);

const char *leak_domain_name(enum leak_domain domain);      /* "npn", "heap" */
const char *leak_kind_name(enum leak_kind kind);            /* "live-at-exit": for machines */
const char *leak_kind_text(enum leak_kind kind, bool live); /* for people */

/* The kind of a block: whose it is, and when it was allocated. */
enum leak_kind leak_kind_of(const struct recording *recording, uint32_t plugin, uint32_t instance,
                            uint64_t stamp);

#endif
