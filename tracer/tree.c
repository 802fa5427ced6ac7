/* tracer/tree.c - the tree of stacks in the segment */
/* SPDX-License-Identifier: MIT */

#include "tracer/tree.h"

#include "tracer/modules.h"
#include "tracer/sys.h"
#include "tracer/tracer.h"

#define MAX_PROBES                                                                                 \
    64u /* a table that is nearly full counts as full: no endless search in the host */
#define FIRST_SLOTS 4096u
#define LAST_SLOTS (1u << 27)

/* A slot is taken with its id. A copy of the node follows, parent first, so that looking for it
 * touches one cache line; as long as key is 0 the node itself is looked at. */
struct tree_slot {
    _Atomic uint64_t key; /* pc, flags in the topmost byte */
    _Atomic uint32_t parent;
    _Atomic uint32_t id; /* RING_NODE_NONE: free */
};

struct tree_index {
    struct tree_index *_Atomic older; /* being copied from */
    uint32_t mask;
    _Atomic uint32_t used;
    _Alignas(64) struct tree_slot slot[];
};

static struct tree_index *map_index(uint32_t slots)
{
    size_t bytes = sizeof(struct tree_index) + (size_t)slots * sizeof(struct tree_slot);
    struct tree_index *index = sys_map(bytes);

    if (index != NULL) {
        sys_populate(index, bytes); /* hashes are everywhere */
        index->mask = slots - 1;
    }
    return index;
}

void tree_open(struct tree *tree, uint32_t node_capacity)
{
    tree->path = sys_map(node_capacity * sizeof(*tree->path));
    if (tree->path != NULL)
        atomic_store_explicit(&tree->index, map_index(FIRST_SLOTS), memory_order_release);
}

void tree_expect(struct tree *tree, uint32_t path)
{
    struct tree_index *index = atomic_load_explicit(&tree->index, memory_order_acquire);

    if (index != NULL)
        __builtin_prefetch(&index->slot[path & index->mask]);
}

static bool same(const struct ring_node *a, const struct ring_node *b)
{
    return a->pc == b->pc && a->parent == b->parent && a->flags == b->flags;
}

static uint64_t key_of(const struct ring_node *node)
{
    return node->pc | (uint64_t)node->flags << TREE_FLAGS_SHIFT;
}

static inline bool holds(const struct tracer *tracer, const struct tree_slot *slot, uint32_t id,
                         const struct ring_node *node)
{
    uint64_t key = atomic_load_explicit(&slot->key, memory_order_acquire);

    if (__builtin_expect(key == 0, 0))
        return same(&tracer->nodes[id], node);
    return key == key_of(node) &&
           atomic_load_explicit(&slot->parent, memory_order_relaxed) == node->parent;
}

static inline uint32_t find(const struct tracer *tracer, const struct tree_index *index,
                            const struct ring_node *node, uint32_t path)
{
    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        const struct tree_slot *slot = &index->slot[(path + i) & index->mask];
        uint32_t id = atomic_load_explicit(&slot->id, memory_order_acquire);
        if (id == RING_NODE_NONE || holds(tracer, slot, id, node))
            return id;
    }
    return RING_NODE_NONE;
}

/* Adds an id, or finds the one that another thread has added for the same frame. RING_NODE_NONE: no
 * room. */
static uint32_t add(const struct tracer *tracer, struct tree_index *index, uint32_t id,
                    uint32_t path)
{
    const struct ring_node *node = &tracer->nodes[id];

    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        struct tree_slot *slot = &index->slot[(path + i) & index->mask];
        uint32_t there = atomic_load_explicit(&slot->id, memory_order_acquire);
        /* Release: pairs with the acquire loads of ids. */
        if (there == RING_NODE_NONE &&
            atomic_compare_exchange_strong_explicit(&slot->id, &there, id, memory_order_acq_rel,
                                                    memory_order_acquire)) {
            atomic_store_explicit(&slot->parent, node->parent, memory_order_relaxed);
            atomic_store_explicit(&slot->key, key_of(node), memory_order_release);
            atomic_fetch_add_explicit(&index->used, 1, memory_order_relaxed);
            return id;
        }
        if (there == id || holds(tracer, slot, there, node))
            return there;
    }
    return RING_NODE_NONE;
}

