/* tests/unit/viewer-heap-verbs.c - what the verbs print of heap memory: JSON's shape, and text */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/viewer_verbs.h"

/* The same object for NPN and heap memory. */
static void assert_counters(const json_t *json, json_int_t allocs, json_int_t frees,
                            json_int_t live_bytes)
{
    static const char *const keys[] = {
        "allocs",     "frees",      "flushes",         "bytes_allocated", "live_blocks",
        "live_bytes", "peak_bytes", "freed_elsewhere", "received_blocks", "received_live_blocks",
        "handed_over"};

    assert_int_equal(json_object_size(json), sizeof(keys) / sizeof(keys[0]));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        verbs_number(json, keys[i]);
    assert_int_equal(verbs_number(json, "allocs"), allocs);
    assert_int_equal(verbs_number(json, "frees"), frees);
    assert_int_equal(verbs_number(json, "live_bytes"), live_bytes);
}

static void report_as_json(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        verbs_save(made, as_trace);
        json_t *json = verbs_run_json(verb_report, NULL);
        json_t *plugins = json_object_get(json, "plugins");
        json_t *first = json_array_get(plugins, 0), *second = json_array_get(plugins, 1);
        assert_string_equal(verbs_string(json, "format"), "npntrace-report-1");
        assert_counters(json_object_get(json_object_get(json, "totals"), "npn"), 12, 9, 1564);
        assert_counters(json_object_get(json_object_get(json, "totals"), "heap"), 7, 4, 240);
        assert_counters(json_object_get(json, "host_heap"), 2, 1, 128);
        assert_counters(json_object_get(first, "heap"), 3, 1, 64);
        assert_counters(json_object_get(second, "heap"), 2, 2, 48);
        json_t *instance = json_array_get(json_object_get(first, "instances"), 0);
        assert_counters(json_object_get(instance, "heap"), 2, 1, 64);
        assert_int_equal(verbs_number(json_object_get(first, "heap"), "peak_bytes"), 5000000064);
        json_decref(json);
    }
    made_free(made);
}

/* Null where nobody looked; the host's own only where everything was recorded. */
static void nulls_of_the_report(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    made->header->heap = RING_HEAP_PLUGINS;
    verbs_save(made, true);
    json_t *json = verbs_run_json(verb_report, NULL);
    assert_true(json_is_null(json_object_get(json, "host_heap")));
    assert_counters(json_object_get(json_object_get(json, "totals"), "heap"), 7, 4, 240);
    json_decref(json);
    made_free(made);

    made = made_example();
    verbs_save(made, true);
    json = verbs_run_json(verb_report, NULL);
    json_t *first = json_array_get(json_object_get(json, "plugins"), 0);
    assert_true(json_is_null(json_object_get(json, "host_heap")));
    assert_true(json_is_null(json_object_get(json_object_get(json, "totals"), "heap")));
    assert_true(json_is_null(json_object_get(first, "heap")));
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(first, "instances"), 0), "heap")));
    json_decref(json);
    made_free(made);
}

static void leaks_as_json(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    verbs_save(made, true);
    for (int host = 0; host < 2; host++) {
        json_t *json = verbs_run_json(verb_leaks, host ? "--host" : NULL), *leak;
        json_int_t heap_bytes = 0, host_bytes = 0;
        size_t index;
        json_array_foreach(json_object_get(json, "leaks"), index, leak)
        {
            bool is_heap = strcmp(verbs_string(leak, "domain"), "heap") == 0;
            assert_true(is_heap || strcmp(verbs_string(leak, "domain"), "npn") == 0);
            assert_true(json_is_array(json_object_get(leak, "stack")));
            heap_bytes += is_heap ? verbs_number(leak, "bytes") : 0;
            if (json_is_null(json_object_get(leak, "plugin")))
                host_bytes += verbs_number(leak, "bytes");
        }
        assert_int_equal(verbs_number(json, "blocks"), host ? 8 : 6);
        assert_int_equal(verbs_number(json, "bytes"), host ? 1804 : 1676);
        assert_int_equal(heap_bytes, host ? 240 : 112);
        assert_int_equal(host_bytes, host ? 128 : 0);
        json_decref(json);
    }
    made_free(made);
}

static void events_as_json(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_events, "--json", "--type=heap-alloc,heap-free"), STATUS_GOOD);
    json_t *json = verbs_line_with("5000000000");
    assert_string_equal(verbs_string(json, "type"), "heap-alloc");
    assert_string_equal(verbs_string(json, "function"), "malloc");
    assert_string_equal(verbs_string(json, "address"), "0x7fff00000000");
    assert_string_equal(verbs_string(json, "plugin"), "libnpfirst.so");
    assert_int_equal(verbs_number(json, "instance"), 1);
    assert_int_equal(verbs_number(json, "tid"), 100);
    assert_true(verbs_number(json, "stamp_ns") > 0);
    assert_int_equal(json_array_size(json_object_get(json, "stack")), 2);
    json_decref(json);
    json = verbs_line_with("0xdead10");
    assert_string_equal(verbs_string(json, "type"), "heap-free");
    assert_string_equal(verbs_string(json, "function"), "free");
    assert_null(json_object_get(json, "size"));
    assert_null(json_object_get(json, "stack"));
    json_decref(json);
    assert_null(strstr(verbs_text(), "npn-alloc"));
    json = verbs_line_with("\"address\":\"0x810400\"");
    assert_string_equal(verbs_string(json, "function"), "realloc");
    json_decref(json);
    made_free(made);
}

