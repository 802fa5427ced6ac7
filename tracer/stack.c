/* tracer/stack.c - the call stack of an event, as a node of the tree */
/* SPDX-License-Identifier: MIT */

#include "tracer/stack.h"

#include "tracer/modules.h"
#include "tracer/selfcheck.h"
#include "tracer/sys.h"
#include "tracer/tracer.h"
#include "tracer/tree.h"
#include "tracer/unwind.h"

#define EXPECT_MOST 16u /* places fetched at a time */

static void count_one(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void begin_epoch(struct tracer *tracer, struct memo *memo, uint32_t epoch)
{
    memo->count = 0;
    memo->epoch = epoch;
    memo->root = tree_root(tracer, epoch);
    memo->valid = true;
}

/* What to foresee next time: the frames from number `from` on, counted from the inside. A handler
 * may jump out of here, and leave an entry half written: one without a pc is nobody's. */
static __attribute__((noinline)) void keep_segment(struct segment_of_frames *segment,
                                                   const struct memo *memo, uint32_t from)
{
    uint64_t pc[SEGMENT_FRAMES] = {0};

    for (uint32_t i = 0; i < SEGMENT_FRAMES; i++)
        segment->pc[i] = 0;
    atomic_signal_fence(memory_order_seq_cst);
    for (uint32_t i = 0; i <= SEGMENT_FRAMES; i++) {
        bool there = from + i < memo->count;
        uint32_t index = there ? memo->count - 1 - from - i : 0;
        const struct memo_frame *frame = &memo->frame[index];

        segment->node[i] = there ? frame->node : memo->root;
        if (i == SEGMENT_FRAMES)
            break;
        /* What is guessed today may be wrong tomorrow; an end that was cut, too. */
        if (there && rules_class(frame->rule) != RULE_NONE &&
            (frame->flags & RING_NODE_TRUNCATED) == 0)
            pc[i] = segment_key(memo->place[index].pc, frame->flags);
        segment->rule[i] = frame->rule;
    }
    atomic_signal_fence(memory_order_seq_cst);
    for (uint32_t i = 0; i < SEGMENT_FRAMES; i++)
        segment->pc[i] = pc[i];
}

/* The frames from the given one inwards will be looked for: their places are fetched at once. */
static void expect_from(struct tracer *tracer, const struct memo *memo, uint32_t index)
{
    uint32_t end = memo->count - index < EXPECT_MOST ? memo->count : index + EXPECT_MOST;

    for (; index < end; index++)
        tree_expect(&tracer->tree, memo->frame[index].path);
}

/* Names the frames from `kept` on, from the outside. */
static inline void name_frames(struct tracer *tracer, struct memo *memo, uint32_t kept)
{
    uint32_t parent = kept > 0 ? memo->frame[kept - 1].node : memo->root;
    uint32_t fresh = memo->count - kept; /* frame[kept] is fresh[fresh - 1] */
    bool surprised = false, expected = false;

    for (uint32_t i = fresh; i-- > 0;) {
        struct memo_frame *frame = &memo->frame[memo->count - 1 - i];
        const struct fresh_frame *walked = &memo->fresh[i];
        struct segment_of_frames *segment = walked->segment;

        if (__builtin_expect(walked->foreseen && segment->node[walked->index + 1] == parent &&
                                 segment->node[walked->index] != RING_NODE_NONE &&
                                 (walked->flags & RING_NODE_TRUNCATED) == 0,
                             1)) {
            parent = segment->node[walked->index];
        } else {
            if (!expected)
                expect_from(tracer, memo, memo->count - 1 - i);
            expected = true;
            if (parent != RING_NODE_NONE)
                parent =
                    tree_node(tracer, parent, frame->path, walked->pc, walked->flags, memo->epoch);
            surprised = true;
        }
        frame->node = parent;
        if (walked->index > 0)
            continue;
        if (__builtin_expect(surprised && segment != NULL, 0))
            keep_segment(segment, memo, i);
        surprised = false;
    }
}

/* ---- what is rare ------------------------------------------------------------------------ */

/* The memo as a list, innermost first. */
static unsigned list_frames(const struct memo *memo, struct event_frame *frames)
{
    for (uint32_t i = 0; i < memo->count; i++) {
        const struct memo_frame *frame = &memo->frame[memo->count - 1 - i];
        frames[i] =
            (struct event_frame){.pc = memo->place[memo->count - 1 - i].pc, .flags = frame->flags};
    }
    return memo->count;
}

/* Too long for an event: its outer end is cut and marked. */
static unsigned cut_inline(struct tracer *tracer, struct event_frame *frames, unsigned count)
{
    size_t room = (tracer->chunk_bytes - RING_CHUNK_HEADER_BYTES) / sizeof(uint64_t) - 16;
    unsigned most = room / 2 < EVENT_MAX_FRAMES ? (unsigned)(room / 2) : EVENT_MAX_FRAMES;

    if (count <= most)
        return count;
    frames[most - 1].flags |= RING_NODE_TRUNCATED;
    return most;
}

static __attribute__((noinline)) uint32_t put_inline(struct tracer *tracer,
                                                     struct event_frame *frames, unsigned count,
                                                     struct event *ret_inline)
{
    count_one(&tracer->ring->lost_stacks);
    *ret_inline = (struct event){
        .type = EVENT_STACK,
        .frame_count = cut_inline(tracer, frames, count),
        .frames = frames,
    };
    return RING_NODE_INLINE;
}

static uint32_t name_list(struct tracer *tracer, const struct memo *memo,
                          const struct event_frame *frames, unsigned count)
{
    uint32_t node = memo->root, path = tree_root_path(memo->epoch);

    for (unsigned i = count; i-- > 0 && node != RING_NODE_NONE;) {
        path = tree_path(path, frames[i].pc, frames[i].flags);
        node = tree_node(tracer, node, path, frames[i].pc, (uint32_t)frames[i].flags, memo->epoch);
    }
    return node;
}

/* By libunwind, from here. */
static __attribute__((noinline)) uint32_t capture_complex(struct tracer *tracer,
                                                          struct thread *thread, unsigned level,
                                                          uint64_t caller, struct event *ret_inline)
{
    struct event_frame *frames = thread->frames[level];
    struct unwind_result result = {.truncated = true};
    struct unwind_start start;

    unwind_here(&start);
    if (tracer->unwinder != NULL && !thread->is_elsewhere)
        result = unwind_frames(tracer, thread, &start, frames, THREAD_FRAMES);
    if (result.count == 0)
        frames[result.count++] = (struct event_frame){.pc = caller};
    if (result.truncated) {
        frames[result.count - 1].flags |= RING_NODE_TRUNCATED;
        count_one(&tracer->ring->truncated_stacks);
    }
    uint32_t node = name_list(tracer, &thread->memo[level], frames, result.count);
    return node != RING_NODE_NONE ? node : put_inline(tracer, frames, result.count, ret_inline);
}

/* While an object is being unloaded, another may already lie at its addresses: then a new epoch
 * begins here, since no stack that is captured now can contain the old one. */
static uint32_t settled_epoch(struct tracer *tracer, const struct memo *memo, uint32_t epoch)
{
    for (uint32_t i = 0; i < memo->count; i++)
        if (!modules_agree(tracer, memo->place[i].pc))
            return tracer_new_epoch(tracer);
    return epoch;
}

/* The epoch has changed since the frames were walked. */
static void renew_paths(struct memo *memo)
{
    uint32_t path = tree_root_path(memo->epoch);

    for (uint32_t i = 0; i < memo->count; i++)
        memo->frame[i].path = path = tree_path(path, memo->place[i].pc, memo->frame[i].flags);
}

/* ---- the common way ---------------------------------------------------------------------- */

static inline struct frame_state state_of(const void *frame)
{
#if STACK_BY_RULES
    const uint64_t *words = frame;
    return (struct frame_state){
        .pc = words[1],
        .stack_pointer = (uint64_t)(uintptr_t)(words + 2),
        .frame_pointer = words[0],
    };
#else
    (void)frame;
    return (struct frame_state){0};
#endif
}

static __attribute__((noinline)) uint32_t capture_rest(struct tracer *tracer, struct thread *thread,
                                                       unsigned level, enum backtrace_end end,
                                                       const struct frame_state *state,
                                                       struct event *ret_inline)
{
    struct memo *memo = &thread->memo[level];

    if (end == BACKTRACE_COMPLEX)
        return capture_complex(tracer, thread, level, state->pc, ret_inline);
    const struct memo_frame *innermost = &memo->frame[memo->count - 1];
    uint32_t node = innermost->node;
    if (end == BACKTRACE_CUT)
        count_one(&tracer->ring->truncated_stacks);
    if (innermost->guessed)
        count_one(&tracer->ring->guessed_stacks);
    if (tracer->selfcheck != 0)
        selfcheck_stack(tracer, thread, level);
    if (node == RING_NODE_NONE)
        node = put_inline(tracer, thread->frames[level], list_frames(memo, thread->frames[level]),
                          ret_inline);
    if (memo->unordered)
        memo->count = 0;
    return node;
}

/* Objects are being unloaded: nothing remembered is used, nor is anything remembered. */
static __attribute__((noinline)) uint32_t capture_unsettled(struct tracer *tracer,
                                                            struct thread *thread, unsigned level,
                                                            const struct frame_state *state,
                                                            struct event *ret_inline)
{
    struct memo *memo = &thread->memo[level];
    uint32_t epoch = atomic_load_explicit(&tracer->epoch, memory_order_acquire), kept;

    memo->count = 0;
    memo->epoch = epoch;
    enum backtrace_end end = backtrace_walk(thread, memo, state, NULL, NULL, &kept);
    memo->epoch = settled_epoch(tracer, memo, epoch);
    memo->root = tree_root(tracer, memo->epoch);
    renew_paths(memo);
    name_frames(tracer, memo, 0);
    uint32_t node = capture_rest(tracer, thread, level, end, state, ret_inline);
    memo->count = 0;
    memo->valid = false;
    return node;
}

static __attribute__((noinline)) void without_segments(struct thread *thread)
{
    if (++thread->without_segments == SEGMENT_AFTER)
        thread->segments = sys_map_huge(SEGMENT_PLACES * sizeof(*thread->segments));
}

/* Inlined twice: the outermost level is nearly all there is, and knows its memo's place. */
static inline __attribute__((always_inline)) uint32_t capture(struct tracer *tracer,
                                                              struct thread *thread, unsigned level,
                                                              const void *frame,
                                                              struct event *ret_inline)
{
    struct memo *memo = &thread->memo[level];
    struct frame_state state = state_of(frame);
    uint32_t epoch = atomic_load_explicit(&tracer->epoch, memory_order_acquire), kept;

    if (__builtin_expect(!STACK_BY_RULES, 0)) {
        begin_epoch(tracer, memo, epoch);
        return capture_complex(tracer, thread, level, state.pc, ret_inline);
    }
    if (__builtin_expect(atomic_load_explicit(&tracer->unloading, memory_order_acquire) != 0, 0))
        return capture_unsettled(tracer, thread, level, &state, ret_inline);
    if (__builtin_expect(!memo->valid || memo->epoch != epoch, 0))
        begin_epoch(tracer, memo, epoch);
    else if (level > 0)
        memo->count = 0; /* another handler, on another stack */
    if (__builtin_expect(level == 0 && thread->segments == NULL, 0))
        without_segments(thread);
    enum backtrace_end end = backtrace_walk(thread, memo, &state, &tracer->rules,
                                            level == 0 ? thread->segments : NULL, &kept);
    if (kept < memo->count)
        name_frames(tracer, memo, kept);
    if (__builtin_expect(
            end == BACKTRACE_WHOLE && !memo->unordered && tracer->selfcheck == 0, 1)) {
        const struct memo_frame *innermost = &memo->frame[memo->count - 1];
        if (__builtin_expect(innermost->node != RING_NODE_NONE && !innermost->guessed, 1))
            return innermost->node;
    }
    return capture_rest(tracer, thread, level, end, &state, ret_inline);
}

static __attribute__((noinline)) uint32_t capture_nested(struct tracer *tracer,
                                                         struct thread *thread, unsigned level,
                                                         const void *frame,
                                                         struct event *ret_inline)
{
    return capture(tracer, thread, level, frame, ret_inline);
}

uint32_t stack_capture(struct tracer *tracer, struct thread *thread, unsigned level,
                       const void *frame, struct event *ret_inline)
{
    if (__builtin_expect(level > 0, 0))
        return capture_nested(tracer, thread, level, frame, ret_inline);
    return capture(tracer, thread, 0, frame, ret_inline);
}
