/* tests/unit/tracer-misuse.c - which rule is broken, and where nothing can be said */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/contract_rig.h"
#include "tracer/contract.h"
#include "tracer/heap.h"
#include "tracer/registry.h"

static uint32_t findings; /* so far, in the order of the tests */

/* ---- NPN_MemFree ---- */

static void freed_twice(void **state)
{
    (void)state;
    rig_alloc(rig_block(1), 100);
    rig_free(rig_block(1));
    assert_int_equal(rig_findings(), 0);
    rig_free(rig_block(1));
    const struct ring_finding *found = rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(1));
    assert_int_equal(found->size, 100);
    assert_int_equal(found->owner_plugin, rig_one);
    assert_int_not_equal(found->owner_node, RING_NODE_NONE);
    assert_int_not_equal(found->released_node, RING_NODE_NONE);
    assert_int_not_equal(found->released_node, found->node);
    assert_int_not_equal(found->owner_node, found->released_node);
    assert_true(found->owner_stamp < found->first_stamp);
    /* Issued again in between, it is another block. */
    rig_alloc(rig_block(1), 100);
    rig_free(rig_block(1));
    rig_received(rig_block(1), 9, NPN_ORIGIN_PASSWORD);
    rig_free(rig_block(1));
    assert_int_equal(rig_findings(), findings);
    rig_free(rig_block(1));
    found = rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(1));
    assert_int_equal(EVENT_ORIGIN(found->owner_flags), NPN_ORIGIN_PASSWORD);
    assert_int_equal(found->size, 9);
}

static void never_issued(void **state)
{
    (void)state;
    rig_free(rig_block(2));
    const struct ring_finding *found = rig_found(++findings, FINDING_NOT_ISSUED, rig_block(2));
    assert_int_equal(found->owner_node, RING_NODE_NONE);
    assert_int_equal(found->released_node, RING_NODE_NONE);
    assert_int_equal(found->size, 0);
}

static void freed_after_hand_over(void **state)
{
    (void)state;
    rig_alloc(rig_block(3), 7);
    rig_handed(rig_block(3), false, NPN_WAY_ENUMERATE);
    rig_plugin = rig_other; /* another one may have got it, as the browser's or straight */
    rig_free(rig_block(3));
    rig_plugin = rig_one;
    rig_released(rig_block(3)); /* the plug-in asked its own object */
    assert_int_equal(rig_findings(), findings);
    rig_free(rig_block(3));
    const struct ring_finding *found =
        rig_found(++findings, FINDING_HANDED_THEN_FREED, rig_block(3));
    assert_int_equal(found->detail, NPN_WAY_ENUMERATE);
    assert_int_not_equal(found->released_node, RING_NODE_NONE);
    /* A browser may give saved data to another instance. */
    rig_alloc(rig_block(4), 7);
    rig_handed(rig_block(4), false, NPN_WAY_SAVED);
    rig_free(rig_block(4));
    assert_int_equal(rig_findings(), findings);
}

static void host_owned(void **state)
{
    char *arguments[] = {rig_block(5), rig_block(6), rig_block(7)};
    struct contract_lent lent = {
        .pointer = {rig_block(8)},
        .list = {{arguments, 3, sizeof(arguments[0])}},
    };
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);

    (void)state;
    contract_host_owns(rig_tracer, rig_block(9));
    rig_free(rig_block(9));
    rig_found(++findings, FINDING_HOST_OWNED, rig_block(9));
    uint32_t token = npn_entry_push(rig_one, 3, here);
    contract_lend(token, &lent);
    rig_free(rig_block(8));
    rig_found(++findings, FINDING_HOST_OWNED, rig_block(8));
    rig_free(rig_block(7));
    const struct ring_finding *found = rig_found(++findings, FINDING_HOST_OWNED, rig_block(7));
    assert_int_equal(found->instance, 3);
    npn_entry_pop(token);
    rig_free(rig_block(6)); /* lent no more */
    rig_found(++findings, FINDING_NOT_ISSUED, rig_block(6));
}

