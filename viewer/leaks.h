/* viewer/leaks.h - live blocks and held objects, grouped into leaks */
/* SPDX-License-Identifier: MIT */

/*
 * A leak is what came to one plug-in at one place and in one way, is still live, and counts for the
 * same reason. A place is what the plug-in did: its innermost frames, without those by which the
 * host came there (stacks_place()). A script engine comes to the same place in many ways. The ways
 * are NPN_MemAlloc, each of the calls by which the browser gives a block to be released (enum
 * npn_origin), the heap, and for NPObjects, of which references are held, enum object_step. The
 * reasons:
 *
 *   outlived-plugin     the plug-in was shut down or unloaded after the block was allocated
 *   outlived-instance   the block's instance has been destroyed, for long enough (model_is_over())
 *   live-at-exit        neither; while the process runs: live now
 *
 * The first that holds is taken. What the plug-in handed over to the browser is no leak of its own;
 * where it shows that the host did not free it (viewer/handed.h) it is the host's. What the host
 * allocated for itself on the heap is nobody's, and only counts when it is asked for.
 *
 * A leak that grows is the likeliest to be one: viewer/leak_growth.h. What is known, or not the
 * plug-in's own, can be left out: viewer/leak_filter.h.
 * Threads: one. Memory: until leaks_free().
 */
#ifndef NPNTRACE_VIEWER_LEAKS_H
#define NPNTRACE_VIEWER_LEAKS_H

#include "viewer/stacks.h"

#define LEAK_PARTS 8u /* of the time of a plug-in */

enum leak_kind { LEAK_LIVE_AT_EXIT, LEAK_OUTLIVED_INSTANCE, LEAK_OUTLIVED_PLUGIN, LEAK_KINDS };

enum leak_domain { LEAK_NPN, LEAK_HEAP, LEAK_OBJECT };

enum leak_growth {
    LEAK_STEADY,
    LEAK_GROWS_BY_INSTANCE, /* several instances that are over left some each */
    LEAK_GROWS_BY_TIME,     /* nearly every part of the time left some */
};

/* What of a leak belongs to one instance. */
struct leak_share {
    uint32_t instance; /* serial, 0: none known */
    uint64_t count;    /* blocks or objects */
};

/* What of a leak came with one whole stack. */
struct leak_stack {
    uint32_t stack;      /* of stacks */
    uint32_t last_stack; /* LEAK_OBJECT: where the last reference was taken */
    uint64_t count;      /* blocks or objects */
    uint64_t bytes;
};

struct leak {
    uint32_t plugin; /* id, 0: unknown; of the heap: the host */
    enum leak_domain domain;
    uint32_t way;   /* LEAK_NPN: enum npn_origin; LEAK_OBJECT: enum object_step; LEAK_HEAP: enum
                       npn_way of what a plug-in handed over and the host did not free */
    uint32_t place; /* of stacks: the frames that all its stacks have in common */
    uint32_t last_place; /* LEAK_OBJECT: where the last reference was taken */
    enum leak_kind kind;
    uint64_t blocks; /* of memory; 0 for objects */
    uint64_t bytes;
    uint64_t objects; /* LEAK_OBJECT */
    uint64_t refs;    /* the references to them that are held */
    bool while_false; /* LEAK_NPN: set as results by a function that returned false, as a finding
                         says: some browsers release them then */
    uint64_t first_stamp; /* of the oldest block */
    uint64_t last_stamp;
    uint64_t parts[LEAK_PARTS]; /* blocks or objects, by the part of the plug-in's time in which
                                   they came */
    enum leak_growth growth;
    size_t over_count;         /* instances of the shares that are over */
    struct leak_share *shares; /* by serial */
    size_t share_count;
    struct leak_stack *stacks; /* at least one; the commonest first */
    size_t stack_count;
};

struct leaks {
    struct leak *list; /* the likeliest first: see leak_growth.h */
    size_t count;
    uint64_t blocks; /* in all of them */
    uint64_t bytes;
    uint64_t received; /* of the blocks, those that the browser gave */
    uint64_t objects;
    uint64_t refs;
    uint64_t handed; /* blocks that plug-ins handed over and the host never freed: listed, or not */
    uint64_t handed_bytes;
    struct leak_share *shares; /* owner of all leaks' */
    struct leak_stack *stacks; /* owner of all leaks' */
};

struct leaks_wanted {
    const bool *plugins;        /* by id, whether its leaks count; NULL: all do */
    bool host;                  /* its own heap as well */
    bool whole_stacks;          /* each stack is a place of its own */
    struct leak_filter *filter; /* leaves some out, and counts them; NULL: none */
};

struct leaks leaks_find(const struct model *model, struct stacks *stacks,
                        const struct leaks_wanted *wanted);
void leaks_free(struct leaks *leaks);

/* The kind of a block: whose it is, and when it was allocated. */
enum leak_kind leak_kind_of(const struct model *model, uint32_t plugin, uint32_t instance,
                            uint64_t stamp);

#endif
