/* recorder/ticks.c - from the stamps of a segment to nanoseconds */
/* SPDX-License-Identifier: MIT */

#include "recorder/ticks.h"

#include <string.h>
#include <time.h>

#define FIRST_WAIT_NS UINT64_C(10000000) /* then twice as long each time, */
#define LAST_WAIT_NS UINT64_C(1000000000) /* up to this */
#define READINGS 5 /* the quickest counts: nothing came between the two clocks */
#define ONE (UINT64_C(1) << 32) /* slope of a clock of nanoseconds */

uint64_t ticks_clock_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t counter(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return ticks_clock_ns(); /* the tracer uses no counter here either */
#endif
}

static struct ring_clock_pair read_pair(void)
{
    struct ring_clock_pair best = {0, 0};
    uint64_t shortest = UINT64_MAX;

    for (unsigned i = 0; i < READINGS; i++) {
        uint64_t before = counter();
        uint64_t ns = ticks_clock_ns();
        uint64_t took = counter() - before;

        if (took < shortest) {
            shortest = took;
            best = (struct ring_clock_pair){.stamp = before + took / 2, .ns = ns};
        }
    }
    return best;
}

void ticks_open(struct ticks *ticks)
{
    memset(ticks, 0, sizeof(*ticks));
    ticks->last = read_pair();
    ticks->lines[ticks->count++] = (struct ticks_line){.slope = ONE};
}

/* Nanoseconds per tick, times 2^32, at least 1. */
static uint64_t slope_of(uint64_t ns, uint64_t stamps)
{
    double slope = stamps == 0 ? 1 : (double)ns / (double)stamps;
    return slope * (double)ONE < 1 ? 1 : (uint64_t)(slope * (double)ONE);
}

void ticks_begin(struct ticks *ticks, uint32_t clock)
{
    struct ring_clock_pair now = read_pair();

    if (clock != RING_CLOCK_TSC || ticks->tsc)
        return;
    ticks->tsc = true;
    ticks->wait_ns = FIRST_WAIT_NS;
    ticks->lines[0] = (struct ticks_line){
        .stamp = ticks->last.stamp,
        .ns = ticks->last.ns,
        .slope = slope_of(now.ns - ticks->last.ns, now.stamp - ticks->last.stamp),
    };
    ticks->last = now;
}

/* Every second line goes; the one before it takes its place. */
static void join_lines(struct ticks *ticks)
{
    struct ticks_line *lines = ticks->lines;
    size_t kept = 0;

    for (size_t i = 0; i + 2 < ticks->count; i += 2) {
        lines[kept] = lines[i];
        lines[kept].slope =
            slope_of(lines[i + 2].ns - lines[i].ns, lines[i + 2].stamp - lines[i].stamp);
        kept++;
    }
    for (size_t i = ticks->count - (ticks->count % 2 ? 1 : 2); i < ticks->count; i++)
        lines[kept++] = lines[i];
    ticks->count = kept;
}

void ticks_follow(struct ticks *ticks)
{
    if (!ticks->tsc || ticks_clock_ns() - ticks->last.ns < ticks->wait_ns)
        return;
    struct ring_clock_pair now = read_pair();
    uint64_t rate = slope_of(now.ns - ticks->last.ns, now.stamp - ticks->last.stamp);
    uint64_t ns = ticks_ns(ticks, now.stamp);

    ticks->wait_ns = 2 * ticks->wait_ns < LAST_WAIT_NS ? 2 * ticks->wait_ns : LAST_WAIT_NS;
    if (ticks->count == TICKS_LINES)
        join_lines(ticks);
    /* From where the lines are to where the clock will be. */
    double length = (double)ticks->wait_ns / ((double)rate / (double)ONE);
    double rise = (double)ticks->wait_ns + (double)(int64_t)(now.ns - ns);
    double slope = rise / length * (double)ONE;
    ticks->lines[ticks->count++] = (struct ticks_line){
        .stamp = now.stamp,
        .ns = ns,
        .slope = slope < (double)rate / 2 ? rate / 2 : (uint64_t)slope,
    };
    ticks->last = now;
}

uint64_t ticks_now(const struct ticks *ticks)
{
    return ticks->tsc ? counter() : ticks_clock_ns();
}

uint64_t ticks_of(const struct ticks *ticks, uint64_t ns)
{
    if (!ticks->tsc)
        return ns;
    return (uint64_t)((double)ns / ((double)ticks->lines[ticks->count - 1].slope / (double)ONE));
}

const struct ticks_line *ticks_line_of(const struct ticks *ticks, uint64_t stamp,
                                       uint64_t *ret_end)
{
    size_t low = 0, high = ticks->count;

    if (stamp >= ticks->lines[high - 1].stamp)
        low = high - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (ticks->lines[middle].stamp <= stamp)
            low = middle;
        else
            high = middle;
    }
    *ret_end = low + 1 < ticks->count ? ticks->lines[low + 1].stamp : UINT64_MAX;
    return &ticks->lines[low];
}

uint64_t ticks_ns(const struct ticks *ticks, uint64_t stamp)
{
    const struct ticks_line *first = ticks->lines;
    uint64_t end;

    if (!ticks->tsc || stamp == 0)
        return stamp;
    if (stamp >= first->stamp)
        return ticks_on(ticks_line_of(ticks, stamp, &end), stamp);
    /* Before the first reading: the process's own start. */
    double back = (double)(first->stamp - stamp) * ((double)first->slope / (double)ONE);
    return back < (double)first->ns ? first->ns - (uint64_t)back : 0;
}
