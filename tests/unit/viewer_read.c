/* tests/unit/viewer_read.c - a made recording, opened and counted */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/viewer_read.h"
#include "viewer/all_events.h"
#include "viewer/consistency.h"

static int file;

int reading_file(void)
{
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    return file;
}

int reading_descriptor(void)
{
    return file;
}

struct reading reading_again(bool force)
{
    struct reading reading = {0};
    struct problem problem;

    reading.recording = recording_open(made_path(file), force, &problem);
    assert_non_null(reading.recording);
    reading.model = model_build(reading.recording);
    reading.stacks = stacks_new(reading.model);
    return reading;
}

struct reading reading_open(const struct made *made, enum reading_kind kind)
{
    if (kind == READING_RING)
        made_save_ring(made, file);
    else
        made_save_trace(made, file, kind == READING_TRACE);
    return reading_again(false);
}

struct reading reading_take(struct made *made, enum reading_kind kind)
{
    struct reading reading = reading_open(made, kind);

    made_free(made);
    return reading;
}

void reading_close(struct reading *reading)
{
    leaks_free(&reading->leaks);
    stacks_free(reading->stacks);
    model_free(reading->model);
    recording_close(reading->recording);
}

const struct leaks *reading_leaks(struct reading *reading, bool with_host)
{
    leaks_free(&reading->leaks);
    reading->leaks =
        leaks_find(reading->model, reading->stacks, &(struct leaks_wanted){.host = with_host});
    return &reading->leaks;
}

void reading_assert_stack(struct reading *reading, uint64_t innermost, uint64_t caller)
{
    const struct leaks *leaks = reading_leaks(reading, true);

    assert_int_equal(leaks->count, 1);
    const struct stacks_frame *frame = stacks_frame(reading->stacks, leaks->list[0].stacks->stack);
    assert_int_equal(frame->address, innermost);
    frame = stacks_frame(reading->stacks, frame->parent);
    assert_int_equal(frame->address, caller);
    assert_int_equal(frame->flags, RING_NODE_TRUNCATED);
}

void reading_assert_sound(struct reading *reading)
{
    const struct problems *problems = &reading->recording->problems;
    struct consistency result = consistency_check(reading->model, false);

    recording_verify(reading->recording);
    if (problems_first_damage(problems) != NULL)
        print_error("%s\n", problems_first_damage(problems)->text);
    assert_int_equal(problems->damages, 0);
    assert_int_equal(result.excused, 0);
}

void reading_assert_ascending(struct reading *reading, uint64_t heap, uint64_t others)
{
    struct all_events *all = all_events_open(reading->recording, heap != 0);
    struct recorded_event recorded;
    uint64_t last = 0, found_heap = 0, found_others = 0;

    while (all_events_next(all, &recorded)) {
        const struct event *event = &recorded.event;
        bool is_heap = recording_is_heap(event);
        assert_true(event->stamp >= last);
        assert_int_equal(is_heap, event->function != EVENT_FUNCTION_NONE);
        last = event->stamp;
        found_heap += is_heap;
        found_others += !is_heap;
    }
    all_events_close(all);
    assert_int_equal(found_heap, heap);
    assert_int_equal(found_others, others);
}

int reading_set_up(void **state)
{
    (void)state;
    file = made_file();
    return 0;
}

int reading_tear_down(void **state)
{
    (void)state;
    return close(file);
}
