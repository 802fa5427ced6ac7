/* tests/unit/tracer-contract.c - what changes hands, what is remembered, what is listed */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/contract_rig.h"
#include "tracer/contract.h"
#include "tracer/findings.h"

/* ---- what is remembered ---- */

static struct released_block released_at(uint64_t address, uint32_t mark)
{
    return (struct released_block){
        .block = {.address = address, .stamp = mark, .size_bytes = mark, .node = mark},
        .node = mark,
        .type = EVENT_NPN_FREE,
    };
}

static void released_blocks_are_remembered(void **state)
{
    struct released_block found;

    (void)state;
    struct released_block fresh = released_at(0x1000, 7);
    assert_false(contract_was_released(rig_tracer, 0x1000, &found));
    contract_released(rig_tracer, &fresh);
    assert_true(contract_was_released(rig_tracer, 0x1000, &found));
    assert_memory_equal(&found, &fresh, sizeof(fresh));
    contract_issued(rig_tracer, 0x2000);
    assert_true(contract_was_released(rig_tracer, 0x1000, &found));
    contract_issued(rig_tracer, 0x1000);
    assert_false(contract_was_released(rig_tracer, 0x1000, &found));
    assert_false(contract_was_released(rig_tracer, 0, &found));
    assert_false(contract_was_released(rig_tracer, 1, &found));
}

/* Bounded: older ones make place, and never come back as another. */
static void many_releases_make_place(void **state)
{
    struct released_block found;
    unsigned remembered = 0;

    (void)state;
    for (uint32_t i = 1; i <= 100000; i++) {
        struct released_block fresh = released_at((uint64_t)i * 64, i);
        contract_released(rig_tracer, &fresh);
    }
    for (uint32_t i = 1; i <= 100000; i++)
        if (contract_was_released(rig_tracer, (uint64_t)i * 64, &found)) {
            assert_int_equal(found.node, i);
            remembered++;
        }
    assert_true(remembered > 1000 && remembered < 100000);
    assert_true(contract_was_released(rig_tracer, (uint64_t)100000 * 64, &found));
}

static _Atomic unsigned wrong;
static pthread_barrier_t barrier;

/* A quarter of the addresses each: an address has one owner, places are shared by all. */
static void *release_and_issue(void *argument)
{
    uint64_t mine = (uint64_t)(uintptr_t)argument;
    struct released_block found;

    pthread_barrier_wait(&barrier);
    for (uint32_t i = 1; i <= 200000; i++) {
        uint64_t address = ((uint64_t)(i % 3000 + 1) * 4 + mine) * 4096;
        struct released_block fresh = released_at(address, i);
        contract_released(rig_tracer, &fresh);
        uint64_t others = ((uint64_t)(i % 3000 + 1) * 4 + (mine + 1) % 4) * 4096;
        if (contract_was_released(rig_tracer, others, &found))
            wrong += found.block.address != others || found.node != found.block.size_bytes ||
                     found.node != found.block.stamp;
        contract_issued(rig_tracer, address);
        wrong += contract_was_released(rig_tracer, address, &found);
    }
    return NULL;
}

static void threads_remember_whole_blocks(void **state)
{
    pthread_t threads[4];

    (void)state;
    pthread_barrier_init(&barrier, NULL, 4);
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, release_and_issue, (void *)i);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(wrong, 0);
}

static void the_host_keeps_its_own(void **state)
{
    static const char agent[] = "Mozilla/5.0", other[] = "another";

    (void)state;
    assert_false(contract_is_host_owned(rig_tracer, 0));
    assert_false(contract_is_host_owned(rig_tracer, (uint64_t)(uintptr_t)agent));
    contract_host_owns(rig_tracer, agent);
    assert_true(contract_is_host_owned(rig_tracer, (uint64_t)(uintptr_t)agent));
    assert_false(contract_is_host_owned(rig_tracer, (uint64_t)(uintptr_t)other));
}

/* ---- what changes hands ---- */

