/* tests/support/splitmix.h - the seeded random numbers of test programs */
/* SPDX-License-Identifier: MIT */

/*
 * splitmix64: the same sequence for the same seed everywhere, and any seed will do. A state belongs
 * to one thread.
 */
#ifndef NPNTRACE_TESTS_SUPPORT_SPLITMIX_H
#define NPNTRACE_TESTS_SUPPORT_SPLITMIX_H

#include <stdint.h>

#define SPLITMIX_STEP UINT64_C(0x9e3779b97f4a7c15)

/* What a generator with this state gives next. */
static inline uint64_t splitmix(uint64_t state)
{
    uint64_t z = state + SPLITMIX_STEP;

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline uint32_t splitmix_below(uint64_t *state, uint32_t below)
{
    uint64_t number = splitmix(*state);

    *state += SPLITMIX_STEP;
    return (uint32_t)((number >> 32) * below >> 32);
}

#endif
