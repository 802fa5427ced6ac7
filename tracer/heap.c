/* tracer/heap.c - calls of malloc and its family become events */
/* SPDX-License-Identifier: MIT */

#include "tracer/heap.h"

#include <errno.h>

#include "tracer/clock.h"
#include "tracer/heap_set.h"
#include "tracer/misuse.h"
#include "tracer/operation.h"
#include "tracer/stack.h"
#include "tracer/writer.h"

#define FUNCTION_MASK 0xffu
#define FUNCTION_SHIFT 56
#define PLUGIN_OF(owner) ((uint32_t)(owner))
#define WORDS_CONTEXT 2

_Atomic uint32_t heap_tracing;

static inline uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* ---- whose ------------------------------------------------------------------------------- */

/* The plug-in was named: only its instance is looked for, in the innermost entry. */
static __attribute__((noinline)) uint64_t owner_named(struct thread *thread, uint32_t plugin)
{
    for (uint32_t i = thread->context_count; i-- > 0;) {
        const struct context *entry = &thread->context[i];
        if (entry->kind == CONTEXT_ENTRY)
            return entry->plugin == plugin ? entry->heap_owner : plugin;
    }
    return plugin;
}

static inline uint64_t owner_of(struct thread *thread, const void *frame, uint32_t how)
{
    uint64_t owner = context_heap_owner(thread, address_of(frame));
    uint32_t named = how >> 8;

    return named == 0 || named == PLUGIN_OF(owner) ? owner : owner_named(thread, named);
}

/* ---- entering ---------------------------------------------------------------------------- */

static __attribute__((noinline)) bool begin_slowly(struct operation *operation, const void *frame)
{
    int kept_errno = errno;
    bool began =
        operation->tracer == tracer_if_running() && operation_enter(operation, address_of(frame));

    errno = kept_errno;
    return began;
}

