/* tracer/clock.h - the stamp of an event */
/* SPDX-License-Identifier: MIT */

/*
 * Where the processors' time-stamp counters run at one constant rate and the kernel itself trusts
 * them for its clock, a stamp is that counter (RING_CLOCK_TSC): a third of the cost. Otherwise it
 * is CLOCK_MONOTONIC in nanoseconds, through the vDSO. No system call, async-signal-safe.
 *
 * A free is stamped before the host's function runs and an allocation after it returned. The
 * counter is read without a barrier: an allocation's stamp can be older than that of the free on
 * another processor which made its address available, by as much as a processor works ahead.
 * Readers put that right (doc/FORMAT.md).
 */
#ifndef NPNTRACE_TRACER_CLOCK_H
#define NPNTRACE_TRACER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "format/ring.h"

/* Chosen when tracing starts; the same in all processes of a machine. */
extern bool clock_is_tsc;

/* Chooses, and returns enum ring_clock. */
uint32_t clock_choose(void);

static inline uint64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_stamp(void)
{
#if defined(__x86_64__)
    if (__builtin_expect(clock_is_tsc, 1))
        return __builtin_ia32_rdtsc();
#endif
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* Both clocks now. */
static inline struct ring_clock_pair clock_pair(void)
{
    struct ring_clock_pair pair;

    pair.ns = clock_read_ns(CLOCK_MONOTONIC);
    pair.stamp = clock_is_tsc ? clock_stamp() : pair.ns;
    return pair;
}

#endif