struct seen_events {
    uint64_t received, released, handed, elsewhere;
    uint16_t flags, owner_flags; /* of the last one */
    uint64_t address, size;
    int64_t received_live, handed_over;
};

static void look(const struct event *event, void *argument)
{
    struct seen_events *all = argument;
    bool ends = event->type == EVENT_NPN_RELEASED || event->type == EVENT_NPN_HANDED ||
                event->type == EVENT_NPN_FREE || event->type == EVENT_NPN_ELSEWHERE;

    all->received += event->type == EVENT_NPN_RECEIVED;
    all->released += event->type == EVENT_NPN_RELEASED;
    all->handed += event->type == EVENT_NPN_HANDED;
    all->elsewhere += event->type == EVENT_NPN_ELSEWHERE;
    all->received_live += event->type == EVENT_NPN_RECEIVED;
    if (ends && EVENT_ORIGIN(event->owner_flags) != NPN_ORIGIN_ALLOC)
        all->received_live--;
    if (!ends && event->type != EVENT_NPN_RECEIVED)
        return;
    all->flags = event->flags;
    all->owner_flags = event->owner_flags;
    all->address = event->address;
    all->size = event->size;
}

static struct seen_events look_at_events(void)
{
    struct seen_events all = {0};

    scratch_events(rig_tracer->ring, look, &all);
    return all;
}

static void received_blocks_are_released(void **state)
{
    const struct ring_counters *counters = rig_counters(rig_one);
    struct live_block known;

    (void)state;
    rig_received(rig_block(1), 12, NPN_ORIGIN_IDENTIFIER);
    struct seen_events all = look_at_events();
    assert_int_equal(all.received, 1);
    assert_int_equal(all.flags, NPN_ORIGIN_IDENTIFIER << EVENT_ORIGIN_SHIFT);
    assert_int_equal(all.size, 12);
    assert_true(npn_find(rig_block(1), &known));
    assert_int_equal(EVENT_ORIGIN(known.flags), NPN_ORIGIN_IDENTIFIER);
    assert_int_equal(known.plugin, rig_one);
    assert_int_equal(counters->received_live_blocks, 1);

    rig_free(rig_block(1));
    all = look_at_events();
    assert_int_equal(all.flags, EVENT_KNOWN);
    assert_int_equal(all.owner_flags, NPN_ORIGIN_IDENTIFIER << EVENT_ORIGIN_SHIFT);
    assert_int_equal(counters->received_live_blocks, 0);
    assert_int_equal(counters->frees, 1);
    assert_int_equal(counters->unknown_frees, 0);

    rig_received(rig_block(2), 5, NPN_ORIGIN_VARIANT);
    rig_released(rig_block(2));
    all = look_at_events();
    assert_int_equal(all.released, 1);
    assert_int_equal(all.flags, EVENT_KNOWN);
    assert_int_equal(all.size, 5);
    assert_int_equal(counters->received_blocks, 2);
    assert_int_equal(counters->received_live_blocks, 0);
    assert_int_equal(counters->frees, 1); /* by NPN_MemFree */
    assert_int_equal(counters->allocs, 0);
    assert_int_equal(counters->live_blocks, 0);
    assert_int_equal(counters->bytes_allocated, 0);
    assert_int_equal(rig_findings(), 0);
}

/* A variant that the plug-in made itself. */
static void own_strings_are_released_too(void **state)
{
    const struct ring_counters *counters = rig_counters(rig_one);

    (void)state;
    rig_alloc(rig_block(3), 20);
    assert_int_equal(counters->live_bytes, 20);
    rig_released(rig_block(3));
    assert_int_equal(counters->live_blocks, 0);
    assert_int_equal(counters->live_bytes, 0);
    rig_released(rig_block(4)); /* nobody's: not for us to say */
    rig_released(NULL);
    assert_int_equal(look_at_events().released, 2);
    assert_int_equal(rig_findings(), 0);
}