static void others_block(void **state)
{
    struct ring_plugin *other = registry_plugin(rig_tracer, rig_other);

    (void)state;
    rig_alloc(rig_block(10), 11);
    rig_plugin = rig_other;
    rig_free(rig_block(10));
    const struct ring_finding *found = rig_found(++findings, FINDING_OTHERS_BLOCK, rig_block(10));
    assert_int_equal(found->owner_plugin, rig_one);
    /* Which of them calls is known by the address alone. */
    for (uint32_t flag = RING_PLUGIN_BY_CALLER; flag <= RING_PLUGIN_NESTED; flag *= 2) {
        other->flags = flag;
        rig_plugin = rig_one;
        rig_alloc(rig_block(10), 11);
        rig_plugin = rig_other;
        rig_free(rig_block(10));
    }
    other->flags = 0;
    rig_flags = EVENT_PROVIDED;
    rig_alloc(rig_block(10), 11);
    rig_plugin = rig_one;
    rig_free(rig_block(10));
    rig_flags = 0;
    assert_int_equal(rig_findings(), findings);
}

static void freed_twice_by_two(void **state)
{
    (void)state;
    rig_alloc(rig_block(11), 12);
    rig_free(rig_block(11));
    rig_plugin = rig_other;
    rig_free(rig_block(11));
    const struct ring_finding *found = rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(11));
    assert_int_equal(found->owner_plugin, rig_one);
    rig_plugin = rig_one;
}

/* Of NPN_Mem* of our own: whatever it was, we did not issue it. */
static void refused(void **state)
{
    (void)state;
    rig_flags = EVENT_PROVIDED;
    rig_refused(rig_block(12));
    rig_found(++findings, FINDING_NOT_ISSUED, rig_block(12));
    rig_alloc(rig_block(12), 13);
    rig_free(rig_block(12));
    rig_refused(rig_block(12));
    const struct ring_finding *found = rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(12));
    assert_int_equal(found->size, 13);
    rig_flags = 0;
}

/* ---- variants and results ---- */

static void variant_twice(void **state)
{
    (void)state;
    rig_received(rig_block(20), 5, NPN_ORIGIN_VARIANT);
    rig_released(rig_block(20));
    rig_released(rig_block(20));
    rig_found(++findings, FINDING_VARIANT_TWICE, rig_block(20));
    rig_free(rig_block(20));
    rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(20));
    rig_received(rig_block(20), 5, NPN_ORIGIN_VARIANT);
    rig_free(rig_block(20)); /* works almost everywhere */
    assert_int_equal(rig_findings(), findings);
    rig_released(rig_block(20));
    rig_found(++findings, FINDING_VARIANT_TWICE, rig_block(20));
}

static void result_from_elsewhere(void **state)
{
    (void)state;
    rig_handed(rig_block(21), false, NPN_WAY_SITES);
    const struct ring_finding *found =
        rig_found(++findings, FINDING_RESULT_NOT_ALLOC, rig_block(21));
    assert_int_equal(found->detail, NPN_WAY_SITES);
    rig_alloc(rig_block(22), 6);
    rig_free(rig_block(22));
    rig_handed(rig_block(22), false, NPN_WAY_RESULT); /* freed before */
    found = rig_found(++findings, FINDING_RESULT_NOT_ALLOC, rig_block(22));
    assert_int_not_equal(found->owner_node, RING_NODE_NONE);
    assert_int_not_equal(found->released_node, RING_NODE_NONE);
    rig_alloc(rig_block(23), 6); /* once by a class, once by the one derived from it */
    rig_handed(rig_block(23), false, NPN_WAY_RESULT);
    rig_handed(rig_block(23), false, NPN_WAY_RESULT);
    rig_handed(rig_block(24), true, NPN_WAY_RESULT);
    assert_int_equal(rig_findings(), findings);
}

