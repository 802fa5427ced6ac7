/* tests/unit/tracer-objects.c - references taken and given back */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/contract_rig.h"
#include "tracer/registry.h"

static uint32_t findings; /* so far, in the order of the tests */

/* The plug-in's entry for the object, NULL: it holds nothing. There is one at most. */
static const struct ring_object *entry_of(uint32_t plugin, const void *object)
{
    const struct ring_object *slots = ring_area(rig_tracer->ring, RING_OBJECTS), *found = NULL;

    for (uint32_t i = 0; i < ring_capacity(rig_tracer->ring, RING_OBJECTS); i++) {
        if (slots[i].address != (uint64_t)(uintptr_t)object || slots[i].plugin != plugin)
            continue;
        assert_null(found);
        found = &slots[i];
    }
    return found;
}

static uint32_t entries(void)
{
    const struct ring_object *slots = ring_area(rig_tracer->ring, RING_OBJECTS);
    uint32_t count = 0;

    for (uint32_t i = 0; i < ring_capacity(rig_tracer->ring, RING_OBJECTS); i++)
        count += slots[i].address != 0;
    return count;
}

struct steps {
    unsigned by_step[OBJECT_STEPS];
    uint64_t refs; /* after the last one */
};

static void add(const struct event *event, void *argument)
{
    struct steps *steps = argument;

    if (event->type != EVENT_OBJECT)
        return;
    steps->by_step[EVENT_ORIGIN(event->flags)]++;
    steps->refs = event->size;
}

static struct steps steps_now(void)
{
    struct steps steps = {.refs = UINT64_MAX};

    scratch_events(rig_tracer->ring, add, &steps);
    return steps;
}

static void references_are_counted(void **state)
{
    (void)state;
    rig_held(rig_block(1), OBJECT_CREATED);
    const struct ring_object *entry = entry_of(rig_one, rig_block(1));
    assert_non_null(entry);
    assert_int_equal(entry->refs, 1);
    assert_int_equal(entry->step, OBJECT_CREATED);
    assert_int_not_equal(entry->node, RING_NODE_NONE);
    uint32_t first = entry->node;
    rig_held(rig_block(1), OBJECT_RETAINED);
    rig_held(rig_block(1), OBJECT_RETAINED);
    assert_int_equal(steps_now().refs, 3);
    rig_dropped(rig_block(1), OBJECT_RELEASED);
    assert_int_equal(entry->refs, 2);
    assert_int_equal(entry->most_refs, 3);
    assert_int_equal(entry->step, OBJECT_CREATED);
    assert_int_equal(entry->node, first);
    assert_int_not_equal(entry->last_node, first);
    rig_dropped(rig_block(1), OBJECT_HANDED);
    rig_dropped(rig_block(1), OBJECT_VARIANT);
    assert_null(entry_of(rig_one, rig_block(1)));
    struct steps steps = steps_now();
    assert_int_equal(steps.by_step[OBJECT_CREATED], 1);
    assert_int_equal(steps.by_step[OBJECT_RETAINED], 2);
    assert_int_equal(steps.by_step[OBJECT_RELEASED], 1);
    assert_int_equal(steps.by_step[OBJECT_HANDED], 1);
    assert_int_equal(steps.by_step[OBJECT_VARIANT], 1);
    assert_int_equal(steps.refs, 0);
    rig_held(NULL, OBJECT_RESULT);
    rig_dropped(NULL, OBJECT_RELEASED);
    assert_int_equal(entries(), 0);
    assert_int_equal(rig_findings(), findings);
}

/* The browser's objects that the plug-in never took: arguments, say. */
static void strangers_are_left_alone(void **state)
{
    (void)state;
    unsigned before = steps_now().by_step[OBJECT_RELEASED];
    rig_dropped(rig_block(2), OBJECT_RELEASED);
    rig_gone(rig_block(2));
    rig_dropped(rig_block(2), OBJECT_RELEASED);
    assert_int_equal(steps_now().by_step[OBJECT_RELEASED], before);
    assert_int_equal(rig_findings(), findings);
}