static void grow(struct tracer *tracer, struct tree_index *index)
{
    struct tree *tree = &tracer->tree;
    uint32_t idle = 0;

    if (index->mask + 1 >= LAST_SLOTS || !atomic_compare_exchange_strong(&tree->growing, &idle, 1))
        return;
    struct tree_index *larger =
        atomic_load(&tree->index) == index ? map_index(2 * (index->mask + 1)) : NULL;
    if (larger != NULL) {
        atomic_store(&larger->older, index);
        atomic_store(&tree->index, larger);
        for (uint32_t i = 0; i <= index->mask; i++) {
            uint32_t id = atomic_load(&index->slot[i].id);
            if (id != RING_NODE_NONE)
                add(tracer, larger, id, tree->path[id]);
        }
        atomic_store(&larger->older, NULL);
    }
    atomic_store(&tree->growing, 0);
}

/* A fresh id, RING_NODE_NONE when there is none left. */
static uint32_t allocate(struct tracer *tracer)
{
    _Atomic uint32_t *used = &tracer->ring->used[RING_NODES];
    uint32_t id = atomic_load_explicit(used, memory_order_relaxed);

    while (id < tracer->node_capacity)
        if (atomic_compare_exchange_weak_explicit(used, &id, id + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return id;
    return RING_NODE_NONE;
}

/* Of two threads with the same new frame one wins and the other's id stays unused. */
static __attribute__((noinline)) uint32_t make(struct tracer *tracer, struct tree_index *index,
                                               const struct ring_node *node, uint32_t path,
                                               uint32_t epoch)
{
    if ((node->flags & RING_NODE_ROOT) == 0)
        modules_note(tracer, node->pc, epoch);
    uint32_t id = allocate(tracer);
    if (id == RING_NODE_NONE)
        return RING_NODE_NONE;
    tracer->nodes[id] = *node;
    tracer->tree.path[id] = path;
    for (;;) {
        id = add(tracer, index, id, path);
        struct tree_index *now = atomic_load(&tracer->tree.index);
        if (now == index || id == RING_NODE_NONE)
            break;
        index = now;
    }
    if (atomic_load_explicit(&index->used, memory_order_relaxed) > index->mask / 2)
        grow(tracer, index);
    return id;
}

static inline uint32_t find_or_make(struct tracer *tracer, const struct ring_node *node,
                                    uint32_t path, uint32_t epoch)
{
    struct tree_index *index = atomic_load_explicit(&tracer->tree.index, memory_order_acquire);

    if (__builtin_expect(index == NULL, 0))
        return RING_NODE_NONE;
    uint32_t id = find(tracer, index, node, path);
    if (__builtin_expect(id != RING_NODE_NONE, 1))
        return id;
    const struct tree_index *older = atomic_load(&index->older);
    if (older != NULL && (id = find(tracer, older, node, path)) != RING_NODE_NONE)
        return id;
    return make(tracer, index, node, path, epoch);
}

uint32_t tree_root(struct tracer *tracer, uint32_t epoch)
{
    return find_or_make(tracer, &(struct ring_node){.pc = epoch, .flags = RING_NODE_ROOT},
                        tree_root_path(epoch), epoch);
}

uint32_t tree_node(struct tracer *tracer, uint32_t parent, uint32_t path, uint64_t pc,
                   uint32_t flags, uint32_t epoch)
{
    return find_or_make(tracer, &(struct ring_node){.parent = parent, .flags = flags, .pc = pc},
                        path, epoch);
}
