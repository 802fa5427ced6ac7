/* tracer/backtrace.c - the frames of a call, by re-using the last backtrace where that is proven */
/* SPDX-License-Identifier: MIT */

#include "tracer/backtrace.h"

#include "format/ring.h"
#include "tracer/object.h"
#include "tracer/region.h"
#include "tracer/thread.h"
#include "tracer/tracer.h"

#define FLAGS_OF_STATE (RING_NODE_EXACT_PC | RING_NODE_GUESSED)

/* Stacks are read as they are, red zones of sanitizers included. */
#define READS_STACKS __attribute__((no_sanitize("address", "thread")))

enum step { STEP_ON, STEP_END, STEP_LOST, STEP_COMPLEX };

static READS_STACKS uint64_t load(uint64_t address)
{
    return __atomic_load_n((const uint64_t *)(uintptr_t)address, __ATOMIC_RELAXED);
}

static inline bool readable(struct thread *thread, uint64_t address)
{
    return __builtin_expect(address - thread->readable_start < thread->readable_bytes, 1) ||
           thread_find_readable(thread, address);
}

/* A return address: in an object, or in memory that may be executed (JIT code). */
static bool is_code(struct thread *thread, uint64_t pc)
{
    struct object object;
    struct region region;

    if ((pc >= thread->code_start && pc < thread->code_end) || object_at(pc, &object))
        return true;
    if (!region_find(pc, &region) || !region.executable)
        return false;
    thread->code_start = region.start;
    thread->code_end = region.end;
    return true;
}

/* Code without call-frame information (JIT code, hand-written assembly) mostly keeps a frame
 * pointer, which points to the caller's and the return address. */
static __attribute__((noinline)) bool may_guess(struct thread *thread, uint64_t stack_pointer,
                                                uint64_t frame)
{
    return frame % sizeof(uint64_t) == 0 && frame >= stack_pointer && readable(thread, frame) &&
           readable(thread, frame + sizeof(uint64_t)) &&
           /* the same mapping: nothing unreadable lies between */
           stack_pointer - thread->readable_start < thread->readable_bytes &&
           is_code(thread, load(frame + sizeof(uint64_t)));
}

static __attribute__((noinline)) enum step step_signal(struct thread *thread, packed_rule rule,
                                                       uint64_t sp, struct frame_state *ret_state)
{
    uint64_t sp_at = sp + (uint64_t)rules_cfa_offset(rule);
    uint64_t fp_at = sp + (uint64_t)rules_fp_offset(rule);
    uint64_t pc_at = sp + (uint64_t)rules_return_offset(rule);

    if (!readable(thread, sp_at) || !readable(thread, fp_at) || !readable(thread, pc_at))
        return STEP_LOST;
    ret_state->pc = load(pc_at);
    ret_state->stack_pointer = load(sp_at);
    ret_state->frame_pointer = load(fp_at);
    thread_find_readable(thread, ret_state->stack_pointer);
    return ret_state->pc == 0 ? STEP_END : STEP_ON;
}

/* *state becomes the caller's. Inlined, and field by field, so that the state stays in registers.
 */
static inline __attribute__((always_inline)) enum step
step_out(struct thread *thread, packed_rule rule, struct frame_state *state)
{
    uint64_t sp = state->stack_pointer, fp = state->frame_pointer;
    uint64_t cfa, fp_at;
    enum rule_class class = rules_class(rule);

    if (__builtin_expect(class == RULE_SP, 1)) {
        cfa = sp + (uint64_t)rules_cfa_offset(rule);
        fp_at = cfa + (uint64_t)rules_fp_offset(rule);
    } else if (class == RULE_FP || (class == RULE_NONE && may_guess(thread, sp, fp))) {
        cfa = fp + (uint64_t)rules_cfa_offset(rule);
        fp_at = cfa + (uint64_t)rules_fp_offset(rule);
    } else if (class == RULE_FP_DEREF) {
        uint64_t cfa_at = fp + (uint64_t)rules_cfa_offset(rule);
        if (cfa_at < sp || !readable(thread, cfa_at))
            return STEP_LOST;
        cfa = load(cfa_at);
        fp_at = fp + (uint64_t)rules_fp_offset(rule);
    } else if (class == RULE_SIGNAL) {
        struct frame_state next;
        enum step step = step_signal(thread, rule, sp, &next);
        if (step == STEP_ON) {
            state->pc = next.pc;
            state->stack_pointer = next.stack_pointer;
            state->frame_pointer = next.frame_pointer;
        }
        return step;
    } else {
        return class == RULE_END ? STEP_END : class == RULE_NONE ? STEP_LOST : STEP_COMPLEX;
    }
    uint64_t pc_at = cfa - sizeof(uint64_t);
    if (cfa <= sp || !readable(thread, pc_at))
        return STEP_LOST;
    uint64_t pc = load(pc_at);
    if (rules_fp_saved(rule)) {
        if (!readable(thread, fp_at))
            return STEP_LOST;
        state->frame_pointer = load(fp_at);
    }
    state->pc = pc;
    state->stack_pointer = cfa;
    return pc == 0 ? STEP_END : STEP_ON;
}

