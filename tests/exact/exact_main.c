/* tests/exact/exact_main.c - random threads that allocate, and know what they did */
/* SPDX-License-Identifier: MIT */

/*
 * exact LOG SEED PHASES [OPERATIONS]
 *
 * Each phase has a seed of its own, SEED and the numbers after it, which decides how many threads
 * there are, what they call and how often. What is in the slots at the end of the last phase is
 * still live at exit. NPNEXACT_WITHOUT_PVALLOC: never call pvalloc.
 */
#include "tests/exact/exact_walk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_THREADS 4u
#define LEAST_OPERATIONS 20u

static struct walk_phase phase_of(uint64_t seed, unsigned most_operations)
{
    struct walk walk = {.random = seed};
    struct walk_phase phase = {.seed = seed};

    phase.threads = 1 + walk_random(&walk, MOST_THREADS);
    phase.operations = LEAST_OPERATIONS + walk_random(&walk, most_operations);
    phase.nodes = 2 + walk_random(&walk, walk_node_count - 1);
    phase.depth = 4 + walk_random(&walk, 2 + walk_random(&walk, WALK_DEPTH - 16));
    phase.slots = 1u << walk_random(&walk, 10);
    phase.keep = 4 + walk_random(&walk, 4);
    phase.without_pvalloc = getenv("NPNEXACT_WITHOUT_PVALLOC") != NULL;
    phase.sizes = (enum walk_sizes)walk_random(&walk, WALK_SIZES_KINDS);
    return phase;
}

struct start {
    const struct walk_phase *phase;
    unsigned thread;
};

static void walk_until_done(struct walk *walk)
{
    walk_enter(walk, __builtin_return_address(0));
    while (walk->operations_left > 0)
        walk_nodes[walk_random(walk, walk->phase->nodes)](walk);
    walk_leave(walk);
}

/* Called by the C library: its return address is not in this program. */
static void *thread_start(void *argument)
{
    const struct start *start = argument;
    struct walk walk;

    walk_begin(&walk, start->phase, start->thread);
    walk_until_done(&walk);
    return NULL;
}

static void phase_run(const struct walk_phase *phase)
{
    pthread_t threads[MOST_THREADS];
    struct start starts[MOST_THREADS];
    struct walk walk;

    for (unsigned i = 1; i < phase->threads; i++) {
        starts[i] = (struct start){.phase = phase, .thread = i};
        if (pthread_create(&threads[i], NULL, thread_start, &starts[i]) != 0)
            exact_fail("cannot start a thread", i, 0);
    }
    walk_begin(&walk, phase, 0);
    walk_enter(&walk, __builtin_return_address(0));
    walk_until_done(&walk);
    for (unsigned i = 1; i < phase->threads; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: exact LOG SEED PHASES [OPERATIONS]\n");
        return 2;
    }
    uint64_t seed = strtoull(argv[2], NULL, 10);
    unsigned phases = (unsigned)strtoul(argv[3], NULL, 10);
    unsigned operations = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 400;

    exact_log_open(argv[1]);
    for (unsigned i = 0; i < phases; i++) {
        struct walk_phase phase = phase_of(seed + i, operations);
        phase_run(&phase);
    }
    exact_log_finish();
    return 0;
}
