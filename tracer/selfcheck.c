/* tracer/selfcheck.c - every so many stacks are unwound once more, by libunwind, and compared */
/* SPDX-License-Identifier: MIT */

#include "tracer/selfcheck.h"

#include "tracer/debug.h"
#include "tracer/tracer.h"
#include "tracer/unwind.h"

/* Frames of this library at the inner end say nothing, and libunwind's are without them. */
static uint32_t foreign_count(const struct tracer *tracer, const struct memo *memo)
{
    uint32_t count = memo->count;

    while (count > 0 && memo->place[count - 1].pc >= tracer->own_start &&
           memo->place[count - 1].pc < tracer->own_end)
        count--;
    return count;
}

static void tell(const struct memo *memo, uint32_t own_count, const struct event_frame *frames,
                 unsigned count)
{
    debug_say("self-check: the stacks differ; frames here, frames by libunwind: ", 0);
    for (uint32_t i = 0; i < own_count || i < count; i++) {
        bool own = i < own_count;
        uint32_t index = own ? own_count - 1 - i : 0;
        debug_pair(own ? memo->place[index].pc : 0, own ? memo->frame[index].flags : 0,
                   i < count ? frames[i].pc : 0, i < count ? (uint32_t)frames[i].flags : 0);
    }
}

static bool equal(const struct memo *memo, uint32_t own_count, const struct event_frame *frames,
                  unsigned count)
{
    if (own_count != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = count - 1 - i;
        if (memo->place[index].pc != frames[i].pc || memo->frame[index].flags != frames[i].flags)
            return false;
    }
    return true;
}

__attribute__((noinline)) void selfcheck_stack(struct tracer *tracer, struct thread *thread,
                                               unsigned level)
{
    const struct memo *memo = &thread->memo[level];
    struct event_frame *frames = thread->frames[level];
    struct unwind_start start;

    if (tracer->unwinder == NULL || thread->is_elsewhere || ++thread->unchecked < tracer->selfcheck)
        return;
    thread->unchecked = 0;
    unwind_here(&start);
    struct unwind_result result = unwind_frames(tracer, thread, &start, frames, THREAD_FRAMES);
    if (result.count == 0)
        return; /* a handler that interrupted libunwind: it cannot be asked */
    if (result.truncated)
        frames[result.count - 1].flags |= RING_NODE_TRUNCATED;
    atomic_fetch_add_explicit(&tracer->ring->selfchecks, 1, memory_order_relaxed);
    uint32_t own_count = foreign_count(tracer, memo);
    if (equal(memo, own_count, frames, result.count))
        return;
    atomic_fetch_add_explicit(&tracer->ring->selfcheck_mismatches, 1, memory_order_relaxed);
    tell(memo, own_count, frames, result.count);
}
