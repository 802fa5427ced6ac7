/* tracer/backtrace.h - the frames of a call, by re-using the last backtrace where that is proven */
/* SPDX-License-Identifier: MIT */

/*
 * A frame is a state (pc, stack pointer, frame pointer). The rule of its pc makes the caller's
 * state from it and from words on the stack. So what lies outside a state depends on the state, the
 * rules, and the words that are read on the way, and on nothing else.
 *
 * A thread therefore keeps its last backtrace with the words that were read (struct memo). The next
 * one is walked from the call outwards until a state equals a remembered one. Then the remembered
 * words are compared with what is there now, from the inside outwards, each only after all before
 * it were equal: exactly the reads that walking on would do. If all are equal, walking on would
 * give what is remembered, and is left out. At the first that differs, walking goes on from there.
 * Nothing is assumed about why words are equal: a stack that was left by longjmp, re-used, or
 * belongs to a coroutine can only be found the same if it is the same.
 *
 * Of frame pointers only those words are compared that are needed: where a caller farther out finds
 * its frame by it before it is restored from somewhere else. Return addresses alone would lie: a
 * frame of variable size can shift so that the old place of its return address still holds the
 * same value.
 *
 *   place[0] is the outermost frame, place[count - 1] the innermost; stack pointers descend.
 *   Frame i returns to frame i - 1: its return address is the word below the other's stack pointer
 *   (x86-64: at CFA - 8), so that place[i - 1] says where and what it is.
 *   Other words are few; word[] has them, outermost first.
 */
#ifndef NPNTRACE_TRACER_BACKTRACE_H
#define NPNTRACE_TRACER_BACKTRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "tracer/rules.h"
#include "tracer/segments.h"
#include "tracer/tree.h"

#define BACKTRACE_FRAMES 4096 /* of one backtrace; what lies outside is cut and marked */

struct thread;

struct frame_state {
    uint64_t pc;
    uint64_t stack_pointer; /* after the return */
    uint64_t frame_pointer;
};

struct memo_place {
    uint64_t stack_pointer;
    uint64_t pc;
};

struct memo_frame {
    uint64_t frame_pointer;
    packed_rule rule; /* leads from here to the caller */
    uint32_t node;    /* of the stack from here outwards; RING_NODE_NONE: there was no room */
    uint32_t path;    /* of the node (tracer/tree.h) */
    uint32_t words;   /* of this frame and all outside it */
    uint8_t flags;    /* enum ring_node_flag */
    bool needs_fp;    /* what lies outside depends on the frame pointer here */
    bool guessed;     /* this frame or one outside it was guessed */
};

struct memo_word { /* a word but for return addresses that the way outwards depends on */
    uint64_t address;
    uint64_t value;
    uint32_t frame; /* whose step reads it */
};

struct fresh_frame { /* a step of a walk */
    uint64_t pc;
    uint64_t stack_pointer;
    uint64_t frame_pointer;
    packed_rule rule;
    struct segment_of_frames *segment; /* that it would be in, NULL: none */
    uint32_t flags;
    uint8_t index; /* in its segment */
    bool foreseen; /* it is what stands there */
};

struct memo {
    uint32_t count;
    uint32_t epoch;       /* of frames and root */
    uint32_t root;        /* node of the epoch */
    uint32_t fresh_count; /* frames walked for the last backtrace */
    bool valid;           /* epoch and root are set */
    bool unordered;       /* it went over a signal frame: not for re-use */
    struct memo_place place[BACKTRACE_FRAMES];
    struct memo_frame frame[BACKTRACE_FRAMES];
    struct memo_word word[2 * BACKTRACE_FRAMES];
    struct fresh_frame fresh[BACKTRACE_FRAMES]; /* innermost first */
};

enum backtrace_end {
    BACKTRACE_WHOLE,  /* to the thread's first frame */
    BACKTRACE_CUT,    /* the stack goes on, but nobody knows where; the outermost frame is marked */
    BACKTRACE_COMPLEX /* a frame needs a full unwinder: memo holds nothing */
};

/*
 * Walks from `state`, the caller's, and leaves the whole backtrace in memo, without nodes in frames
 * that are new: those from *ret_kept on, frame[count - 1 - i] of which is fresh[i]. `rules`: NULL
 * while objects are being unloaded; `segments`: NULL at inner nesting levels.
 */
enum backtrace_end backtrace_walk(struct thread *thread, struct memo *memo,
                                  const struct frame_state *state, struct rules *rules,
                                  struct segment_of_frames *segments, uint32_t *ret_kept);

#endif