static void result_while_false(void **state)
{
    (void)state;
    rig_alloc(rig_block(25), 14);
    rig_result_while_false(rig_block(25));
    const struct ring_finding *found =
        rig_found(++findings, FINDING_RESULT_WHILE_FALSE, rig_block(25));
    assert_int_equal(found->size, 14);
    rig_free(rig_block(25)); /* it stays a block */
    assert_false(contract_sees_hand_over(rig_tracer)); /* for all that we know */
    atomic_store(&rig_tracer->hand_over_unseen, false);
    rig_held(rig_block(26), OBJECT_CREATED);
    rig_result_while_false(rig_block(26));
    found = rig_found(++findings, FINDING_RESULT_WHILE_FALSE, rig_block(26));
    assert_int_equal(found->owner_plugin, rig_one);
    assert_int_not_equal(found->owner_node, RING_NODE_NONE);
    rig_dropped(rig_block(26), OBJECT_RELEASED);
    assert_int_equal(rig_findings(), findings);
    assert_true(contract_sees_hand_over(rig_tracer));
}

/* ---- sizes and flushes ---- */

static void negative_sizes(void **state)
{
    (void)state;
    rig_alloc(rig_block(30), 0xfeffffff); /* much, but a number all the same */
    rig_free(rig_block(30));
    assert_int_equal(rig_findings(), findings);
    rig_alloc(NULL, 0xfffffff0);
    const struct ring_finding *found = rig_found(++findings, FINDING_NEGATIVE_SIZE, NULL);
    assert_int_equal(found->size, 0xfffffff0);
}

static void flush_in_a_row(unsigned times, uint32_t returned)
{
    for (unsigned i = 0; i < times; i++)
        rig_flush(returned);
}

static void flushes_that_spin(void **state)
{
    (void)state;
    flush_in_a_row(200, 0);
    flush_in_a_row(63, 5);
    rig_alloc(rig_block(31), 1); /* something else in between */
    flush_in_a_row(63, 5);
    rig_free(rig_block(31));
    for (unsigned i = 0; i < 200; i++)
        rig_flush(1000 - i);             /* it gets less: an end is in sight */
    for (unsigned i = 0; i < 200; i++) { /* a timer's, once each time */
        uint32_t token = npn_entry_push(rig_one, 0, UINT64_MAX);
        rig_flush(5);
        npn_entry_pop(token);
    }
    assert_int_equal(rig_findings(), findings);
    flush_in_a_row(500, 6);
    const struct ring_finding *found = rig_found(++findings, FINDING_FLUSH_SPINS, NULL);
    assert_int_equal(found->detail, 64);
}

/* ---- the heap ---- */

static void heap_block_by_memfree(void **state)
{
    (void)state;
    rig_malloc(rig_block(40), EVENT_MALLOC);
    rig_free(rig_block(40));
    rig_found(++findings, FINDING_HEAP_BY_MEMFREE, rig_block(40));
    /* An NPN block before, malloc's now. */
    rig_alloc(rig_block(41), 8);
    rig_free(rig_block(41));
    rig_malloc(rig_block(41), EVENT_MALLOC);
    rig_free(rig_block(41));
    rig_found(++findings, FINDING_HEAP_BY_MEMFREE, rig_block(41));
}

static void npn_block_by_free(void **state)
{
    const struct ring_counters *counters = rig_counters(rig_one);
    uint64_t elsewhere = counters->freed_elsewhere, live = counters->live_blocks;

    (void)state;
    rig_alloc(rig_block(42), 9);
    rig_heap_free(rig_block(42), EVENT_FREE);
    const struct ring_finding *found = rig_found(++findings, FINDING_NPN_BY_FREE, rig_block(42));
    assert_int_equal(found->size, 9);
    assert_int_equal(counters->freed_elsewhere, elsewhere + 1);
    assert_int_equal(counters->live_blocks, live);
    rig_heap_free(rig_block(42), EVENT_FREE); /* not an NPN block any more */
    assert_int_equal(rig_findings(), findings);
    rig_free(rig_block(42));
    rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(42));
    rig_received(rig_block(43), 9, NPN_ORIGIN_IDENTIFIER);
    rig_heap_free(rig_block(43), EVENT_FREE);
    rig_found(++findings, FINDING_NPN_BY_FREE, rig_block(43));
    assert_int_equal(counters->received_live_blocks, 0);
}