static inline uint32_t flags_after(packed_rule rule)
{
    enum rule_class class = rules_class(rule);

    return class == RULE_NONE ? RING_NODE_GUESSED : class == RULE_SIGNAL ? RING_NODE_EXACT_PC : 0;
}

/* Whether the return address that leads to this frame is another than remembered. */
static inline READS_STACKS bool is_changed(const struct memo_place *outer)
{
    return load(outer->stack_pointer - sizeof(uint64_t)) != outer->pc;
}

/* Compares the words that walking on from frame `index` would read, in that order. Returns 0 if all
 * are as they were, else the number of the frame whose step would read the first that is not, plus
 * one. */
static inline READS_STACKS uint32_t first_changed(const struct memo *memo, uint32_t index)
{
    uint32_t words = memo->frame[index].words;
    const struct memo_place *outer = &memo->place[index] - 1;

    for (;;) {
        uint32_t stop = words > 0 ? memo->word[words - 1].frame : 0;
        const struct memo_place *last = &memo->place[stop];
        /* Four at a time: this loop is most of what a repeated backtrace costs. */
        for (; outer >= last + 3; outer -= 4) {
            if (is_changed(outer))
                return (uint32_t)(outer - memo->place) + 2;
            if (is_changed(outer - 1))
                return (uint32_t)(outer - memo->place) + 1;
            if (is_changed(outer - 2))
                return (uint32_t)(outer - memo->place);
            if (is_changed(outer - 3))
                return (uint32_t)(outer - memo->place) - 1;
        }
        for (; outer >= last; outer--)
            if (is_changed(outer))
                return (uint32_t)(outer - memo->place) + 2;
        if (words == 0)
            return 0;
        words--;
        if (load(memo->word[words].address) != memo->word[words].value)
            return stop + 1;
    }
}

static inline bool is_at(const struct memo *memo, uint32_t index, const struct frame_state *state,
                         uint32_t flags)
{
    const struct memo_frame *frame = &memo->frame[index];

    return memo->place[index].stack_pointer == state->stack_pointer &&
           memo->place[index].pc == state->pc && (frame->flags & FLAGS_OF_STATE) == flags &&
           (!frame->needs_fp || frame->frame_pointer == state->frame_pointer);
}

static __attribute__((noinline)) packed_rule learn_rule(struct rules *rules, uint64_t pc,
                                                        uint32_t flags, uint32_t epoch)
{
    pc -= (flags & RING_NODE_EXACT_PC) != 0 ? 0 : 1;
    return rules != NULL ? rules_find(rules, pc, epoch) : rules_learn(NULL, pc, epoch);
}

static void add_word(struct memo *memo, uint32_t index, uint64_t address, uint64_t value)
{
    struct memo_word *word = &memo->word[memo->frame[index].words++];

    word->address = address;
    word->value = value;
    word->frame = index;
}

/* What but the return address is read to get from frame `index` to the one outside it. */
static __attribute__((noinline)) void note_words(struct memo *memo, uint32_t index)
{
    const struct memo_frame *frame = &memo->frame[index];
    packed_rule rule = frame->rule;
    uint64_t cfa = memo->place[index - 1].stack_pointer;
    bool deref = rules_class(rule) == RULE_FP_DEREF;
    uint64_t base = deref ? frame->frame_pointer : cfa;

    if (rules_fp_saved(rule) && memo->frame[index - 1].needs_fp)
        add_word(memo, index, base + (uint64_t)rules_fp_offset(rule),
                 memo->frame[index - 1].frame_pointer);
    /* Last, so that it is compared first: it says where the others are. */
    if (deref)
        add_word(memo, index, base + (uint64_t)rules_cfa_offset(rule), cfa);
}

/* Puts a frame inside the innermost one. What is read to get from it to that one, and whether its
 * frame pointer matters, follows from both. */
static inline void memo_push(struct memo *memo, const struct fresh_frame *fresh)
{
    uint32_t index = memo->count++;
    struct memo_frame *frame = &memo->frame[index];
    packed_rule rule = fresh->rule;
    bool plain = rules_class(rule) == RULE_SP;

    memo->place[index].stack_pointer = fresh->stack_pointer;
    memo->place[index].pc = fresh->pc;
    frame->frame_pointer = fresh->frame_pointer;
    frame->rule = rule;
    frame->flags = (uint8_t)fresh->flags;
    if (__builtin_expect(index == 0, 0)) {
        frame->words = 0;
        frame->path = tree_path(tree_root_path(memo->epoch), fresh->pc, fresh->flags);
        frame->needs_fp = false;
        frame->guessed = (fresh->flags & RING_NODE_GUESSED) != 0;
        return;
    }
    const struct memo_frame *outer = frame - 1;
    frame->words = outer->words;
    frame->path = tree_path(outer->path, fresh->pc, fresh->flags);
    frame->guessed = outer->guessed || (fresh->flags & RING_NODE_GUESSED) != 0;
    frame->needs_fp = plain ? outer->needs_fp && !rules_fp_saved(rule)
                            : rules_class(rule) != RULE_SIGNAL && rules_class(rule) != RULE_END;
    if (__builtin_expect(!plain || (outer->needs_fp && rules_fp_saved(rule)), 0))
        note_words(memo, index);
}