/* False: there is no tracer (yet; or no longer, in a child), or no place for this thread. */
static inline bool begin(struct operation *operation, const void *frame)
{
    struct tracer *tracer = tracer_if_running();

    if (__builtin_expect(tracer == NULL || !tracer->recording, 0))
        return false;
    operation->tracer = tracer;
    operation->thread = thread_known(tracer);
    if (__builtin_expect(operation->thread == NULL || operation->thread->under_way[0] != 0, 0))
        return begin_slowly(operation, frame);
    operation_begin(operation, 0, address_of(frame));
    return true;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Any events, in a new chunk if need be, behind a context if theirs is not the chunk's last. */
static __attribute__((noinline)) void put_slowly(const struct operation *operation, uint64_t owner,
                                                 const struct event *events, unsigned count)
{
    struct thread_cursor *cursor = &operation->thread->cursor[operation->level];
    struct event context = {
        .type = EVENT_HEAP_CONTEXT,
        .stamp = events[0].stamp,
        .plugin = (uint16_t)owner,
        .instance = (uint32_t)(owner >> 32),
    };
    size_t words = WORDS_CONTEXT;
    unsigned written = count;

    for (unsigned i = 0; i < count; i++)
        words += event_words(&events[i]);
    if (!writer_reserve(operation->tracer, operation->thread, operation->level, words,
                        events[0].stamp)) {
        writer_drop(operation->tracer, operation->thread, count);
        return;
    }
    uint64_t *at = cursor->at;
    if (cursor->heap_owner != owner) {
        at += event_encode(&context, cursor->base_stamp, at);
        written++;
    }
    for (unsigned i = 0; i < count; i++)
        at += event_encode(&events[i], cursor->base_stamp, at);
    cursor->heap_owner = owner;
    writer_commit(cursor, at, written);
}

static inline void put_alloc(const struct operation *operation, uint64_t owner, uint64_t stamp,
                             uint64_t address, uint64_t size, uint32_t node, uint32_t how,
                             const struct event *stack)
{
    struct thread_cursor *cursor = &operation->thread->cursor[operation->level];

    if (__builtin_expect(cursor->heap_owner == owner && size < EVENT_HEAP_LARGE &&
                             node != RING_NODE_INLINE && writer_has_room(cursor, 3, stamp),
                         1)) {
        uint64_t *at = cursor->at;
        at[0] = (stamp - cursor->base_stamp) << 8 | EVENT_HEAP_ALLOC;
        at[1] = (uint64_t)(how & FUNCTION_MASK) << FUNCTION_SHIFT | address;
        at[2] = (uint64_t)node << 32 | size;
        writer_commit(cursor, at + 3, 1);
        return;
    }
    struct event events[2];
    unsigned count = 0;
    if (node == RING_NODE_INLINE) {
        events[count] = *stack;
        events[count++].stamp = stamp;
    }
    events[count++] = (struct event){
        .type = EVENT_HEAP_ALLOC,
        .stamp = stamp,
        .address = address,
        .size = size,
        .node = node,
        .function = (uint8_t)how,
    };
    put_slowly(operation, owner, events, count);
}

static inline void put_free(const struct operation *operation, uint64_t owner, uint64_t stamp,
                            uint64_t address, uint32_t how)
{
    struct thread_cursor *cursor = &operation->thread->cursor[operation->level];

    if (__builtin_expect(cursor->heap_owner == owner && writer_has_room(cursor, 2, stamp), 1)) {
        uint64_t *at = cursor->at;
        at[0] = (stamp - cursor->base_stamp) << 8 | EVENT_HEAP_FREE;
        at[1] = (uint64_t)(how & FUNCTION_MASK) << FUNCTION_SHIFT | address;
        writer_commit(cursor, at + 2, 1);
        return;
    }
    const struct event event = {
        .type = EVENT_HEAP_FREE, .stamp = stamp, .address = address, .function = (uint8_t)how};
    put_slowly(operation, owner, &event, 1);
}

#define WORDS_MOST 6 /* of one event and its context: a large allocation */

/* Waiting for room is over before the stamp is taken: then no event is much younger than its stamp.
 */
static inline void make_room(const struct operation *operation)
{
    const struct thread_cursor *cursor = &operation->thread->cursor[operation->level];

    if (__builtin_expect(cursor->end - cursor->at < WORDS_MOST, 0))
        writer_reserve(operation->tracer, operation->thread, operation->level, WORDS_MOST,
                       clock_stamp());
}

/* ---- the blocks of plug-ins -------------------------------------------------------------- */

static inline bool only_plugins(void)
{
    return __builtin_expect(
        atomic_load_explicit(&heap_tracing, memory_order_relaxed) == RING_HEAP_PLUGINS, 0);
}

static void remember(struct tracer *tracer, uint64_t address)
{
    if (tracer->heap_blocks == NULL || !heap_set_add(tracer->heap_blocks, address))
        atomic_fetch_add_explicit(&tracer->ring->heap_untracked, 1, memory_order_relaxed);
}

static bool forget(struct tracer *tracer, uint64_t address)
{
    return tracer->heap_blocks != NULL && heap_set_remove(tracer->heap_blocks, address);
}

/* ---- NPN blocks -------------------------------------------------------------------------- */

/* C++ operators may be the plug-in's own, and end in NPN_MemAlloc and NPN_MemFree. */
static inline bool is_operator(uint32_t how)
{
    return (how & FUNCTION_MASK) >= EVENT_NEW;
}

/* A plug-in's call, about an address that may stand in the side table. Mostly one look. */
static inline bool may_be_npn(const struct operation *operation, uint64_t owner, const void *block,
                              uint32_t how)
{
    return owner != 0 && block != NULL && !is_operator(how) &&
           __builtin_expect(live_may_hold(operation->tracer, address_of(block)), 0);
}

/* The host's own free of an NPN block. Looked for only where a block may have come to it unseen:
 * otherwise every free of the process would cost a look at the side table. */
static inline void look_at_host_free(const struct operation *operation, uint64_t owner,
                                     const void *block, const void *frame)
{
    if (__builtin_expect(
            atomic_load_explicit(&operation->tracer->hand_over_unseen, memory_order_relaxed), 0) &&
        owner == 0 && live_may_hold(operation->tracer, address_of(block)))
        misuse_host_free(operation, frame, address_of(block));
}

/* ---- the calls --------------------------------------------------------------------------- */

void heap_expect(const void *frame)
{
#if STACK_BY_RULES
    const uint64_t *words = frame;
    struct thread *thread = thread_block;

    if (thread != NULL) {
        __builtin_prefetch(segment_at(thread->segments, words[1], address_of(words + 2)));
        __builtin_prefetch(rules_place(&thread->tracer->rules, words[1] - 1));
    }
#else
    (void)frame;
#endif
}

void heap_allocated(void *block, size_t size, const void *frame, uint32_t how)
{
    struct operation operation;
    struct event stack;

    if (!begin(&operation, frame))
        return;
    struct thread *thread = operation.thread;
    int kept_errno = *thread->errno_at;
    uint64_t owner = owner_of(thread, frame, how);
    if (!only_plugins() || owner != 0) {
        if (may_be_npn(&operation, owner, block, how))
            misuse_heap_alloc(&operation, frame, owner, address_of(block));
        uint32_t node = stack_capture(operation.tracer, thread, operation.level, frame, &stack);
        if (only_plugins() && block != NULL)
            remember(operation.tracer, address_of(block));
        make_room(&operation);
        put_alloc(&operation, owner, clock_stamp(), address_of(block), size, node, how, &stack);
    }
    *thread->errno_at = kept_errno;
    operation_leave(&operation);
}

void heap_freeing(void *block, const void *frame, uint32_t how)
{
    struct operation operation;

    if (!begin(&operation, frame))
        return;
    struct thread *thread = operation.thread;
    int kept_errno = *thread->errno_at;
    uint64_t owner = owner_of(thread, frame, how);
    bool was_plugins = only_plugins() && forget(operation.tracer, address_of(block));
    look_at_host_free(&operation, owner, block, frame);
    if (!only_plugins() || was_plugins || owner != 0) {
        if (!was_plugins && may_be_npn(&operation, owner, block, how))
            misuse_heap_free(&operation, frame, owner, address_of(block));
        make_room(&operation);
        put_free(&operation, owner, clock_stamp(), address_of(block), how);
    }
    *thread->errno_at = kept_errno;
    operation_leave(&operation);
}

#define REALLOC_FORGOTTEN (UINT64_C(1) << 31) /* one that is older was left by a jump */
#define REALLOC_AT_ONCE (UINT64_C(1) << 20)   /* far less than the recorder always waits */

/* The lowest bit of what heap_reallocating() returns says that the old block was a plug-in's; the
 * stamp can spare it. */
#define TOKEN_WAS_PLUGINS UINT64_C(1)

/* A realloc's free is stamped before the call and committed after it. Until then the recorder has
 * to hold back what others did with the address: so the stamp is announced, and taken anew if this
 * thread had to wait in between. Of a realloc in a handler the outer one's stamp is the older, and
 * stays. */
static uint64_t announce_realloc(struct thread *thread)
{
    _Atomic uint64_t *announced = &thread->shared->realloc_stamp;
    uint64_t there = atomic_load_explicit(announced, memory_order_relaxed);
    uint64_t stamp = clock_stamp() & ~TOKEN_WAS_PLUGINS;

    if (there != 0 && stamp - there <= REALLOC_FORGOTTEN)
        return stamp;
    for (;;) {
        atomic_store_explicit(announced, stamp, memory_order_release);
        uint64_t now = clock_stamp() & ~TOKEN_WAS_PLUGINS;
        if (now - stamp < REALLOC_AT_ONCE)
            return stamp;
        stamp = now;
    }
}

static void end_realloc(struct thread *thread, uint64_t stamp)
{
    _Atomic uint64_t *announced = &thread->shared->realloc_stamp;

    if (atomic_load_explicit(announced, memory_order_relaxed) == stamp)
        atomic_store_explicit(announced, 0, memory_order_release);
}

uint64_t heap_reallocating(void *old, const void *frame, uint32_t how)
{
    struct operation operation;
    uint64_t token = 0;

    if (!begin(&operation, frame))
        return 0;
    uint64_t owner = owner_of(operation.thread, frame, how);
    bool was_plugins = only_plugins() && old != NULL && forget(operation.tracer, address_of(old));
    if (!was_plugins && may_be_npn(&operation, owner, old, how))
        misuse_heap_free(&operation, frame, owner, address_of(old));
    if (!only_plugins() || was_plugins || owner != 0)
        token = announce_realloc(operation.thread) | (was_plugins ? TOKEN_WAS_PLUGINS : 0);
    operation_leave(&operation);
    return token;
}

static unsigned realloc_events(const struct operation *operation, uint64_t before, void *old,
                               void *fresh, size_t size, bool freed, const void *frame,
                               uint32_t how, bool wanted, struct event events[3])
{
    uint64_t after = clock_stamp();
    unsigned count = 0;

    if (old != NULL && (fresh != NULL || freed))
        events[count++] = (struct event){
            .type = EVENT_HEAP_FREE,
            .stamp = before & ~TOKEN_WAS_PLUGINS,
            .address = address_of(old),
            .function = (uint8_t)how,
        };
    if (freed || !wanted)
        return count;
    struct event stack;
    uint32_t node =
        stack_capture(operation->tracer, operation->thread, operation->level, frame, &stack);
    if (node == RING_NODE_INLINE) {
        events[count] = stack;
        events[count++].stamp = after;
    }
    events[count++] = (struct event){
        .type = EVENT_HEAP_ALLOC,
        .stamp = after,
        .address = address_of(fresh),
        .size = size,
        .node = node,
        .function = (uint8_t)how,
    };
    return count;
}

void heap_reallocated(uint64_t before, void *old, void *fresh, size_t size, bool freed,
                      const void *frame, uint32_t how)
{
    struct operation operation;
    struct event events[3];

    if (!begin(&operation, frame))
        return;
    struct thread *thread = operation.thread;
    int kept_errno = *thread->errno_at;
    uint64_t owner = owner_of(thread, frame, how);
    bool wanted = !only_plugins() || owner != 0;
    if (only_plugins() && fresh == NULL && !freed && (before & TOKEN_WAS_PLUGINS) != 0)
        remember(operation.tracer, address_of(old)); /* it failed: the block is still there */
    if (only_plugins() && wanted && fresh != NULL)
        remember(operation.tracer, address_of(fresh));
    if (may_be_npn(&operation, owner, fresh, how))
        misuse_heap_alloc(&operation, frame, owner, address_of(fresh));
    unsigned count =
        realloc_events(&operation, before, old, fresh, size, freed, frame, how, wanted, events);
    if (count > 0)
        put_slowly(&operation, owner, events, count);
    end_realloc(thread, before & ~TOKEN_WAS_PLUGINS);
    *thread->errno_at = kept_errno;
    operation_leave(&operation);
}

/* ---- whose calls this thread's are ------------------------------------------------------- */

uint32_t heap_host_enter(uint64_t stack_pointer)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread;

    if (atomic_load_explicit(&heap_tracing, memory_order_relaxed) == RING_HEAP_OFF ||
        tracer == NULL || (thread = thread_self(tracer)) == NULL)
        return UINT32_MAX;
    return context_push(thread,
                        &(struct context){.kind = CONTEXT_HOST, .stack_pointer = stack_pointer});
}

void heap_host_leave(uint32_t token)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL && token != UINT32_MAX ? thread_known(tracer) : NULL;

    if (thread != NULL)
        context_pop(thread, token);
}

void heap_thread_of(uint32_t plugin)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL ? thread_self(tracer) : NULL;

    if (thread != NULL)
        thread->heap_base = plugin;
}

uint32_t heap_current_plugin(uint64_t stack_pointer)
{
    struct tracer *tracer = tracer_if_running();
    struct thread *thread = tracer != NULL ? thread_self(tracer) : NULL;

    return thread != NULL ? PLUGIN_OF(context_heap_owner(thread, stack_pointer)) : 0;
}
