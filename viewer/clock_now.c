/* viewer/clock_now.c - what time it is, by the clocks that recordings use */
/* SPDX-License-Identifier: MIT */

#include "viewer/clock_now.h"

#include <time.h>

#define TRIES 16 /* the closest of so many pairs is taken */

uint64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#if defined(__x86_64__)
static uint64_t ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}
#elif defined(__aarch64__)
static uint64_t ticks_now(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#else
static uint64_t ticks_now(void)
{
    return 0;
}
#endif

/* Whoever is interrupted between the two readings gets a wide pair. */
bool clock_now_pair(struct ring_clock_pair *ret_pair)
{
    uint64_t closest = UINT64_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before = ticks_now(), ns = clock_now_ns(), after = ticks_now();
        if (after <= before || after - before >= closest)
            continue;
        closest = after - before;
        *ret_pair = (struct ring_clock_pair){.stamp = before + closest / 2, .ns = ns};
    }
    return closest != UINT64_MAX;
}
