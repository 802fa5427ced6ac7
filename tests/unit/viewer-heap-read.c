/* tests/unit/viewer-heap-read.c - heap events out of rings and traces, and what becomes of them */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/heap_made.h"
#include "tests/unit/viewer_read.h"
#include "viewer/clock_now.h"
#include "viewer/top_stacks.h"
#include "viewer/verdict.h"

/* See made_heap_example(). */
static void assert_example(const struct heap_sums *heap)
{
    const struct trace_counters *host = &heap->plugins[0], *first = &heap->plugins[1],
                                *second = &heap->plugins[2], *one = &heap->instances[1];

    assert_int_equal(host->allocs, 2);
    assert_int_equal(host->bytes_allocated, 128);
    assert_int_equal(host->frees, 1);
    assert_int_equal(host->unknown_frees, 0);
    assert_int_equal(host->live_bytes, 128);
    assert_int_equal(first->allocs, 3);
    assert_int_equal(first->frees, 1);
    assert_int_equal(first->live_blocks, 1);
    assert_int_equal(first->live_bytes, 64);
    assert_int_equal(first->peak_bytes, UINT64_C(5000000064));
    assert_int_equal(one->allocs, 2);
    assert_int_equal(one->live_bytes, 64);
    assert_int_equal(one->peak_bytes, UINT64_C(5000000064));
    assert_int_equal(second->allocs, 2);
    assert_int_equal(second->failed_allocs, 1);
    assert_int_equal(second->frees, 2);
    assert_int_equal(second->unknown_frees, 1);
    assert_int_equal(second->live_bytes, 48);
    assert_int_equal(second->peak_bytes, 48);
    assert_int_equal(heap->totals.allocs, 7);
    assert_int_equal(heap->totals.frees, 4);
    assert_int_equal(heap->totals.live_blocks, 4);
    assert_int_equal(heap->totals.live_bytes, 240);
    assert_int_equal(heap->totals.peak_bytes, UINT64_C(5000000164));
    assert_int_equal(heap->totals.freed_elsewhere, 0);
}

static void example_from_all_kinds(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct reading reading = reading_open(made, kind);
        assert_int_equal(reading.recording->process.heap, RING_HEAP_ALL);
        assert_true(reading.model->has_heap);
        assert_true(model_is_complete(reading.model));
        assert_example(&reading.model->heap);
        assert_int_equal(reading.model->events[EVENT_HEAP_ALLOC], 8);
        assert_int_equal(reading.model->events[EVENT_HEAP_FREE], 4);
        assert_int_equal(reading.model->event_count, 32 + 12);
        /* NPN memory is what it was without heap events. */
        assert_int_equal(reading.model->sums->totals.allocs, 12);
        assert_int_equal(reading.model->sums->totals.live_bytes, 1564);
        reading_assert_sound(&reading);
        reading_close(&reading);
    }
    made_free(made);
}

static void without_heap(void **state)
{
    struct made *made = made_example();

    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct reading reading = reading_open(made, kind);
        assert_false(reading.model->has_heap);
        assert_int_equal(reading.model->heap.totals.allocs, 0);
        reading_close(&reading);
    }
    made_free(made);
}

static void leaks_of_the_heap(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct reading reading = reading_open(made, kind);
        for (int with_host = 0; with_host < 2; with_host++) {
            const struct leaks *leaks = reading_leaks(&reading, with_host);
            uint64_t heap_bytes = 0, host_bytes = 0;
            for (size_t i = 0; i < leaks->count; i++) {
                heap_bytes += leaks->list[i].domain == LEAK_HEAP ? leaks->list[i].bytes : 0;
                host_bytes += leaks->list[i].plugin == 0 ? leaks->list[i].bytes : 0;
            }
            assert_int_equal(leaks->blocks, 4 + 2 + (with_host ? 2 : 0));
            assert_int_equal(leaks->bytes, 1564 + 112 + (with_host ? 128 : 0));
            assert_int_equal(heap_bytes, 112 + (with_host ? 128 : 0));
            assert_int_equal(host_bytes, with_host ? 128 : 0);
        }
        reading_close(&reading);
    }
    made_free(made);
}

