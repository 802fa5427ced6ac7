/* viewer/call_tree.h - all stacks of a recording as one tree of named places */
/* SPDX-License-Identifier: MIT */

/*
 * What is drawn (flame graph, page) goes by names, not by addresses. A stack becomes a path in one
 * tree, outermost first, with a node for every line that people see, so that inlined functions have
 * nodes of their own:
 *
 *   main            node 1, parent 0
 *     NPP_Write     node 2, parent 1   place: NPP_Write, libnpfoo.so, plugin.cc:204
 *       grow        node 3, parent 2   place: grow, libnpfoo.so, vector.h:31, inlined
 *
 * Places and texts are stored once; nodes are numbered so that a parent's number is smaller. Each
 * frame is named once, however many stacks go through it. Node 0 is above all others; text 0 is "".
 *
 * Threads: one. Memory: by distinct frames; until call_tree_free().
 */
#ifndef NPNTRACE_VIEWER_CALL_TREE_H
#define NPNTRACE_VIEWER_CALL_TREE_H

#include "viewer/names.h"

struct call_place {
    uint32_t function, module, file; /* texts; 0: unknown. module is a path */
    uint32_t line;                   /* 0: unknown */
    uint64_t offset;                 /* in the module; only where the function is unknown */
    uint32_t flags;                  /* enum call_place_flag */
    uint32_t reserved;
};

enum call_place_flag { CALL_PLACE_INLINED = 1, CALL_PLACE_GUESSED = 2, CALL_PLACE_TRUNCATED = 4 };

struct call_node {
    uint32_t parent, place;
};

struct call_text;
struct call_seen;

struct call_tree {
    struct names *names;
    const struct stacks *stacks;
    const char **texts;
    size_t text_count, text_capacity;
    struct call_place *places;
    size_t place_count, place_capacity;
    struct call_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *of_frame; /* by frame: its innermost node + 1; 0: not asked for yet */
    size_t frame_count, frame_capacity;
    struct call_text *text_index;
    struct call_seen *place_index, *node_index;
};

void call_tree_init(struct call_tree *tree, struct names *names, const struct stacks *stacks);
void call_tree_free(struct call_tree *tree);

/* The node of a stack's innermost line; 0 for the empty stack. */
uint32_t call_tree_node(struct call_tree *tree, uint32_t stack);

/* What stands in a box of the graph: "NPP_Write", "libnpfoo.so+0x1a20"; printable, the caller frees
 * it. */
char *call_tree_label(const struct call_tree *tree, uint32_t place);

#endif
