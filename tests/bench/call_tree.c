/* tests/bench/call_tree.c: the functions of the call tree and the way through them. */
/* SPDX-License-Identifier: MIT */

#include "tests/bench/call_tree.h"

#include <string.h>

#include "tests/bench/random.h"

enum { NODES = 512 };

/* ---- the way ------------------------------------------------------------------------------ */

static void start_phase(struct call_walk *walk)
{
    uint64_t phase = random_next(&walk->other_random) % walk->phases;

    walk->path_random = random_mix(walk->seed ^ walk->trunk << 32 ^ phase);
    walk->phase_left = CALL_TREE_PHASE_EVENTS;
}

static void start_trunk(struct call_walk *walk)
{
    walk->trunk = random_next(&walk->other_random) % CALL_TREE_TRUNKS;
    walk->trunk_left = CALL_TREE_TRUNK_EVENTS;
    start_phase(walk);
}

static unsigned trunk_levels(const struct call_walk *walk)
{
    return walk->levels > CALL_TREE_VARYING ? walk->levels - CALL_TREE_VARYING : 1;
}

/* Counts how much of the stack differs from that of the event before: the frames from the first
 * call site that is another one. The call of the allocator in a frame that has just been made is
 * new, too; in a frame that stayed it is not. */
static __attribute__((noinline)) void count_fresh(struct call_walk *walk)
{
    unsigned level = 1;

    while (level < walk->levels && walk->path[level] == walk->before[level])
        level++;
    walk->histogram[level < walk->levels ? walk->levels - level + 1 : 0]++;
    memcpy(walk->before, walk->path, sizeof(walk->before));
}

/* After an event: which level goes on. */
static __attribute__((noinline)) unsigned climb(struct call_walk *walk)
{
    if (--walk->left == 0)
        return 0;
    walk->trunk_left--;
    if (--walk->phase_left > 0) {
        unsigned levels = walk->climbs[random_next(&walk->path_random) >> 56];
        return levels < walk->levels ? walk->levels - levels : 1;
    }
    if (walk->trunk_left > 0) {
        start_phase(walk);
        return trunk_levels(walk);
    }
    start_trunk(walk);
    return 1;
}

/* At a level: from which of its places the function calls on. */
static __attribute__((noinline)) unsigned choose_site(struct call_walk *walk, unsigned level,
                                                      unsigned node)
{
    uint64_t number = level < trunk_levels(walk)
                          ? random_mix(walk->seed + walk->trunk * 1000 + level)
                          : random_next(&walk->path_random);
    unsigned site = number >> 61;

    walk->path[level] = (uint16_t)(node * CALL_TREE_SITES + site);
    return site;
}

/* ---- the functions ------------------------------------------------------------------------ */

typedef void (*node_func)(struct call_walk *walk, unsigned level);
static node_func const nodes[NODES];

static inline __attribute__((always_inline)) void make_event(struct call_walk *walk)
{
    const struct call_tree_memory *memory = &walk->memory;
    void *old = memory->take(walk);

    if (old != NULL)
        memory->release(old);
    if (memory->allocate == NULL)
        return;
    /* Mostly small, as in most programs: 16 to 271 bytes. */
    void *block = memory->allocate(16 + (random_next(&walk->other_random) >> 56));
    if (block != NULL)
        *(volatile char *)block = 1;
    memory->put(walk, block);
}

/* Who calls whom is fixed, as in a program: the upper 9 bits of a multiplicative hash. */
#define CALLEE(node, site) (((node) * CALL_TREE_SITES + (site)) * 2654435761u >> 23)

/* A call site of its own: the operand keeps the compiler from merging it with the others, and from
 * making the call a jump. */
#define SITE(node, site)                                                                           \
    case site:                                                                                     \
        nodes[CALLEE(node, site)](walk, level + 1);                                                \
        __asm__ volatile("" : : "i"((node) * CALL_TREE_SITES + (site)) : "memory");                \
        break;