static void released_too_often(void **state)
{
    (void)state;
    rig_held(rig_block(3), OBJECT_GOT);
    rig_dropped(rig_block(3), OBJECT_RELEASED);
    assert_int_equal(rig_findings(), findings);
    rig_dropped(rig_block(3), OBJECT_VARIANT);
    const struct ring_finding *found = rig_found(++findings, FINDING_OVER_RELEASED, rig_block(3));
    assert_int_equal(found->owner_plugin, rig_one);
    assert_int_not_equal(found->owner_node, RING_NODE_NONE);
    assert_true(found->owner_stamp != 0 && found->owner_stamp < found->first_stamp);
    /* Got again, it is held again. */
    rig_held(rig_block(3), OBJECT_RESULT);
    rig_dropped(rig_block(3), OBJECT_RELEASED);
    assert_int_equal(rig_findings(), findings);
}

/* One plug-in may give back what another took. */
static void references_of_another(void **state)
{
    (void)state;
    rig_held(rig_block(4), OBJECT_CREATED);
    rig_held(rig_block(4), OBJECT_RETAINED);
    rig_plugin = rig_other;
    rig_held(rig_block(4), OBJECT_RETAINED);
    assert_int_equal(entry_of(rig_one, rig_block(4))->refs, 2);
    assert_int_equal(entry_of(rig_other, rig_block(4))->refs, 1);
    rig_dropped(rig_block(4), OBJECT_RELEASED); /* its own first */
    assert_null(entry_of(rig_other, rig_block(4)));
    rig_dropped(rig_block(4), OBJECT_RELEASED);
    assert_int_equal(steps_now().refs, 0); /* it holds nothing itself */
    assert_int_equal(entry_of(rig_one, rig_block(4))->refs, 1);
    rig_plugin = rig_one;
    rig_dropped(rig_block(4), OBJECT_RELEASED);
    assert_int_equal(rig_findings(), findings);
    rig_plugin = rig_other;
    rig_dropped(rig_block(4), OBJECT_RELEASED);
    const struct ring_finding *found = rig_found(++findings, FINDING_OVER_RELEASED, rig_block(4));
    assert_int_equal(found->owner_plugin, rig_one);
    rig_plugin = rig_one;
}

/* The object may have had a reference that nobody told of. */
static void only_retained_is_not_known_well(void **state)
{
    (void)state;
    rig_held(rig_block(5), OBJECT_RETAINED);
    rig_dropped(rig_block(5), OBJECT_RELEASED);
    rig_dropped(rig_block(5), OBJECT_RELEASED);
    assert_int_equal(rig_findings(), findings);
}

static void deallocated_objects_are_held_by_nobody(void **state)
{
    (void)state;
    rig_held(rig_block(6), OBJECT_CREATED);
    rig_held(rig_block(6), OBJECT_RETAINED);
    rig_plugin = rig_other;
    rig_held(rig_block(6), OBJECT_RETAINED);
    rig_gone(rig_block(6)); /* a browser that does not wait for references */
    assert_int_equal(entries(), 0);
    assert_int_equal(steps_now().by_step[OBJECT_GONE], 1);
    assert_int_equal(steps_now().refs, 0);
    rig_plugin = rig_one;
    assert_int_equal(rig_findings(), findings);
    rig_dropped(rig_block(6), OBJECT_RELEASED);
    rig_found(++findings, FINDING_OVER_RELEASED, rig_block(6));
    rig_held(rig_block(6), OBJECT_CREATED); /* another at its place */
    rig_dropped(rig_block(6), OBJECT_RELEASED);
    rig_gone(rig_block(6));
    assert_int_equal(rig_findings(), findings);
}

static void instances_of_objects(void **state)
{
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);

    (void)state;
    uint32_t token = npn_entry_push(rig_one, 8, here);
    rig_held(rig_block(7), OBJECT_GOT);
    npn_entry_pop(token);
    assert_int_equal(entry_of(rig_one, rig_block(7))->instance, 8);
    assert_int_equal(entry_of(rig_one, rig_block(7))->step, OBJECT_GOT);
    token = npn_entry_push(rig_one, 9, here);
    rig_held(rig_block(7), OBJECT_GOT); /* nobody can tell whose the other is after this one */
    rig_dropped(rig_block(7), OBJECT_RELEASED);
    npn_entry_pop(token);
    assert_int_equal(entry_of(rig_one, rig_block(7))->instance, 8);
    assert_int_equal(entry_of(rig_one, rig_block(7))->step, OBJECT_GOT | OBJECT_SHARED);
    rig_dropped(rig_block(7), OBJECT_RELEASED);
}