/* The host's heap is nobody's leak, and an instance that is gone gives its blocks a kind. */
static void kinds_of_heap_leaks(void **state)
{
    struct made *made = made_new(0);
    uint32_t plugin = made_plugin(made, "/opt/libnpone.so"),
             other = made_plugin(made, "/opt/libnptwo.so");
    uint32_t instance = made_instance(made, plugin, "application/x-one");
    uint32_t stack = made_stack(made, 0, (uint64_t[]){0x1234}, 1);

    (void)state;
    made->header->heap = RING_HEAP_PLUGINS;
    made_heap_alloc(made, 0, plugin, instance, 0x1000, 1, stack);
    made_heap_alloc(made, 0, other, 0, 0x2000, 2, stack);
    made_heap_alloc(made, 0, plugin, 0, 0x3000, 4, stack);
    made_destroy(made, instance);
    made_shutdown(made, other);
    struct reading reading = reading_take(made, READING_RING);
    const struct leaks *leaks = reading_leaks(&reading, true);
    assert_int_equal(leaks->count, 3);
    assert_int_equal(leaks->list[0].kind, LEAK_OUTLIVED_PLUGIN);
    assert_int_equal(leaks->list[0].plugin, other);
    assert_int_equal(leaks->list[1].kind, LEAK_OUTLIVED_INSTANCE);
    assert_int_equal(leaks->list[2].kind, LEAK_LIVE_AT_EXIT);
    reading_close(&reading);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void ascending_with_the_others(void **state)
{
    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct reading reading = reading_take(made_heap_example(), kind);
        reading_assert_ascending(&reading, 12, 32);
        reading_close(&reading);
    }
}

/* A simulated process records into a ring of many chunks, its threads by turns. */
static void threads_are_merged(void **state)
{
    struct made *made = made_new(UINT64_C(32) << 20);
    struct heap_made *simulated = heap_made_new(3, 200, 500);
    struct trace_heap_event batch[100];
    struct heap_sums expected;
    size_t count, merged = 0;
    uint64_t last = 0;

    (void)state;
    heap_sums_init(&expected, HEAP_MADE_PLUGINS, 0);
    for (uint32_t i = 0; i < HEAP_MADE_PLUGINS; i++)
        made_plugin(made, "/opt/libnpsimulated.so");
    for (unsigned i = 0; i < 201; i++)
        made_node(made, 0, 0, i);
    made->header->heap = RING_HEAP_ALL;
    for (unsigned i = 0; i < 600; i++) {
        heap_made_next(simulated, batch, 100);
        heap_sums_add(&expected, batch, 100);
        for (unsigned j = 0; j < 100; j++) {
            struct event event = {.type = batch[j].type,
                                  .function = batch[j].function,
                                  .stamp = batch[j].stamp,
                                  .address = batch[j].address,
                                  .size = batch[j].size,
                                  .node = batch[j].node};
            made_heap(made, batch[j].tid - 100, batch[j].plugin, 0, &event, 1);
        }
    }
    heap_sums_finish(&expected);
    struct reading reading = reading_take(made, READING_RING);
    assert_true(reading.recording->run_count > 20);
    recording_heap_begin(reading.recording);
    while ((count = recording_heap_next(reading.recording, batch, 1 + merged % 100)) != 0)
        for (size_t i = 0; i < count; i++, merged++) {
            assert_true(batch[i].stamp >= last);
            last = batch[i].stamp;
        }
    assert_int_equal(merged, 60000);
    assert_memory_equal(&reading.model->heap.totals, &expected.totals, sizeof(expected.totals));
    for (uint32_t id = 0; id <= HEAP_MADE_PLUGINS; id++)
        assert_memory_equal(&reading.model->heap.plugins[id], &expected.plugins[id],
                            sizeof(expected.plugins[id]));
    assert_int_equal(reading.model->heap.plugins[1].allocs, heap_made_plugin(simulated, 1)->allocs);
    reading_assert_sound(&reading);
    heap_sums_free(&expected);
    heap_made_free(simulated);
    reading_close(&reading);
}

/* The same through a trace file, whose blocks the recorder put in order. */
static void simulation_through_a_trace(void **state)
{
    struct heap_made *simulated = heap_made_new(5, 3000, 2000);

    (void)state;
    assert_true(heap_made_save(simulated, 700000, dup(reading_file())) > 1000);
    struct reading reading = reading_again(false);
    assert_true(reading.recording->heap_part_count > 2);
    assert_memory_equal(&reading.model->heap.totals, heap_made_totals(simulated),
                        sizeof(reading.model->heap.totals));
    for (uint32_t id = 0; id <= HEAP_MADE_PLUGINS; id++)
        assert_memory_equal(&reading.model->heap.plugins[id], heap_made_plugin(simulated, id),
                            sizeof(reading.model->heap.plugins[id]));
    assert_int_equal(reading.model->event_count, 700000);
    assert_int_equal(reading.recording->process.heap, RING_HEAP_ALL);
    reading_assert_sound(&reading);
    reading_close(&reading);
    heap_made_free(simulated);
}

/* ---- clocks ---------------------------------------------------------------------------------- */