/* Frames of different sizes; each 16th has a size that only its frame pointer knows. */
#define NODE(node)                                                                                 \
    static __attribute__((noinline)) void node_##node(struct call_walk *walk, unsigned level)      \
    {                                                                                              \
        volatile char small[8 + (node) * 7 % 13 * 16];                                             \
                                                                                                   \
        small[0] = 0, (void)small[0];                                                              \
        if ((node) % 16 == 5)                                                                      \
            *(volatile char *)__builtin_alloca(walk->frame_bytes) = 0;                             \
        do {                                                                                       \
            if (level == walk->levels) {                                                           \
                make_event(walk);                                                                  \
                if (walk->histogram != NULL)                                                       \
                    count_fresh(walk);                                                             \
                walk->resume = climb(walk);                                                        \
                continue;                                                                          \
            }                                                                                      \
            switch (choose_site(walk, level, node)) {                                              \
                SITE(node, 0)                                                                      \
                SITE(node, 1)                                                                      \
                SITE(node, 2)                                                                      \
                SITE(node, 3)                                                                      \
                SITE(node, 4)                                                                      \
                SITE(node, 5)                                                                      \
                SITE(node, 6)                                                                      \
                SITE(node, 7)                                                                      \
            }                                                                                      \
        } while (walk->resume >= level);                                                           \
    }

#define ADDRESS(node) node_##node,

/* Octal numbers from 0000 to 0777. */
#define EIGHT(do, digits)                                                                          \
    do(digits##0) do(digits##1) do(digits##2) do(digits##3)                                        \
    do(digits##4) do(digits##5) do(digits##6) do(digits##7)
#define SIXTY_FOUR(do, digits)                                                                     \
    EIGHT(do, digits##0) EIGHT(do, digits##1) EIGHT(do, digits##2) EIGHT(do, digits##3)            \
    EIGHT(do, digits##4) EIGHT(do, digits##5) EIGHT(do, digits##6) EIGHT(do, digits##7)
#define ALL(do)                                                                                    \
    SIXTY_FOUR(do, 00) SIXTY_FOUR(do, 01) SIXTY_FOUR(do, 02) SIXTY_FOUR(do, 03)                    \
    SIXTY_FOUR(do, 04) SIXTY_FOUR(do, 05) SIXTY_FOUR(do, 06) SIXTY_FOUR(do, 07)

#define DECLARE(node) static void node_##node(struct call_walk *walk, unsigned level);
/* clang-format off */
ALL(DECLARE)
static node_func const nodes[NODES] = {ALL(ADDRESS)};
ALL(NODE)
/* clang-format on */

/* ---- a walk ------------------------------------------------------------------------------- */

/* A climb of u > 0 levels makes u + 1 frames fresh, one of 0 none. With each further level taken
 * with probability q, the average is q + (q + q^2 + q^3 ...); this is that. */
static double average_fresh(double q)
{
    double sum = q, power = 1;

    for (unsigned levels = 0; levels < CALL_TREE_VARYING; levels++) {
        power *= q;
        sum += power;
    }
    return sum;
}

/* Finds the q that gives the wanted average, and spreads the climbs over the values of a byte. */
static void spread_climbs(struct call_walk *walk)
{
    double wanted = walk->fresh_permille / 1000.0, low = 0, high = 1;

    for (int i = 0; i < 40; i++) {
        double q = (low + high) / 2;
        if (average_fresh(q) < wanted)
            low = q;
        else
            high = q;
    }
    double tail = 1;
    unsigned levels = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        while (levels < CALL_TREE_VARYING && (255.5 - byte) / 256 < tail * low) {
            tail *= low;
            levels++;
        }
        walk->climbs[byte] = (uint8_t)levels;
    }
}

void call_tree_prepare(struct call_walk *walk)
{
    walk->other_random = random_mix(walk->seed);
    walk->frame_bytes = 48;
    spread_climbs(walk);
    start_trunk(walk);
    memset(walk->before, 0xff, sizeof(walk->before));
}

void call_tree_run(struct call_walk *walk, uint64_t events)
{
    walk->left = events;
    if (events > 0)
        nodes[0](walk, 1);
}
