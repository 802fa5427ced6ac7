/* tests/unit/viewer-model.c - numbers from rings and traces, whole and with events missing */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/viewer_read.h"
#include "viewer/consistency.h"

static void assert_example(const struct model *model)
{
    const struct trace_counters *totals = &model->sums->totals, *first = &model->sums->plugins[1];
    const struct trace_counters *second = &model->sums->plugins[2],
                                *three = &model->sums->instances[3];

    assert_int_equal(totals->allocs, 12);
    assert_int_equal(totals->bytes_allocated, 1820);
    assert_int_equal(totals->frees, 9);
    assert_int_equal(totals->unknown_frees, 1);
    assert_int_equal(totals->flushes, 1);
    assert_int_equal(totals->failed_allocs, 1);
    assert_int_equal(totals->live_blocks, 4);
    assert_int_equal(totals->live_bytes, 1564);
    assert_int_equal(totals->peak_bytes, 1564);
    assert_int_equal(first->allocs, 10);
    assert_int_equal(first->frees, 8);
    assert_int_equal(first->live_bytes, 64);
    assert_int_equal(first->peak_bytes, 320);
    assert_int_equal(second->live_blocks, 2);
    assert_int_equal(second->unknown_frees, 1);
    assert_int_equal(three->allocs, 1);
    assert_int_equal(three->live_bytes, 500);
    assert_int_equal(model->live_count, 4);
}

static void ring_whole(void **state)
{
    (void)state;
    struct reading reading = reading_take(made_example(), READING_RING);

    assert_true(reading.model->from_events);
    assert_true(reading.model->peaks_are_exact);
    assert_example(reading.model);
    reading_assert_sound(&reading);
    assert_string_equal(reading.recording->process.exe, "/usr/bin/made-host");
    assert_int_equal(reading.recording->process.ending, RECORDING_GONE);
    assert_string_equal(reading.recording->instances[1].mime, "application/x-second");
    reading_close(&reading);
}

static void trace_whole(void **state)
{
    (void)state;
    struct reading reading = reading_take(made_example(), READING_TRACE);

    assert_true(reading.model->from_events);
    assert_true(reading.model->peaks_are_exact);
    assert_example(reading.model);
    reading_assert_sound(&reading);
    assert_int_equal(reading.recording->process.ending, RECORDING_EXITED);
    assert_int_equal(reading.recording->process.exit_value, 3);
    assert_int_equal(reading.recording->symbol_count, 1);
    reading_close(&reading);
}

static void trace_killed_recorder(void **state)
{
    (void)state;
    struct reading reading = reading_take(made_example(), READING_UNFINISHED);

    assert_false(reading.recording->has_counters);
    assert_true(reading.model->from_events);
    assert_false(reading.model->peaks_are_exact);
    assert_example(reading.model); /* peaks as well: here stamps tell the order */
    assert_int_equal(reading.recording->process.ending, RECORDING_UNFINISHED);
    assert_int_equal(reading.recording->problems.damages, 0);
    assert_int_equal(reading.recording->problems.notes, 1);
    reading_close(&reading);
}

/* A small ring in which a million events would not fit; live blocks and counters stay exact. */
static void ring_overwritten(void **state)
{
    (void)state;
    struct made *made = made_new(0);
    uint32_t plugin = made_plugin(made, "/opt/libnpbusy.so");
    uint32_t stack = made_stack(made, 0, (uint64_t[]){0x1234}, 1);

    for (uint32_t i = 0; i < 100000; i++) {
        made_alloc(made, i % MADE_THREADS, plugin, 0, 0x100000 + 16 * (uint64_t)i, 8, stack);
        if (i % 1000 != 0)
            made_free_block(made, i % MADE_THREADS, plugin, 0, 0x100000 + 16 * (uint64_t)i, stack);
    }
    struct reading reading = reading_take(made, READING_RING);
    assert_true(reading.recording->losses.overwritten_events > 100000);
    assert_int_equal(reading.recording->losses.overwritten_events + reading.model->event_count,
                     199902);
    assert_false(reading.model->from_events);
    assert_true(reading.model->stacks_are_partial);
    assert_true(reading.model->peaks_are_exact);
    assert_int_equal(reading.model->sums->totals.allocs, 100000);
    assert_int_equal(reading.model->sums->totals.frees, 99900);
    assert_int_equal(reading.model->live_count, 100);
    assert_int_equal(reading.model->sums->totals.live_bytes, 800);
    reading_assert_sound(&reading);
    reading_close(&reading);
}