/* Three ticks a nanosecond: ticks that differ may be one nanosecond, and still have their order. */
static void ticks_become_nanoseconds(void **state)
{
    struct made *made = made_heap_example();
    struct trace_heap_event events[64];
    struct event first = {.type = EVENT_HEAP_ALLOC, .address = 0x9000, .size = 1},
                 second = {.type = EVENT_HEAP_FREE, .address = 0x9000};

    (void)state;
    first.stamp = made_tick(made) + 1000;
    first.stamp += 4 - (first.stamp - MADE_START) % 3; /* not the last tick of its nanosecond */
    second.stamp = first.stamp + 1;
    made_heap(made, 3, 1, 1, &second, 1); /* its chunk is the older one */
    made_heap(made, 2, 1, 1, &first, 1);
    made->header->clock = RING_CLOCK_TSC;
    made->header->start_pair = (struct ring_clock_pair){MADE_START, UINT64_C(70000000000)};
    made->header->later_pair[1] =
        (struct ring_clock_pair){MADE_START + UINT64_C(3000000000), UINT64_C(71000000000)};
    made->header->later_index = 1;
    struct reading reading = reading_take(made, READING_RING);
    assert_int_equal(reading.recording->process.start_stamp, UINT64_C(70000000000));
    assert_in_range(reading.model->first_stamp, UINT64_C(70000000000), UINT64_C(70001000000));
    assert_int_equal(reading.recording->process.end_stamp, reading.model->last_stamp);
    assert_int_equal(reading.recording->plugins[0].met_stamp,
                     UINT64_C(70000000000) + MADE_TICK_NS / 3);
    assert_int_equal(reading.model->heap.totals.live_bytes, 240);
    assert_int_equal(reading.model->sums->totals.live_bytes, 1564);
    reading_assert_sound(&reading);
    recording_heap_begin(reading.recording);
    size_t count = recording_heap_next(reading.recording, events, 64);
    assert_int_equal(count, 14);
    assert_int_equal(events[12].type, EVENT_HEAP_ALLOC);
    assert_int_equal(events[13].type, EVENT_HEAP_FREE);
    assert_int_equal(events[12].stamp, events[13].stamp);
    reading_close(&reading);
}

static void both_clocks_at_once(void **state)
{
    struct ring_clock_pair first, second;

    (void)state;
    if (!clock_now_pair(&first))
        skip();
    assert_true(clock_now_pair(&second));
    assert_true(second.stamp > first.stamp);
    assert_true(second.ns >= first.ns);
    assert_true(clock_now_ns() >= second.ns);
}

/* ---- what is missing ------------------------------------------------------------------------- */

static void overwritten_heap_events(void **state)
{
    struct made *made = made_new(0);
    uint32_t plugin = made_plugin(made, "/opt/libnpbusy.so");
    uint32_t stack = made_stack(made, 0, (uint64_t[]){0x1234}, 1);

    (void)state;
    made->header->heap = RING_HEAP_PLUGINS;
    made_alloc(made, 0, plugin, 0, 0x500000, 77, stack);
    for (uint32_t i = 0; i < 100000; i++) {
        made_heap_alloc(made, i % MADE_THREADS, plugin, 0, 0x100000 + 16 * (uint64_t)i, 8, stack);
        made_heap_free(made, i % MADE_THREADS, plugin, 0, 0x100000 + 16 * (uint64_t)i);
    }
    struct reading reading = reading_take(made, READING_RING);
    char *lost = verdict_losses(reading.model);
    assert_true(reading.recording->losses.overwritten_events > 100000);
    assert_in_range(reading.model->heap.totals.allocs, 1000, 99999);
    assert_true(reading.model->heap.totals.unknown_frees <= MADE_THREADS);
    assert_int_equal(reading.model->heap.totals.live_blocks, 0);
    assert_int_equal(reading.model->heap.totals.frees - reading.model->heap.totals.unknown_frees,
                     reading.model->heap.totals.allocs);
    assert_false(model_is_complete(reading.model));
    assert_int_equal(reading.model->sums->totals.live_bytes, 77);
    assert_false(reading.model->from_events);
    assert_non_null(strstr(lost, "heap numbers are those of the events that are left"));
    reading_assert_sound(&reading);
    free(lost);
    reading_close(&reading);
}

