/* tracer/clock.h - the stamp of an event */
/* SPDX-License-Identifier: MIT */

/*
 * Stamps are CLOCK_MONOTONIC nanoseconds (ring header: RING_CLOCK_MONOTONIC), read through the
 * vDSO: no system call, async-signal-safe. A free is stamped before the host's function runs and an
 * allocation after it returned, so a block's free never carries a later stamp than its re-issue.
 */
#ifndef NPNTRACE_TRACER_CLOCK_H
#define NPNTRACE_TRACER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_stamp(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

#endif
