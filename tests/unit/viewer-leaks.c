/* tests/unit/viewer-leaks.c - which leaks grow, and which are left out */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/viewer_read.h"
#include "viewer/leak_filter.h"
#include "viewer/leak_growth.h"
#include "viewer/leak_words.h"

#define PLUGIN_AT UINT64_C(0x10000)
#define LOADER_AT UINT64_C(0x30000)
#define LIBRARY_AT UINT64_C(0x50000)

static struct made *plugin_made(uint32_t *ret_plugin)
{
    struct made *made = made_new(0);

    made_module(made, "/opt/libnpone.so", 0, PLUGIN_AT, PLUGIN_AT + 0x10000, 0);
    made_module(made, "/lib64/ld-linux-x86-64.so.2", 0, LOADER_AT, LOADER_AT + 0x10000, 0);
    made_module(made, "/opt/libhelper.so", 0, LIBRARY_AT, LIBRARY_AT + 0x10000, 0);
    *ret_plugin = made_plugin(made, "/opt/libnpone.so");
    return made;
}

static uint32_t stack_in(struct made *made, uint64_t innermost, uint64_t caller)
{
    return made_stack(made, 0, (uint64_t[]){innermost, caller}, 2);
}

/* ---- growth ---------------------------------------------------------------------------------- */

/* The parts that left something are counted. */
static void told_growth(const struct reading *reading)
{
    struct leak leak = {.growth = LEAK_GROWS_BY_TIME, .parts = {9, 10, 1, 0, 10, 10, 10, 10}};
    char *text = leak_age_text(reading->model, &leak);

    assert_non_null(strstr(
        text, "Growing: 7 of 8 equal parts of the time left some (9 10 1 0 10 10 10 10). Age: "));
    free(text);
}

/* A leak all along, and a bigger cache that fills at the beginning. */
static void growing_by_time(void **state)
{
    uint32_t plugin;
    struct made *made = plugin_made(&plugin);
    uint32_t leak = stack_in(made, PLUGIN_AT + 0x100, PLUGIN_AT + 0x900),
             cache = stack_in(made, PLUGIN_AT + 0x200, PLUGIN_AT + 0x900);

    (void)state;
    for (uint64_t i = 0; i < 64; i++) {
        if (i < 8)
            made_alloc(made, 0, plugin, 0, 0x100000 + 0x1000 * i, 4000, cache);
        made_alloc(made, 0, plugin, 0, 0x200000 + 0x100 * i, 16, leak);
    }
    struct reading reading = reading_take(made, READING_TRACE);
    const struct leaks *leaks = reading_leaks(&reading, false);
    assert_int_equal(leaks->count, 2);
    assert_int_equal(leaks->list[0].growth, LEAK_GROWS_BY_TIME);
    assert_int_equal(leaks->list[0].blocks, 64);
    assert_int_equal(leaks->list[1].growth, LEAK_STEADY);
    told_growth(&reading);
    uint64_t sum = 0;
    for (size_t i = 0; i < LEAK_PARTS; i++) {
        assert_true(leaks->list[0].parts[i] != 0);
        sum += leaks->list[0].parts[i];
    }
    assert_int_equal(sum, 64);
    leaks_sort(&reading.leaks, LEAKS_BY_BYTES);
    assert_int_equal(leaks->list[0].bytes, 32000);
    leaks_sort(&reading.leaks, LEAKS_BY_BLOCKS);
    assert_int_equal(leaks->list[0].blocks, 64);
    leaks_sort(&reading.leaks, LEAKS_BY_FIRST);
    assert_int_equal(leaks->list[0].bytes, 32000);
    leaks_sort(&reading.leaks, LEAKS_BY_LAST);
    assert_int_equal(leaks->list[0].blocks, 64);
    reading_close(&reading);
}

/* Two instances that are gone left one small block each; the third leaves more, and is alone. */
static void growing_by_instance(void **state)
{
    uint32_t plugin;
    struct made *made = plugin_made(&plugin);
    uint32_t small = stack_in(made, PLUGIN_AT + 0x100, PLUGIN_AT + 0x900),
             big = stack_in(made, PLUGIN_AT + 0x200, PLUGIN_AT + 0x900);

    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        uint32_t instance = made_instance(made, plugin, "application/x-one");
        made_alloc(made, 0, plugin, instance, 0x100000 + 0x1000 * i, 8, small);
        made_destroy(made, instance);
    }
    uint32_t third = made_instance(made, plugin, "application/x-one");
    made_alloc(made, 0, plugin, third, 0x200000, 4000, big);
    made_destroy(made, third);
    struct reading reading = reading_take(made, READING_TRACE);
    const struct leaks *leaks = reading_leaks(&reading, false);
    assert_int_equal(leaks->count, 2);
    assert_int_equal(leaks->list[0].growth, LEAK_GROWS_BY_INSTANCE);
    assert_int_equal(leaks->list[0].over_count, 2);
    assert_int_equal(leaks->list[1].growth, LEAK_STEADY);
    assert_int_equal(leaks->list[1].over_count, 1);
    assert_int_equal(leaks->list[1].kind, LEAK_OUTLIVED_INSTANCE);
    reading_close(&reading);
}

/* ---- what is left out ------------------------------------------------------------------------ */

