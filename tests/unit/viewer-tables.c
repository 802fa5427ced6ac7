/* tests/unit/viewer-tables.c - questions to large tables, against the plain way to answer them */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/chance.h"
#include "viewer/module_map.h"
#include "viewer/own_instances.h"
#include "viewer/recording.h"

#define MODULES 40u
#define ADDRESSES 100u
#define EPOCHS 6u
#define PLUGINS 7u
#define INSTANCES 500u

/* ---- which module an address belongs to -------------------------------------------------- */

static ptrdiff_t plain_at(const struct recording_module *modules, size_t count, uint64_t pc,
                          uint64_t epoch)
{
    ptrdiff_t best = -1;

    for (size_t i = 0; i < count; i++)
        if (pc >= modules[i].start && pc < modules[i].end && modules[i].first_epoch <= epoch &&
            (best < 0 || modules[i].first_epoch >= modules[best].first_epoch))
            best = (ptrdiff_t)i;
    return best;
}

static void assert_same(const struct recording_module *modules, size_t count)
{
    struct module_map *map = module_map_new(modules, count);

    for (uint64_t pc = 0; pc <= ADDRESSES + 1; pc++)
        for (uint64_t epoch = 0; epoch <= EPOCHS; epoch++)
            assert_int_equal(module_map_at(map, pc, epoch), plain_at(modules, count, pc, epoch));
    assert_int_equal(module_map_at(map, UINT64_MAX, UINT64_MAX),
                     plain_at(modules, count, UINT64_MAX, UINT64_MAX));
    module_map_free(map);
}

/* They overlap, are empty, or end before they begin. */
static void modules_of_chance(void **state)
{
    struct recording_module modules[MODULES];

    (void)state;
    for (uint64_t i = 0; i < chance_runs(200); i++) {
        struct chance chance = chance_begin(chance_seed() + i);
        size_t count = chance_below(&chance, MODULES + 1);
        for (size_t j = 0; j < count; j++)
            modules[j] = (struct recording_module){
                .start = chance_below(&chance, ADDRESSES),
                .end = chance_below(&chance, ADDRESSES + 1),
                .first_epoch = chance_below(&chance, EPOCHS),
            };
        assert_same(modules, count);
    }
}

static void modules_at_the_ends(void **state)
{
    const struct recording_module all = {.start = 0, .end = UINT64_MAX};
    const struct recording_module pair[] = {
        {.start = 10, .end = 20, .first_epoch = 1},
        {.start = 10, .end = 20, .first_epoch = 1},
    };
    struct module_map *map = module_map_new(&all, 1);

    (void)state;
    assert_int_equal(module_map_at(map, 0, 0), 0);
    assert_int_equal(module_map_at(map, UINT64_MAX - 1, 0), 0);
    assert_int_equal(module_map_at(map, UINT64_MAX, 0), -1);
    module_map_free(map);
    map = module_map_new(NULL, 0);
    assert_int_equal(module_map_at(map, 1, 1), -1);
    module_map_free(map);
    map = module_map_new(pair, 2);
    assert_int_equal(module_map_at(map, 10, 0), -1);
    assert_int_equal(module_map_at(map, 10, 1), 1);
    assert_int_equal(module_map_at(map, 19, UINT64_MAX), 1);
    assert_int_equal(module_map_at(map, 20, 1), -1);
    module_map_free(map);
}

/* ---- which instances a plug-in has -------------------------------------------------------- */

static void instances_of_plugins(void **state)
{
    struct recording_instance instances[INSTANCES] = {{0}};
    struct recording recording = {
        .plugin_count = PLUGINS, .instances = instances, .instance_count = INSTANCES};
    struct chance chance = chance_begin(chance_seed());

    (void)state;
    for (size_t i = 0; i < INSTANCES; i++)
        instances[i].plugin = chance_below(&chance, PLUGINS); /* the last one has none */
    struct own_instances own = own_instances_find(&recording);
    size_t met = 0;
    for (uint32_t plugin = 0; plugin <= PLUGINS; plugin++) {
        uint32_t serial = own.first[plugin], count = 0;
        for (uint32_t i = 1; i <= INSTANCES; i++) {
            if (instances[i - 1].plugin != plugin)
                continue;
            assert_int_equal(serial, i);
            serial = own.next[serial];
            count++;
        }
        assert_int_equal(serial, 0);
        assert_int_equal(own.count[plugin], count);
        met += count;
    }
    assert_int_equal(met, INSTANCES);
    assert_int_equal(own.count[PLUGINS], 0);
    own_instances_free(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modules_of_chance),
        cmocka_unit_test(modules_at_the_ends),
        cmocka_unit_test(instances_of_plugins),
    };
    return cmocka_run_group_tests_name("viewer-tables", tests, NULL, NULL);
}
