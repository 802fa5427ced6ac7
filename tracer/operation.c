/* tracer/operation.c - entering and leaving the tracer on a thread */
/* SPDX-License-Identifier: MIT */

#include "tracer/operation.h"

#include <errno.h>
#include <signal.h>

#include "tracer/sys.h"

static void count_missed(struct tracer *tracer)
{
    atomic_fetch_add_explicit(&tracer->ring->missed_calls, 1, memory_order_relaxed);
}

/* What was committed counts; the cursor may have been in the middle of saying so. */
static void resynchronise(struct thread_cursor *cursor)
{
    if (cursor->chunk == NULL)
        return;
    cursor->committed = atomic_load_explicit(&cursor->chunk->committed, memory_order_relaxed);
    cursor->at = (uint64_t *)((char *)(cursor->chunk + 1) + (uint32_t)cursor->committed);
    cursor->heap_owner = UINT64_MAX; /* nobody's: the next event says whose it is */
}

/* What they had half done stays so: an event not committed, a block not in the side table. */
static void abandon(struct tracer *tracer, struct thread *thread, unsigned level)
{
    atomic_fetch_add_explicit(&tracer->ring->abandoned_operations, 1, memory_order_relaxed);
    thread->memo[level].valid = false;
    resynchronise(&thread->cursor[level]);
    atomic_store_explicit(&thread->shared->operations, level, memory_order_relaxed);
    thread->under_way[level] = 0;
}

/* On an alternate signal stack a higher address proves nothing: it may lie anywhere. */
static bool on_alternate_stack(void)
{
    stack_t stack;

    return sigaltstack(NULL, &stack) != 0 || (stack.ss_flags & SS_ONSTACK) != 0;
}

/* Its frame may have been overwritten, or even unmapped, since. Where reading is not allowed
 * (seccomp), nothing is known. */
static bool is_marked(const struct thread *thread, unsigned level)
{
    uint64_t found;

    if (!sys_read_memory(thread->mark_at[level], &found, sizeof(found)))
        return errno != EFAULT;
    return found == operation_mark(thread, level);
}

static bool is_gone(struct thread *thread, unsigned level, uint64_t here)
{
    if (!is_marked(thread, level))
        return true;
    return here >= thread->under_way[level] &&
           thread_same_stack(thread, here, thread->under_way[level]) && !on_alternate_stack();
}

unsigned operation_next_level(struct tracer *tracer, struct thread *thread, uint64_t here)
{
    unsigned level = RING_NESTING;

    while (level > 0 && thread->under_way[level - 1] == 0)
        level--;
    while (level > 0 && is_gone(thread, level - 1, here))
        abandon(tracer, thread, --level);
    if (level == RING_NESTING)
        count_missed(tracer);
    return level;
}

bool operation_enter_slowly(struct operation *operation, uint64_t here)
{
    struct tracer *tracer = tracer_start();
    struct thread *thread = tracer != NULL ? thread_self(tracer) : NULL;
    unsigned level = 0;

    if (thread == NULL) {
        if (tracer != NULL)
            count_missed(tracer);
        return false;
    }
    if (thread->under_way[0] != 0)
        level = operation_next_level(tracer, thread, here);
    if (level == RING_NESTING)
        return false;
    operation->tracer = tracer;
    operation->thread = thread;
    operation_begin(operation, level, here);
    return true;
}
