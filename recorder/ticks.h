/* recorder/ticks.h - from the stamps of a segment to nanoseconds */
/* SPDX-License-Identifier: MIT */

/*
 * A process stamps its events in CLOCK_MONOTONIC nanoseconds or in ticks of the time-stamp counter,
 * which all processes of the machine share; a trace file holds nanoseconds only. Here both clocks
 * are read now and then, and the stamps between are put on straight lines:
 *
 *      ns ^              .--'   each line begins where the one before it ends, and is inclined so
 *         |        .--''        that it meets the clock at its end: never back, never a jump, and
 *         |   .--'              what was converted once is converted to the same value again.
 *         +-------------> stamp
 *
 * Nothing of it comes from the process's memory. Old lines are joined when there are many, so
 * memory is constant; stamps on them then move by as much as the clocks' ratio has wavered. For one
 * thread.
 */
#ifndef NPNTRACE_RECORDER_TICKS_H
#define NPNTRACE_RECORDER_TICKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/ring.h"

#define TICKS_LINES 512u

struct ticks_line {
    uint64_t stamp; /* where it begins */
    uint64_t ns;
    uint64_t slope; /* nanoseconds per tick, times 2^32 */
};

struct ticks {
    bool tsc; /* false: stamps are nanoseconds */
    struct ring_clock_pair last; /* that was read */
    uint64_t wait_ns; /* before the next is read */
    size_t count;
    struct ticks_line lines[TICKS_LINES];
};

/* CLOCK_MONOTONIC at this moment, in nanoseconds. */
uint64_t ticks_clock_ns(void);

/* Reads the clocks for the first time; stamps are nanoseconds until ticks_begin(). */
void ticks_open(struct ticks *ticks);

/* The process has said which clock it uses (enum ring_clock); unknown ones are nanoseconds. */
void ticks_begin(struct ticks *ticks, uint32_t clock);

/* To be called every now and then, before stamps of after that moment are converted. */
void ticks_follow(struct ticks *ticks);

/* A stamp of this moment. */
uint64_t ticks_now(const struct ticks *ticks);

/* About so many ticks. */
uint64_t ticks_of(const struct ticks *ticks, uint64_t ns);

/* The line that a stamp is on; *ret_end: the first stamp that is not. */
const struct ticks_line *ticks_line_of(const struct ticks *ticks, uint64_t stamp,
                                       uint64_t *ret_end);

static inline uint64_t ticks_on(const struct ticks_line *line, uint64_t stamp)
{
    __extension__ typedef unsigned __int128 wide;
    return line->ns + (uint64_t)(((wide)(stamp - line->stamp) * line->slope) >> 32);
}

/* A stamp in nanoseconds; 0 stays 0. */
uint64_t ticks_ns(const struct ticks *ticks, uint64_t stamp);

#endif
