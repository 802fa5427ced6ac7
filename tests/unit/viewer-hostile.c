/* tests/unit/viewer-hostile.c - tables of objects and findings that lie, in files that are whole */
/* SPDX-License-Identifier: MIT */

/*
 * Whoever writes a recording can make its checksums right. So every number of these tables is set
 * to what it must not be, in all combinations that a generator finds, and every verb must come to
 * an end with one of its statuses. The sanitizers see the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/viewer_contract.h"
#include "tests/unit/viewer_verbs.h"

#define SEEDS 150

static const uint64_t odd[] = {
    0,
    1,
    2,
    3,
    7,
    255,
    256,
    4095,
    UINT16_MAX,
    UINT64_C(1) << 20,
    INT32_MAX,
    UINT64_C(1) << 31,
    UINT32_MAX - 1,
    UINT32_MAX,
    UINT64_C(1) << 32,
    INT64_MAX,
    UINT64_C(1) << 63,
    UINT64_MAX,
};

/* One number in three is made odd. */
#define SPOIL(place)                                                                               \
    do {                                                                                           \
        if (random() % 3 == 0)                                                                     \
            (place) = (__typeof__(place))odd[(size_t)random() % (sizeof(odd) / sizeof(odd[0]))];   \
    } while (0)

static void spoil_finding(struct ring_finding *finding)
{
    SPOIL(finding->kind);
    SPOIL(finding->plugin);
    SPOIL(finding->instance);
    SPOIL(finding->node);
    SPOIL(finding->owner_node);
    SPOIL(finding->owner_plugin);
    SPOIL(finding->owner_flags);
    SPOIL(finding->owner_instance);
    SPOIL(finding->released_node);
    SPOIL(finding->detail);
    SPOIL(finding->address);
    SPOIL(finding->size);
    SPOIL(finding->owner_stamp);
    SPOIL(finding->first_stamp);
    uint64_t last = finding->last_stamp, count = finding->count;
    SPOIL(last);
    SPOIL(count);
    atomic_store(&finding->last_stamp, last);
    atomic_store(&finding->count, count);
}

static void spoil_object(struct ring_object *object)
{
    uint64_t address = object->address;
    uint32_t refs = object->refs;

    SPOIL(address);
    SPOIL(object->stamp);
    SPOIL(object->node);
    SPOIL(object->last_node);
    SPOIL(object->instance);
    SPOIL(object->plugin);
    SPOIL(object->step);
    SPOIL(refs);
    SPOIL(object->most_refs);
    atomic_store(&object->address, address);
    atomic_store(&object->refs, refs);
}

/* Steps that nobody takes, of objects that nobody has. */
static void spoil_events(struct made *made)
{
    for (unsigned i = 0; i < 20; i++) {
        struct event event = {.type = EVENT_OBJECT, .stamp = made_tick(made), .node = 1};
        SPOIL(event.flags);
        SPOIL(event.address);
        SPOIL(event.size);
        SPOIL(event.node);
        SPOIL(event.plugin);
        SPOIL(event.instance);
        made_commit(made, i % MADE_THREADS, &event, 1);
    }
}

static struct made *spoilt(unsigned seed)
{
    struct made *made = contract_of(3);
    struct ring_object *objects = ring_area(made->base, RING_OBJECTS);
    struct ring_finding *findings = ring_area(made->base, RING_FINDINGS);

    contract_add_findings(made);
    srandom(seed);
    for (uint32_t i = 0; i < made->header->used[RING_FINDINGS]; i++)
        spoil_finding(&findings[i]);
    for (uint32_t i = 0; i < ring_capacity(made->base, RING_OBJECTS); i++)
        if (objects[i].address != 0)
            spoil_object(&objects[i]);
    if (seed % 2 != 0)
        spoil_events(made);
    return made;
}

static void run_all(unsigned seed)
{
    static verbs_verb *const verbs[] = {verb_findings, verb_leaks, verb_info, verb_check,
                                        verb_report};

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        for (int as_json = 0; as_json < 2; as_json++) {
            int status = verbs_run(verbs[i], "--force", as_json ? "--json" : NULL);
            if (status != STATUS_GOOD && status != STATUS_FOUND && status != STATUS_TROUBLE)
                fail_msg("seed %u: status %d", seed, status);
            if (as_json && verbs_text()[0] != '\0') {
                json_t *json = json_loads(verbs_text(), 0, NULL);
                assert_non_null(json);
                json_decref(json);
            }
        }
    }
}

static void tables_that_lie(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct made *made = spoilt(seed);
        verbs_save(made, seed % 3 != 0);
        run_all(seed);
        verbs_save_unfinished(made);
        run_all(seed);
        made_free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_that_lie)};
    return cmocka_run_group_tests_name("viewer-hostile", tests, verbs_set_up, verbs_tear_down);
}
