/* viewer/leaks.h - live blocks and held objects, grouped into leaks */
/* SPDX-License-Identifier: MIT */

/*
 * A leak is what came to one plug-in with one stack and in one way, is still live, and counts for
 * the same reason. The ways are NPN_MemAlloc, each of the calls by which the browser gives a block
 * to be released (enum npn_origin), the heap, and for NPObjects, of which references are held,
 * enum object_step. The reasons:
 *
 *   outlived-plugin     the plug-in was shut down or unloaded after the block was allocated
 *   outlived-instance   the block's instance has been destroyed, for long enough (model_is_over())
 *   live-at-exit        neither; while the process runs: live now
 *
 * The first that holds is taken. What the plug-in handed over to the browser is no leak of its own;
 * where it shows that the host did not free it (viewer/handed.h) it is the host's. What the host
 * allocated for itself on the heap is nobody's, and only counts when it is asked for.
 * Threads: one. Memory: until leaks_free().
 */
#ifndef NPNTRACE_VIEWER_LEAKS_H
#define NPNTRACE_VIEWER_LEAKS_H

#include "viewer/stacks.h"

enum leak_kind { LEAK_LIVE_AT_EXIT, LEAK_OUTLIVED_INSTANCE, LEAK_OUTLIVED_PLUGIN, LEAK_KINDS };

enum leak_domain { LEAK_NPN, LEAK_HEAP, LEAK_OBJECT };

/* What of a leak belongs to one instance. */
struct leak_share {
    uint32_t instance; /* serial, 0: none known */
    uint64_t count;    /* blocks or objects */
};

struct leak {
    uint32_t plugin; /* id, 0: unknown; of the heap: the host */
    enum leak_domain domain;
    uint32_t way;   /* LEAK_NPN: enum npn_origin; LEAK_OBJECT: enum object_step; LEAK_HEAP: enum
                       npn_way of what a plug-in handed over and the host did not free */
    uint32_t stack; /* of stacks */
    uint32_t last_stack; /* LEAK_OBJECT: where the last reference was taken */
    enum leak_kind kind;
    uint64_t blocks; /* of memory; 0 for objects */
    uint64_t bytes;
    uint64_t objects; /* LEAK_OBJECT */
    uint64_t refs;    /* the references to them that are held */
    bool while_false; /* LEAK_NPN: set as results by a function that returned false, as a finding
                         says: some browsers release them then */
    uint64_t first_stamp; /* of the oldest block */
    uint64_t last_stamp;
    struct leak_share *shares; /* by serial */
    size_t share_count;
};

struct leaks {
    struct leak *list; /* biggest first; objects last */
    size_t count;
    uint64_t blocks; /* in all of them */
    uint64_t bytes;
    uint64_t received; /* of the blocks, those that the browser gave */
    uint64_t objects;
    uint64_t refs;
    uint64_t handed; /* blocks that plug-ins handed over and the host never freed: listed, or not */
    uint64_t handed_bytes;
    struct leak_share *shares; /* owner of all leaks' */
};

/* wanted_plugins: by id, whether its leaks count; NULL: all do. with_host: its own heap as well. */
struct leaks leaks_find(const struct model *model, struct stacks *stacks,
                        const bool *wanted_plugins, bool with_host);
void leaks_free(struct leaks *leaks);

const char *leak_domain_name(enum leak_domain domain);      /* "npn", "heap", "object" */
const char *leak_kind_name(enum leak_kind kind);            /* "live-at-exit": for machines */
const char *leak_kind_text(enum leak_kind kind, bool live); /* for people */

/* The call by which it came to the plug-in: "NPN_MemAlloc", "NPN_UTF8FromIdentifier",
 * "NPN_RetainObject"; of the host's heap how it was handed over; NULL for other heap memory. */
const char *leak_way_name(const struct leak *leak);

/* "3 blocks", "100 identifier strings", "2 objects": the caller frees it. */
char *leak_what(const struct leak *leak);

/* The kind of a block: whose it is, and when it was allocated. */
enum leak_kind leak_kind_of(const struct model *model, uint32_t plugin, uint32_t instance,
                            uint64_t stamp);

#endif