/* What free() is called for, and by whom, is not always what it seems. */
static void frees_that_are_right(void **state)
{
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);

    (void)state;
    rig_alloc(rig_block(44), 9);
    rig_heap_free(rig_block(44), EVENT_DELETE); /* an operator of its own, by NPN_MemFree */
    uint32_t token = heap_host_enter(here);
    rig_heap_free(rig_block(44), EVENT_FREE); /* the host's, whoever's the relocation */
    heap_host_leave(token);
    struct npn_caller caller = {.plugin = rig_one, .stack_pointer = here};
    token = npn_free_begin(&caller, rig_block(44));
    rig_heap_free(rig_block(44), EVENT_FREE); /* inside of the host's memfree */
    npn_free_end(&caller, token);
    rig_heap_free(rig_block(45), EVENT_FREE);
    /* Freed where nobody saw it, the address is malloc's. */
    uint64_t elsewhere = rig_counters(rig_one)->freed_elsewhere;
    rig_alloc(rig_block(46), 9);
    rig_malloc(rig_block(46), EVENT_CALLOC);
    assert_int_equal(rig_counters(rig_one)->freed_elsewhere, elsewhere + 1);
    rig_heap_free(rig_block(46), EVENT_FREE);
    /* An operator new of its own that ends in NPN_MemAlloc. */
    rig_alloc(rig_block(47), 9);
    rig_malloc(rig_block(47), EVENT_NEW);
    rig_heap_free(rig_block(47), EVENT_DELETE);
    rig_free(rig_block(47));
    assert_int_equal(rig_counters(rig_one)->freed_elsewhere, elsewhere + 1);
    assert_int_equal(rig_findings(), findings);
}

static void realloc_of_an_npn_block(void **state)
{
    const void *frame = __builtin_frame_address(0);
    uint32_t how = HEAP_BY(rig_one) | EVENT_REALLOC;

    (void)state;
    rig_alloc(rig_block(48), 9);
    uint64_t before = heap_reallocating(rig_block(48), frame, how);
    heap_reallocated(before, rig_block(48), rig_block(48), 90, false, frame, how);
    rig_found(++findings, FINDING_NPN_BY_FREE, rig_block(48));
    rig_heap_free(rig_block(48), EVENT_FREE);
    assert_int_equal(rig_findings(), findings);
}

/* ---- where nothing is certain ---- */

static void misuse_everything(unsigned from)
{
    rig_alloc(rig_block(from), 1);
    rig_free(rig_block(from));
    rig_free(rig_block(from));
    rig_free(rig_block(from + 1));
    rig_handed(rig_block(from + 2), false, NPN_WAY_RESULT);
    rig_received(rig_block(from + 3), 1, NPN_ORIGIN_VARIANT);
    rig_released(rig_block(from + 3));
    rig_released(rig_block(from + 3));
    rig_malloc(rig_block(from + 4), EVENT_MALLOC);
    rig_free(rig_block(from + 4));
    rig_alloc(rig_block(from + 5), 1);
    rig_result_while_false(rig_block(from + 5));
    rig_heap_free(rig_block(from + 5), EVENT_FREE);
    rig_free(rig_block(from + 5));
    rig_held(rig_block(from + 6), OBJECT_GOT);
    rig_dropped(rig_block(from + 6), OBJECT_RELEASED);
    rig_dropped(rig_block(from + 6), OBJECT_RELEASED);
}

