/* tests/unit/viewer-changed.c - a ring that becomes something else while it is read */
/* SPDX-License-Identifier: MIT */

/*
 * Whoever may write the file may do so at any time: after it was checked its header says where
 * nothing is. What was checked is believed, and not what is there now.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/viewer_read.h"

#define MODULE_AT UINT64_C(0x10000)
#define BLOCKS 100u

static struct reading ring_made(void)
{
    struct made *made = made_new(0);

    made_module(made, "/opt/libnpone.so", 0, MODULE_AT, MODULE_AT + 0x10000, 0);
    uint32_t plugin = made_plugin(made, "/opt/libnpone.so");
    for (uint64_t i = 0; i < BLOCKS; i++)
        made_alloc(made, 0, plugin, 0, 0x100000 + 0x100 * i, 16,
                   made_stack(made, 0, (uint64_t[]){MODULE_AT + i, MODULE_AT + 0x900}, 2));
    return reading_take(made, READING_RING);
}

static void fill_header(uint8_t byte)
{
    uint8_t bytes[RING_HEADER_BYTES];

    memset(bytes, byte, sizeof(bytes));
    assert_int_equal(pwrite(reading_descriptor(), bytes, sizeof(bytes), 0), sizeof(bytes));
}

static void header_is_overwritten(void **state)
{
    static const uint8_t fillings[] = {0, 0x01, 0x7f, 0xff};

    (void)state;
    for (size_t i = 0; i < sizeof(fillings); i++) {
        struct reading reading = ring_made();
        const struct recording *recording = reading.recording;
        struct ring_node node;
        assert_int_equal(reading.model->sums->plugins[1].live_blocks, BLOCKS);
        fill_header(fillings[i]);
        struct recording_limits limits = recording->source->limits(recording);
        assert_true(limits.nodes <= recording->file_bytes / sizeof(node));
        assert_false(recording->source->node(recording, UINT32_MAX, &node));
        struct model *again = model_build(reading.recording);
        assert_true(again->sums->plugins[1].live_blocks <= BLOCKS);
        recording_verify(reading.recording);
        model_free(again);
        reading_close(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(header_is_overwritten)};
    return cmocka_run_group_tests_name("viewer-changed", tests, reading_set_up, reading_tear_down);
}