/* Killed between the counters and the event: the counters are ahead, and one operation excuses
 * that. */
static void ring_killed_before_event(void **state)
{
    (void)state;
    struct made *made = made_example();
    struct ring_chunk *chunk = made->chunks[1];
    struct ring_thread *threads = ring_area(made->base, RING_THREADS);

    atomic_fetch_sub(&chunk->committed,
                     ((uint64_t)1 << 32) + 7 * 8); /* the last one on thread 1: a free */
    atomic_store(&threads[1].operations, 1);
    struct reading reading = reading_take(made, READING_RING);
    assert_false(reading.model->from_events);
    assert_example(reading.model);
    struct consistency result = consistency_check(reading.model, false);
    assert_int_equal(result.allowed, 1);
    assert_true(result.excused > 0);
    assert_int_equal(reading.recording->problems.damages, 0);
    reading_close(&reading);
}

/* A signal handler jumped out of it, and the process went on. */
static void ring_abandoned_operation(void **state)
{
    (void)state;
    struct made *made = made_example();

    atomic_fetch_sub(&made->chunks[1]->committed, ((uint64_t)1 << 32) + 7 * 8);
    made->header->abandoned_operations = 1;
    struct reading reading = reading_take(made, READING_RING);
    assert_true(consistency_check(reading.model, false).excused > 0);
    assert_int_equal(reading.recording->problems.damages, 0);
    reading_close(&reading);
}

/* The same without an operation under way is damage. */
static void ring_event_missing(void **state)
{
    (void)state;
    struct made *made = made_example();

    atomic_fetch_sub(&made->chunks[1]->committed, ((uint64_t)1 << 32) + 7 * 8);
    struct reading reading = reading_take(made, READING_RING);
    consistency_check(reading.model, false);
    assert_true(reading.recording->problems.damages > 0);
    reading_close(&reading);
}

/* One operation excuses one block, not two. */
static void ring_two_blocks_missing(void **state)
{
    (void)state;
    struct made *made = made_example();
    struct ring_thread *threads = ring_area(made->base, RING_THREADS);

    atomic_store(&threads[0].operations, 1);
    atomic_store(&made_live(made, 0x700000)->address, 0);
    struct reading reading = reading_take(made, READING_RING);
    consistency_check(reading.model, false);
    assert_int_equal(reading.recording->problems.damages, 0);
    reading_close(&reading);

    made = made_example();
    threads = ring_area(made->base, RING_THREADS);
    atomic_store(&threads[0].operations, 1);
    atomic_store(&made_live(made, 0x700000)->address, 0);
    atomic_store(&made_live(made, 0x701000)->address, 0);
    reading = reading_take(made, READING_RING);
    consistency_check(reading.model, false);
    assert_true(reading.recording->problems.damages > 0);
    reading_close(&reading);
}

static void leaks_have_kinds(void **state)
{
    (void)state;
    struct reading reading = reading_take(made_example(), READING_RING);
    const struct leaks *leaks = reading_leaks(&reading, false);

    assert_int_equal(leaks->count, 3);
    assert_int_equal(leaks->blocks, 4);
    assert_int_equal(leaks->bytes, 1564);
    assert_int_equal(leaks->list[0].kind, LEAK_OUTLIVED_INSTANCE);
    assert_int_equal(leaks->list[0].bytes, 1000);
    assert_int_equal(leaks->list[1].kind, LEAK_OUTLIVED_PLUGIN);
    assert_int_equal(leaks->list[1].blocks, 2);
    assert_int_equal(leaks->list[2].kind, LEAK_LIVE_AT_EXIT);
    assert_int_equal(leaks->list[2].bytes, 500);
    /* The tracer's own frame is left out: the plug-in's is the innermost. */
    const struct stacks_frame *frame = stacks_frame(reading.stacks, leaks->list[1].stacks->stack);
    assert_string_equal(reading.recording->modules[frame->module].path, "/opt/libnpfirst.so");
    assert_int_equal(frame->address, 0x200);
    assert_int_equal(stacks_lookup_address(frame), 0x1ff);
    assert_int_equal(frame->depth, 2);
    reading_close(&reading);
}

