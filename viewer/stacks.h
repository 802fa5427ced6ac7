/* viewer/stacks.h - stacks by what they went through, not by the addresses they had */
/* SPDX-License-Identifier: MIT */

/*
 * A node of a recording is an absolute pc under an epoch: a plug-in that was unloaded and loaded
 * again has new nodes for the same code. Here each node is mapped to a frame of a second tree, in
 * which a pc is (module file, file virtual address), frames of the tracer are left out, and equal
 * stacks are one:
 *
 *   nodes   root(epoch) <- main <- NPP_New <- npntrace stub      frames   main <- NPP_New
 *
 * A stack is the id of its innermost frame; 0 is the empty stack. Threads: one. Memory: linear in
 * the nodes that were asked for; until stacks_free().
 */
#ifndef NPNTRACE_VIEWER_STACKS_H
#define NPNTRACE_VIEWER_STACKS_H

#include "viewer/model.h"

#define STACKS_NO_MODULE UINT32_MAX
#define STACKS_MAX_DEPTH 4096u /* frames that are followed; the tracer records no more */

struct stacks_frame {
    uint32_t parent; /* frame; 0: outermost */
    uint32_t
        module;     /* index of the first module with this path and build-id, or STACKS_NO_MODULE */
    uint32_t flags; /* enum ring_node_flag */
    uint32_t depth; /* frames from here outwards, with this one */
    uint64_t address; /* pc - bias; the pc itself without a module */
};

struct stacks;

struct stacks *stacks_new(const struct model *model);

/* The model has another recording than before, of which the first had been the beginning. */
void stacks_follow(struct stacks *stacks);
void stacks_free(struct stacks *stacks);

/* The stack of a node; 0 if nothing is known of it. */
uint32_t stacks_of(struct stacks *stacks, uint32_t node);

/* A stack without what led to a plug-in's code: the frames from the innermost one to the outermost
 * of the first frames in a row that are the plug-in's (its id). The whole stack, if none is its. */
uint32_t stacks_place(struct stacks *stacks, uint32_t stack, uint32_t plugin);

/* Is this frame, which is not 0, in the plug-in's own file? Going by the file's name: links lead to
 * plug-ins. */
bool stacks_is_own(const struct stacks *stacks, uint32_t frame, uint32_t plugin);

/* A frame by id, which must be one that stacks_of(), stacks_place() or a parent gave. Valid
 * until the next call of those. */
const struct stacks_frame *stacks_frame(const struct stacks *stacks, uint32_t id);

/* Address to look up: that of the call instruction, not of the one behind it. */
uint64_t stacks_lookup_address(const struct stacks_frame *frame);

#endif
