/* tests/unit/viewer-model.c - numbers from rings and traces, whole and with events missing */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/viewer_made.h"
#include "viewer/consistency.h"
#include "viewer/cursor.h"
#include "viewer/leaks.h"
#include "viewer/model.h"

static int file;

static struct recording *open_file(void)
{
    struct problem problem;
    struct recording *recording = recording_open(made_path(file), false, &problem);

    assert_non_null(recording);
    return recording;
}

static struct recording *open_ring(struct made *made)
{
    made_save_ring(made, file);
    made_free(made);
    return open_file();
}

static struct recording *open_trace(struct made *made, bool with_state)
{
    made_save_trace(made, file, with_state);
    made_free(made);
    return open_file();
}

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

static void assert_consistent(struct model *model)
{
    struct consistency result = consistency_check(model, false);

    recording_verify(model->recording);
    assert_int_equal(model->recording->problems.damages, 0);
    assert_int_equal(result.excused, 0);
}

static void ring_whole(void **state)
{
    (void)state;
    struct recording *recording = open_ring(made_example());
    struct model *model = model_build(recording);

    assert_true(model->from_events);
    assert_true(model->peaks_are_exact);
    assert_example(model);
    assert_consistent(model);
    assert_string_equal(recording->process.exe, "/usr/bin/made-host");
    assert_int_equal(recording->process.ending, RECORDING_GONE);
    assert_string_equal(recording->instances[1].mime, "application/x-second");
    model_free(model);
    recording_close(recording);
}

static void trace_whole(void **state)
{
    (void)state;
    struct recording *recording = open_trace(made_example(), true);
    struct model *model = model_build(recording);

    assert_true(model->from_events);
    assert_true(model->peaks_are_exact);
    assert_example(model);
    assert_consistent(model);
    assert_int_equal(recording->process.ending, RECORDING_EXITED);
    assert_int_equal(recording->process.exit_value, 3);
    assert_int_equal(recording->symbol_count, 1);
    model_free(model);
    recording_close(recording);
}

static void trace_killed_recorder(void **state)
{
    (void)state;
    struct recording *recording = open_trace(made_example(), false);
    struct model *model = model_build(recording);

    assert_false(recording->has_counters);
    assert_true(model->from_events);
    assert_false(model->peaks_are_exact);
    assert_example(model); /* peaks as well: here stamps tell the order */
    assert_int_equal(recording->process.ending, RECORDING_UNFINISHED);
    assert_int_equal(recording->problems.damages, 0);
    assert_int_equal(recording->problems.notes, 1);
    model_free(model);
    recording_close(recording);
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
    struct recording *recording = open_ring(made);
    struct model *model = model_build(recording);
    assert_true(recording->losses.overwritten_events > 100000);
    assert_int_equal(recording->losses.overwritten_events + model->event_count, 199902);
    assert_false(model->from_events);
    assert_true(model->stacks_are_partial);
    assert_true(model->peaks_are_exact);
    assert_int_equal(model->sums->totals.allocs, 100000);
    assert_int_equal(model->sums->totals.frees, 99900);
    assert_int_equal(model->live_count, 100);
    assert_int_equal(model->sums->totals.live_bytes, 800);
    assert_consistent(model);
    model_free(model);
    recording_close(recording);
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
    struct recording *recording = open_ring(made);
    struct model *model = model_build(recording);
    assert_false(model->from_events);
    assert_example(model);
    struct consistency result = consistency_check(model, false);
    assert_int_equal(result.allowed, 1);
    assert_true(result.excused > 0);
    assert_int_equal(recording->problems.damages, 0);
    model_free(model);
    recording_close(recording);
}

/* A signal handler jumped out of it, and the process went on. */
static void ring_abandoned_operation(void **state)
{
    (void)state;
    struct made *made = made_example();

    atomic_fetch_sub(&made->chunks[1]->committed, ((uint64_t)1 << 32) + 7 * 8);
    made->header->abandoned_operations = 1;
    struct recording *recording = open_ring(made);
    struct model *model = model_build(recording);
    assert_true(consistency_check(model, false).excused > 0);
    assert_int_equal(recording->problems.damages, 0);
    model_free(model);
    recording_close(recording);
}

/* The same without an operation under way is damage. */
static void ring_event_missing(void **state)
{
    (void)state;
    struct made *made = made_example();

    atomic_fetch_sub(&made->chunks[1]->committed, ((uint64_t)1 << 32) + 7 * 8);
    struct recording *recording = open_ring(made);
    struct model *model = model_build(recording);
    consistency_check(model, false);
    assert_true(recording->problems.damages > 0);
    model_free(model);
    recording_close(recording);
}

