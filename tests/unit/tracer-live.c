/* tests/unit/tracer-live.c - the side table of live blocks, alone and contended */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "tracer/live.h"

#define BLOCKS 4096

static struct tracer *tracer;

static uint64_t address_of(unsigned block)
{
    return 0x7f0000000000 + (uint64_t)block * 16;
}

static void agrees_with_an_array(void **state)
{
    static uint32_t model[BLOCKS]; /* size, 0: not live */

    (void)state;
    srand(3);
    for (unsigned round = 0; round < 500000; round++) {
        unsigned block = (unsigned)rand() % BLOCKS;
        struct live_block found = {0};
        if (rand() % 2 == 0) {
            assert_int_equal(live_take(tracer, address_of(block), &found), model[block] != 0);
            assert_int_equal(found.size_bytes, model[block]);
            model[block] = 0;
        } else if (model[block] == 0) {
            struct live_block fresh = {
                .address = address_of(block), .size_bytes = round + 1, .node = block};
            assert_true(live_insert(tracer, &fresh));
            model[block] = round + 1;
        } else {
            assert_true(live_find(tracer, address_of(block), &found));
            assert_int_equal(found.size_bytes, model[block]);
            assert_int_equal(found.node, block);
        }
    }
    for (unsigned block = 0; block < BLOCKS; block++) {
        struct live_block found;
        if (model[block] != 0)
            assert_true(live_take(tracer, address_of(block), &found));
    }
}

static void null_and_busy_are_no_blocks(void **state)
{
    struct live_block found;

    (void)state;
    assert_false(live_take(tracer, 0, &found));
    assert_false(live_take(tracer, RING_LIVE_BUSY, &found));
    assert_false(live_find(tracer, 0, &found));
}

/* Eight threads take the same blocks: each block is got once. */
static _Atomic unsigned got[BLOCKS];
static pthread_barrier_t barrier;

static void *take_all(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&barrier);
    for (unsigned block = 0; block < BLOCKS; block++) {
        struct live_block found;
        if (live_take(tracer, address_of(block), &found)) {
            if (found.size_bytes != block + 1)
                abort();
            got[block]++;
        }
    }
    return NULL;
}

static void of_many_takers_one_wins(void **state)
{
    pthread_t threads[8];

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned block = 0; block < BLOCKS; block++) {
            struct live_block fresh = {.address = address_of(block), .size_bytes = block + 1};
            assert_true(live_insert(tracer, &fresh));
            got[block] = 0;
        }
        pthread_barrier_init(&barrier, NULL, 8);
        for (unsigned i = 0; i < 8; i++)
            pthread_create(&threads[i], NULL, take_all, NULL);
        for (unsigned i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
        pthread_barrier_destroy(&barrier);
        for (unsigned block = 0; block < BLOCKS; block++)
            assert_int_equal(got[block], 1);
    }
}

/* What does not fit is counted, and what fitted is still found. Last: it fills the table. */
static void what_does_not_fit_is_counted(void **state)
{
    unsigned capacity = ring_capacity(tracer->ring, RING_LIVE), inserted = 0, refused = 0;
    static _Atomic uint8_t in[1u << 16];

    (void)state;
    assert_true(capacity * 2 <= sizeof(in));
    for (unsigned block = 0; block < capacity * 2; block++) {
        struct live_block fresh = {.address = address_of(block), .size_bytes = 1};
        in[block] = live_insert(tracer, &fresh);
        inserted += in[block];
        refused += !in[block];
    }
    assert_true(inserted <= capacity);
    assert_true(inserted > capacity / 2);
    assert_int_equal(atomic_load(&tracer->ring->untracked_blocks), refused);
    for (unsigned block = 0; block < capacity * 2; block++) {
        struct live_block found;
        assert_int_equal(live_take(tracer, address_of(block), &found), in[block]);
    }
}

static int start(void **state)
{
    (void)state;
    tracer = scratch_start("1M");
    return tracer != NULL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(null_and_busy_are_no_blocks),
        cmocka_unit_test(of_many_takers_one_wins),
        cmocka_unit_test(what_does_not_fit_is_counted),
    };
    return cmocka_run_group_tests_name("tracer-live", tests, start, scratch_end);
}