/* A plug-in that was unloaded and came back elsewhere: the same stack. Another one at the old
 * address: another. */
static void stacks_over_epochs(void **state)
{
    (void)state;
    struct made *made = made_new(0);
    made_module(made, "/opt/libnpone.so", 0, 0x10000, 0x20000, 0);
    made_module(made, "/opt/libnptwo.so", 1, 0x10000, 0x20000, 0);
    made_module(made, "/opt/libnpone.so", 1, 0x30000, 0x40000, 0);
    uint32_t plugin = made_plugin(made, "/opt/libnpone.so");
    made_alloc(made, 0, plugin, 0, 0x1000, 1, made_stack(made, 0, (uint64_t[]){0x10100}, 1));
    made_alloc(made, 0, plugin, 0, 0x2000, 2, made_stack(made, 1, (uint64_t[]){0x30100}, 1));
    made_alloc(made, 0, plugin, 0, 0x3000, 4, made_stack(made, 1, (uint64_t[]){0x10100}, 1));
    struct reading reading = reading_take(made, READING_RING);
    const struct leaks *leaks = reading_leaks(&reading, false);

    assert_int_equal(leaks->count, 2);
    assert_int_equal(leaks->list[0].bytes, 4);
    assert_int_equal(stacks_frame(reading.stacks, leaks->list[0].stacks->stack)->module, 1);
    assert_int_equal(leaks->list[1].bytes, 3);
    assert_int_equal(leaks->list[1].blocks, 2);
    assert_int_equal(stacks_frame(reading.stacks, leaks->list[1].stacks->stack)->module, 0);
    reading_close(&reading);
}

/* The stack tree was full: the stack stands before its event, and the live block finds it there. */
static void stack_beside_its_event(void **state)
{
    (void)state;
    struct made *made = made_new(0);
    made_module(made, "/opt/libnpone.so", 0, 0x10000, 0x20000, 0);
    uint32_t plugin = made_plugin(made, "/opt/libnpone.so");
    struct event_frame frames[2] = {{0x10100, 0}, {0x10200, RING_NODE_TRUNCATED}};
    made_alloc(made, 0, plugin, 0, 0x1000, 64, RING_NODE_INLINE);
    /* Once more as it would have been written: take the event back and put its stack before it. */
    struct event alloc = made->events[--made->event_count].event;
    atomic_fetch_sub(&made->chunks[0]->committed, ((uint64_t)1 << 32) + 4 * 8);
    struct event both[2] = {
        {.type = EVENT_STACK, .stamp = alloc.stamp, .frame_count = 2, .frames = frames}, alloc};
    made_commit(made, 0, both, 2);
    made->header->lost_stacks = 1;

    for (enum reading_kind kind = READING_RING; kind <= READING_TRACE; kind++) {
        struct reading reading = reading_open(made, kind);
        reading_assert_stack(&reading, 0x100, 0x200);
        assert_int_equal(reading.model->event_count, 3);
        reading_assert_sound(&reading);
        reading_close(&reading);
    }
    made_free(made);
}

static void events_in_order(void **state)
{
    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct reading reading = reading_take(made_example(), kind);
        reading_assert_ascending(&reading, 0, 32);
        reading_close(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_whole),
        cmocka_unit_test(trace_whole),
        cmocka_unit_test(trace_killed_recorder),
        cmocka_unit_test(ring_overwritten),
        cmocka_unit_test(ring_killed_before_event),
        cmocka_unit_test(ring_abandoned_operation),
        cmocka_unit_test(ring_event_missing),
        cmocka_unit_test(ring_two_blocks_missing),
        cmocka_unit_test(leaks_have_kinds),
        cmocka_unit_test(stacks_over_epochs),
        cmocka_unit_test(stack_beside_its_event),
        cmocka_unit_test(events_in_order),
    };
    return cmocka_run_group_tests_name("viewer-model", tests, reading_set_up, reading_tear_down);
}