/* One operation excuses one block, not two. */
static void ring_two_blocks_missing(void **state)
{
    (void)state;
    struct made *made = made_example();
    struct ring_thread *threads = ring_area(made->base, RING_THREADS);

    atomic_store(&threads[0].operations, 1);
    atomic_store(&made_live(made, 0x700000)->address, 0);
    struct recording *recording = open_ring(made);
    struct model *model = model_build(recording);
    consistency_check(model, false);
    assert_int_equal(recording->problems.damages, 0);
    model_free(model);
    recording_close(recording);

    made = made_example();
    threads = ring_area(made->base, RING_THREADS);
    atomic_store(&threads[0].operations, 1);
    atomic_store(&made_live(made, 0x700000)->address, 0);
    atomic_store(&made_live(made, 0x701000)->address, 0);
    recording = open_ring(made);
    model = model_build(recording);
    consistency_check(model, false);
    assert_true(recording->problems.damages > 0);
    model_free(model);
    recording_close(recording);
}

static void leaks_have_kinds(void **state)
{
    (void)state;
    struct recording *recording = open_ring(made_example());
    struct model *model = model_build(recording);
    struct stacks *stacks = stacks_new(model);
    struct leaks leaks = leaks_find(model, stacks, NULL, false);

    assert_int_equal(leaks.count, 3);
    assert_int_equal(leaks.blocks, 4);
    assert_int_equal(leaks.bytes, 1564);
    assert_int_equal(leaks.list[0].kind, LEAK_OUTLIVED_INSTANCE);
    assert_int_equal(leaks.list[0].bytes, 1000);
    assert_int_equal(leaks.list[1].kind, LEAK_LIVE_AT_EXIT);
    assert_int_equal(leaks.list[1].bytes, 500);
    assert_int_equal(leaks.list[2].kind, LEAK_OUTLIVED_PLUGIN);
    assert_int_equal(leaks.list[2].blocks, 2);
    /* The tracer's own frame is left out: the plug-in's is the innermost. */
    const struct stacks_frame *frame = stacks_frame(stacks, leaks.list[2].stack);
    assert_string_equal(recording->modules[frame->module].path, "/opt/libnpfirst.so");
    assert_int_equal(frame->address, 0x200);
    assert_int_equal(stacks_lookup_address(frame), 0x1ff);
    assert_int_equal(frame->depth, 2);
    leaks_free(&leaks);
    stacks_free(stacks);
    model_free(model);
    recording_close(recording);
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
    struct recording *recording = open_ring(made);
    struct model *model = model_build(recording);
    struct stacks *stacks = stacks_new(model);
    struct leaks leaks = leaks_find(model, stacks, NULL, false);

    assert_int_equal(leaks.count, 2);
    assert_int_equal(leaks.list[0].bytes, 4);
    assert_int_equal(stacks_frame(stacks, leaks.list[0].stack)->module, 1);
    assert_int_equal(leaks.list[1].bytes, 3);
    assert_int_equal(leaks.list[1].blocks, 2);
    assert_int_equal(stacks_frame(stacks, leaks.list[1].stack)->module, 0);
    leaks_free(&leaks);
    stacks_free(stacks);
    model_free(model);
    recording_close(recording);
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

    for (int kind = 0; kind < 2; kind++) {
        if (kind == 0)
            made_save_ring(made, file);
        else
            made_save_trace(made, file, true);
        struct recording *recording = open_file();
        struct model *model = model_build(recording);
        struct stacks *stacks = stacks_new(model);
        struct leaks leaks = leaks_find(model, stacks, NULL, false);
        assert_int_equal(leaks.count, 1);
        const struct stacks_frame *frame = stacks_frame(stacks, leaks.list[0].stack);
        assert_int_equal(frame->address, 0x100);
        assert_int_equal(stacks_frame(stacks, frame->parent)->address, 0x200);
        assert_int_equal(stacks_frame(stacks, frame->parent)->flags, RING_NODE_TRUNCATED);
        assert_int_equal(model->event_count, 3);
        assert_consistent(model);
        leaks_free(&leaks);
        stacks_free(stacks);
        model_free(model);
        recording_close(recording);
    }
    made_free(made);
}

static void events_in_order(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct recording *recording =
            kind == 0 ? open_ring(made_example()) : open_trace(made_example(), true);
        struct cursor *cursor = cursor_open(recording);
        struct recorded_event event;
        uint64_t last = 0, count = 0;
        while (cursor_next(cursor, &event)) {
            assert_true(event.event.stamp >= last);
            last = event.event.stamp;
            count++;
        }
        cursor_close(cursor);
        assert_int_equal(count, 32);
        recording_close(recording);
    }
}

static int set_up(void **state)
{
    (void)state;
    file = made_file();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return close(file);
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
    return cmocka_run_group_tests_name("viewer-model", tests, set_up, tear_down);
}
