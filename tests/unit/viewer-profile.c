/* tests/unit/viewer-profile.c - a profile of a simulated process: timeline, peaks, classes */
/* SPDX-License-Identifier: MIT */

/* tests/cli/profiles.py has an oracle for all else; here are the numbers that no verb prints as
 * they are, of more events than that could read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/heap_made.h"
#include "viewer/choose.h"
#include "viewer/heap_table.h"
#include "viewer/heap_sums.h"
#include "viewer/profile_reading.h"

#define SEED 7
#define STACKS 300
#define LIVE 2000
#define EVENTS 400000u
#define SAMPLES 97
#define TRACKS (HEAP_MADE_PLUGINS + 1)

/* The simulated process, its recording, and a session of it. */
struct subject {
    char path[32];
    struct heap_made *made;
    struct options options;
    struct session session;
};

static int begin(void **state)
{
    struct subject *subject = calloc(1, sizeof(*subject));
    int fd;

    if (subject == NULL)
        return -1;
    *subject = (struct subject){.path = "/tmp/viewer-profile.XXXXXX"};
    fd = mkstemp(subject->path);
    subject->made = heap_made_new(SEED, STACKS, LIVE);
    heap_made_save(subject->made, EVENTS, fd);
    subject->options.file = subject->path;
    *state = subject;
    return session_begin(&subject->session, &subject->options);
}

static int end(void **state)
{
    struct subject *subject = *state;

    session_end(&subject->session);
    heap_made_free(subject->made);
    unlink(subject->path);
    free(subject);
    return 0;
}

static void totals_are_the_process_s(void **state)
{
    struct subject *subject = *state;
    struct profile *profile = profile_build(&subject->session, NULL, 0);
    const struct trace_counters *wanted = heap_made_totals(subject->made);
    const struct trace_counters *found = &profile->domains[LEAK_HEAP];

    assert_int_equal(found->allocs, wanted->allocs);
    assert_int_equal(found->frees, wanted->frees);
    assert_int_equal(found->bytes_allocated, wanted->bytes_allocated);
    assert_int_equal(found->live_blocks, wanted->live_blocks);
    assert_int_equal(found->live_bytes, wanted->live_bytes);
    assert_int_equal(found->peak_bytes, wanted->peak_bytes);
    assert_int_equal(profile->peak_bytes, wanted->peak_bytes);
    assert_int_equal(profile->peaks[LEAK_HEAP].bytes, wanted->peak_bytes);
    assert_int_equal(profile->peaks[LEAK_NPN].bytes, 0);
    assert_int_equal(found->unknown_frees, 0);
    for (uint32_t i = 0; i < TRACKS; i++)
        assert_int_equal(profile->plugin_peaks[i], heap_made_plugin(subject->made, i)->peak_bytes);
    assert_int_equal(profile->track_count, 0);
    assert_false(profile->partial);
    profile_free(profile);
}

static void rows_add_up(void **state)
{
    struct subject *subject = *state;
    struct profile *profile = profile_build(&subject->session, NULL, 0);
    struct profile_row sum = {0};
    uint64_t sizes = 0, size_bytes = 0, lifetimes = 0;

    for (size_t i = 0; i < profile->row_count; i++) {
        const struct profile_row *row = &profile->rows[i];
        assert_true(i == 0 || profile->rows[i - 1].bytes >= row->bytes);
        assert_int_equal(row->allocs - row->frees, row->live_blocks);
        assert_true(row->peak_bytes >= row->at_peak_bytes);
        assert_true(row->first_stamp <= row->last_stamp);
        sum.allocs += row->allocs;
        sum.bytes += row->bytes;
        sum.frees += row->frees;
        sum.at_peak_blocks += row->at_peak_blocks;
        sum.at_peak_bytes += row->at_peak_bytes;
    }
    for (size_t i = 0; i < PROFILE_CLASSES; i++) {
        sizes += profile->sizes[LEAK_HEAP][i];
        size_bytes += profile->size_bytes[LEAK_HEAP][i];
        lifetimes += profile->lifetimes[LEAK_HEAP][i];
    }
    assert_int_equal(sum.at_peak_bytes, profile->peak_bytes);
    assert_int_equal(sum.at_peak_blocks, profile->peak_blocks);
    assert_int_equal(sum.allocs, profile->totals.allocs);
    assert_int_equal(sum.bytes, profile->totals.bytes_allocated);
    assert_int_equal(sizes, sum.allocs);
    assert_int_equal(size_bytes, sum.bytes);
    assert_int_equal(lifetimes, sum.frees);
    assert_int_equal(profile->thread_count, HEAP_MADE_THREADS);
    profile_free(profile);
}