static void without_evidence_nothing_is_said(void **state)
{
    _Atomic uint64_t *const losses[] = {
        &rig_tracer->ring->untracked_blocks,
        &rig_tracer->ring->missed_calls,
        &rig_tracer->ring->abandoned_operations,
        &rig_tracer->ring->unlisted_plugins,
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        atomic_store(losses[i], 1);
        misuse_everything(100 + i * 10);
        atomic_store(losses[i], 0);
    }
    assert_int_equal(rig_findings(), findings);
}

/* Nested plug-ins: what the inner one got the outer one frees, and the other way round. */
static void nested_plugins_explain_much(void **state)
{
    struct ring_plugin *other = registry_plugin(rig_tracer, rig_other);
    uint64_t received = rig_counters(rig_one)->received_blocks;

    (void)state;
    other->flags = RING_PLUGIN_NESTED;
    rig_free(rig_block(150));
    rig_handed(rig_block(151), false, NPN_WAY_RESULT);
    rig_alloc(rig_block(152), 1);
    rig_plugin = rig_other;
    rig_free(rig_block(152));
    rig_plugin = rig_one;
    rig_free(rig_block(152));
    rig_received(rig_block(153), 1, NPN_ORIGIN_IDENTIFIER);
    rig_plugin = rig_other;
    rig_received(rig_block(153), 1, NPN_ORIGIN_IDENTIFIER); /* passed on: the same block */
    assert_int_equal(rig_counters(rig_one)->received_blocks, received + 1);
    assert_int_equal(rig_counters(rig_other)->received_live_blocks, 0);
    rig_free(rig_block(153));
    assert_int_equal(rig_findings(), findings);
    rig_alloc(rig_block(154), 1); /* by one and the same, it is what it is */
    rig_free(rig_block(154));
    rig_free(rig_block(154));
    rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(154));
    rig_plugin = rig_one;
    other->flags = 0;
}

/* A class that cannot be observed: what its functions hand over goes unseen. */
static void unseen_hand_overs(void **state)
{
    (void)state;
    contract_hand_over_unseen(rig_tracer);
    rig_alloc(rig_block(160), 1);
    rig_heap_free(rig_block(160), EVENT_FREE); /* perhaps it is malloc's by now */
    assert_int_equal(rig_findings(), findings);
    rig_free(rig_block(160));
    rig_free(rig_block(160));
    rig_found(++findings, FINDING_DOUBLE_FREE, rig_block(160));
}

/* What a child inherits is unknown there. */
static void children_know_too_little(void **state)
{
    int status;

    (void)state;
    rig_alloc(rig_block(170), 1);
    pid_t child = fork();
    if (child == 0) {
        rig_tracer = tracer_start();
        rig_free(rig_block(170));
        misuse_everything(180);
        _exit(rig_tracer != NULL && rig_tracer->forked && rig_findings() == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    rig_free(rig_block(170));
    assert_int_equal(rig_findings(), findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freed_twice),
        cmocka_unit_test(never_issued),
        cmocka_unit_test(freed_after_hand_over),
        cmocka_unit_test(host_owned),
        cmocka_unit_test(others_block),
        cmocka_unit_test(freed_twice_by_two),
        cmocka_unit_test(refused),
        cmocka_unit_test(variant_twice),
        cmocka_unit_test(result_from_elsewhere),
        cmocka_unit_test(result_while_false),
        cmocka_unit_test(negative_sizes),
        cmocka_unit_test(flushes_that_spin),
        cmocka_unit_test(heap_block_by_memfree),
        cmocka_unit_test(npn_block_by_free),
        cmocka_unit_test(frees_that_are_right),
        cmocka_unit_test(realloc_of_an_npn_block),
        cmocka_unit_test(without_evidence_nothing_is_said),
        cmocka_unit_test(nested_plugins_explain_much),
        cmocka_unit_test(unseen_hand_overs),
        cmocka_unit_test(children_know_too_little),
    };
    return cmocka_run_group_tests_name("tracer-misuse", tests, rig_begin, rig_end);
}