static void texts(void **state)
{
    static const char *const events[] = {"malloc(5000000000) = 0x7fff00000000",
                                         "free(0x7fff00000000)",
                                         "(host)  malloc(100) = 0x810000",
                                         "realloc(0x810300, ...)",
                                         "realloc(..., 48) = 0x810400",
                                         "malloc(1099511627776) = NULL",
                                         "NPN_MemAlloc(",
                                         NULL};
    static const char *const report[] = {
        "On the heap, 2 plug-ins did not free 2 blocks, 112 B; most of it libnpfirst.so (64 B).",
        "  heap ",
        "    heap ",
        "the host's heap",
        "all together, heap",
        "Call stacks that allocated most heap bytes",
        "libnpsecond.so: 1 heap block freed that nobody was seen to allocate.",
        "libnpsecond.so: 1 heap allocation failed.",
        ": (host)",
        NULL};
    static const char *const leaks[] = {
        "of the heap, live at exit: libnpfirst.so",
        "Not listed: 2 blocks, 128 B of the heap that the host allocated for itself.", NULL};
    static const char *const host_leaks[] = {"of the heap, live at exit: libnpfirst.so",
                                             "of the heap, live at exit: (host)", NULL};
    struct made *made = made_heap_example();

    (void)state;
    verbs_save(made, false);
    assert_int_equal(verbs_run(verb_events, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed(events);
    assert_int_equal(verbs_run(verb_report, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed(report);
    assert_int_equal(verbs_run(verb_leaks, "--host", NULL), STATUS_GOOD);
    verbs_assert_printed(host_leaks);
    assert_null(strstr(verbs_text(), "Not listed"));
    assert_int_equal(verbs_run(verb_leaks, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed(leaks);
    assert_null(strstr(verbs_text(), "(host)"));
    made_free(made);
}

static void info_of_heap_and_stacks(void **state)
{
    static const char *const good[] = {
        "heap all",
        "self-check 500 stacks unwound by libunwind as well: no difference",
        "3 stacks with guessed frames",
        "8 heap-alloc, 4 heap-free",
        "/opt/libown.so has an allocator of its own",
        NULL};
    static const char *const bad[] = {"WRONG STACKS: 2 of 500 stacks", NULL};
    struct made *made = made_heap_example();

    (void)state;
    made_module(made, "/opt/libown.so", 0, 0x30000, 0x40000, RING_MODULE_UNSEEN_ALLOCATOR);
    made->header->selfcheck = 1;
    made->header->selfchecks = 500;
    made->header->guessed_stacks = 3;
    made->header->heap_untracked = 4;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        verbs_save(made, as_trace);
        assert_int_equal(verbs_run(verb_info, "--limit=0", NULL), STATUS_GOOD);
        verbs_assert_printed(good);
    }
    made->header->selfcheck_mismatches = 2;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        verbs_save(made, as_trace);
        assert_int_equal(verbs_run(verb_info, NULL, NULL), STATUS_GOOD);
        verbs_assert_printed(bad);
        json_t *json = verbs_run_json(verb_info, NULL);
        assert_string_equal(verbs_string(json, "heap"), "all");
        assert_int_equal(verbs_number(json, "selfcheck"), 1);
        assert_int_equal(verbs_number(json, "selfchecks"), 500);
        assert_int_equal(verbs_number(json, "selfcheck_mismatches"), 2);
        assert_int_equal(verbs_number(json, "guessed_stacks"), 3);
        assert_int_equal(verbs_number(json, "heap_untracked"), 4);
        assert_int_equal(verbs_number(json, "heap_live_blocks"), 4);
        assert_int_equal(verbs_number(json_object_get(json, "events_by_type"), "heap-alloc"), 8);
        json_decref(json);
    }
    made_free(made);
}

/* HEAP blocks are read to their ends, and END's sum has to be theirs. */
static void checked(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_check, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed((const char *const[]){"OK", "44 events",
                                               "4 live blocks of NPN memory, 4 of the heap", NULL});
    json_t *json = verbs_run_json(verb_check, NULL);
    assert_true(json_is_true(json_object_get(json, "ok")));
    assert_int_equal(verbs_number(json, "events"), 44);
    json_decref(json);
    made_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_as_json), cmocka_unit_test(nulls_of_the_report),
        cmocka_unit_test(leaks_as_json),  cmocka_unit_test(events_as_json),
        cmocka_unit_test(texts),          cmocka_unit_test(info_of_heap_and_stacks),
        cmocka_unit_test(checked),
    };
    return cmocka_run_group_tests_name("viewer-heap-verbs", tests, verbs_set_up, verbs_tear_down);
}