/* ---- the timeline, against the same events added up here ------------------------------------- */

struct replay {
    struct heap_table live; /* sum: the plug-in */
    struct profile_sample now[TRACKS];
    struct profile_sample samples[SAMPLES][TRACKS];
};

static void replay_event(struct replay *replay, const struct trace_heap_event *event)
{
    struct heap_block *block;
    struct profile_sample *now;
    bool is_new;

    if (event->type == EVENT_HEAP_ALLOC) {
        now = &replay->now[event->plugin];
        block = heap_table_put(&replay->live, event->address, &is_new);
        assert_true(is_new);
        block->size_bytes = event->size;
        block->sum = event->plugin;
        now->allocs++;
        now->bytes += event->size;
        now->live_blocks++;
        now->live_bytes += event->size;
        if (now->live_bytes > now->peak_bytes)
            now->peak_bytes = now->live_bytes;
        return;
    }
    block = heap_table_find(&replay->live, event->address);
    assert_non_null(block);
    now = &replay->now[block->sum];
    now->frees++;
    now->live_blocks--;
    now->live_bytes -= block->size_bytes;
    heap_table_remove(&replay->live, block);
}

static void replay_end(struct replay *replay, size_t sample)
{
    for (size_t i = 0; i < TRACKS; i++) {
        struct profile_sample *now = &replay->now[i];
        replay->samples[sample][i] = *now;
        now->allocs = now->bytes = now->frees = 0;
        now->peak_bytes = now->live_bytes;
    }
}

static void replay_all(struct replay *replay, const struct profile *profile)
{
    struct heap_made *made = heap_made_new(SEED, STACKS, LIVE);
    struct trace_heap_event event;
    size_t at = 0;

    for (size_t i = 0; i < EVENTS; i++) {
        heap_made_next(made, &event, 1);
        size_t sample = (size_t)((event.stamp - profile->first_stamp) / profile->interval_ns);
        while (at < sample && at + 1 < SAMPLES)
            replay_end(replay, at++);
        replay_event(replay, &event);
    }
    while (at < SAMPLES)
        replay_end(replay, at++);
    heap_table_free(&replay->live);
    heap_made_free(made);
}

static void samples_are_the_events(void **state)
{
    struct subject *subject = *state;
    struct profile *profile = profile_build(&subject->session, NULL, SAMPLES);
    struct replay *replay = calloc(1, sizeof(*replay));

    assert_non_null(replay);
    assert_int_equal(profile->track_count, TRACKS);
    assert_int_equal(profile->sample_count, SAMPLES);
    replay_all(replay, profile);
    for (size_t i = 0; i < TRACKS; i++) {
        assert_int_equal(profile->tracks[i].plugin, i);
        for (size_t k = 0; k < SAMPLES; k++) {
            const struct profile_sample *found = &profile->tracks[i].samples[k];
            const struct profile_sample *wanted = &replay->samples[k][i];
            assert_int_equal(found->live_blocks, wanted->live_blocks);
            assert_int_equal(found->live_bytes, wanted->live_bytes);
            assert_int_equal(found->peak_bytes, wanted->peak_bytes);
            assert_int_equal(found->allocs, wanted->allocs);
            assert_int_equal(found->bytes, wanted->bytes);
            assert_int_equal(found->frees, wanted->frees);
        }
        assert_int_equal(profile->tracks[i].samples[SAMPLES - 1].stamp, profile->last_stamp);
    }
    free(replay);
    profile_free(profile);
}

/* A range of time: its samples are the whole's, but for what was allocated before. */
static void samples_of_a_range(void **state)
{
    struct subject *subject = *state;
    struct filter filter = {.from = {FILTER_PERCENT, 0, 25}, .to = {FILTER_PERCENT, 0, 75}};
    struct profile *profile = profile_build(&subject->session, &filter, SAMPLES);
    struct filter_range range = filter_range(&filter, subject->session.recording);
    uint64_t allocs = 0;

    assert_true(range.from < range.to);
    assert_int_equal(profile->first_stamp, range.from);
    assert_int_equal(profile->last_stamp, range.to);
    for (size_t i = 0; i < profile->track_count; i++)
        for (size_t k = 0; k < SAMPLES; k++)
            allocs += profile->tracks[i].samples[k].allocs;
    assert_int_equal(allocs, profile->totals.allocs);
    assert_in_range(allocs, 1, EVENTS / 2);
    for (size_t i = 0; i < profile->row_count; i++) {
        assert_true(profile->rows[i].first_stamp >= range.from);
        assert_true(profile->rows[i].last_stamp <= range.to);
    }
    profile_free(profile);
}

