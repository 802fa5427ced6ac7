/* tests/unit/format-event.c - events to words and back, and words that are no events */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/event.h"

static const struct event full = {
    .flags = EVENT_KNOWN,
    .stamp = 1000123,
    .address = 0x7f00dead0010,
    .size = 0xfffffff0,
    .node = 77,
    .plugin = 3,
    .instance = 0x80000001,
    .owner_plugin = 9,
    .owner_flags = EVENT_PROVIDED,
    .owner_instance = 12,
    .owner_node = 0xfffffffe,
    .owner_stamp = 999,
};

static bool owned(unsigned type)
{
    return type == EVENT_NPN_FREE || type == EVENT_NPN_ELSEWHERE || type == EVENT_NPN_RELEASED ||
           type == EVENT_NPN_HANDED;
}

static const uint8_t types[] = {
    EVENT_NPN_ALLOC, EVENT_NPN_FREE,     EVENT_NPN_ELSEWHERE, EVENT_NPN_FLUSH,  EVENT_PLUGIN,
    EVENT_INSTANCE,  EVENT_NPN_RECEIVED, EVENT_NPN_RELEASED,  EVENT_NPN_HANDED, EVENT_OBJECT};

/* Field by field: the holes between them have no value. */
static void assert_same(const struct event *a, const struct event *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->stamp, b->stamp);
    assert_int_equal(a->address, b->address);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->node, b->node);
    assert_int_equal(a->plugin, b->plugin);
    assert_int_equal(a->instance, b->instance);
    assert_int_equal(a->owner_plugin, b->owner_plugin);
    assert_int_equal(a->owner_flags, b->owner_flags);
    assert_int_equal(a->owner_instance, b->owner_instance);
    assert_int_equal(a->owner_node, b->owner_node);
    assert_int_equal(a->owner_stamp, b->owner_stamp);
}

static void events_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(types); i++) {
        struct event in = full, out;
        uint64_t words[EVENT_MAX_WORDS];

        in.type = types[i];
        if (!owned(in.type))
            in.owner_plugin = in.owner_flags = 0, in.owner_instance = in.owner_node = 0,
            in.owner_stamp = 0;
        size_t count = event_encode(&in, 1000000, words);
        assert_int_equal(count, event_words(&in));
        assert_int_equal(event_decode(words, count, 1000000, &out), count);
        assert_same(&in, &out);
        assert_non_null(event_type_name(in.type));
    }
}

/* The upper byte of the flags has its own meaning, and a name for each value. */
static void flags_have_names(void **state)
{
    (void)state;
    for (unsigned origin = 0; origin < NPN_ORIGINS; origin++) {
        assert_int_equal(EVENT_ORIGIN(EVENT_KNOWN | origin << EVENT_ORIGIN_SHIFT), origin);
        assert_non_null(npn_origin_name(origin));
    }
    for (unsigned way = NPN_WAY_NONE + 1; way < NPN_WAYS; way++)
        assert_non_null(npn_way_name(way));
    for (unsigned step = OBJECT_CREATED; step < OBJECT_STEPS; step++)
        assert_non_null(object_step_name(step));
    assert_null(npn_origin_name(NPN_ORIGINS));
    assert_null(npn_way_name(NPN_WAYS));
    assert_null(object_step_name(OBJECT_STEPS));
}

static void stacks_come_back(void **state)
{
    struct event_frame frames[3] = {{1, 0}, {2, 1}, {0xffffffffffffffff, 2}};
    struct event in = {.type = EVENT_STACK, .stamp = 5, .frame_count = 3, .frames = frames}, out;
    uint64_t words[16];

    (void)state;
    assert_int_equal(event_encode(&in, 5, words), 8);
    assert_int_equal(event_decode(words, 8, 5, &out), 8);
    assert_int_equal(out.frame_count, 3);
    assert_memory_equal(out.frames, frames, sizeof(frames));
    for (size_t count = 0; count < 8; count++)
        assert_int_equal(event_decode(words, count, 5, &out), 0);
    words[1] = UINT64_MAX;
    assert_int_equal(event_decode(words, 8, 5, &out), 0);
    words[1] = EVENT_MAX_FRAMES + 1;
    assert_int_equal(event_decode(words, 8, 5, &out), 0);
}

static void cut_events_are_refused(void **state)
{
    uint64_t words[EVENT_MAX_WORDS];
    struct event out;

    (void)state;
    for (size_t i = 0; i < sizeof(types); i++) {
        struct event in = full;
        in.type = types[i];
        size_t whole = event_encode(&in, 0, words);
        for (size_t count = 0; count < whole; count++)
            assert_int_equal(event_decode(words, count, 0, &out), 0);
    }
}

/* Whatever the words are, no more of them is taken than there are. */
static void rubbish_is_bounded(void **state)
{
    uint64_t words[64];
    struct event out;

    (void)state;
    srand(7);
    for (unsigned round = 0; round < 100000; round++) {
        size_t count = (size_t)rand() % 64;
        for (size_t i = 0; i < count; i++)
            words[i] = (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^ (uint64_t)rand() % 16;
        assert_true(event_decode(words, count, 0, &out) <= count);
    }
    memset(words, 0, sizeof(words));
    assert_int_equal(event_decode(words, 64, 0, &out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back),
        cmocka_unit_test(flags_have_names),
        cmocka_unit_test(stacks_come_back),
        cmocka_unit_test(cut_events_are_refused),
        cmocka_unit_test(rubbish_is_bounded),
    };
    return cmocka_run_group_tests_name("format-event", tests, NULL, NULL);
}
