/* tests/unit/recorder-memory.c - a session in which each allocation fails in turn */
/* SPDX-License-Identifier: MIT */

/*
 * Linked with --wrap for the allocation functions. The host is never hurt; a recording either is
 * complete, or its result says that it is not, and the file reads as an unfinished trace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/recorder_sessions.h"

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void *__wrap_reallocarray(void *block, size_t count, size_t bytes);
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__real_reallocarray(void *block, size_t count, size_t bytes);

static unsigned left; /* calls that succeed before one fails, plus 1; 0: none fails */

static bool fails(void)
{
    if (left == 0 || --left > 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    return fails() ? NULL : __real_realloc(block, bytes);
}

void *__wrap_reallocarray(void *block, size_t count, size_t bytes)
{
    return fails() ? NULL : __real_reallocarray(block, count, bytes);
}

static void check_result(const struct recorder_report *report)
{
    const struct recorder_result *result = &report->results[0];

    if (report->result_count == 0 || result->path == NULL) {
        assert_string_not_equal(session_said, "");
        return;
    }
    struct read_trace *trace = session_read(result->path);
    assert_int_equal(trace->has_end, result->error == 0);
    if (result->error == 0) {
        assert_int_equal(trace->end.events, trace->event_count + trace->heap_count);
        assert_int_equal(trace->finding_count, result->findings);
    }
    read_trace_free(trace);
}

/* Returns whether the allocation to fail was ever reached. */
static bool try_with(const char *scenario, int status, unsigned failing)
{
    struct recorder_options options = session_options("memory.npt");
    struct recorder_report report;

    options.force = true;
    unlink("memory.npt");
    left = failing;
    int error = session_record(&options, scenario, &report);
    bool reached = left == 0;
    left = 0;
    if (error != 0) {
        assert_string_not_equal(session_said, "");
        assert_int_equal(access("memory.npt", F_OK), -1);
        return reached;
    }
    assert_true(WIFEXITED(report.wait_status));
    if (report.refused == 0) /* a refused fake host gives up */
        assert_int_equal(WEXITSTATUS(report.wait_status), status);
    check_result(&report);
    recorder_report_free(&report);
    return reached;
}

static void test_leak(void **unused)
{
    unsigned failing = 1;

    (void)unused;
    while (try_with("leak", HOST_LEAK_STATUS, failing))
        failing++;
    assert_in_range(failing, 30, 10000); /* it does allocate */
}

static void test_inline_stacks(void **unused)
{
    unsigned failing = 1;

    (void)unused;
    while (try_with("inline", 0, failing))
        failing++;
    assert_in_range(failing, 30, 10000);
}

static void test_misuse(void **unused)
{
    unsigned failing = 1;

    (void)unused;
    while (try_with("misuse", 0, failing))
        failing++;
    assert_in_range(failing, 30, 10000);
}

static void test_heap(void **unused)
{
    unsigned failing = 1;

    (void)unused;
    while (try_with("heap", 1, failing)) /* nobody told it to be followed */
        failing++;
    assert_in_range(failing, 30, 10000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leak),
        cmocka_unit_test(test_inline_stacks),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_heap),
    };
    return session_main(argc, argv, "recorder-memory", tests);
}