static void handed_blocks_are_no_leak(void **state)
{
    const struct ring_counters *counters = rig_counters(rig_one);
    uint64_t frees = counters->frees;

    (void)state;
    rig_alloc(rig_block(5), 30);
    rig_handed(rig_block(5), false, NPN_WAY_FORM);
    struct seen_events all = look_at_events();
    assert_int_equal(all.handed, 1);
    assert_int_equal(all.flags, EVENT_KNOWN | NPN_WAY_FORM << EVENT_ORIGIN_SHIFT);
    assert_int_equal(all.size, 30);
    rig_received(rig_block(6), 8, NPN_ORIGIN_VARIANT); /* passed on as it came */
    rig_handed(rig_block(6), false, NPN_WAY_RESULT);
    rig_handed(NULL, false, NPN_WAY_RESULT);
    rig_handed(rig_block(7), true, NPN_WAY_RESULT);
    assert_int_equal(counters->handed_over, 2);
    assert_int_equal(counters->live_blocks, 0);
    assert_int_equal(counters->live_bytes, 0);
    assert_int_equal(counters->received_live_blocks, 0);
    assert_int_equal(counters->frees, frees);
    assert_int_equal(counters->freed_elsewhere, 0);
    assert_int_equal(rig_findings(), 0);
}

/* What the browser gives again, or has given another, is not the old block. */
static void addresses_come_again(void **state)
{
    const struct ring_counters *one = rig_counters(rig_one), *other = rig_counters(rig_other);
    uint64_t received = one->received_blocks;
    struct live_block known;

    (void)state;
    rig_alloc(rig_block(8), 40);
    rig_plugin = rig_other;
    rig_received(rig_block(8), 41, NPN_ORIGIN_ENUMERATE);
    assert_int_equal(one->freed_elsewhere, 1);
    assert_int_equal(one->live_blocks, 0);
    assert_int_equal(other->received_live_blocks, 1);
    rig_plugin = rig_one;
    rig_received(rig_block(8), 42, NPN_ORIGIN_URL_VALUE);
    assert_int_equal(other->received_live_blocks, 0);
    assert_int_equal(other->freed_elsewhere, 0); /* that counts what it allocated */
    assert_int_equal(one->received_blocks, received + 1);
    rig_alloc(rig_block(8), 43);
    assert_int_equal(one->received_live_blocks, 0);
    assert_true(npn_find(rig_block(8), &known));
    assert_int_equal(EVENT_ORIGIN(known.flags), NPN_ORIGIN_ALLOC);
    rig_free(rig_block(8));
    struct seen_events all = look_at_events();
    assert_int_equal(all.elsewhere, 3);
    assert_int_equal(all.received_live, rig_tracer->ring->totals.received_live_blocks);
    assert_int_equal(rig_findings(), 0);
}

/* By the innermost entry into the plug-in's code, or else by what the caller knows. */
static void received_blocks_have_an_instance(void **state)
{
    struct npn_caller caller = {
        .plugin = rig_one,
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
    };
    struct live_block known;

    (void)state;
    npn_received(&caller, 17, rig_block(9), 1, NPN_ORIGIN_DOCUMENT);
    assert_true(npn_find(rig_block(9), &known));
    assert_int_equal(known.instance, 17);
    uint32_t token = npn_entry_push(rig_one, 5, caller.stack_pointer + 64);
    npn_received(&caller, 17, rig_block(10), 1, NPN_ORIGIN_DOCUMENT);
    npn_entry_pop(token);
    assert_true(npn_find(rig_block(10), &known));
    assert_int_equal(known.instance, 5);
    rig_free(rig_block(9));
    rig_free(rig_block(10));
    assert_int_equal(rig_findings(), 0);
}

/* ---- what is listed ---- */

static __attribute__((noinline)) void report_here(uint64_t address, uint32_t owner_node)
{
    struct npn_caller caller = {
        .plugin = rig_plugin,
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
    };
    struct finding finding = {
        .kind = FINDING_AFTER_SHUTDOWN,
        .detail = 24,
        .address = address,
        .owner = {.node = owner_node, .plugin = (uint16_t)rig_other, .stamp = 3},
    };

    finding_report(&caller, &finding);
}

