/* viewer/flame.h - stacks of a profile as a flame graph */
/* SPDX-License-Identifier: MIT */

/*
 * Equal functions under equal callers are one node, wherever in the function the call was. Upside
 * down, those that allocated come first and their callers below them. Node 0 is everything.
 * Threads: one. Memory: by distinct stacks; until flame_free().
 */
#ifndef NPNTRACE_VIEWER_FLAME_H
#define NPNTRACE_VIEWER_FLAME_H

#include "viewer/call_tree.h"
#include "viewer/profile.h"

enum flame_measure {
    FLAME_BYTES,
    FLAME_ALLOCS,
    FLAME_LIVE,
    FLAME_BLOCKS,
    FLAME_PEAK,
    FLAME_TEMPORARY,
    FLAME_MEASURES
};

extern const char *const flame_measure_names[FLAME_MEASURES]; /* "bytes": for options */
extern const char *const flame_measure_texts[FLAME_MEASURES]; /* "bytes allocated" */

struct flame_node {
    uint32_t parent;
    uint32_t place;       /* of the tree: one of those that are together here */
    uint32_t depth;       /* 0 of node 0 */
    uint32_t first, next; /* children, biggest first; 0: none */
    uint64_t value;       /* with all below */
};

struct flame {
    struct call_tree tree;
    struct flame_node *nodes;
    size_t count, capacity;
    struct flame_seen *seen;
    enum flame_measure measure;
    bool upside_down;
};

struct flame *flame_build(struct session *session, const struct profile *profile,
                          enum flame_measure measure, bool upside_down);
void flame_free(struct flame *flame); /* NULL is fine */

/* A number of the measure for people: "1.2 MiB", "17". */
struct text flame_text(const struct flame *flame, uint64_t value);

#endif