/* The stack tree was full. */
static void stack_beside_its_heap_event(void **state)
{
    struct made *made = made_new(0);
    struct event_frame frames[2] = {{0x10100, 0}, {0x10200, RING_NODE_TRUNCATED}};
    uint64_t stamp = made_tick(made);
    struct event both[2] = {
        {.type = EVENT_STACK, .stamp = stamp, .frame_count = 2, .frames = frames},
        {.type = EVENT_HEAP_ALLOC,
         .function = EVENT_CALLOC,
         .stamp = stamp,
         .address = 0x4000,
         .size = 9,
         .node = RING_NODE_INLINE},
    };

    (void)state;
    made_module(made, "/opt/libnpone.so", 0, 0x10000, 0x20000, 0);
    made->header->heap = RING_HEAP_ALL;
    made_heap(made, 0, 0, 0, both, 2);
    struct reading reading = reading_take(made, READING_RING);
    reading_assert_stack(&reading, 0x100, 0x200);
    assert_int_equal(reading.leaks.bytes, 9);
    reading_close(&reading);
}

/* Ids that lead nowhere are corrected, and said. */
static void impossible_ids(void **state)
{
    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct made *made = made_heap_example();
        struct event event = {
            .type = EVENT_HEAP_ALLOC, .address = 0x6000, .size = 3, .node = 99999};
        event.stamp = made_tick(made);
        made_heap(made, 2, 40, 77, &event, 1);
        struct reading reading = reading_take(made, kind);
        assert_int_equal(reading.recording->problems.damages, 3);
        assert_int_equal(reading.model->heap.plugins[0].live_bytes, 128 + 3);
        reading_close(&reading);
    }
}

/* Turns a bit in the first block of a type. */
static void damage(int file, uint32_t type)
{
    uint8_t header[TRACE_BLOCK_HEADER_BYTES], byte;
    off_t at = TRACE_HEADER_BYTES;

    for (;;) {
        assert_int_equal(pread(file, header, sizeof(header), at), sizeof(header));
        at += TRACE_BLOCK_HEADER_BYTES;
        if (trace_load_u32(header + 4) == type)
            break;
        at += trace_load_u32(header + 16);
    }
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
}

/* What is in it is missing, and is said to be: how much, if the recorder came to count it. */
static void damaged_heap_block(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    for (int with_end = 0; with_end < 2; with_end++) {
        int file = reading_file();
        made_save_trace(made, file, with_end);
        damage(file, TRACE_HEAP);
        struct reading reading = reading_again(true);
        char *lost = verdict_losses(reading.model);
        assert_int_equal(reading.model->heap.allocs + reading.model->heap.frees, 6);
        assert_int_equal(recording_lost_events(reading.recording), with_end ? 6 : 0);
        assert_false(model_is_complete(reading.model));
        assert_non_null(strstr(lost, with_end ? "6 events unreadable" : "what could not be read"));
        free(lost);
        reading_close(&reading);
    }
    made_free(made);
}

/* The same stack in two epochs: whether its peaks were at one time is not known. */
static void peaks_of_equal_stacks(void **state)
{
    struct made *made = made_new(0);
    size_t count;

    (void)state;
    made_module(made, "/opt/libnpone.so", 0, 0x10000, 0x20000, 0);
    made->header->heap = RING_HEAP_ALL;
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        uint32_t stack = made_stack(made, epoch, (uint64_t[]){0x10100}, 1);
        made_heap_alloc(made, 0, 0, 0, 0x4000, 10, stack);
        made_heap_free(made, 0, 0, 0, 0x4000);
    }
    made_heap_alloc(made, 0, 0, 0, 0x4000, 5, made_stack(made, 0, (uint64_t[]){0x10200}, 1));
    struct reading reading = reading_take(made, READING_RING);
    struct top_stack *list =
        top_stacks_collect(&reading.model->heap.stacks, reading.stacks, NULL, &count);
    top_stacks_sort(list, count, TOP_BY_PEAK);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].peak_bytes, 20);
    assert_true(list[0].peak_is_bound);
    assert_int_equal(list[1].peak_bytes, 5);
    assert_false(list[1].peak_is_bound);
    free(list);
    reading_close(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_from_all_kinds),      cmocka_unit_test(without_heap),
        cmocka_unit_test(leaks_of_the_heap),           cmocka_unit_test(kinds_of_heap_leaks),
        cmocka_unit_test(ascending_with_the_others),   cmocka_unit_test(threads_are_merged),
        cmocka_unit_test(simulation_through_a_trace),  cmocka_unit_test(ticks_become_nanoseconds),
        cmocka_unit_test(both_clocks_at_once),         cmocka_unit_test(overwritten_heap_events),
        cmocka_unit_test(stack_beside_its_heap_event), cmocka_unit_test(impossible_ids),
        cmocka_unit_test(damaged_heap_block),          cmocka_unit_test(peaks_of_equal_stacks),
    };
    return cmocka_run_group_tests_name("viewer-heap-read", tests, reading_set_up,
                                       reading_tear_down);
}
