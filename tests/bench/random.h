/* tests/bench/random.h: the seeded random numbers of the benchmarks. */
/* SPDX-License-Identifier: MIT */

/*
 * xorshift64* and a mixer: a few cycles a number, the same sequence for the same seed everywhere.
 * A generator belongs to one thread.
 */

#ifndef NPNTRACE_TESTS_BENCH_RANDOM_H
#define NPNTRACE_TESTS_BENCH_RANDOM_H

#include <stdint.h>

#include "tests/support/splitmix.h"

/* A well-mixed, non-zero state from any number. */
static inline uint64_t random_mix(uint64_t number)
{
    number = splitmix(number);
    return number != 0 ? number : 1;
}

/* The next number of a generator whose state is not 0. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

#endif
