/* tests/unit/format-ring.c - layouts of every size, and headers that cannot be believed */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/ring.h"

static bool is_power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static void areas_follow_each_other(void **state)
{
    (void)state;
    for (uint64_t bytes = RING_MIN_BYTES; bytes <= RING_MAX_BYTES; bytes += bytes / 3 + 4097) {
        struct ring_layout layout;
        uint64_t end = RING_HEADER_BYTES;

        assert_int_equal(ring_layout_compute(bytes, &layout), 0);
        for (unsigned i = 0; i < RING_AREAS; i++) {
            assert_true(layout.area[i].offset >= end);
            assert_true(layout.area[i].count > 0);
            end =
                layout.area[i].offset + (uint64_t)layout.area[i].count * layout.area[i].entry_bytes;
        }
        assert_true(end <= layout.total_bytes);
        assert_true(layout.total_bytes <= bytes);
        assert_true(layout.area[RING_CHUNKS].count >= 32);
        assert_true(is_power_of_two(layout.area[RING_LIVE].count));
        assert_true(is_power_of_two(layout.area[RING_OBJECTS].count));
        assert_in_range(layout.area[RING_FINDINGS].count, 128, 4096);
    }
}

static void sizes_out_of_range_are_refused(void **state)
{
    struct ring_layout layout;

    (void)state;
    assert_int_equal(ring_layout_compute(0, &layout), -EINVAL);
    assert_int_equal(ring_layout_compute(RING_MIN_BYTES - 1, &layout), -EINVAL);
    assert_int_equal(ring_layout_compute(RING_MAX_BYTES + 4096, &layout), -EINVAL);
}

static void *fresh(struct ring_layout *layout)
{
    assert_int_equal(ring_layout_compute(RING_MIN_BYTES, layout), 0);
    void *base = calloc(1, layout->total_bytes);
    assert_non_null(base);
    ring_format(base, layout, RING_OVERWRITE, RING_ORIGIN_FLIGHT);
    return base;
}

/* Every bit before prefix_sum, and prefix_sum itself, counts. */
static void flipped_bits_are_noticed(void **state)
{
    struct ring_layout layout;
    unsigned char *base = fresh(&layout);
    const char *what = NULL;
    uint64_t offset;
    size_t prefix = offsetof(struct ring_header, prefix_sum) + sizeof(uint32_t);

    (void)state;
    assert_int_equal(ring_check(base, layout.total_bytes, &what, &offset), 0);
    for (size_t bit = 0; bit < prefix * 8; bit++) {
        base[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_true(ring_check(base, layout.total_bytes, &what, &offset) < 0);
        assert_non_null(what);
        base[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    free(base);
}

static void short_files_are_noticed(void **state)
{
    struct ring_layout layout;
    void *base = fresh(&layout);
    const char *what;
    uint64_t offset;

    (void)state;
    for (uint64_t bytes = 0; bytes < layout.total_bytes; bytes += 509)
        assert_int_equal(ring_check(base, bytes, &what, &offset), -EBADMSG);
    free(base);
}

static void newer_versions_are_named(void **state)
{
    struct ring_layout layout;
    struct ring_header *header = fresh(&layout);
    const char *what;
    uint64_t offset;

    (void)state;
    header->version = RING_VERSION + 1;
    assert_int_equal(ring_check(header, layout.total_bytes, &what, &offset), -EPROTONOSUPPORT);
    free(header);
}

static void strings_stay_inside(void **state)
{
    struct ring_layout layout;
    void *base = fresh(&layout);
    struct ring_string *string = (void *)((char *)ring_area(base, RING_STRINGS) + 8);
    uint32_t bytes;

    (void)state;
    string->bytes = 3;
    memcpy(string->text, "abc", 4);
    assert_string_equal(ring_string_at(base, 8, &bytes), "abc");
    assert_int_equal(bytes, 3);
    string->bytes = UINT32_MAX;
    assert_string_equal(ring_string_at(base, 8, &bytes), "");
    assert_int_equal(bytes, 0);
    assert_string_equal(ring_string_at(base, 0, &bytes), "");
    assert_string_equal(ring_string_at(base, 9, &bytes), "");
    assert_string_equal(ring_string_at(base, UINT32_MAX & ~3u, &bytes), "");
    assert_string_equal(ring_string_at(base, layout.area[RING_STRINGS].count - 4, &bytes), "");
    free(base);
}

static void stamps_become_nanoseconds(void **state)
{
    const struct ring_clock_pair later = {.stamp = 5000, .ns = 90400};
    struct ring_layout layout;
    struct ring_header *header = fresh(&layout);

    (void)state;
    header->start_pair = (struct ring_clock_pair){.stamp = 1000, .ns = 90000};
    header->clock = RING_CLOCK_MONOTONIC;
    assert_true(ring_stamp_ns(header, NULL, 3000) == 3000);
    header->clock = RING_CLOCK_TSC;
    assert_true(ring_stamp_ns(header, NULL, 3000) == 90000); /* nothing is known yet */
    header->later_pair[1] = (struct ring_clock_pair){.stamp = 3000, .ns = 91000};
    atomic_store(&header->later_index, 1);
    assert_true(ring_stamp_ns(header, NULL, 0) == 0);
    assert_true(ring_stamp_ns(header, NULL, 600) == 89800);
    assert_true(ring_stamp_ns(header, NULL, 2000) == 90500);
    assert_true(ring_stamp_ns(header, NULL, 5000) == 92000);
    assert_true(ring_stamp_ns(header, &later, 3000) == 90200);
    free(header);
}

/* Pairs and stamps that are damaged: some number. */
static void impossible_stamps_have_bounds(void **state)
{
    static const uint64_t odd[] = {1, 1000, UINT64_C(1) << 62, UINT64_C(1) << 63, UINT64_MAX};
    struct ring_layout layout;
    struct ring_header *header = fresh(&layout);

    (void)state;
    header->clock = RING_CLOCK_TSC;
    header->start_pair = (struct ring_clock_pair){.stamp = 1000, .ns = 90000};
    atomic_store(&header->later_index, 0);
    header->later_pair[0] = (struct ring_clock_pair){.stamp = 1000, .ns = 91000};
    assert_true(ring_stamp_ns(header, NULL, 2000) == 90000);
    header->later_pair[0] = (struct ring_clock_pair){.stamp = 1001, .ns = UINT64_MAX};
    assert_true(ring_stamp_ns(header, NULL, 999) == 0);
    assert_true(ring_stamp_ns(header, NULL, 2000) == UINT64_MAX);
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        uint64_t ns = ring_stamp_ns(header, NULL, odd[i]);
        assert_true(odd[i] == 1000 ? ns == 90000 : ns == 0 || ns == UINT64_MAX);
    }
    free(header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_follow_each_other),
        cmocka_unit_test(sizes_out_of_range_are_refused),
        cmocka_unit_test(flipped_bits_are_noticed),
        cmocka_unit_test(short_files_are_noticed),
        cmocka_unit_test(newer_versions_are_named),
        cmocka_unit_test(strings_stay_inside),
        cmocka_unit_test(stamps_become_nanoseconds),
        cmocka_unit_test(impossible_stamps_have_bounds),
    };
    return cmocka_run_group_tests_name("format-ring", tests, NULL, NULL);
}
