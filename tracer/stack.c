/* tracer/stack.c - the call stack of an event, interned in the segment */
/* SPDX-License-Identifier: MIT */

#include "tracer/stack.h"

#include "tracer/modules.h"

#define MAX_PROBES                                                                                 \
    64u /* a table that is nearly full counts as full: no endless search in the host */

struct tree {
    struct ring_node *nodes;
    _Atomic uint32_t *hash;
    uint32_t mask;
    uint32_t capacity;
    _Atomic uint32_t *used;
};

static struct tree tree_of(struct tracer *tracer)
{
    return (struct tree){
        .nodes = ring_area(tracer->ring, RING_NODES),
        .hash = ring_area(tracer->ring, RING_NODE_HASH),
        .mask = ring_capacity(tracer->ring, RING_NODE_HASH) - 1,
        .capacity = ring_capacity(tracer->ring, RING_NODES),
        .used = &tracer->ring->used[RING_NODES],
    };
}

static uint32_t home_of(const struct ring_node *node, uint32_t mask)
{
    uint64_t mixed = (node->pc ^ (uint64_t)node->flags << 56) * UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 29 ^ node->parent) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(mixed >> 32) & mask;
}

static bool same(const struct ring_node *a, const struct ring_node *b)
{
    return a->pc == b->pc && a->parent == b->parent && a->flags == b->flags;
}

/* A fresh id, RING_NODE_NONE when there is none left. */
static uint32_t allocate(const struct tree *tree)
{
    uint32_t id = atomic_load_explicit(tree->used, memory_order_relaxed);

    while (id < tree->capacity)
        if (atomic_compare_exchange_weak_explicit(tree->used, &id, id + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return id;
    return RING_NODE_NONE;
}

/* The id of the child, made if it is new. RING_NODE_NONE: the tree is full. */
static uint32_t intern(struct tracer *tracer, const struct tree *tree, const struct ring_node *node,
                       uint32_t epoch)
{
    uint32_t home = home_of(node, tree->mask);
    uint32_t fresh = RING_NODE_NONE;

    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        _Atomic uint32_t *slot = &tree->hash[(home + i) & tree->mask];
        uint32_t id = atomic_load_explicit(slot, memory_order_acquire);
        if (id == RING_NODE_NONE) {
            if (fresh == RING_NODE_NONE) {
                if ((node->flags & RING_NODE_ROOT) == 0)
                    modules_note(tracer, node->pc, epoch);
                fresh = allocate(tree);
                if (fresh == RING_NODE_NONE)
                    return RING_NODE_NONE;
                tree->nodes[fresh] = *node;
            }
            /* Pairs with the acquire load above. Of two threads with the same new frame one wins
             * and the other's id stays unused. */
            if (atomic_compare_exchange_strong_explicit(slot, &id, fresh, memory_order_release,
                                                        memory_order_acquire))
                return fresh;
        }
        if (same(&tree->nodes[id], node))
            return id;
    }
    return RING_NODE_NONE;
}

/* While an object is being unloaded, another may already lie at its addresses: then a new epoch
 * begins here, since no stack that is captured now can contain the old one. */
static uint32_t settled_epoch(struct tracer *tracer, const struct event_frame *frames,
                              unsigned count)
{
    uint32_t epoch = atomic_load_explicit(&tracer->epoch, memory_order_acquire);

    if (atomic_load_explicit(&tracer->unloading, memory_order_acquire) == 0)
        return epoch;
    for (unsigned i = 0; i < count; i++)
        if (!modules_agree(tracer, frames[i].pc))
            return atomic_fetch_add(&tracer->epoch, 1) + 1;
    return epoch;
}

static uint32_t intern_stack(struct tracer *tracer, const struct event_frame *frames,
                             unsigned count)
{
    struct tree tree = tree_of(tracer);
    uint32_t epoch = settled_epoch(tracer, frames, count);
    struct ring_node root = {.pc = epoch, .flags = RING_NODE_ROOT};
    uint32_t id = intern(tracer, &tree, &root, epoch);

    for (unsigned i = count; i-- > 0 && id != RING_NODE_NONE;) {
        struct ring_node node = {
            .parent = id, .flags = (uint32_t)frames[i].flags, .pc = frames[i].pc};
        id = intern(tracer, &tree, &node, epoch);
    }
    return id;
}

/* Too long for an event: its outer end is cut and marked. */
static unsigned cut_inline(struct tracer *tracer, struct event_frame *frames, unsigned count)
{
    size_t room =
        (tracer->ring->layout.chunk_bytes - RING_CHUNK_HEADER_BYTES) / sizeof(uint64_t) - 16;
    unsigned most = room / 2 < EVENT_MAX_FRAMES ? (unsigned)(room / 2) : EVENT_MAX_FRAMES;

    if (count <= most)
        return count;
    frames[most - 1].flags |= RING_NODE_TRUNCATED;
    return most;
}

static void count_one(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

struct stack stack_capture(struct tracer *tracer, struct thread *thread, unsigned level,
                           const struct unwind_start *start, uint64_t caller)
{
    struct event_frame *frames = thread->frames[level];
    struct unwind_result result = {.count = 0};

    if (tracer->unwinder != NULL)
        result = unwind_frames(tracer, thread, start, frames, THREAD_FRAMES);
    if (result.count == 0) {
        frames[0] = (struct event_frame){.pc = caller};
        result = (struct unwind_result){.count = 1, .truncated = true};
    }
    if (result.truncated) {
        frames[result.count - 1].flags |= RING_NODE_TRUNCATED;
        count_one(&tracer->ring->truncated_stacks);
    }
    struct stack stack = {.node = intern_stack(tracer, frames, result.count)};
    if (stack.node == RING_NODE_NONE) {
        count_one(&tracer->ring->lost_stacks);
        stack.node = RING_NODE_INLINE;
        stack.count = cut_inline(tracer, frames, result.count);
        stack.frames = frames;
    }
    return stack;
}
