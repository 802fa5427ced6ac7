/* tests/unit/viewer-answers.c - what is made of recordings that contradict themselves */
/* SPDX-License-Identifier: MIT */

/* Faults that fuzzing found (tests/fuzz/), said in words. */

#include <malloc.h>
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
#include "viewer/html.h"
#include "viewer/page_data.h"
#include "viewer/session.h"
#include "viewer/text.h"
#include "viewer/timeline_svg.h"
#include "viewer/whole.h"

/* A session of a made ring, which goes with it. */
struct subject {
    char path[40];
    struct options options;
    struct session session;
};

static void begin(struct subject *subject, struct made *made)
{
    *subject = (struct subject){.path = "/tmp/viewer-answers.XXXXXX"};
    int fd = mkstemp(subject->path);

    assert_true(fd >= 0);
    made_save_ring(made, fd);
    close(fd);
    made_free(made);
    subject->options.file = subject->path;
    assert_int_equal(session_begin(&subject->session, &subject->options), 0);
}

static void end(struct subject *subject)
{
    session_end(&subject->session);
    unlink(subject->path);
}

/* The page's table of rows has room for a stack of which no event is left, but blocks are listed as
 * live: it was made for those that events name. */
static void pages_have_stacks_without_events(void **state)
{
    enum { STACKS = 100 };
    struct made *made = made_new(0);
    struct subject subject;
    uint32_t plugin = made_plugin(made, "/opt/libnpfirst.so");
    uint32_t seen = made_stack(made, 0, (uint64_t[]){0x401000}, 1);
    char *text = NULL;
    size_t bytes = 0;

    (void)state;
    for (uint64_t i = 0; i < STACKS; i++) {
        made_alloc(made, 0, plugin, 0, 0x600000 + 64 * i, 32, seen);
        made_live(made, 0x600000 + 64 * i)->node =
            made_stack(made, 0, (uint64_t[]){0x402000 + i}, 1);
    }
    made->header->overwritten_events = 1; /* so what is listed counts */
    begin(&subject, made);
    struct profile *profile = html_profile(&subject.session, NULL);
    for (size_t i = 0; i < profile->row_count; i++)
        assert_true(profile->rows[i].number < profile->number_end);
    assert_int_equal(profile->row_count, STACKS + 1);
    FILE *to = open_memstream(&text, &bytes);
    page_data_write(&subject.session, profile, false, to);
    fclose(to);
    assert_int_not_equal(bytes, 0);
    free(text);
    profile_free(profile);
    end(&subject);
}

static size_t json_bytes, json_most;

static void *count_json(size_t bytes)
{
    void *memory = malloc(bytes);

    json_bytes += malloc_usable_size(memory);
    json_most = json_bytes > json_most ? json_bytes : json_most;
    return memory;
}

static void uncount_json(void *memory)
{
    json_bytes -= malloc_usable_size(memory);
    free(memory);
}

/* Few bytes of a file may list half a million instances: each is written before the next is made.
 */
static void pages_are_written_instance_by_instance(void **state)
{
    enum { INSTANCES = 200, JSON_MOST = 32 << 10 };
    struct made *made = made_new(0);
    struct subject subject;
    uint32_t plugin = made_plugin(made, "/opt/libnpfirst.so");
    char *text = NULL;
    size_t bytes = 0;

    (void)state;
    for (unsigned i = 0; i < INSTANCES; i++)
        made_instance(made, plugin, "application/x-first");
    begin(&subject, made);
    struct profile *profile = html_profile(&subject.session, NULL);
    FILE *to = open_memstream(&text, &bytes);
    json_set_alloc_funcs(count_json, uncount_json);
    page_data_write(&subject.session, profile, false, to);
    json_set_alloc_funcs(malloc, free);
    fclose(to);
    assert_non_null(strstr(text, "\"serial\":200,"));
    assert_in_range(json_most, 1, JSON_MOST);
    free(text);
    profile_free(profile);
    end(&subject);
}

/* What no counter can hold is shown as the most that one can, not as nothing. */
static void numbers_beyond_all_counters(void **state)
{
    (void)state;
    assert_int_equal(whole_of(0.999), 0);
    assert_int_equal(whole_of(-1e300), 0);
    assert_int_equal(whole_of(0.0 / 0.0), 0);
    assert_int_equal(whole_of(41.99), 41);
    assert_true(whole_of(18446744073709549568.0) == 18446744073709549568u);
    assert_true(whole_of(18446744073709551616.0) == UINT64_MAX);
    assert_true(whole_of(1.0 / 0.0) == UINT64_MAX);
}

/* A range of time that ends behind the last stamp ends with it: it does not begin anew. */
static void ranges_end_with_the_last_stamp(void **state)
{
    struct recording recording = {
        .process = {.start_stamp = UINT64_MAX - 10, .end_stamp = UINT64_MAX}};
    struct filter filter = {.from = {FILTER_NS, 4, 0}, .to = {FILTER_NS, 100, 0}};

    (void)state;
    struct filter_range range = filter_range(&filter, &recording);
    assert_true(range.from == UINT64_MAX - 6);
    assert_true(range.to == UINT64_MAX);
    filter = (struct filter){.to = {FILTER_PERCENT, 0, 100}};
    assert_true(filter_range(&filter, &recording).to == UINT64_MAX);
    recording.process.start_stamp = 0;
    assert_true(filter_range(&filter, &recording).to == UINT64_MAX);
}

/* The last mark of a timeline that is as long as a clock counts. */
static void timelines_as_long_as_a_clock(void **state)
{
    struct profile profile = {.last_stamp = UINT64_MAX};
    struct recording recording = {0};
    struct model model = {.recording = &recording};
    struct session session = {.recording = &recording, .model = &model};
    char *text = NULL, last[100];
    size_t bytes = 0;

    (void)state;
    recording.process.exe = "/usr/bin/made-host";
    FILE *to = open_memstream(&text, &bytes);
    timeline_svg_write(&session, &profile, TIMELINE_LIVE, 800, to);
    fclose(to);
    snprintf(last, sizeof(last), "text-anchor=\"end\">%s</text>",
             text_duration(UINT64_MAX).chars);
    assert_non_null(strstr(text, last));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_have_stacks_without_events),
        cmocka_unit_test(pages_are_written_instance_by_instance),
        cmocka_unit_test(numbers_beyond_all_counters),
        cmocka_unit_test(ranges_end_with_the_last_stamp),
        cmocka_unit_test(timelines_as_long_as_a_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
