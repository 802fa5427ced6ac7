/* tests/unit/viewer-live.c - reading a ring while its process writes it */
/* SPDX-License-Identifier: MIT */

/*
 * The real tracer records into a ring while threads allocate and free, and the viewer opens the
 * same file again and again. Whatever it reads must be whole: no damage, no event of a recycled
 * chunk, no block that was never allocated. When the threads have ended, all numbers agree.
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"
#include "tracer/npn.h"
#include "viewer/consistency.h"
#include "viewer/leaks.h"
#include "viewer/model.h"

#define THREADS 3
#define BLOCKS 64 /* of each thread, live at a time */
#define READINGS 150

static uint32_t plugin;
static atomic_bool stop;
static char path[4096];

/* The size of a block follows from its address, so that a block read from two is noticed. */
static uint32_t size_of(uint64_t address)
{
    return (uint32_t)(address * 2654435761u >> 8 & 0xffff) + 1;
}

static inline __attribute__((always_inline)) struct npn_caller caller_here(void)
{
    return (struct npn_caller){
        .plugin = plugin,
        .address = (uint64_t)(uintptr_t)__builtin_return_address(0),
        .stack_pointer = (uint64_t)(uintptr_t)__builtin_frame_address(0),
    };
}

static void *allocate_and_free(void *argument)
{
    uint64_t base = (uint64_t)(uintptr_t)argument;
    struct npn_caller caller = caller_here();

    for (uint64_t round = 0; !atomic_load(&stop); round++) {
        uint64_t address = base + round % BLOCKS * 64;
        if (round >= BLOCKS)
            npn_free_end(&caller, npn_free_begin(&caller, (void *)(uintptr_t)address));
        npn_alloc_end(&caller, npn_alloc_begin(&caller), (void *)(uintptr_t)address,
                      size_of(address));
    }
    return NULL;
}

static void find_ring(void)
{
    DIR *directory = opendir(scratch_directory());
    struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        if (strstr(entry->d_name, ".ring") != NULL)
            snprintf(path, sizeof(path), "%s/%s", scratch_directory(), entry->d_name);
    closedir(directory);
    assert_true(path[0] != '\0');
}

static struct recording *open_live(void)
{
    struct problem problem;
    struct recording *recording = recording_open(path, false, &problem);

    assert_non_null(recording);
    assert_true(recording->live);
    assert_int_equal(recording->process.ending, RECORDING_RUNNING);
    return recording;
}

static void assert_sound(struct model *model)
{
    const struct problem *damage = problems_first_damage(&model->recording->problems);

    if (damage != NULL)
        print_error("%s\n", damage->text);
    assert_null(damage);
    for (size_t i = 0; i < model->live_count; i++) {
        assert_int_equal(model->live[i].plugin, plugin);
        assert_int_equal(model->live[i].size_bytes, size_of(model->live[i].address));
        assert_int_equal(leak_kind_of(model, model->live[i].plugin,
                                      model->live[i].instance, model->live[i].stamp),
                         LEAK_LIVE_AT_EXIT);
    }
}

static void read_while_written(void **state)
{
    pthread_t threads[THREADS];
    uint64_t last_allocs = 0, overwritten = 0;

    (void)state;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, allocate_and_free, (void *)((i + 1) << 32)), 0);
    for (unsigned i = 0; i < READINGS; i++) {
        struct recording *recording = open_live();
        struct model *model = model_build(recording);
        assert_sound(model);
        assert_true(model->sums->totals.allocs >= last_allocs);
        last_allocs = model->sums->totals.allocs;
        overwritten = recording->losses.overwritten_events;
        model_free(model);
        recording_close(recording);
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(last_allocs > 0);
    print_message("%lu allocations, %lu events overwritten\n", (unsigned long)last_allocs,
                  (unsigned long)overwritten);
}

static void quiet_at_the_end(void **state)
{
    struct recording *recording = open_live();
    struct model *model = model_build(recording);
    struct consistency result = consistency_check(model, false);

    (void)state;
    assert_sound(model);
    recording_verify(recording);
    assert_true(result.compared);
    assert_int_equal(result.excused, 0);
    assert_int_equal(recording->problems.damages, 0);
    assert_int_equal(model->sums->totals.live_blocks, model->live_count);
    assert_int_equal(model->live_count, THREADS * BLOCKS);
    model_free(model);
    recording_close(recording);
}

static int set_up(void **state)
{
    struct tracer *tracer = scratch_start("1M");

    (void)state;
    if (tracer == NULL)
        return -1;
    plugin = scratch_plugin(tracer, "/opt/libnplive.so");
    find_ring();
    return plugin == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_while_written),
        cmocka_unit_test(quiet_at_the_end),
    };
    return cmocka_run_group_tests_name("viewer-live", tests, set_up, scratch_end);
}
