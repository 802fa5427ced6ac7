/* tests/unit/format-ring.c - layouts of every size, and headers that cannot be believed */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/ring.h"

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
        assert_int_equal(layout.area[RING_LIVE].count & (layout.area[RING_LIVE].count - 1), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_follow_each_other),
        cmocka_unit_test(sizes_out_of_range_are_refused),
        cmocka_unit_test(flipped_bits_are_noticed),
        cmocka_unit_test(short_files_are_noticed),
        cmocka_unit_test(newer_versions_are_named),
        cmocka_unit_test(strings_stay_inside),
    };
    return cmocka_run_group_tests_name("format-ring", tests, NULL, NULL);
}
