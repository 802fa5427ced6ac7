/* tracer/selfcheck.c - every so many stacks are unwound once more, by libunwind, and compared */
/* SPDX-License-Identifier: MIT */

#include "tracer/selfcheck.h"

#include "tracer/debug.h"
#include "tracer/tracer.h"
#include "tracer/unwind.h"

static void tell(const struct memo *memo, const struct event_frame *frames, unsigned count)
{
    debug_say("self-check: the stacks differ; frames here, frames by libunwind: ",
              (int)(memo->count * 10000 + count));
    for (uint32_t i = 0; i < memo->count || i < count; i++) {
        const struct memo_frame *own =
            i < memo->count ? &memo->frame[memo->count - 1 - i] : NULL;
        debug_pair(own != NULL ? memo->place[memo->count - 1 - i].pc : 0, own != NULL ? own->flags : 0,
                   i < count ? frames[i].pc : 0, i < count ? (uint32_t)frames[i].flags : 0);
    }
}

static bool equal(const struct memo *memo, const struct event_frame *frames, unsigned count)
{
    if (memo->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct memo_frame *own = &memo->frame[count - 1 - i];
        if (memo->place[count - 1 - i].pc != frames[i].pc || own->flags != frames[i].flags)
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

    if (tracer->unwinder == NULL || ++thread->unchecked < tracer->selfcheck)
        return;
    thread->unchecked = 0;
    unwind_here(&start);
    struct unwind_result result = unwind_frames(tracer, thread, &start, frames, THREAD_FRAMES);
    if (result.truncated && result.count > 0)
        frames[result.count - 1].flags |= RING_NODE_TRUNCATED;
    atomic_fetch_add_explicit(&tracer->ring->selfchecks, 1, memory_order_relaxed);
    if (equal(memo, frames, result.count))
        return;
    atomic_fetch_add_explicit(&tracer->ring->selfcheck_mismatches, 1, memory_order_relaxed);
    tell(memo, frames, result.count);
}
