/* tests/unit/chance.h - numbers of chance that can be had again */
/* SPDX-License-Identifier: MIT */

/*
 * A test with NPNTRACE_TEST_SEED and NPNTRACE_TEST_RUNS in the environment takes that seed and goes
 * on for so many runs; without, the seed is 1 and the test short. It prints the seed of a run
 * before anything can go wrong in it.
 */
#ifndef NPNTRACE_TESTS_UNIT_CHANCE_H
#define NPNTRACE_TESTS_UNIT_CHANCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_variable(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

/* The first run's seed; each of the next ones takes one more. */
static inline uint64_t chance_seed(void)
{
    return chance_variable("NPNTRACE_TEST_SEED", 1);
}

static inline uint64_t chance_runs(uint64_t otherwise)
{
    return chance_variable("NPNTRACE_TEST_RUNS", otherwise);
}

static inline struct chance chance_begin(uint64_t seed)
{
    printf("# seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    return (struct chance){.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
}

static inline uint64_t chance_word(struct chance *chance)
{
    uint64_t mixed = chance->state += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* 0 .. sides - 1 */
static inline uint32_t chance_below(struct chance *chance, uint32_t sides)
{
    return (uint32_t)(((chance_word(chance) & UINT32_MAX) * sides) >> 32);
}

#endif
