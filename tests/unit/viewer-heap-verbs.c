/* tests/unit/viewer-heap-verbs.c - what the verbs print of heap memory: JSON's shape, and text */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/viewer_made.h"
#include "viewer/verb.h"

#define OUTPUT_MAX 65536

static int file, output;
static char text[OUTPUT_MAX];

/* Runs a verb on the file; what it printed is in `text`. */
static int run(int (*verb)(int, char **), const char *argument, const char *another)
{
    char name[] = "npntrace verb", path[64];
    char *arguments[] = {name, path, (char *)argument, (char *)another, NULL};
    int kept = dup(STDOUT_FILENO), count = 2 + (argument != NULL) + (another != NULL);

    snprintf(path, sizeof(path), "%s", made_path(file));
    fflush(stdout);
    assert_int_equal(ftruncate(output, 0), 0);
    assert_int_equal(lseek(output, 0, SEEK_SET), 0);
    dup2(output, STDOUT_FILENO);
    int status = verb(count, arguments);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ssize_t bytes = pread(output, text, sizeof(text) - 1, 0);
    assert_in_range(bytes, 1, sizeof(text) - 2);
    text[bytes] = '\0';
    return status;
}

static json_t *run_json(int (*verb)(int, char **), const char *argument)
{
    json_error_t error;

    assert_int_equal(run(verb, "--json", argument), STATUS_GOOD);
    json_t *json = json_loads(text, 0, &error);
    if (json == NULL)
        print_message("%s at line %d\n", error.text, error.line);
    assert_non_null(json);
    return json;
}

static void save(struct made *made, bool as_trace)
{
    if (as_trace)
        made_save_trace(made, file, true);
    else
        made_save_ring(made, file);
}

