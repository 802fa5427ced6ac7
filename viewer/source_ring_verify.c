/* viewer/source_ring_verify.c - invariants of a ring that its readers do not rely on */
/* SPDX-License-Identifier: MIT */

#include "viewer/heap_sums.h"
#include "viewer/source_ring.h"

#include <inttypes.h>

/* Look-ups of a block go no further than the reach of its home slot. */
static void verify_reach(struct recording *recording)
{
    const struct ring_live *slots = source_ring_area(recording, RING_LIVE);
    const _Atomic uint8_t *reach = source_ring_area(recording, RING_REACH);
    uint32_t count = source_ring_readable(recording, RING_LIVE),
             mask = ring_source_of(recording)->layout.area[RING_LIVE].count - 1;

    if (source_ring_readable(recording, RING_REACH) <= mask)
        return;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t address = atomic_load_explicit(&slots[i].address, memory_order_relaxed);
        if (address <= RING_LIVE_BUSY)
            continue;
        uint32_t home = ring_live_home(address, mask), far = (i - home) & mask;
        if (far > atomic_load_explicit(&reach[home], memory_order_relaxed))
            problems_add(&recording->problems, PROBLEM_DAMAGE,
                         source_ring_offset(recording, RING_LIVE, i),
                         "the live block at 0x%" PRIx64 " lies %" PRIu32
                         " slots from its home, out of reach",
                         address, far);
    }
}

/* A chunk has one writer, at one nesting level: what it wrote later happened later. Its thread may
 * have moved to another processor, whose counter differs a little. */
static void verify_order(struct recording *recording)
{
    uint64_t slack_ns = recording->process.clock == RING_CLOCK_TSC ? HEAP_SUMS_SKEW_NS : 0;
    struct recorded_event event;

    for (size_t i = 0; i < recording->run_count; i++) {
        uint64_t last = recording_run_stamp(recording, i);
        if (!recording_run_open(recording, i))
            continue;
        while (recording_run_next(recording, &event)) {
            if (event.event.stamp + slack_ns < last)
                problems_add(&recording->problems, PROBLEM_DAMAGE, recording->event_offset,
                             "the stamps of a chunk go backwards");
            last = event.event.stamp;
        }
    }
}

/* Every chunk that was handed over is full, was recycled, or was consumed by a recorder. */
static void verify_counts(struct recording *recording)
{
    const struct ring_header *header = ring_header_of(recording);
    const struct ring_source *source = ring_source_of(recording);
    uint64_t committed = atomic_load_explicit(&header->committed_events, memory_order_relaxed);
    uint64_t handed_over = recording->losses.overwritten_events;

    if (recording->live || recording->operations != 0 || (header->origin & RING_ORIGIN_FLIGHT) == 0)
        return;
    for (size_t i = 0; i < recording->run_count; i++) {
        const struct ring_chunk *chunk = source_ring_chunk(recording, source->runs[i].chunk);
        if (atomic_load_explicit(&chunk->state, memory_order_relaxed) == RING_CHUNK_FULL)
            handed_over += source->runs[i].events;
    }
    if (committed != handed_over)
        problems_add(
            &recording->problems, PROBLEM_DAMAGE, offsetof(struct ring_header, committed_events),
            "%" PRIu64 " events were handed over, but %" PRIu64 " are there or overwritten",
            committed, handed_over);
}

static void verify_sums(struct recording *recording)
{
    const struct ring_thread *threads = source_ring_area(recording, RING_THREADS);

    for (uint32_t i = 0; i < source_ring_readable(recording, RING_THREADS); i++) {
        uint32_t operations = atomic_load_explicit(&threads[i].operations, memory_order_relaxed);
        if (operations > RING_NESTING)
            problems_add(&recording->problems, PROBLEM_DAMAGE,
                         source_ring_offset(recording, RING_THREADS, i),
                         "a thread is inside %" PRIu32 " operations, more than can be nested",
                         operations);
    }
}

void source_ring_verify(struct recording *recording)
{
    verify_reach(recording);
    verify_order(recording);
    verify_counts(recording);
    verify_sums(recording);
}