struct filtered {
    struct reading reading;
    struct suppressions suppressions;
    struct leak_filter filter;
    struct names *names;
    struct leaks leaks;
};

static void find(struct filtered *filtered, struct made *made, const char *lines, bool builtin,
                 bool own_code)
{
    struct suppressions_error error;

    *filtered = (struct filtered){.reading = reading_take(made, READING_TRACE)};
    assert_int_equal(
        suppressions_parse(&filtered->suppressions, "file", lines, strlen(lines), &error), 0);
    if (builtin)
        suppressions_add_builtin(&filtered->suppressions);
    filtered->names = names_new(filtered->reading.recording, true);
    filtered->filter = (struct leak_filter){
        .suppressions = &filtered->suppressions, .names = filtered->names, .own_code = own_code};
    struct leaks_wanted wanted = {.filter = &filtered->filter};
    filtered->leaks = leaks_find(filtered->reading.model, filtered->reading.stacks, &wanted);
}

static void end(struct filtered *filtered)
{
    leaks_free(&filtered->leaks);
    leak_filter_free(&filtered->filter);
    suppressions_free(&filtered->suppressions);
    names_free(filtered->names);
    reading_close(&filtered->reading);
}

/* 1 byte by the plug-in itself; 2 by the loader for it; 4 by its code that the loader called; 8 by
 * a library; 16 of NPN memory by the loader's doing, which cannot be but is not to be left out. */
static struct made *sources_made(void)
{
    uint32_t plugin;
    struct made *made = plugin_made(&plugin);

    made->header->heap = RING_HEAP_PLUGINS;
    made_heap_alloc(made, 0, plugin, 0, 0x1000, 1,
                    stack_in(made, PLUGIN_AT + 0x100, LOADER_AT + 0x100));
    made_heap_alloc(made, 0, plugin, 0, 0x2000, 2,
                    stack_in(made, LOADER_AT + 0x200, PLUGIN_AT + 0x200));
    made_heap_alloc(made, 0, plugin, 0, 0x3000, 4,
                    stack_in(made, LIBRARY_AT + 0x100, LOADER_AT + 0x300));
    made_heap_alloc(made, 0, plugin, 0, 0x4000, 8,
                    stack_in(made, LIBRARY_AT + 0x200, PLUGIN_AT + 0x200));
    made_alloc(made, 0, plugin, 0, 0x5000, 16,
               stack_in(made, LOADER_AT + 0x400, PLUGIN_AT + 0x300));
    return made;
}

static void built_in_by_whose_frames(void **state)
{
    struct filtered filtered;

    (void)state;
    find(&filtered, sources_made(), "", false, false);
    assert_int_equal(filtered.leaks.bytes, 31);
    end(&filtered);
    find(&filtered, sources_made(), "", true, false);
    assert_int_equal(filtered.leaks.bytes, 29);
    assert_int_equal(filtered.filter.suppressed.bytes, 2);
    assert_int_equal(filtered.suppressions.list[0].hits.blocks, 1);
    end(&filtered);
}

/* Any frame of a stack is enough for a file's, whatever the memory; the first in the file counts.
 */
static void by_a_file(void **state)
{
    struct filtered filtered;

    (void)state;
    find(&filtered, sources_made(), "leak:libhelper.so+0x\nleak:^/opt/libhelper.so$", false, false);
    assert_int_equal(filtered.leaks.bytes, 19);
    assert_int_equal(filtered.filter.suppressed.bytes, 12);
    assert_int_equal(filtered.suppressions.list[0].hits.stacks, 2);
    assert_int_equal(filtered.suppressions.list[1].hits.stacks, 0);
    end(&filtered);
    find(&filtered, sources_made(), "leak:ld-linux", false, false);
    assert_int_equal(filtered.leaks.bytes, 8);
    end(&filtered);
}

static void by_a_file_with_limits(void **state)
{
    struct filtered filtered;

    (void)state;
    find(&filtered, sources_made(), "leak:libhelper max=2", false, false);
    assert_int_equal(filtered.leaks.bytes, 19);
    end(&filtered);
    find(&filtered, sources_made(), "leak:libhelper max=1", false, false);
    assert_int_equal(filtered.leaks.bytes, 31);
    assert_int_equal(filtered.filter.suppressed.bytes, 0);
    assert_int_equal(filtered.suppressions.list[0].hits.bytes, 12);
    end(&filtered);
    find(&filtered, sources_made(), "leak:libhelper max=5 max-bytes=11", false, false);
    assert_int_equal(filtered.leaks.bytes, 31);
    end(&filtered);
}

/* The loader lies between, and yet it is the plug-in's own doing; a library's is not. */
static void own_code_alone(void **state)
{
    struct filtered filtered;

    (void)state;
    find(&filtered, sources_made(), "", false, true);
    assert_int_equal(filtered.leaks.bytes, 1 + 2 + 16);
    assert_int_equal(filtered.filter.others.bytes, 12);
    assert_int_equal(filtered.filter.others.blocks, 2);
    end(&filtered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_by_time),          cmocka_unit_test(growing_by_instance),
        cmocka_unit_test(built_in_by_whose_frames), cmocka_unit_test(by_a_file),
        cmocka_unit_test(by_a_file_with_limits),    cmocka_unit_test(own_code_alone),
    };
    return cmocka_run_group_tests(tests, reading_set_up, reading_tear_down);
}