/* ---- pairing, where stamps are a little wrong ------------------------------------------------ */

#define SKEWED 200000u

/* The simulated events, one in sixteen of them behind the next or the one after it. */
static struct trace_heap_event *make_skewed(void)
{
    struct heap_made *made = heap_made_new(SEED, STACKS, LIVE);
    struct trace_heap_event *events = calloc(SKEWED, sizeof(*events));

    assert_non_null(events);
    heap_made_next(made, events, SKEWED);
    heap_made_free(made);
    for (size_t i = 0; i + 2 < SKEWED; i++) {
        size_t other = i + 1 + i % 2;
        struct trace_heap_event kept = events[i];
        uint64_t stamps[2] = {events[i].stamp, events[other].stamp};
        if (i * UINT64_C(0x9e3779b97f4a7c15) >> 60 != 0)
            continue;
        events[i] = events[other];
        events[other] = kept;
        events[i].stamp = stamps[0];
        events[other].stamp = stamps[1];
    }
    return events;
}

static void read_skewed(struct reading *reading, const struct trace_heap_event *events)
{
    size_t plugins = reading->session->recording->plugin_count + 1;

    reading->range.to = reading->sample_end = UINT64_MAX;
    reading->profile = calloc(1, sizeof(*reading->profile));
    reading->plugins = calloc(plugins, sizeof(*reading->plugins));
    reading->instances =
        calloc(reading->session->recording->instance_count + 1, sizeof(*reading->instances));
    assert_true(reading->profile != NULL && reading->plugins != NULL && reading->instances != NULL);
    for (size_t i = 0; i < SKEWED; i++) {
        reading_fetch(reading, events + i, SKEWED - i);
        reading_heap_event(reading, &events[i]);
    }
    reading_end_remembered(reading);
}

static void end_skewed(struct reading *reading)
{
    heap_table_free(&reading->live[LEAK_HEAP]);
    heap_table_free(&reading->remembered);
    reading_rows_free(&reading->rows);
    reading_threads_free(reading);
    free(reading->plugins);
    free(reading->instances);
    free(reading->groups);
    free(reading->profile);
}

static void skewed_as_in_the_plain_report(void **state)
{
    struct subject *subject = *state;
    struct trace_heap_event *events = make_skewed();
    struct reading reading = {.session = &subject->session};
    struct heap_sums sums;
    uint64_t ended = 0;

    heap_sums_init(&sums, subject->session.recording->plugin_count,
                   subject->session.recording->instance_count);
    heap_sums_add(&sums, events, SKEWED);
    assert_true(sums.remembered.count != 0);
    heap_sums_finish(&sums);
    read_skewed(&reading, events);
    const struct trace_counters *found = &reading.profile->domains[LEAK_HEAP];
    assert_int_equal(found->frees, sums.totals.frees);
    assert_int_equal(found->unknown_frees, sums.totals.unknown_frees);
    assert_int_equal(found->freed_elsewhere, sums.totals.freed_elsewhere);
    assert_int_equal(reading.sums.blocks, sums.totals.live_blocks);
    assert_int_equal(reading.sums.bytes, sums.totals.live_bytes);
    assert_int_equal(reading.sums.peak_bytes, sums.totals.peak_bytes);
    for (size_t i = 0; i < PROFILE_CLASSES; i++)
        ended += reading.profile->lifetimes[LEAK_HEAP][i];
    assert_int_equal(ended, sums.totals.allocs - sums.totals.live_blocks);
    end_skewed(&reading);
    heap_sums_free(&sums);
    free(events);
}

static void words_by_their_index(void **state)
{
    static const char *const names[] = {"bytes", NULL, "blocks", "live"};

    (void)state;
    assert_int_equal(choose_by_name("column", "bytes", names, 4), 0);
    assert_int_equal(choose_by_name("column", "live", names, 4), 3);
    assert_int_equal(choose_by_name("column", "", names, 4), -1);
    assert_int_equal(choose_by_name("column", "liver", names, 4), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(totals_are_the_process_s, begin, end),
        cmocka_unit_test_setup_teardown(rows_add_up, begin, end),
        cmocka_unit_test_setup_teardown(samples_are_the_events, begin, end),
        cmocka_unit_test_setup_teardown(samples_of_a_range, begin, end),
        cmocka_unit_test_setup_teardown(skewed_as_in_the_plain_report, begin, end),
        cmocka_unit_test(words_by_their_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