static json_int_t number(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *string(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    return json_is_string(value) ? json_string_value(value) : NULL;
}

/* The same object for NPN and heap memory. */
static void assert_counters(const json_t *json, json_int_t allocs, json_int_t frees,
                            json_int_t live_bytes)
{
    static const char *const keys[] = {
        "allocs",     "frees",      "flushes",         "bytes_allocated", "live_blocks",
        "live_bytes", "peak_bytes", "freed_elsewhere", "received_blocks", "received_live_blocks"};

    assert_int_equal(json_object_size(json), sizeof(keys) / sizeof(keys[0]));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        number(json, keys[i]);
    assert_int_equal(number(json, "allocs"), allocs);
    assert_int_equal(number(json, "frees"), frees);
    assert_int_equal(number(json, "live_bytes"), live_bytes);
}

static void report_as_json(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        save(made, as_trace);
        json_t *json = run_json(verb_report, NULL);
        json_t *plugins = json_object_get(json, "plugins");
        json_t *first = json_array_get(plugins, 0), *second = json_array_get(plugins, 1);
        assert_string_equal(string(json, "format"), "npntrace-report-1");
        assert_counters(json_object_get(json_object_get(json, "totals"), "npn"), 12, 9, 1564);
        assert_counters(json_object_get(json_object_get(json, "totals"), "heap"), 7, 4, 240);
        assert_counters(json_object_get(json, "host_heap"), 2, 1, 128);
        assert_counters(json_object_get(first, "heap"), 3, 1, 64);
        assert_counters(json_object_get(second, "heap"), 2, 2, 48);
        json_t *instance = json_array_get(json_object_get(first, "instances"), 0);
        assert_counters(json_object_get(instance, "heap"), 2, 1, 64);
        assert_int_equal(number(json_object_get(first, "heap"), "peak_bytes"), 5000000064);
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
    save(made, true);
    json_t *json = run_json(verb_report, NULL);
    assert_true(json_is_null(json_object_get(json, "host_heap")));
    assert_counters(json_object_get(json_object_get(json, "totals"), "heap"), 7, 4, 240);
    json_decref(json);
    made_free(made);

    made = made_example();
    save(made, true);
    json = run_json(verb_report, NULL);
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
    save(made, true);
    for (int host = 0; host < 2; host++) {
        json_t *json = run_json(verb_leaks, host ? "--host" : NULL), *leak;
        json_int_t heap_bytes = 0, host_bytes = 0;
        size_t index;
        json_array_foreach(json_object_get(json, "leaks"), index, leak)
        {
            bool is_heap = strcmp(string(leak, "domain"), "heap") == 0;
            assert_true(is_heap || strcmp(string(leak, "domain"), "npn") == 0);
            assert_true(json_is_array(json_object_get(leak, "stack")));
            heap_bytes += is_heap ? number(leak, "bytes") : 0;
            if (json_is_null(json_object_get(leak, "plugin")))
                host_bytes += number(leak, "bytes");
        }
        assert_int_equal(number(json, "blocks"), host ? 8 : 6);
        assert_int_equal(number(json, "bytes"), host ? 1804 : 1676);
        assert_int_equal(heap_bytes, host ? 240 : 112);
        assert_int_equal(host_bytes, host ? 128 : 0);
        json_decref(json);
    }
    made_free(made);
}

/* One line of JSON lines that mentions this. */
static json_t *line_with(const char *what)
{
    char *found = strstr(text, what), *begin = found, *end;

    assert_non_null(found);
    while (begin > text && begin[-1] != '\n')
        begin--;
    end = strchr(found, '\n');
    json_t *json = json_loadb(begin, (size_t)(end - begin), 0, NULL);
    assert_non_null(json);
    return json;
}

static void events_as_json(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    save(made, true);
    assert_int_equal(run(verb_events, "--json", "--type=heap-alloc,heap-free"), STATUS_GOOD);
    json_t *json = line_with("5000000000");
    assert_string_equal(string(json, "type"), "heap-alloc");
    assert_string_equal(string(json, "function"), "malloc");
    assert_string_equal(string(json, "address"), "0x7fff00000000");
    assert_string_equal(string(json, "plugin"), "libnpfirst.so");
    assert_int_equal(number(json, "instance"), 1);
    assert_int_equal(number(json, "tid"), 100);
    assert_true(number(json, "stamp_ns") > 0);
    assert_int_equal(json_array_size(json_object_get(json, "stack")), 2);
    json_decref(json);
    json = line_with("0xdead10");
    assert_string_equal(string(json, "type"), "heap-free");
    assert_string_equal(string(json, "function"), "free");
    assert_null(json_object_get(json, "size"));
    assert_null(json_object_get(json, "stack"));
    json_decref(json);
    assert_null(strstr(text, "npn-alloc"));
    json = line_with("\"address\":\"0x810400\"");
    assert_string_equal(string(json, "function"), "realloc");
    json_decref(json);
    made_free(made);
}

static void assert_printed(const char *const *lines)
{
    for (; *lines != NULL; lines++)
        if (strstr(text, *lines) == NULL)
            fail_msg("\"%s\" is not in:\n%s", *lines, text);
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
    save(made, false);
    assert_int_equal(run(verb_events, NULL, NULL), STATUS_GOOD);
    assert_printed(events);
    assert_int_equal(run(verb_report, NULL, NULL), STATUS_GOOD);
    assert_printed(report);
    assert_int_equal(run(verb_leaks, "--host", NULL), STATUS_GOOD);
    assert_printed(host_leaks);
    assert_null(strstr(text, "Not listed"));
    assert_int_equal(run(verb_leaks, NULL, NULL), STATUS_GOOD);
    assert_printed(leaks);
    assert_null(strstr(text, "(host)"));
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
        save(made, as_trace);
        assert_int_equal(run(verb_info, "--limit=0", NULL), STATUS_GOOD);
        assert_printed(good);
    }
    made->header->selfcheck_mismatches = 2;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        save(made, as_trace);
        assert_int_equal(run(verb_info, NULL, NULL), STATUS_GOOD);
        assert_printed(bad);
        json_t *json = run_json(verb_info, NULL);
        assert_string_equal(string(json, "heap"), "all");
        assert_int_equal(number(json, "selfcheck"), 1);
        assert_int_equal(number(json, "selfchecks"), 500);
        assert_int_equal(number(json, "selfcheck_mismatches"), 2);
        assert_int_equal(number(json, "guessed_stacks"), 3);
        assert_int_equal(number(json, "heap_untracked"), 4);
        assert_int_equal(number(json, "heap_live_blocks"), 4);
        assert_int_equal(number(json_object_get(json, "events_by_type"), "heap-alloc"), 8);
        json_decref(json);
    }
    made_free(made);
}

/* HEAP blocks are read to their ends, and END's sum has to be theirs. */
static void checked(void **state)
{
    struct made *made = made_heap_example();

    (void)state;
    save(made, true);
    assert_int_equal(run(verb_check, NULL, NULL), STATUS_GOOD);
    assert_printed((const char *const[]){"OK", "44 events",
                                         "4 live blocks of NPN memory, 4 of the heap", NULL});
    json_t *json = run_json(verb_check, NULL);
    assert_true(json_is_true(json_object_get(json, "ok")));
    assert_int_equal(number(json, "events"), 44);
    json_decref(json);
    made_free(made);
}

static int set_up(void **state)
{
    (void)state;
    file = made_file();
    output = made_file();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(output);
    return close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_as_json), cmocka_unit_test(nulls_of_the_report),
        cmocka_unit_test(leaks_as_json),  cmocka_unit_test(events_as_json),
        cmocka_unit_test(texts),          cmocka_unit_test(info_of_heap_and_stacks),
        cmocka_unit_test(checked),
    };
    return cmocka_run_group_tests_name("viewer-heap-verbs", tests, set_up, tear_down);
}