static void nested_plugins_explain_it(void **state)
{
    struct ring_plugin *other = registry_plugin(rig_tracer, rig_other);

    (void)state;
    other->flags = RING_PLUGIN_NESTED;
    rig_held(rig_block(8), OBJECT_GOT);
    rig_dropped(rig_block(8), OBJECT_RELEASED);
    rig_dropped(rig_block(8), OBJECT_RELEASED);
    other->flags = 0;
    assert_int_equal(rig_findings(), findings);
}

/* Against counts in an array: entries come and go where others' lie. */
static void agrees_with_an_array(void **state)
{
    static uint32_t held[2][60];
    const uint32_t plugins[2] = {rig_one, rig_other};

    (void)state;
    srand(5);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned who = (unsigned)rand() % 2, which = (unsigned)rand() % 60;
        void *object = (void *)(uintptr_t)(0x610000000000 + (uint64_t)which * 48);
        rig_plugin = plugins[who];
        if (held[who][which] > 0 && rand() % 2 == 0) {
            rig_dropped(object, OBJECT_RELEASED);
            held[who][which]--;
        } else if (held[who][which] < 3) {
            rig_held(object, OBJECT_RETAINED);
            held[who][which]++;
        }
        const struct ring_object *entry = entry_of(rig_plugin, object);
        assert_int_equal(entry != NULL ? entry->refs : 0, held[who][which]);
    }
    for (unsigned i = 0; i < 120; i++)
        for (rig_plugin = plugins[i / 60]; held[i / 60][i % 60] > 0; held[i / 60][i % 60]--)
            rig_dropped((void *)(uintptr_t)(0x610000000000 + (uint64_t)(i % 60) * 48),
                        OBJECT_RELEASED);
    rig_plugin = rig_one;
    assert_int_equal(entries(), 0);
    assert_int_equal(rig_tracer->ring->unlisted_objects, 0);
    assert_int_equal(rig_findings(), findings);
}

static pthread_barrier_t barrier;

static void *retain_and_release(void *object)
{
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < 3000; i++) {
        rig_held(object, OBJECT_RETAINED);
        rig_held((char *)object + 64 * (i % 7), OBJECT_RETAINED);
        rig_dropped((char *)object + 64 * (i % 7), OBJECT_RELEASED);
    }
    return NULL;
}

static void threads_count_together(void **state)
{
    pthread_t threads[4];

    (void)state;
    pthread_barrier_init(&barrier, NULL, 4);
    for (unsigned i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, retain_and_release, rig_block(9));
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(entry_of(rig_one, rig_block(9))->refs, 4 * 3000);
    assert_int_equal(entries(), 1);
    rig_gone(rig_block(9));
}

/* Last: it fills the table. */
static void what_does_not_fit_is_counted(void **state)
{
    uint32_t capacity = ring_capacity(rig_tracer->ring, RING_OBJECTS);

    (void)state;
    for (uint32_t i = 0; i < capacity * 2; i++)
        rig_held(rig_block(1000 + i), OBJECT_GOT);
    uint64_t unlisted = rig_tracer->ring->unlisted_objects;
    assert_true(unlisted >= capacity);
    assert_int_equal(entries(), capacity * 2 - unlisted);
    for (uint32_t i = 0; i < capacity * 2; i++) {
        rig_dropped(rig_block(1000 + i), OBJECT_RELEASED);
        rig_dropped(rig_block(1000 + i), OBJECT_RELEASED);
    }
    assert_int_equal(entries(), 0);
    assert_int_equal(rig_findings(), findings); /* the count is not complete */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(strangers_are_left_alone),
        cmocka_unit_test(released_too_often),
        cmocka_unit_test(references_of_another),
        cmocka_unit_test(only_retained_is_not_known_well),
        cmocka_unit_test(deallocated_objects_are_held_by_nobody),
        cmocka_unit_test(instances_of_objects),
        cmocka_unit_test(nested_plugins_explain_it),
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(threads_count_together),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests_name("tracer-objects", tests, rig_begin, rig_end);
}