/* The innermost remembered frame, plus one, that can lie at or outside the state. */
static inline uint32_t left_outside(const struct memo *memo, uint32_t kept, uint64_t stack_pointer)
{
    while (kept > 0 && memo->place[kept - 1].stack_pointer < stack_pointer)
        kept--;
    return kept;
}

static inline bool is_foreseen(const struct segment_of_frames *segment, uint32_t index,
                               uint64_t key, uint32_t epoch)
{
    return segment != NULL && segment->pc[index] == key &&
           rules_epoch(segment->rule[index]) == epoch % RULES_EPOCHS;
}

enum backtrace_end backtrace_walk(struct thread *thread, struct memo *memo,
                                  const struct frame_state *start, struct rules *rules,
                                  struct segment_of_frames *segments, uint32_t *ret_kept)
{
    struct frame_state state = {start->pc, start->stack_pointer, start->frame_pointer};
    struct segment_of_frames *segment = NULL;
    uint32_t index = 0; /* in the segment */
    uint32_t epoch = memo->epoch;
    uint32_t kept = memo->count; /* remembered frames that lie outside, the next first */
    uint32_t fresh = 0;          /* frames walked */
    uint32_t flags = 0;
    uint32_t changed = 0; /* remembered frames are proven down to this one, less one */
    enum step step = STEP_ON;

    memo->unordered = false;
    while (step == STEP_ON) {
        struct fresh_frame *frame = &memo->fresh[fresh];
        packed_rule rule;

        if (changed == 0) {
            kept = left_outside(memo, kept, state.stack_pointer);
            if (kept > 0 && is_at(memo, kept - 1, &state, flags)) {
                changed = first_changed(memo, kept - 1);
                if (changed == 0)
                    break; /* the rest is as remembered */
            }
        }
        if (fresh == BACKTRACE_FRAMES) {
            step = STEP_LOST;
            break;
        }
        if (segments != NULL && index == 0)
            segment = segment_at(segments, state.pc, state.stack_pointer);
        bool foreseen = is_foreseen(segment, index, segment_key(state.pc, flags), epoch);
        if (__builtin_expect(!foreseen && index > 0 && frame[-1].foreseen, 0)) {
            /* Another caller than last time, as functions have that are called from everywhere. */
            if (index == 1) {
                segment = segment_of_both(segments, frame[-1].pc, state.pc, state.stack_pointer);
                frame[-1].segment = segment;
                frame[-1].foreseen =
                    is_foreseen(segment, 0, segment_key(frame[-1].pc, frame[-1].flags), epoch);
            } else {
                index = 0;
                segment = segment_at(segments, state.pc, state.stack_pointer);
            }
            foreseen = is_foreseen(segment, index, segment_key(state.pc, flags), epoch);
        }
        frame->segment = segment;
        frame->index = (uint8_t)index;
        frame->foreseen = foreseen;
        if (changed != 0) {
            /* From here to the frame that reads the word the frames are as remembered; only frame
             * pointers, where nobody looked at them, are not. */
            rule = memo->frame[--kept].rule;
            if (kept + 1 == changed)
                changed = 0;
        } else {
            rule = __builtin_expect(foreseen, 1) ? segment->rule[index]
                                                 : learn_rule(rules, state.pc, flags, epoch);
        }
        frame->pc = state.pc;
        frame->stack_pointer = state.stack_pointer;
        frame->frame_pointer = state.frame_pointer;
        frame->rule = rule;
        frame->flags = flags;
        fresh++;
        index = index + 1 < SEGMENT_FRAMES ? index + 1 : 0;
        step = step_out(thread, rule, &state);
        flags = flags_after(rule);
        if (__builtin_expect(rules_class(rule) == RULE_SIGNAL, 0)) {
            memo->unordered = true;
            kept = changed = 0;
        }
    }
    if (step != STEP_ON)
        kept = 0;
    memo->fresh_count = fresh;
    memo->count = step == STEP_COMPLEX ? 0 : kept;
    *ret_kept = kept;
    if (step == STEP_COMPLEX)
        return BACKTRACE_COMPLEX;
    if (step == STEP_LOST)
        memo->fresh[fresh - 1].flags |= RING_NODE_TRUNCATED;
    for (uint32_t i = fresh; i-- > 0;)
        memo_push(memo, &memo->fresh[i]);
    return memo->frame[0].flags & RING_NODE_TRUNCATED ? BACKTRACE_CUT : BACKTRACE_WHOLE;
}