static void the_same_is_listed_once(void **state)
{
    (void)state;
    uint32_t count = rig_findings();
    for (unsigned i = 0; i < 50; i++)
        report_here(1000 + i, 1);
    const struct ring_finding *entries = ring_area(rig_tracer->ring, RING_FINDINGS);
    const struct ring_finding *found = &entries[count];
    assert_int_equal(rig_findings(), count + 1);
    assert_int_equal(found->count, 50);
    assert_int_equal(found->address, 1000); /* the first time's */
    assert_int_equal(found->detail, 24);
    assert_int_equal(found->owner_plugin, rig_other);
    assert_int_equal(found->owner_stamp, 3);
    assert_true(found->last_stamp >= found->first_stamp);
    report_here(1000, 2); /* another stack of the owner */
    report_here(1000, 1); /* another place here */
    rig_plugin = rig_other;
    report_here(1000, 1);
    rig_plugin = rig_one;
    assert_int_equal(rig_findings(), count + 4);
}

/* A tree that is full has no name for the stack: it counts as unknown. */
static void inline_stacks_are_unknown(void **state)
{
    (void)state;
    uint32_t count = rig_findings();
    report_here(1, RING_NODE_INLINE);
    const struct ring_finding *entries = ring_area(rig_tracer->ring, RING_FINDINGS);
    assert_int_equal(entries[count].owner_node, RING_NODE_NONE);
}

static void *report_many(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&barrier);
    for (uint32_t i = 0; i < 4000; i++)
        report_here(i, 100 + i % 40);
    return NULL;
}

/* While a handler does the same. */
static void on_signal(int number)
{
    (void)number;
    report_here(1, 200);
}

static void threads_and_handlers_list_together(void **state)
{
    pthread_t threads[4];
    uint64_t sum = 0;

    (void)state;
    uint32_t first = rig_findings();
    assert_int_equal(rig_tracer->ring->unlisted_findings, 0);
    signal(SIGUSR1, on_signal);
    pthread_barrier_init(&barrier, NULL, 5);
    for (unsigned i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, report_many, NULL);
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < 200; i++)
        pthread_kill(pthread_self(), SIGUSR1);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    const struct ring_finding *entries = ring_area(rig_tracer->ring, RING_FINDINGS);
    for (uint32_t i = first; i < rig_findings(); i++)
        sum += entries[i].count;
    assert_int_equal(rig_findings(), first + 41);
    assert_int_equal(sum, 4 * 4000 + 200);
}

/* Last: it fills the table. */
static void what_does_not_fit_is_counted(void **state)
{
    uint32_t capacity = ring_capacity(rig_tracer->ring, RING_FINDINGS), count = rig_findings();

    (void)state;
    for (uint32_t i = 0; i < capacity + 20; i++) /* the last ten are like the first ten */
        report_here(1, 1000 + i % (capacity + 10));
    assert_int_equal(rig_findings(), capacity);
    assert_int_equal(rig_tracer->ring->unlisted_findings, count + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(released_blocks_are_remembered),
        cmocka_unit_test(many_releases_make_place),
        cmocka_unit_test(threads_remember_whole_blocks),
        cmocka_unit_test(the_host_keeps_its_own),
        cmocka_unit_test(received_blocks_are_released),
        cmocka_unit_test(own_strings_are_released_too),
        cmocka_unit_test(handed_blocks_are_no_leak),
        cmocka_unit_test(addresses_come_again),
        cmocka_unit_test(received_blocks_have_an_instance),
        cmocka_unit_test(the_same_is_listed_once),
        cmocka_unit_test(inline_stacks_are_unknown),
        cmocka_unit_test(threads_and_handlers_list_together),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests_name("tracer-contract", tests, rig_begin, rig_end);
}
