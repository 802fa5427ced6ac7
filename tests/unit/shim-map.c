/* tests/unit/shim-map.c - the shim's map against an array */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shim/map.h"

#define KEYS 5000

static void agrees_with_an_array(void **state)
{
    static uint64_t model[KEYS + 1]; /* 0: absent */
    struct map map = {0};

    (void)state;
    srand(11);
    for (unsigned round = 0; round < 400000; round++) {
        uint64_t key = 1 + (uint64_t)rand() % KEYS, spread = key << 4, value = 0;
        switch (rand() % 4) {
        case 0:
        case 1:
            model[key] = round + 1;
            assert_true(map_set(&map, spread, model[key]));
            break;
        case 2:
            assert_int_equal(map_get(&map, spread, &value), model[key] != 0);
            assert_int_equal(value, model[key]);
            break;
        default:
            assert_int_equal(map_take(&map, spread, &value), model[key] != 0);
            assert_int_equal(value, model[key]);
            model[key] = 0;
            break;
        }
    }
    uint32_t count = 0;
    for (uint64_t key = 1; key <= KEYS; key++)
        count += model[key] != 0;
    assert_int_equal(map.count, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_an_array)};
    return cmocka_run_group_tests_name("shim-map", tests, NULL, NULL);
}
