/* tracer/segments.h - runs of frames that a thread met before, a cache line each */
/* SPDX-License-Identifier: MIT */

/*
 * A program comes back to the same places: the same pc at the same height of the stack mostly means
 * the same callers. So each thread keeps, by pc and stack pointer, runs of three frames with their
 * rules and nodes. They are a prediction. A rule is used only for the pc and epoch that it is for,
 * after that pc was read from the stack, and a node only below the parent that it is below:
 * whatever stands here, results are those of tracer/rules.h and tracer/tree.h. It saves their cache
 * misses, several a frame.
 *
 * Only operations at the outermost nesting level use it: a handler might find half an entry. What
 * one thread has learnt holds for the next one that gets its block. It takes 2 MiB, a huge page
 * where the system has them, so a thread gets it only after some backtraces: most threads make few,
 * and those are not worth it.
 */
#ifndef NPNTRACE_TRACER_SEGMENTS_H
#define NPNTRACE_TRACER_SEGMENTS_H

#include <stdint.h>

#include "tracer/rules.h"

#define SEGMENT_FRAMES 3u
#define SEGMENT_PLACES 32768u
#define SEGMENT_AFTER 256u /* backtraces */
#define SEGMENT_FLAGS_SHIFT 56

struct segment_of_frames {
    _Alignas(
        64) uint64_t pc[SEGMENT_FRAMES]; /* innermost first; flags in the topmost byte; 0: none */
    packed_rule rule[SEGMENT_FRAMES];
    uint32_t node[SEGMENT_FRAMES + 1]; /* the last one is the parent of the outermost */
};
_Static_assert(sizeof(struct segment_of_frames) == 64, "one cache line");

static inline struct segment_of_frames *segment_at(struct segment_of_frames *segments, uint64_t pc,
                                                   uint64_t stack_pointer)
{
    uint64_t hash = (pc ^ stack_pointer << 29) * UINT64_C(0x9e3779b97f4a7c15);

    return &segments[hash >> 32 & (SEGMENT_PLACES - 1)];
}

/* Where the run of two frames goes whose inner one is mostly called by another. stack_pointer: the
 * outer one's. */
static inline struct segment_of_frames *segment_of_both(struct segment_of_frames *segments,
                                                        uint64_t inner_pc, uint64_t outer_pc,
                                                        uint64_t stack_pointer)
{
    return segment_at(segments, outer_pc ^ inner_pc << 17, stack_pointer);
}

static inline uint64_t segment_key(uint64_t pc, uint64_t flags)
{
    return pc | flags << SEGMENT_FLAGS_SHIFT;
}

#endif
