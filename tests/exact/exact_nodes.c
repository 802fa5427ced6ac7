/* tests/exact/exact_nodes.c - functions on the way: each kind of frame that compilers make */
/* SPDX-License-Identifier: MIT */

#include "tests/exact/exact_walk.h"

#include <alloca.h>
#include <stdlib.h>

#define ENTER walk_enter(walk, __builtin_return_address(0))

/* Keeps two calls of the same function apart: each has a return address of its own. */
#define SITE(number) __asm__ volatile("# site " #number)

/* What every function does between its first and its last line. */
static inline __attribute__((always_inline)) void go_on(struct walk *walk)
{
    for (uint32_t steps = 1 + walk_random(walk, 3); steps > 0; steps--) {
        walk_function *next = walk_next(walk);
        if (next == NULL)
            break;
        switch (walk_random(walk, 3)) {
        case 0:
            SITE(1);
            next(walk);
            SITE(1);
            break;
        case 1:
            SITE(2);
            next(walk);
            SITE(2);
            break;
        default:
            SITE(3);
            next(walk);
            SITE(3);
            break;
        }
    }
}

/* A frame of fixed size. */
#define NODE(name, bytes)                                                                          \
    static void node_##name(struct walk *walk)                                                     \
    {                                                                                              \
        volatile char room[bytes];                                                                 \
        ENTER;                                                                                     \
        room[0] = (char)walk->depth;                                                               \
        go_on(walk);                                                                               \
        if (room[0] != (char)walk->depth)                                                          \
            exact_fail("a local variable has changed", walk->depth, 0);                            \
        walk_leave(walk);                                                                          \
    }

/* A frame whose size is known at run time only: it has a frame pointer. */
#define NODE_VARIABLE(name, most)                                                                  \
    static void node_##name(struct walk *walk)                                                     \
    {                                                                                              \
        size_t bytes = 1 + walk_random(walk, most);                                                \
        volatile char room[bytes];                                                                 \
        ENTER;                                                                                     \
        room[bytes - 1] = (char)walk->depth;                                                       \
        go_on(walk);                                                                               \
        if (room[bytes - 1] != (char)walk->depth)                                                  \
            exact_fail("a local array has changed", walk->depth, 0);                               \
        walk_leave(walk);                                                                          \
    }

/* A stack realigned to more than the calling convention promises. */
#define NODE_ALIGNED(name, alignment)                                                              \
    static void node_##name(struct walk *walk)                                                     \
    {                                                                                              \
        _Alignas(alignment) volatile char room[alignment];                                         \
        ENTER;                                                                                     \
        room[0] = (char)walk->depth;                                                               \
        go_on(walk);                                                                               \
        if ((uintptr_t)room % alignment != 0 || room[0] != (char)walk->depth)                      \
            exact_fail("a local variable has moved", walk->depth, 0);                              \
        walk_leave(walk);                                                                          \
    }

/* Realigned and of variable size. */
#define NODE_ALIGNED_VARIABLE(name, alignment, most)                                               \
    static void node_##name(struct walk *walk)                                                     \
    {                                                                                              \
        _Alignas(alignment) volatile char room[alignment];                                         \
        volatile char *more = alloca(1 + walk_random(walk, most));                                 \
        ENTER;                                                                                     \
        room[0] = more[0] = (char)walk->depth;                                                     \
        go_on(walk);                                                                               \
        if ((uintptr_t)room % alignment != 0 || room[0] != more[0])                                \
            exact_fail("a local variable has moved", walk->depth, 0);                              \
        walk_leave(walk);                                                                          \
    }

NODE(a, 1)
NODE(b, 1)
NODE(c, 8)
NODE(d, 24)
NODE(e, 40)
NODE(f, 100)
NODE(g, 260)
NODE(h, 1100)
NODE_VARIABLE(i, 16)
NODE_VARIABLE(j, 64)
NODE_VARIABLE(k, 512)
NODE_ALIGNED(l, 32)
NODE_ALIGNED(m, 64)
NODE_ALIGNED(n, 256)
NODE_ALIGNED_VARIABLE(o, 32, 32)
NODE_ALIGNED_VARIABLE(p, 64, 300)

/* ---- by way of the C library ---- */

/* Not inline, as the header would have it. */
static void *(*volatile const search)(const void *, const void *, size_t, size_t,
                                      int (*)(const void *, const void *)) = bsearch;

/* It calls back once: the only element is the one that is looked for. */
static int through_bsearch(const void *key, const void *element)
{
    struct walk *walk = *(struct walk *const *)key;

    (void)element;
    walk_enter_unknown(walk);
    go_on(walk);
    walk_leave(walk);
    return 0;
}

static void node_bsearch(struct walk *walk)
{
    ENTER;
    if (search(&walk, &walk, 1, sizeof(walk), through_bsearch) == NULL)
        exact_fail("bsearch did not find", walk->depth, 0);
    walk_leave(walk);
}

/* Two elements: one comparison. */
static int through_qsort(const void *left, const void *right)
{
    struct walk *walk = *(struct walk *const *)left;

    (void)right;
    walk_enter_unknown(walk);
    go_on(walk);
    walk_leave(walk);
    return 0;
}

static void node_qsort(struct walk *walk)
{
    struct walk *both[] = {walk, walk};

    ENTER;
    qsort(both, 2, sizeof(both[0]), through_qsort);
    walk_leave(walk);
}

walk_function *const walk_nodes[] = {
    node_a, node_i, node_d, node_l, node_qsort, node_b, node_o, node_f, node_j,
    node_m, node_c, node_p, node_g, node_bsearch, node_k, node_n, node_e, node_h,
};
const unsigned walk_node_count = sizeof(walk_nodes) / sizeof(walk_nodes[0]);
